"""The commands on stacks: a table of where each is, and those that list and show whole stacks."""

from typing import Any

import click

from heat.cli.asking import asking, of_stack
from heat.cli.client import Client
from heat.cli.groups import Lazy
from heat.cli.shown import Form, formed

COMMANDS = {
    "abandon": "heat.cli.actions:abandon",
    "adopt": "heat.cli.actions:adopt",
    "cancel": "heat.cli.actions:cancel",
    "check": "heat.cli.actions:check",
    "create": "heat.cli.launch:create",
    "delete": "heat.cli.launch:delete",
    "environment": "heat.cli.stored:environment",
    "event": "heat.cli.events:group",
    "events": "heat.cli.events:events",
    "export": "heat.cli.actions:export",
    "failures": "heat.cli.why:failures",
    "file": "heat.cli.stored:file",
    "graph": "heat.cli.graph:graph",
    "hook": "heat.cli.hook:group",
    "output": "heat.cli.outputs:group",
    "outputs": "heat.cli.outputs:outputs",
    "preview": "heat.cli.launch:preview",
    "resource": "heat.cli.resources:group",
    "resources": "heat.cli.resources:resources",
    "resume": "heat.cli.actions:resume",
    "snapshot": "heat.cli.snapshots:group",
    "suspend": "heat.cli.actions:suspend",
    "template": "heat.cli.stored:template",
    "update": "heat.cli.launch:update",
    "validate": "heat.cli.launch:validate",
    "watch": "heat.cli.watching:watch",
    "why": "heat.cli.why:why",
}
STACK_COLUMNS = ("id", "stack_name", "stack_status", "creation_time", "updated_time")
PROPERTIES = (
    *("id", "stack_name", "stack_status", "stack_action", "stack_status_reason", "stack_owner"),
    *("name", "status", "action", "username", "tenant", "owner_id", "parent"),
    *("stack_user_project_id", "disable_rollback", "timeout_mins"),
)
SORTS = ("stack_name", "stack_status", "creation_time", "updated_time")
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


@click.group(cls=Lazy, addresses=COMMANDS)
def group() -> None:
    """Stacks: launch, change, watch and remove them."""


FILTERS = ("status", "tags", "tags_any", "not_tags", "not_tags_any")


@group.command("list")
@click.option("--nested", is_flag=True, help="Also the stacks inside of others.")
@click.option("--deleted", is_flag=True, help="Also those that are deleted.")
@click.option("--hidden", is_flag=True, help="Also those that a tag hides.")
@click.option("--all-projects", is_flag=True, help="Those of every project, if you may.")
@click.option("--tags", help="Only those with all of these tags (a,b).")
@click.option("--tags-any", help="Only those with one of these tags.")
@click.option("--not-tags", help="Only those without all of these tags at once.")
@click.option("--not-tags-any", help="Only those with none of these tags.")
@click.option("--status", help="Only those in this state, such as CREATE_FAILED.")
@click.option(
    "--property",
    "properties",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only those with this, such as stack_owner=demo; repeatable.",
)
@click.option("--sort", metavar="KEY[:asc|desc]", help="Such as stack_name:asc.")
@click.option("--sort-dir", type=click.Choice(("asc", "desc")), hidden=True)
@click.option("--marker", metavar="ID", help="Only those that come after this one.")
@click.option("--limit", type=click.IntRange(1), help="No more than so many.")
@formed
@asking
def list_stacks(client: Client, form: Form, limit: int | None, **options: Any) -> None:
    """List the project's stacks, newest first."""
    from heat.cli.contents import read_filters
    from heat.cli.pages import pages

    flags = {
        "show_nested": "nested",
        "show_deleted": "deleted",
        "show_hidden": "hidden",
        "global_tenant": "all_projects",
    }
    key, direction = _sorting(options["sort"] or "")
    query: dict[str, Any] = {
        **{flag: "true" for flag, option in flags.items() if options[option]},
        **{name: options[name] for name in FILTERS},
        "marker": options["marker"],
        "sort_keys": key or None,
        "sort_dir": direction or options["sort_dir"],
        **read_filters(options["properties"], "--property", PROPERTIES),
    }
    empty = "there are no stacks yet: heat stack create NAME -t FILE --wait"
    if options["properties"] or any(options[name] for name in FILTERS):
        empty = "no stack is like that; heat stack list shows all"
    form.rows(list(pages(client, "/stacks", "stacks", query, limit)), STACK_COLUMNS, empty)


def _sorting(given: str) -> tuple[str, str]:
    """Read KEY:DIRECTION; the service takes no notice of what it does not know."""
    from heat.base.problems import did_you_mean

    key, _, direction = given.partition(":")
    if key and key not in SORTS:
        way = did_you_mean(key, SORTS) or f"the keys are {', '.join(SORTS)}"
        raise click.UsageError(f"stacks can't be sorted by {key!r}; {way}")
    if direction not in ("", "asc", "desc"):
        raise click.UsageError(f"{direction!r} is neither asc nor desc")
    return key, direction


@group.command()
@of_stack
@click.option("--no-resolve-outputs", is_flag=True, help="Leave the outputs out.")
@formed
@asking
def show(client: Client, form: Form, name: str, no_resolve_outputs: bool) -> None:
    """Show all about a stack."""
    query = {"resolve_outputs": "false"} if no_resolve_outputs else None
    form.one(client.get(client.find(name).path, query)["stack"], SHOW_COLUMNS)
