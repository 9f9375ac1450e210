"""The commands that act on a whole stack as it is: pause, check, save, hand over."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from heat.cli.asking import asking
from heat.cli.client import Client, StackReference
from heat.cli.failures import Failure
from heat.cli.launch import newest, started
from heat.cli.shown import Form, formed

F = TypeVar("F", bound=Callable[..., Any])

SNAPSHOT_COLUMNS = ("id", "name", "status", "status_reason", "creation_time")


def _waiting(command: F) -> F:
    return click.option("--wait", is_flag=True, help="Watch until it is done.")(command)


def _action(verb: str, text: str) -> click.Command:
    """Return the command of an action that takes nothing but the stack's name."""

    @click.command(verb, help=text)
    @click.argument("name")
    @_waiting
    @formed
    @asking
    def command(client: Client, form: Form, name: str, wait: bool) -> int:
        reference = client.find(name)
        after = newest(client, reference) if wait else None
        client.send("POST", f"{reference.path}/actions", {verb: None})
        return started(client, reference, form, verb.upper(), wait=wait, after=after)

    return command


suspend = _action("suspend", "Pause a stack: its servers are suspended.")
resume = _action("resume", "Let a suspended stack go on.")
check = _action("check", "Look whether everything in a stack is there and well.")


@click.command()
@click.argument("name")
@click.option("--no-rollback", is_flag=True, help="Stop as it is; do not go back.")
@asking
def cancel(client: Client, name: str, no_rollback: bool) -> None:
    """Stop an update, and go back to what was before."""
    action = "cancel_without_rollback" if no_rollback else "cancel_update"
    client.send("POST", f"{client.find(name).path}/actions", {action: None})
    click.echo(f"{name}: cancelled")


@click.command()
@click.argument("name")
@click.option(
    "--adopt-file",
    required=True,
    type=click.File("r", encoding="utf-8"),
    help="What abandon or export gave; - for standard input.",
)
@click.option("--rollback", is_flag=True, help="On failure, delete what was adopted.")
@_waiting
@formed
@asking
def adopt(
    client: Client, form: Form, name: str, adopt_file: IO[str], rollback: bool, wait: bool
) -> int:
    """Make a stack of objects that are there, as an export names them."""
    body = {
        "stack_name": name,
        "adopt_stack_data": adopt_file.read(),
        "disable_rollback": not rollback,
    }
    stack = client.send("POST", "/stacks", body)["stack"]
    return started(client, StackReference(name, stack["id"]), form, "ADOPT", wait=wait)


@click.command()
@click.argument("name")
@click.option("--output-file", type=click.Path(dir_okay=False), help="Write it here.")
@asking
def export(client: Client, name: str, output_file: str | None) -> None:
    """Write all that is needed to adopt a stack, as JSON."""
    _write(client.get(f"{client.find(name).path}/export"), output_file)


@click.command()
@click.argument("name")
@click.option("--output-file", type=click.Path(dir_okay=False), help="Write it here.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@asking
def abandon(client: Client, name: str, output_file: str | None, yes: bool) -> None:
    """Forget a stack, leave its objects, and write what is needed to adopt it, as JSON."""
    if not yes and sys.stdin.isatty():
        click.confirm(f"Forget {name} and leave all that is in it?", abort=True, err=True)
    _write(client.send("DELETE", f"{client.find(name).path}/abandon"), output_file)


def _write(found: Any, path: str | None) -> None:
    text = json.dumps(found, indent=2)
    if path is None:
        click.echo(text)
        return
    try:
        Path(path).write_text(text + "\n", encoding="utf-8")
    except OSError as problem:
        # What an abandoned stack was made of must not be lost.
        click.echo(text)
        raise Failure(
            f"{path} can't be written: {problem.strerror}; it is printed instead"
        ) from None


@click.group()
def snapshot() -> None:
    """Snapshots of a stack, to come back to."""


@snapshot.command("create")
@click.argument("name")
@click.option("--name", "label", metavar="TEXT", help="What to call it.")
@_waiting
@formed
@asking
def create_snapshot(client: Client, form: Form, name: str, label: str | None, wait: bool) -> int:
    """Save a stack as it is now."""
    reference = client.find(name)
    after = newest(client, reference) if wait else None
    made = client.send("POST", f"{reference.path}/snapshots", {"name": label})
    if wait:
        return started(client, reference, form, "SNAPSHOT", wait=True, after=after)
    form.one(made, SNAPSHOT_COLUMNS)
    return 0


@snapshot.command("list")
@click.argument("name")
@formed
@asking
def list_snapshots(client: Client, form: Form, name: str) -> None:
    """List the snapshots of a stack."""
    rows = client.get(f"{client.find(name).path}/snapshots")["snapshots"]
    form.rows(rows, SNAPSHOT_COLUMNS, f"the stack {name} has no snapshots")


@snapshot.command("show")
@click.argument("name")
@click.argument("snapshot_id", metavar="SNAPSHOT")
@formed
@asking
def show_snapshot(client: Client, form: Form, name: str, snapshot_id: str) -> None:
    """Show all that a snapshot holds."""
    found = client.get(_snapshot(client.find(name), snapshot_id))["snapshot"]
    form.one(found, (*SNAPSHOT_COLUMNS, "data"))


@snapshot.command("delete")
@click.argument("name")
@click.argument("snapshot_id", metavar="SNAPSHOT")
@asking
def delete_snapshot(client: Client, name: str, snapshot_id: str) -> None:
    """Delete a snapshot, with the images and backups that it keeps."""
    client.send("DELETE", _snapshot(client.find(name), snapshot_id))
    click.echo(f"deleting {snapshot_id}")


@snapshot.command("restore")
@click.argument("name")
@click.argument("snapshot_id", metavar="SNAPSHOT")
@_waiting
@formed
@asking
def restore_snapshot(client: Client, form: Form, name: str, snapshot_id: str, wait: bool) -> int:
    """Bring a stack back to a snapshot."""
    reference = client.find(name)
    after = newest(client, reference) if wait else None
    client.send("POST", f"{_snapshot(reference, snapshot_id)}/restore", {})
    return started(client, reference, form, "RESTORE", wait=wait, after=after)


def _snapshot(reference: StackReference, snapshot_id: str) -> str:
    from urllib.parse import quote

    return f"{reference.path}/snapshots/{quote(snapshot_id, safe='')}"


@click.command("mark-unhealthy")
@click.argument("name")
@click.argument("resource_name", metavar="RESOURCE")
@click.argument("reason", default="")
@click.option("--reset", is_flag=True, help="Take the mark back.")
@asking
def mark_unhealthy(client: Client, name: str, resource_name: str, reason: str, reset: bool) -> None:
    """Let the next update replace a resource, for a reason that you may give."""
    from urllib.parse import quote

    path = f"{client.find(name).path}/resources/{quote(resource_name, safe='')}"
    client.send("PATCH", path, {"mark_unhealthy": not reset, "resource_status_reason": reason})
    click.echo(f"{resource_name}: marked {'healthy' if reset else 'unhealthy'}")
