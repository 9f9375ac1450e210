"""What commands have in common: the cloud they speak to, and the form of what they show."""

import functools
import os
from collections.abc import Callable
from typing import Any, TypeVar

import click

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
        from contextlib import closing

        from heat.cli.client import connect

        given: dict[str, str | None] = context.find_root().obj or {}
        cloud = os_cloud or given.get("os_cloud")
        client = connect(os.environ, cloud, heat_url or given.get("heat_url"))
        with closing(client):
            return command(*args, client=client, **options)

    return cloud_options(run)  # type: ignore[return-value]


def cloud_options(command: F) -> F:
    """Add the options that name the cloud."""
    command = click.option(
        "--heat-url", metavar="URL", help="Address of the service.  [OS_HEAT_URL]"
    )(command)
    return click.option("--os-cloud", metavar="NAME", help="Cloud of clouds.yaml.  [OS_CLOUD]")(
        command
    )
