"""The commands on hooks: which resources pause, and how they go on."""

import re
from typing import Any
from urllib.parse import urlsplit

import click

from heat.cli.asking import asking, stack_names
from heat.cli.client import Client
from heat.cli.failures import Failure
from heat.cli.groups import Lazy
from heat.cli.shown import Form, formed

COLUMNS = ("resource_name", "hook", "stack_name", "event_time")
DEPTH = 5
_PAUSED = re.compile(r"paused until Hook (\S+) is cleared")
_CLEARED = re.compile(r"^Hook (\S+) is cleared")


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
@click.argument("resources", nargs=-1, required=True)
@click.option("--hook", help="Only this hook, for example pre-create.")
@click.option("--pre-create", "hook", flag_value="pre-create", help="Only this hook.")
@click.option("--pre-update", "hook", flag_value="pre-update", help="Only this hook.")
@click.option("--pre-delete", "hook", flag_value="pre-delete", help="Only this hook.")
@asking
def clear(client: Client, stack: str, resources: tuple[str, ...], hook: str | None) -> None:
    """Let resources go on that pause at a hook."""
    pauses = _pauses(client, stack, DEPTH)
    for name in resources:
        found = [p for p in pauses if p["resource_name"] == name and hook in (None, p["hook"])]
        if not found:
            at = f"at the hook {hook}" if hook else "at a hook"
            cure = f"heat stack hook poll {stack} tells which do"
            raise Failure(f"the resource {name} of {stack} does not pause {at}", cure)
        for pause in found:
            client.send("POST", f"{pause['path']}/signal", {"unset_hook": pause["hook"]})
            click.echo(f"{name}: {pause['hook']} is cleared")


def _pauses(client: Client, stack: str, depth: int) -> list[dict[str, Any]]:
    """Read from the events which pauses nobody has ended."""
    path = f"{client.find(stack).path}/events"
    events = client.get(path, {"nested_depth": depth or None, "sort_dir": "asc"})["events"]
    open_now: dict[tuple[str, str], dict[str, Any]] = {}
    for event in events:
        reason = event.get("resource_status_reason") or ""
        links = {link["rel"]: link["href"] for link in event["links"]}
        below = "/stacks/" + urlsplit(links["resource"]).path.partition("/stacks/")[2]
        if paused := _PAUSED.search(reason):
            told = {
                **event,
                "hook": paused[1],
                "path": below,
                "stack_name": below.split("/")[2],
            }
            open_now[below, paused[1]] = told
        elif cleared := _CLEARED.match(reason):
            open_now.pop((below, cleared[1]), None)
    return list(open_now.values())
