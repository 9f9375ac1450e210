"""The commands on snapshots of a stack."""

from urllib.parse import quote

import click

from heat.cli.asking import asking, of_stack
from heat.cli.client import Client, StackReference
from heat.cli.completing import snapshot_names
from heat.cli.failures import Failure, Refused
from heat.cli.groups import Lazy
from heat.cli.shown import Form, formed
from heat.cli.waiting import Wait, note, started, waiting

COLUMNS = ("id", "name", "status", "status_reason", "creation_time")


@click.group(cls=Lazy, otherwise=("list",))
def group() -> None:
    """Snapshots of a stack, to come back to."""


@group.command("create")
@of_stack
@click.option("--name", "label", metavar="TEXT", help="What to call it.")
@waiting
@formed
@asking
def create_snapshot(client: Client, form: Form, name: str, label: str | None, wait: Wait) -> int:
    """Save a stack as it is now."""
    reference = client.find(name)
    before = note(client, reference) if wait is not None else None
    made = client.send("POST", f"{reference.path}/snapshots", {"name": label})
    if wait is not None:
        return started(client, reference, form, "SNAPSHOT", wait=wait, before=before)
    form.one(made, COLUMNS)
    return 0


@group.command("list")
@of_stack
@formed
@asking
def list_snapshots(client: Client, form: Form, name: str) -> None:
    """List the snapshots of a stack."""
    rows = client.get(f"{client.find(name).path}/snapshots")["snapshots"]
    form.rows(rows, COLUMNS, f"the stack {name} has no snapshots")


@group.command("show")
@of_stack
@click.argument("snapshot", metavar="SNAPSHOT", shell_complete=snapshot_names)
@formed
@asking
def show_snapshot(client: Client, form: Form, name: str, snapshot: str) -> None:
    """Show all that a snapshot holds."""
    found = client.get(_found(client, client.find(name), snapshot))["snapshot"]
    form.one(found, (*COLUMNS, "data"))


@group.command("delete")
@of_stack
@click.argument("snapshot", metavar="SNAPSHOT", shell_complete=snapshot_names)
@asking
def delete_snapshot(client: Client, name: str, snapshot: str) -> None:
    """Delete a snapshot, with the images and backups that it keeps."""
    client.send("DELETE", _found(client, client.find(name), snapshot))
    click.echo(f"deleting {snapshot}")


@group.command("restore")
@of_stack
@click.argument("snapshot", metavar="SNAPSHOT", shell_complete=snapshot_names)
@waiting
@formed
@asking
def restore_snapshot(client: Client, form: Form, name: str, snapshot: str, wait: Wait) -> int:
    """Bring a stack back to a snapshot."""
    reference = client.find(name)
    before = note(client, reference) if wait is not None else None
    client.send("POST", f"{_found(client, reference, snapshot)}/restore", {})
    return started(client, reference, form, "RESTORE", wait=wait, before=before)


def _found(client: Client, reference: StackReference, wanted: str) -> str:
    """Return the address of the snapshot that has this id, or else this name."""
    home = f"{reference.path}/snapshots"
    rows = client.get(home)["snapshots"]
    ids = [row["id"] for row in rows if row["id"] == wanted]
    ids = ids or [row["id"] for row in rows if row["name"] == wanted]
    if not ids:
        cure = f"heat stack snapshot list {reference.name} tells what there is"
        raise Refused(404, f"the stack {reference.name} has no snapshot {wanted}", cure=cure)
    if len(ids) > 1:
        message = f"the stack {reference.name} has several snapshots called {wanted}"
        raise Failure(message, f"give the id of one: {', '.join(ids)}")
    return f"{home}/{quote(ids[0], safe='')}"
