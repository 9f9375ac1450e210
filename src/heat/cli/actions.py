"""The commands that act on a whole stack as it is: pause, check, save, hand over."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from heat.cli.asking import asking, of_stack
from heat.cli.called import as_called
from heat.cli.client import Client, StackReference
from heat.cli.contents import FILE
from heat.cli.failures import Failure
from heat.cli.launch import request_body, with_values
from heat.cli.shown import Form, formed
from heat.cli.texts import read_text
from heat.cli.waiting import Wait, note, started, waiting


def _action(verb: str, text: str) -> click.Command:
    """Return the command of an action that takes nothing but the stack's name."""

    @click.command(verb, help=text)
    @of_stack
    @waiting
    @formed
    @asking
    def command(client: Client, form: Form, name: str, wait: Wait) -> int:
        reference = client.find(name)
        before = note(client, reference) if wait is not None else None
        client.send("POST", f"{reference.path}/actions", {verb: None})
        return started(client, reference, form, verb.upper(), wait=wait, before=before)

    return command


suspend = _action("suspend", "Pause a stack: its servers are suspended.")
resume = _action("resume", "Let a suspended stack go on.")
check = _action("check", "Look whether everything in a stack is there and well.")


@click.command()
@of_stack
@click.option(
    "--no-rollback",
    is_flag=True,
    help="Stop as it is; do not go back. What runs comes to its end; --wait does not wait for it.",
)
@waiting
@formed
@asking
def cancel(client: Client, form: Form, name: str, no_rollback: bool, wait: Wait) -> int:
    """Stop an update, and go back to what was before."""
    action = "cancel_without_rollback" if no_rollback else "cancel_update"
    reference = client.find(name)
    before = note(client, reference) if wait is not None else None
    client.send("POST", f"{reference.path}/actions", {action: None})
    if wait is not None and not no_rollback:
        return started(client, reference, form, "ROLLBACK", wait=wait, before=before)
    click.echo(f"{name}: cancel started")
    click.echo(as_called(f"  heat stack watch {reference.name}"), err=True)
    return 0


@click.command()
@click.argument("name", metavar="STACK")
@click.option(
    "--adopt-file",
    required=True,
    type=FILE,
    help="What abandon or export gave; - for standard input.",
)
@click.option(
    "--rollback", "--enable-rollback", is_flag=True, help="On failure, delete what was adopted."
)
@click.option("--timeout", type=click.IntRange(1), metavar="MINUTES", help="Fail after so long.")
@with_values
@waiting
@formed
@asking
def adopt(
    client: Client,
    form: Form,
    name: str,
    adopt_file: str,
    rollback: bool,
    wait: Wait,
    **options: Any,
) -> int:
    """Make a stack of objects that are there, as an export names them."""
    _, body = request_body({**options, "template": None})
    body |= {
        "stack_name": name,
        "adopt_stack_data": read_text(adopt_file),
        "disable_rollback": not rollback,
    }
    stack = client.send("POST", "/stacks", body)["stack"]
    return started(client, StackReference(name, stack["id"]), form, "ADOPT", wait=wait)


@click.command()
@of_stack
@click.option("--output-file", type=click.Path(dir_okay=False), help="Write it here.")
@asking
def export(client: Client, name: str, output_file: str | None) -> None:
    """Write all that is needed to adopt a stack, as JSON."""
    _write(client.get(f"{client.find(name).path}/export"), output_file)


@click.command()
@of_stack
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
