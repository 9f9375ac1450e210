"""What commands have in common: the cloud they speak to, and the stack that they are about."""

import functools
import os
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from heat.cli.client import Client

F = TypeVar("F", bound=Callable[..., Any])

HURRY = 2.0
"""Seconds that completion waits for the service."""


def asking(command: F) -> F:
    """Give a command a client of the service, and the options that say of which cloud."""

    @functools.wraps(command)
    @click.pass_context
    def run(
        context: click.Context,
        /,
        *args: Any,
        os_cloud: str | None,
        heat_url: str | None,
        **options: Any,
    ) -> Any:
        with connected(context, os_cloud, heat_url) as client:
            return command(*args, client=client, **options)

    return cloud_options(run)  # type: ignore[return-value]


@contextmanager
def connected(
    context: click.Context, os_cloud: str | None, heat_url: str | None
) -> "Generator[Client]":
    """Open a client of the cloud that the command, or the whole command line, names."""
    from heat.cli.client import connect

    given: dict[str, str | None] = context.find_root().obj or {}
    cloud = os_cloud or given.get("os_cloud")
    with closing(connect(os.environ, cloud, heat_url or given.get("heat_url"))) as client:
        yield client


def cloud_options(command: F) -> F:
    """Add the options that name the cloud."""
    command = click.option(
        "--heat-url", metavar="URL", help="Address of the service.  [OS_HEAT_URL]"
    )(command)
    return click.option("--os-cloud", metavar="NAME", help="Cloud of clouds.yaml.  [OS_CLOUD]")(
        command
    )


def of_stack(command: F) -> F:
    """Add the argument that names a stack; the command gets it as ``name``."""
    return click.argument("name", metavar="STACK", shell_complete=stack_names)(command)


def stack_names(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
    """Return the stacks that a word may become."""

    def names(client: "Client") -> list[str]:
        return [stack["stack_name"] for stack in client.get("/stacks")["stacks"]]

    return [name for name in quietly(context, names) if name.startswith(incomplete)]


def quietly(context: click.Context, ask: Callable[["Client"], list[str]]) -> list[str]:
    """Ask the service for words, to complete a command line: in a hurry, and silent if it fails."""
    from heat.cli.client import connect
    from heat.cli.failures import Failure

    given = {**context.find_root().params, **{k: v for k, v in context.params.items() if v}}
    try:
        client = connect(os.environ, given.get("os_cloud"), given.get("heat_url"), patience=HURRY)
        with closing(client):
            return ask(client)
    except (Failure, LookupError, TypeError):
        return []
