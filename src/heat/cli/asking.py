"""What commands have in common: the cloud they speak to, and the stack that they are about."""

import functools
import os
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from heat.cli.completing import cloud_names, stack_names

if TYPE_CHECKING:
    from heat.cli.client import Client

F = TypeVar("F", bound=Callable[..., Any])


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
    told = "Cloud of clouds.yaml.  [OS_CLOUD]"
    return click.option("--os-cloud", metavar="NAME", help=told, shell_complete=cloud_names)(
        command
    )


def of_stack(command: F) -> F:
    """Add the argument that names a stack; the command gets it as ``name``."""
    return click.argument("name", metavar="STACK", shell_complete=stack_names)(command)
