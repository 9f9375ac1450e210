"""Starting something and, if asked to, watching it to its end: the options and the exit codes."""

import functools
import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from heat.cli.called import as_called
from heat.cli.client import Client, StackReference
from heat.cli.failures import FAILED, INTERRUPTED, TooLong
from heat.cli.shown import Form

if TYPE_CHECKING:
    from rich.console import Console

    from heat.cli.live import Before

F = TypeVar("F", bound=Callable[..., Any])

Wait = float | None
"""Seconds to watch at most; None does not watch."""


def waiting(command: F) -> F:
    """Add the options of watching; the command gets ``wait``."""

    @functools.wraps(command)
    def run(*args: Any, wait: bool, max_wait: float | None, **options: Any) -> Any:
        chosen = (max_wait or math.inf) if wait or max_wait else None
        return command(*args, wait=chosen, **options)

    run = click.option(
        "--max-wait",
        type=click.FloatRange(min=0, min_open=True),
        metavar="SECONDS",
        help="Watch no longer than that, and end with 5 if it goes on; implies --wait.",
    )(run)
    return click.option("--wait", is_flag=True, help="Watch until it is done.")(run)  # type: ignore[return-value]


def started(
    client: Client,
    reference: StackReference,
    form: Form,
    action: str,
    *,
    wait: Wait,
    before: "Before | None" = None,
    template: str = "",
) -> int:
    """Say that an action has begun, or watch it to its end; return the exit code.

    ``template`` is the user's own file, to name it in what may be typed next.
    """
    machine = form.name != "table" or bool(form.columns)
    if wait is not None:
        shown_on = console(stderr=machine)
        code = watched(client, reference, shown_on, action, before, wait, template)
        if machine and code != INTERRUPTED:
            form.one(client.get(reference.path)["stack"])
        return code
    if machine:
        form.one(client.get(reference.path)["stack"])
        return 0
    click.echo(f"{reference.name}: {action.lower()} started ({reference.id})")
    click.echo(as_called(f"  heat stack watch {reference.name}"), err=True)
    return 0


def watched(
    client: Client,
    reference: StackReference,
    shown_on: "Console",
    action: str,
    before: "Before | None",
    wait: float = math.inf,
    template: str = "",
) -> int:
    """Watch an action to its end; return the exit code."""
    from heat.cli.live import watch

    again = as_called(f"heat stack watch {reference.name}")
    try:
        well = watch(
            client,
            reference,
            shown_on,
            asked=action,
            before=before,
            wait=wait,
            template=template,
        )
    except KeyboardInterrupt:
        click.echo(f"\nThe {action.lower()} of {reference.name} goes on. To watch it:", err=True)
        click.echo(f"  {again}", err=True)
        return INTERRUPTED
    except TimeoutError:
        message = f"the {action.lower()} of {reference.name} goes on after {wait:g} seconds"
        raise TooLong(message, f"to watch it: {again}") from None
    return 0 if well else FAILED


def note(client: Client, reference: StackReference, plan: dict[str, Any] | None = None) -> "Before":
    """Take note of a stack before something is asked of it, to watch what comes of that."""
    from heat.cli.live import note_before

    return note_before(client, reference, plan)


def console(*, stderr: bool = False) -> "Console":
    """Return where to draw."""
    from rich.console import Console

    return Console(stderr=stderr)
