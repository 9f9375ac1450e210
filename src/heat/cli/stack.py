"""The commands that show stacks; those that change them are beside."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from heat.cli import actions
from heat.cli.asking import asking
from heat.cli.client import Client
from heat.cli.failures import Failure
from heat.cli.launch import create, delete, update, validate
from heat.cli.shown import Form, as_yaml, cell, formed

F = TypeVar("F", bound=Callable[..., Any])

STACK_COLUMNS = ("id", "stack_name", "stack_status", "creation_time", "updated_time")
SHOW_COLUMNS = (
    "stack_name",
    "id",
    "description",
    "stack_status",
    "stack_status_reason",
    "creation_time",
    "updated_time",
    "timeout_mins",
    "disable_rollback",
    "tags",
    "parameters",
    "outputs",
)
RESOURCE_COLUMNS = (
    "resource_name",
    "physical_resource_id",
    "resource_type",
    "resource_status",
    "updated_time",
)
RESOURCE_SHEET = (*RESOURCE_COLUMNS, "resource_status_reason", "required_by", "attributes")
EVENT_COLUMNS = (
    "event_time",
    "resource_name",
    "resource_status",
    "resource_status_reason",
    "physical_resource_id",
)
OUTPUT_COLUMNS = ("output_key", "output_value", "description")


@click.group()
def group() -> None:
    """Stacks: launch, change, watch and remove them."""


for command in (
    create,
    update,
    delete,
    validate,
    actions.suspend,
    actions.resume,
    actions.check,
    actions.cancel,
    actions.adopt,
    actions.abandon,
    actions.export,
    actions.snapshot,
):
    group.add_command(command)


@group.command("list")
@click.option("--nested", is_flag=True, help="Also the stacks inside of others.")
@click.option("--deleted", is_flag=True, help="Also those that are deleted.")
@click.option("--tags", help="Only those with all of these tags (a,b).")
@click.option("--status", help="Only those in this state, such as CREATE_FAILED.")
@click.option("--limit", type=click.IntRange(1), help="No more than so many.")
@formed
@asking
def list_stacks(
    client: Client,
    form: Form,
    nested: bool,
    deleted: bool,
    tags: str | None,
    status: str | None,
    limit: int | None,
) -> None:
    """List the project's stacks, newest first."""
    query = {
        "limit": limit,
        "show_nested": "true" if nested else None,
        "show_deleted": "true" if deleted else None,
        "tags": tags,
        "status": status,
    }
    stacks = client.get("/stacks", query)["stacks"]
    empty = "there are no stacks yet: heat stack create NAME -t FILE --wait"
    form.rows(stacks, STACK_COLUMNS, empty)


@group.command()
@click.argument("name")
@formed
@asking
def show(client: Client, form: Form, name: str) -> None:
    """Show all about a stack."""
    form.one(client.get(client.find(name).path)["stack"], SHOW_COLUMNS)


def _resources(client: Client, form: Form, name: str, nested_depth: int) -> None:
    query = {"nested_depth": nested_depth or None}
    rows = client.get(f"{client.find(name).path}/resources", query)["resources"]
    form.rows(rows, RESOURCE_COLUMNS, f"the stack {name} has no resources")


def _nested_depth(command: F) -> F:
    kind = click.IntRange(0)
    return click.option("-n", "--nested-depth", type=kind, default=0, help="Levels of nesting.")(
        command
    )


@group.command()
@click.argument("name")
@_nested_depth
@formed
@asking
def resources(client: Client, form: Form, name: str, nested_depth: int) -> None:
    """List a stack's resources."""
    _resources(client, form, name, nested_depth)


@group.group()
def resource() -> None:
    """One resource of a stack, or all."""


resource.add_command(actions.mark_unhealthy)


@resource.command("list")
@click.argument("name")
@_nested_depth
@formed
@asking
def list_resources(client: Client, form: Form, name: str, nested_depth: int) -> None:
    """List a stack's resources."""
    _resources(client, form, name, nested_depth)


@resource.command("show")
@click.argument("name")
@click.argument("resource_name", metavar="RESOURCE")
@formed
@asking
def show_resource(client: Client, form: Form, name: str, resource_name: str) -> None:
    """Show all about a resource."""
    from urllib.parse import quote

    path = f"{client.find(name).path}/resources/{quote(resource_name, safe='')}"
    form.one(client.get(path)["resource"], RESOURCE_SHEET)


@group.command()
@click.argument("name")
@click.option("--follow", is_flag=True, help="Go on until the stack is at rest.")
@click.option("--limit", type=click.IntRange(1), help="Only so many, the newest.")
@_nested_depth
@formed
@asking
def events(
    client: Client, form: Form, name: str, follow: bool, limit: int | None, nested_depth: int
) -> int:
    """Show what happened in a stack, oldest first."""
    reference = client.find(name)
    if follow:
        return _follow(client, name, form)
    query = {"limit": limit, "sort_dir": "desc", "nested_depth": nested_depth or None}
    rows = client.get(f"{reference.path}/events", query)["events"]
    form.rows(rows[::-1], EVENT_COLUMNS, f"nothing happened in {name}")
    return 0


def _follow(client: Client, name: str, form: Form) -> int:
    from heat.cli.live import Watching

    if form.name != "table" or form.columns:
        raise click.UsageError("--follow writes lines: it has no other form")
    watching = Watching(client, client.find(name))
    try:
        watching.run(lambda line: click.echo(str(line)))
    except KeyboardInterrupt:
        return 130
    return 0 if watching.gone or watching.progress.status.endswith("_COMPLETE") else 1


@group.command()
@click.argument("name")
@formed
@asking
def outputs(client: Client, form: Form, name: str) -> None:
    """Show a stack's outputs."""
    rows = client.get(client.find(name).path)["stack"].get("outputs") or []
    form.rows(rows, OUTPUT_COLUMNS, f"the stack {name} has no outputs")


@group.command()
@click.argument("name")
@click.argument("key", required=False)
@formed
@asking
def output(client: Client, form: Form, name: str, key: str | None) -> None:
    """Show one output: its bare value, to use in a script."""
    from urllib.parse import quote

    path = client.find(name).path
    if key is None:
        form.rows(client.get(path)["stack"].get("outputs") or [], OUTPUT_COLUMNS)
        return
    found = client.get(f"{path}/outputs/{quote(key, safe='')}")["output"]
    if found.get("output_error"):
        raise Failure(f"the output {key} has no value: {found['output_error']}")
    if form.name in ("json", "yaml") or form.columns:
        form.one(found)
    else:
        click.echo(cell(found.get("output_value")))


@group.command()
@click.argument("name")
@formed
@asking
def template(client: Client, form: Form, name: str) -> None:
    """Show the template of a stack, as YAML unless another form is asked for."""
    found = client.get(f"{client.find(name).path}/template")
    if form.name == "json":
        form.value(found)
    else:
        click.echo(as_yaml(found), nl=False)
