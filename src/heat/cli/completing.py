"""What words may become when a shell completes a command line: names that the service knows."""

import os
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from heat.cli.client import Client

Completer = Callable[[click.Context, click.Parameter, str], list[str]]

HURRY = 2.0
"""Seconds that completion waits for the service."""


def _completer(ask: Callable[["Client", click.Context], Iterable[str]]) -> Completer:
    """Return what completes a word with names: in a hurry, and silent if it fails."""

    def complete(context: click.Context, _: click.Parameter, incomplete: str) -> list[str]:
        from heat.cli.client import connect
        from heat.cli.failures import Failure

        given = {**context.find_root().params, **{k: v for k, v in context.params.items() if v}}
        cloud, url = given.get("os_cloud"), given.get("heat_url")
        try:
            with closing(connect(os.environ, cloud, url, patience=HURRY)) as client:
                return [name for name in ask(client, context) if name.startswith(incomplete)]
        except (Failure, LookupError, TypeError):
            return []

    return complete


def _within(part: str, key: str) -> Completer:
    """Return what completes a word with the names of one part of the stack that is named."""

    def ask(client: "Client", context: click.Context) -> Iterable[str]:
        given = context.params
        path = client.find(given.get("name") or given["stack"]).path
        return [str(row[key]) for row in client.get(f"{path}/{part}")[part]]

    return _completer(ask)


def cloud_names(_: click.Context, __: click.Parameter, incomplete: str) -> list[str]:
    """Return the clouds of clouds.yaml that a word may become."""
    from heat.cli.failures import Failure
    from heat.cli.settings import known_clouds

    try:
        return [name for name in known_clouds(os.environ) if name.startswith(incomplete)]
    except Failure:
        return []


stack_names = _completer(
    lambda client, _: [s["stack_name"] for s in client.get("/stacks")["stacks"]]
)
type_names = _completer(lambda client, _: client.get("/resource_types")["resource_types"])
resource_names = _within("resources", "resource_name")
output_names = _within("outputs", "output_key")
snapshot_names = _within("snapshots", "id")
