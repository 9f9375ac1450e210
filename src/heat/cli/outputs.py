"""The commands on the outputs of a stack."""

from typing import Any
from urllib.parse import quote

import click

from heat.base.problems import did_you_mean
from heat.cli.asking import asking, of_stack
from heat.cli.client import Client
from heat.cli.completing import output_names
from heat.cli.failures import Failure, Refused
from heat.cli.groups import Lazy
from heat.cli.shown import Form, cell, formed

COLUMNS = ("output_key", "output_value", "description")


@click.group(cls=Lazy, otherwise=("show",))
def group() -> None:
    """Read what a stack tells of itself."""


def _all(client: Client, form: Form, name: str) -> None:
    rows: list[dict[str, Any]] = client.get(client.find(name).path)["stack"].get("outputs") or []
    columns = (
        (*COLUMNS, "output_error") if any(row.get("output_error") for row in rows) else COLUMNS
    )
    form.rows(rows, columns, f"the stack {name} has no outputs")


@click.command()
@of_stack
@formed
@asking
def outputs(client: Client, form: Form, name: str) -> None:
    """Show a stack's outputs with their values."""
    _all(client, form, name)


@group.command("list")
@of_stack
@formed
@asking
def list_outputs(client: Client, form: Form, name: str) -> None:
    """List what outputs a stack has, without their values."""
    rows = client.get(f"{client.find(name).path}/outputs")["outputs"]
    form.rows(rows, ("output_key", "description"), f"the stack {name} has no outputs")


@group.command("show")
@of_stack
@click.argument("key", required=False, shell_complete=output_names)
@click.option("--all", "every", is_flag=True, help="All of them, as without a key.")
@formed
@asking
def show(client: Client, form: Form, name: str, key: str | None, every: bool) -> None:
    """Show one output: its bare value, to use in a script. Without a key, show all."""
    if key is None or every:
        _all(client, form, name)
        return
    path = f"{client.find(name).path}/outputs/{quote(key, safe='')}"
    try:
        found = client.get(path)["output"]
    except Refused as refused:
        if refused.status == 404:
            rows = client.get(f"{client.find(name).path}/outputs")["outputs"]
            meant = did_you_mean(key, (row["output_key"] for row in rows))
            refused.cure = meant or f"heat stack output list {name} tells what there is"
        raise
    if found.get("output_error"):
        cure = f"heat stack why {name} tells whether something failed"
        raise Failure(f"the output {key} has no value: {found['output_error']}", cure)
    if form.name in ("json", "yaml") or form.columns:
        form.one(found)
    else:
        click.echo(cell(found.get("output_value")))
