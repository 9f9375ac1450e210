"""The command that shows an operation live."""

import math

import click

from heat.cli.asking import asking, of_stack
from heat.cli.client import Client
from heat.cli.failures import FAILED, INTERRUPTED, TooLong
from heat.cli.waiting import console


@click.command()
@of_stack
@click.option(
    "--max-wait",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Watch no longer than that, and end with 5 if it goes on.",
)
@asking
def watch(client: Client, name: str, max_wait: float | None) -> int:
    """Show what is done to a stack, live; if nothing is, wait for what comes next."""
    from heat.cli import live

    reference = client.find(name)
    status = client.get(reference.path, {"resolve_outputs": "false"})["stack"]["stack_status"]
    running = status.endswith("_IN_PROGRESS")
    if running:
        before = live.Before(live.beginning(client, reference))
    else:
        before = live.note_before(client, reference)
        click.echo(f"{reference.name} is {status}; waiting for what comes next", err=True)
    try:
        wait = max_wait or math.inf
        well = live.watch(
            client, reference, console(), before=before, wait=wait, following=not running
        )
    except KeyboardInterrupt:
        click.echo(f"\n{reference.name} goes on without being watched", err=True)
        return INTERRUPTED
    except TimeoutError:
        happened = "is not at rest" if running else "came to no new end"
        message = f"{reference.name} {happened} in {max_wait:g} seconds"
        raise TooLong(message, f"to watch on: heat stack watch {reference.name}") from None
    return 0 if well else FAILED
