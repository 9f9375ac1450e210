"""The commands that tell why something failed, or waits, and what to do about it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from heat.cli.asking import asking, of_stack
from heat.cli.called import as_called
from heat.cli.client import Client, StackReference
from heat.cli.contents import FILE
from heat.cli.failures import Refused
from heat.cli.groups import Lazy
from heat.cli.shown import Form, coloured, formed, next_steps

if TYPE_CHECKING:
    from heat.base.problems import Place
    from heat.cli.causes import Cause, Diagnosis
    from heat.cli.ways import Way

DEPTH = 5
COLUMNS = ("path", "resource_type", "status", "reason")


@click.command()
@of_stack
@click.option("-t", "--template", type=FILE, default="", help="Your template, to point into it.")
@formed
@asking
def why(client: Client, form: Form, name: str, template: str) -> None:
    """Tell why the last operation of a stack failed, or what it waits for, and what to do next."""
    from heat.cli.places import Places
    from heat.cli.ways import ways_on

    reference = client.find(name)
    rows = _rows(client, reference)
    found = _diagnose(client, reference, rows)
    places: dict[Cause, Place | None] = {}
    files = False
    if shown := [_typed(client, cause) for cause in _shown(found)]:
        found = replace(found, causes=(shown[0], *found.causes[1:]))
        known = Places(client, reference, rows, template)
        files = bool(known.files)
        places = {cause: known.find(found, cause.key) for cause in shown}
    ways = ways_on(found, template, files=files)
    if form.name != "table" or form.columns:
        form.one(_sheet(found, places, ways))
    elif found.causes:
        _tell_causes(found, places, ways)
    else:
        _tell_state(found, ways)


@click.group(cls=Lazy, otherwise=("list",))
def failures() -> None:
    """Failures: everything that went wrong in the last operation."""


@failures.command("list")
@of_stack
@click.option("--long", is_flag=True, help="Also when, and the cloud's request.")
@formed
@asking
def list_failures(client: Client, form: Form, name: str, long: bool) -> None:
    """List what failed by itself, in nested stacks too, the first one first."""
    reference = client.find(name)
    found = _diagnose(client, reference, _rows(client, reference))
    columns = (*COLUMNS, "time", "service", "request", "request_id") if long else COLUMNS
    form.rows([_row(cause) for cause in found.causes], columns, f"nothing failed in {name}")


def _rows(client: Client, reference: StackReference) -> list[dict[str, Any]]:
    from heat.cli.live import resources_of

    return resources_of(client, reference)


def _diagnose(client: Client, reference: StackReference, rows: list[dict[str, Any]]) -> "Diagnosis":
    from heat.cli.causes import diagnose
    from heat.cli.pages import pages

    stack = client.get(reference.path, {"resolve_outputs": "false"})["stack"]
    query = {"sort_dir": "desc", "nested_depth": DEPTH, "with_empty": True}
    events: list[dict[str, Any]] = []
    for event in pages(client, f"{reference.path}/events", "events", query):
        events.append(event)
        status = str(event["resource_status"])
        own = event.get("physical_resource_id") == reference.id
        if own and status.endswith("_IN_PROGRESS") and not status.startswith("ROLLBACK_"):
            break
    return diagnose(reference.name, stack, rows, events[::-1])


def _shown(found: "Diagnosis") -> "list[Cause]":
    """Return what is told in whole: the first cause, and the first that kept it from going back."""
    undoing = [cause for cause in found.causes[1:] if cause.undoing]
    return [*found.causes[:1], *undoing[:1]]


def _typed(client: Client, cause: "Cause") -> "Cause":
    """Ask for the type of a resource that is gone; a list of events leaves it out."""
    below = urlsplit(cause.event).path.partition("/stacks/")[2]
    if cause.type or not below:
        return cause
    try:
        event = client.get(f"/stacks/{below}")["event"]
    except Refused:
        return cause
    return replace(cause, type=str(event.get("resource_type") or ""))


def _row(cause: "Cause") -> dict[str, Any]:
    said = cause.said
    return {
        "path": cause.path,
        "resource_type": cause.type,
        "status": cause.status,
        "reason": said.text,
        "time": cause.time,
        "http_status": said.status or None,
        "service": said.service,
        "request": said.request,
        "request_id": said.request_id,
        "cure": cause.cure,
    }


def _sheet(
    found: "Diagnosis", places: "dict[Cause, Place | None]", ways: "list[Way]"
) -> dict[str, Any]:
    cause = found.causes[0] if found.causes else None
    place = places.get(cause) if cause else None
    return {
        "stack_name": found.name,
        "stack_status": found.status,
        "stack_status_reason": found.reason,
        "cause": _row(cause) if cause else None,
        "place": str(place) if place else None,
        "more_failures": max(len(found.causes) - 1, 0),
        "working": [
            {"path": w.path, "resource_type": w.type, "since": w.since, "hook": w.hook or None}
            for w in found.work
        ],
        "next": [command for command, _ in ways],
    }


def _tell_causes(
    found: "Diagnosis", places: "dict[Cause, Place | None]", ways: "list[Way]"
) -> None:
    click.echo(f"{found.name}: {coloured(found.status)}")
    for n, (cause, place) in enumerate(places.items()):
        if n:
            click.echo("\nWhat was before could not be brought back either:")
        _tell(cause, place)
    more = len(found.causes) - len(places)
    if more:
        click.echo(as_called(f"\n{more} more failed: heat stack failures list {found.name}"))
    cures = dict.fromkeys(cause.cure for cause in places if cause.cure)
    if cures:
        click.echo()
    for cure in cures:
        click.echo(f"{click.style('cure', fg='green')}: {as_called(cure)}")
    click.echo(next_steps(ways))


def _tell(cause: "Cause", place: "Place | None") -> None:
    said = cause.said
    if cause.key[1]:
        head = " ".join(word for word in (cause.type, cause.status, cause.time) if word)
        click.echo(f"\n{click.style(cause.path, bold=True)}  {head}")
    click.echo(f"  {said.text or 'no reason was given'}")
    if said.asked:
        click.echo(f"  {said.asked}")
    if place is not None:
        click.echo(f"\n{place}")
        click.echo(f"  {place.line} | {place.text}")


def _tell_state(found: "Diagnosis", ways: "list[Way]") -> None:
    """Tell of a stack in which nothing failed, and what it waits for."""
    from heat.cli.ways import waited_for

    since = f" since {found.began}" if found.running and found.began else ""
    click.echo(f"{found.name}: {coloured(found.status)}{since}; nothing failed")
    if found.work:
        click.echo()
    for work in found.work:
        began = f" since {work.since}" if work.since else ""
        path = click.style(work.path, bold=True)
        click.echo(f"{path}  {work.type} {waited_for(work)}{began}")
    click.echo(next_steps(ways))
