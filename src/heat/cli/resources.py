"""The commands on the resources of a stack."""

import json
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

import click

from heat.base.problems import did_you_mean
from heat.cli.asking import asking, of_stack
from heat.cli.client import Client, Query
from heat.cli.completing import resource_names
from heat.cli.contents import FILE, read_parameters
from heat.cli.failures import Failure, Refused
from heat.cli.groups import Lazy
from heat.cli.shown import Form, formed
from heat.cli.texts import read_text

F = TypeVar("F", bound=Callable[..., Any])

COLUMNS = (
    "resource_name",
    "physical_resource_id",
    "resource_type",
    "resource_status",
    "updated_time",
)
SHEET = (*COLUMNS, "resource_status_reason", "required_by", "attributes")


@click.group(cls=Lazy, otherwise=("list", "show"))
def group() -> None:
    """Resources: what a stack is made of."""


@click.command()
@of_stack
@click.option("-n", "--nested-depth", type=click.IntRange(0), default=0, help="Levels of nesting.")
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only those of this type, status, name, action or id; repeatable.",
)
@formed
@asking
def resources(
    client: Client, form: Form, name: str, nested_depth: int, filters: tuple[str, ...]
) -> None:
    """List a stack's resources."""
    query = {"nested_depth": nested_depth or None, **read_parameters(filters, "--filter")}
    rows = client.get(f"{client.find(name).path}/resources", query)["resources"]
    columns: tuple[str, ...] = COLUMNS
    if nested_depth:
        from heat.cli.progress import ids_of, link

        columns = (*COLUMNS, "stack_name")
        rows = [{**row, "stack_name": ids_of(link(row, "stack"))[0]} for row in rows]
    form.rows(rows, columns, f"the stack {name} has no resources")


group.add_command(resources, "list")


def _one(command: F) -> F:
    return of_stack(click.argument("resource", shell_complete=resource_names)(command))


def _ask(
    client: Client,
    method: str,
    words: tuple[str, str],
    part: str = "",
    body: Any = None,
    query: Query | None = None,
) -> Any:
    """Ask for a resource of a stack; what may have been meant is told when there is none."""
    name, resource = words
    stack = client.find(name).path
    path = f"{stack}/resources/{quote(resource, safe='')}{part}"
    try:
        return client.send(method, path, body, query)
    except Refused as refused:
        if refused.status == 404:
            rows = client.get(f"{stack}/resources")["resources"]
            meant = did_you_mean(resource, (row["resource_name"] for row in rows))
            refused.cure = meant or f"heat stack resource list {name} tells what there is"
        raise


@group.command("show")
@_one
@click.option("--with-attr", multiple=True, metavar="NAME", help="Also this attribute; repeatable.")
@formed
@asking
def show(client: Client, form: Form, name: str, resource: str, with_attr: tuple[str, ...]) -> None:
    """Show all about a resource."""
    query = {"with_attr": list(with_attr) or None}
    form.one(_ask(client, "GET", (name, resource), query=query)["resource"], SHEET)


@group.command()
@_one
@formed
@asking
def metadata(client: Client, form: Form, name: str, resource: str) -> None:
    """Show the metadata of a resource, as JSON unless another form is asked for."""
    found = _ask(client, "GET", (name, resource), "/metadata")["metadata"]
    if form.columns:
        form.one(found)
    else:
        form.value(found)


@group.command()
@_one
@click.option("--data", metavar="JSON", help="What to say to it.")
@click.option("--data-file", type=FILE, help="The same, from a file; - for standard input.")
@asking
def signal(
    client: Client, name: str, resource: str, data: str | None, data_file: str | None
) -> None:
    """Say something to a resource: a wait condition, a scaling policy, a deployment."""
    if data is not None and data_file is not None:
        raise click.UsageError("give --data or --data-file, not both")
    if data_file is not None:
        data = read_text(data_file)
    said = _decoded(data)
    _ask(client, "POST", (name, resource), "/signal", said)
    click.echo(f"{resource}: signalled")


def _decoded(data: str | None) -> Any:
    if data is None or not data.strip():
        return None
    try:
        said = json.loads(data)
    except ValueError as error:
        raise Failure(f"the data is no JSON: {error}", "write for example '{\"a\": 1}'") from None
    if not isinstance(said, dict):
        raise Failure("the data must be a JSON object", "write for example '{\"a\": 1}'")
    return said


@group.group()
def mark() -> None:
    """Say of a resource what the service can't see."""


@mark.command()
@_one
@click.argument("reason", default="")
@click.option("--reset", is_flag=True, help="Take the mark back.")
@asking
def unhealthy(client: Client, name: str, resource: str, reason: str, reset: bool) -> None:
    """Let the next update replace a resource, for a reason that you may give."""
    body = {"mark_unhealthy": not reset, "resource_status_reason": reason}
    _ask(client, "PATCH", (name, resource), body=body)
    click.echo(f"{resource}: marked {'healthy' if reset else 'unhealthy'}")
