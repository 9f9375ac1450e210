"""The commands on what happened in a stack."""

from typing import Any
from urllib.parse import quote

import click

from heat.cli.asking import asking, of_stack
from heat.cli.client import Client
from heat.cli.completing import resource_names
from heat.cli.contents import read_filters
from heat.cli.failures import FAILED, INTERRUPTED
from heat.cli.groups import Lazy
from heat.cli.shown import Form, formed

COLUMNS = (
    "event_time",
    "resource_name",
    "resource_status",
    "resource_status_reason",
    "physical_resource_id",
)
FILTERS = ("resource_status", "resource_action", "resource_type", "resource_name")
SHEET = ("id", *COLUMNS, "resource_type", "resource_properties")


@click.group(cls=Lazy, otherwise=("list",))
def group() -> None:
    """Events: what happened in a stack."""


@click.command()
@of_stack
@click.option("--follow", is_flag=True, help="Go on until the stack is at rest.")
@click.option("--limit", type=click.IntRange(1), help="Only so many, the newest.")
@click.option("--marker", metavar="ID", help="Only those that came after this one.")
@click.option("--resource", metavar="NAME", help="Only those of this resource.")
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="KEY=VALUE",
    help="Only those of this resource_status, resource_action or resource_type; repeatable.",
)
@click.option("-n", "--nested-depth", type=click.IntRange(0), default=0, help="Levels of nesting.")
@formed
@asking
def events(client: Client, form: Form, name: str, follow: bool, **options: Any) -> int:
    """Show what happened in a stack, oldest first."""
    from heat.cli.pages import pages

    if follow:
        return _follow(client, name, form)
    path = client.find(name).path
    if options["resource"]:
        path += f"/resources/{quote(options['resource'], safe='')}"
    depth = options["nested_depth"]
    # Stacks whose resources are gone, after a rollback for example, have their say as well.
    query = {"sort_dir": "desc", "nested_depth": depth or None, "with_empty": bool(depth) or None}
    query |= read_filters(options["filters"], "--filter", FILTERS)
    if options["marker"]:
        query |= {"sort_dir": "asc", "marker": options["marker"]}
    rows = list(pages(client, f"{path}/events", "events", query, options["limit"]))
    if not options["marker"]:
        rows.reverse()
    columns: tuple[str, ...] = COLUMNS
    if depth:
        from heat.cli.progress import ids_of, link

        columns = (COLUMNS[0], "stack_name", *COLUMNS[1:])
        rows = [{**row, "stack_name": ids_of(link(row, "stack"))[0]} for row in rows]
    form.rows(rows, columns, f"nothing happened in {name}")
    return 0


group.add_command(events, "list")


@group.command("show")
@of_stack
@click.argument("resource", shell_complete=resource_names)
@click.argument("event")
@formed
@asking
def show(client: Client, form: Form, name: str, resource: str, event: str) -> None:
    """Show all about one event; heat stack event list -c id -c resource_name tells the ids."""
    where = f"/resources/{quote(resource, safe='')}/events/{quote(event, safe='')}"
    form.one(client.get(client.find(name).path + where)["event"], SHEET)


def _follow(client: Client, name: str, form: Form) -> int:
    from heat.cli.live import Watching

    if form.name != "table" or form.columns:
        raise click.UsageError("--follow writes lines: it has no other form")
    watching = Watching(client, client.find(name))
    try:
        watching.run(lambda line: click.echo(str(line)))
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0 if watching.gone or watching.progress.status.endswith("_COMPLETE") else FAILED
