"""The commands on hooks: which resources pause, and how they go on."""

from fnmatch import fnmatchcase
from typing import Any

import click

from heat.cli.asking import asking
from heat.cli.client import Client
from heat.cli.completing import resource_names, stack_names
from heat.cli.failures import Failure
from heat.cli.groups import Lazy
from heat.cli.pauses import open_pauses
from heat.cli.progress import ids_of, link
from heat.cli.shown import Form, formed

COLUMNS = ("resource_name", "hook", "stack_name", "event_time")
DEPTH = 5


@click.group(cls=Lazy)
def group() -> None:
    """Hooks: resources that pause until somebody lets them go on."""


@group.command()
@click.argument("stack", metavar="STACK", shell_complete=stack_names)
@click.option(
    "-n", "--nested-depth", type=int, default=DEPTH, help="Levels of nested stacks to search."
)
@formed
@asking
def poll(client: Client, form: Form, stack: str, nested_depth: int) -> None:
    """List the resources of a stack that pause at a hook."""
    rows = [{key: pause[key] for key in COLUMNS} for pause in _pauses(client, stack, nested_depth)]
    form.rows(rows, COLUMNS, "nothing pauses")


@group.command()
@click.argument("stack", metavar="STACK", shell_complete=stack_names)
@click.argument("resources", nargs=-1, required=True, shell_complete=resource_names)
@click.option("--hook", help="Only this hook, for example pre-create.")
@click.option("--pre-create", "hook", flag_value="pre-create", help="Only this hook.")
@click.option("--pre-update", "hook", flag_value="pre-update", help="Only this hook.")
@click.option("--pre-delete", "hook", flag_value="pre-delete", help="Only this hook.")
@asking
def clear(client: Client, stack: str, resources: tuple[str, ...], hook: str | None) -> None:
    """Let resources go on that pause at a hook; nested/resource is one within, * any name."""
    pauses = [p for p in _pauses(client, stack, DEPTH) if hook in (None, p["hook"])]
    if any("/" in name for name in resources):
        owners = _owners(client, stack)
        pauses = [{**p, "within": owners.get(ids_of(p["path"])[1], "")} for p in pauses]
    for name in resources:
        found = [pause for pause in pauses if _is_meant(pause, name)]
        if not found:
            at = f"at the hook {hook}" if hook else "at a hook"
            cure = f"heat stack hook poll {stack} tells which do"
            raise Failure(f"the resource {name} of {stack} does not pause {at}", cure)
        for pause in found:
            client.send("POST", f"{pause['path']}/signal", {"unset_hook": pause["hook"]})
            click.echo(f"{pause['resource_name']}: {pause['hook']} is cleared")


def _is_meant(pause: dict[str, Any], name: str) -> bool:
    if "/" in name:
        return fnmatchcase(f"{pause['within']}{pause['resource_name']}", name.strip("/"))
    return fnmatchcase(pause["resource_name"], name)


def _owners(client: Client, stack: str) -> dict[str, str]:
    """Return where each nested stack is, by its id: ``group/0/``."""
    top = client.find(stack)
    query = {"nested_depth": DEPTH}
    found = {top.id: ""}
    rows = client.get(f"{top.path}/resources", query)["resources"]
    while reached := [row for row in rows if ids_of(link(row, "stack"))[1] in found]:
        rows = [row for row in rows if row not in reached]
        for row in reached:
            if nested := link(row, "nested"):
                place = found[ids_of(link(row, "stack"))[1]]
                found[ids_of(nested)[1]] = f"{place}{row['resource_name']}/"
    return found


def _pauses(client: Client, stack: str, depth: int) -> list[dict[str, Any]]:
    path = f"{client.find(stack).path}/events"
    query = {"nested_depth": depth or None, "sort_dir": "asc"}
    return open_pauses(client.get(path, query)["events"])
