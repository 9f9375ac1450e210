"""The commands that tell why something failed, and what to do about it."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from heat.cli.asking import asking, of_stack
from heat.cli.called import as_called
from heat.cli.client import Client, StackReference
from heat.cli.contents import FILE
from heat.cli.groups import Lazy
from heat.cli.shown import Form, formed

if TYPE_CHECKING:
    from heat.base.problems import Place
    from heat.cli.causes import Cause, Failed

DEPTH = 5
COLUMNS = ("path", "resource_type", "status", "reason")


@click.command()
@of_stack
@click.option("-t", "--template", type=FILE, help="Your template, to point into it.")
@formed
@asking
def why(client: Client, form: Form, name: str, template: str | None) -> None:
    """Tell why the last operation of a stack failed, and what to do next."""
    reference = client.find(name)
    failed = _diagnose(client, reference)
    if failed is None:
        status = client.get(reference.path)["stack"]["stack_status"]
        if form.name == "table" and not form.columns:
            click.echo(f"{reference.name}: {status}; nothing failed")
        else:
            form.one({"stack_name": reference.name, "stack_status": status, "cause": None})
        return
    cause = failed.causes[0]
    place = _place(client, reference, failed, cause, template)
    if form.name != "table" or form.columns:
        form.one(_sheet(reference, failed, cause, place))
        return
    _tell(reference, failed, cause, place)


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
    failed = _diagnose(client, client.find(name))
    rows = [_row(cause) for cause in failed.causes] if failed else []
    columns = (*COLUMNS, "time", "service", "request", "request_id") if long else COLUMNS
    form.rows(rows, columns, f"nothing failed in {name}")


def _diagnose(client: Client, reference: StackReference) -> "Failed | None":
    from heat.cli.causes import diagnose
    from heat.cli.pages import pages

    stack = client.get(reference.path, {"resolve_outputs": "false"})["stack"]
    rows = client.get(f"{reference.path}/resources", {"nested_depth": DEPTH})["resources"]
    query = {"sort_dir": "desc", "nested_depth": DEPTH, "with_empty": True}
    events: list[dict[str, Any]] = []
    for event in pages(client, f"{reference.path}/events", "events", query):
        events.append(event)
        status = str(event["resource_status"])
        own = event.get("physical_resource_id") == reference.id
        if own and status.endswith("_IN_PROGRESS") and not status.startswith("ROLLBACK_"):
            break
    return diagnose(reference.name, stack, rows, events[::-1])


def _place(
    client: Client,
    reference: StackReference,
    failed: "Failed",
    cause: "Cause",
    template: str | None,
) -> "Place | None":
    """Find where the resource stands: in the user's file, or in what the service keeps."""
    from heat.template.source import Source

    stack_id, member = cause.key
    if not member:
        return None
    shown, text = "", None
    if stack_id == reference.id:
        shown, text = _outermost(client, reference, template)
    elif stack_id in failed.stacks:
        shown, text = _nested(client, reference, failed, stack_id, template)
    if text is None:
        return None
    source = Source(shown, text)
    return source.find(("resources", member)) or source.find(("Resources", member))


def _outermost(
    client: Client, reference: StackReference, template: str | None
) -> tuple[str, str | None]:
    if template is not None:
        from heat.cli.files import read_sources

        return template, read_sources(template).template
    from heat.cli.shown import as_yaml

    text = as_yaml(client.get(f"{reference.path}/template"))
    return f"(heat stack template {reference.name})", text


def _nested(
    client: Client,
    reference: StackReference,
    failed: "Failed",
    stack_id: str,
    template: str | None,
) -> tuple[str, str | None]:
    """Return the file that a nested stack was made of, as it was sent."""
    rows = client.get(f"{reference.path}/resources", {"nested_depth": DEPTH})["resources"]
    kinds = {(_stack_id(row), row["resource_name"]): row["resource_type"] for row in rows}
    key = str(kinds.get(failed.stacks[stack_id], ""))
    files: Mapping[str, str] = client.get(f"{reference.path}/files")
    if key not in files:
        return "", None
    near = Path(template).parent / key if template else None
    return str(near) if near and near.is_file() else key, files[key]


def _stack_id(row: Mapping[str, Any]) -> str:
    from heat.cli.progress import ids_of, link

    return ids_of(link(row, "stack"))[1]


def _row(cause: "Cause") -> dict[str, Any]:
    said = cause.said
    return {
        "path": cause.path,
        "resource_type": cause.type,
        "status": cause.status,
        "reason": said.words,
        "time": cause.time,
        "http_status": said.status or None,
        "service": said.service,
        "request": said.request,
        "request_id": said.request_id,
        "cure": cause.cure,
    }


def _sheet(
    reference: StackReference, failed: "Failed", cause: "Cause", place: "Place | None"
) -> dict[str, Any]:
    return {
        "stack_name": reference.name,
        "stack_status": failed.status,
        "stack_status_reason": failed.reason,
        "cause": _row(cause),
        "place": str(place) if place else None,
        "more_failures": len(failed.causes) - 1,
        "next": _next(reference.name, failed)[0],
    }


def _tell(
    reference: StackReference, failed: "Failed", cause: "Cause", place: "Place | None"
) -> None:
    from heat.cli.shown import coloured, next_steps

    name, said = reference.name, cause.said
    click.echo(f"{name}: {coloured(failed.status)}")
    if cause.key[1]:
        head = " ".join(word for word in (cause.type, cause.status, cause.time) if word)
        click.echo(f"\n{click.style(cause.path, bold=True)}  {head}")
    click.echo(f"  {said.words or 'no reason was given'}")
    asked = [
        f"{said.service}: {said.request}" if said.service else "",
        f"HTTP {said.status}" if said.status else "",
        f"request {said.request_id}" if said.request_id else "",
    ]
    if any(asked):
        click.echo(f"  {', '.join(word for word in asked if word)}")
    if place is not None:
        click.echo(f"\n{place}")
        click.echo(f"  {place.line} | {place.text}")
    more = len(failed.causes) - 1
    if more:
        click.echo(as_called(f"\n{more} more failed: heat stack failures list {name}"))
    if cause.cure:
        click.echo(f"\n{click.style('cure', fg='green')}: {cause.cure}")
    click.echo(next_steps([_next(name, failed)]))


def _next(name: str, failed: "Failed") -> tuple[str, str]:
    """Return the command to type next, once the cause is cured."""
    from heat.cli.causes import passing

    if failed.status.startswith("ROLLBACK_") and failed.action == "CREATE":
        return f"heat stack delete {name}", "what is left of it, to create it anew"
    match failed.action:
        case "DELETE":
            return f"heat stack delete {name} --wait", "try again"
        case "SUSPEND" | "RESUME" | "SNAPSHOT":
            verb = "snapshot create" if failed.action == "SNAPSHOT" else failed.action.lower()
            return f"heat stack {verb} {name} --wait", "try again"
        case "CHECK":
            command = f"heat stack update {name} --existing --converge --wait"
            return command, "repair what is not well"
        case _ if passing(failed.causes[0].said):
            return f"heat stack update {name} --existing --wait", "try again; -t FILE if changed"
        case _:
            return f"heat stack update {name} -t FILE --wait", "go on with a mended template"
