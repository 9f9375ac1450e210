"""The commands that show what a stack was made of: template, environment, files."""

import click

from heat.cli.asking import asking, of_stack
from heat.cli.client import Client
from heat.cli.failures import NOT_FOUND, Failure
from heat.cli.groups import Lazy
from heat.cli.shown import Form, as_yaml, formed


@click.group(cls=Lazy, otherwise=("show",))
def template() -> None:
    """Read the template of a stack."""


@template.command("show")
@of_stack
@formed
@asking
def show_template(client: Client, form: Form, name: str) -> None:
    """Show the template of a stack, as YAML unless another form is asked for."""
    _show(client, form, name, "template")


@click.group(cls=Lazy, otherwise=("show",))
def environment() -> None:
    """Read the environment of a stack."""


@environment.command("show")
@of_stack
@formed
@asking
def show_environment(client: Client, form: Form, name: str) -> None:
    """Show the environment of a stack; hidden values are masked."""
    _show(client, form, name, "environment")


def _show(client: Client, form: Form, name: str, part: str) -> None:
    found = client.get(f"{client.find(name).path}/{part}")
    if form.columns:
        form.one(found)
    elif form.name == "json":
        form.value(found)
    else:
        click.echo(as_yaml(found), nl=False)


@click.group(cls=Lazy, otherwise=("list", "show"))
def file() -> None:
    """Read the files that a stack's template speaks of."""


@file.command("list")
@of_stack
@formed
@asking
def list_files(client: Client, form: Form, name: str) -> None:
    """List the files of a stack; the machines' forms have their texts too."""
    found = client.get(f"{client.find(name).path}/files")
    if form.name in ("json", "yaml") and not form.columns:
        form.value(found)
        return
    rows = [{"file": key, "bytes": len(text.encode())} for key, text in found.items()]
    form.rows(rows, ("file", "bytes"), f"the stack {name} has no files")


@file.command("show")
@of_stack
@click.argument("key", metavar="FILE")
@asking
def show_file(client: Client, name: str, key: str) -> None:
    """Show one file of a stack."""
    found = client.get(f"{client.find(name).path}/files")
    if key not in found:
        known = ", ".join(found) or "none"
        failure = Failure(f"the stack {name} has no file {key}", f"its files: {known}")
        failure.code = NOT_FOUND
        raise failure
    click.echo(found[key], nl=not found[key].endswith("\n"))
