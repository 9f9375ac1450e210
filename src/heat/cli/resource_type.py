"""The commands on the types of resources that a template may name."""

from urllib.parse import quote

import click

from heat.cli.asking import asking
from heat.cli.client import Client
from heat.cli.completing import type_names
from heat.cli.contents import read_parameters
from heat.cli.shown import Form, as_yaml, cell, formed

PROPERTY_COLUMNS = ("property", "type", "required", "update_allowed", "default", "description")
ATTRIBUTE_COLUMNS = ("attribute", "type", "description")


@click.group()
def group() -> None:
    """Types of resources: what there is, and what each takes and gives."""


@group.command("list")
@click.option(
    "--filter",
    "filters",
    multiple=True,
    metavar="REGEX",
    help="Only names that begin like this; or support_status=..., version=...; repeatable.",
)
@formed
@asking
def list_types(client: Client, form: Form, filters: tuple[str, ...]) -> None:
    """List the types of resources."""
    query = read_parameters([text if "=" in text else f"name={text}" for text in filters])
    names = client.get("/resource_types", query)["resource_types"]
    rows = [{"resource_type": name} for name in sorted(names)]
    near = f"; '.*{query['name']}' looks within" if "name" in query else ""
    form.rows(rows, ("resource_type",), f"no type is like that{near}")


@group.command()
@click.argument("name", shell_complete=type_names)
@formed
@asking
def show(client: Client, form: Form, name: str) -> None:
    """Show the properties and attributes of a type."""
    found = client.get(f"/resource_types/{quote(name, safe='')}")
    if form.name != "table" or form.columns:
        form.one(found)
        return
    support = found.get("support_status") or {}
    click.echo(f"{click.style(found['resource_type'], bold=True)}  {support.get('status') or ''}")
    properties = [
        {"property": key, **schema} for key, schema in (found.get("properties") or {}).items()
    ]
    attributes = [
        {"attribute": key, **schema} for key, schema in (found.get("attributes") or {}).items()
    ]
    click.echo("\nProperties")
    form.rows([_short(row) for row in properties], PROPERTY_COLUMNS, "none")
    click.echo("\nAttributes")
    form.rows([_short(row) for row in attributes], ATTRIBUTE_COLUMNS, "none")


@group.command()
@click.argument("name", shell_complete=type_names)
@click.option(
    "--type", "dialect", type=click.Choice(("hot", "cfn")), default="hot", show_default=True
)
@formed
@asking
def template(client: Client, form: Form, name: str, dialect: str) -> None:
    """Write a template of a type's properties, as YAML unless another form is asked for."""
    path = f"/resource_types/{quote(name, safe='')}/template"
    found = client.get(path, {"template_type": dialect})
    if form.name == "json":
        form.value(found)
    else:
        click.echo(as_yaml(found), nl=False)


def _short(row: dict[str, object]) -> dict[str, object]:
    marks = {True: "yes", False: ""}
    return {key: marks[v] if isinstance(v, bool) else cell(v) for key, v in row.items()}
