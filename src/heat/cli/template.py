"""The commands on templates that need no service: check, format, and what the language has."""

from collections.abc import Sequence

import click

from heat.cli.contents import FILE, read_content, with_environments
from heat.cli.failures import Failure, Refused
from heat.cli.shown import Form, formed


@click.group()
def group() -> None:
    """Templates: check, format and write them; needs no service."""


@group.command()
@click.argument("file", type=FILE)
@with_environments
@click.option(
    "-P",
    "--parameter",
    "parameters",
    multiple=True,
    metavar="NAME=VALUE",
    help="Value of a parameter; repeatable.",
)
def validate(file: str, environments: Sequence[str], parameters: Sequence[str]) -> None:
    """Say what is wrong with a template, as far as it shows without a cloud."""
    from heat.base.errors import problem_to_wire
    from heat.lint.examine import examine

    found = examine(read_content(file, environments, parameters))
    if found.problems:
        wires = [problem_to_wire(problem) for problem in found.problems]
        raise Refused(0, f"{file} is not valid", {"problems": wires})
    click.echo(f"{file} is valid")


@group.command()
@formed
def versions(form: Form) -> None:
    """List the versions of the template language."""
    from heat.template.render import list_versions

    form.rows(list_versions(), ("version", "type", "aliases"))


@group.command()
@click.argument("version")
@click.option("--with-conditions", is_flag=True, help="Also those that conditions are made of.")
@formed
def functions(form: Form, version: str, with_conditions: bool) -> None:
    """List the functions of a version, such as 2021-04-16 or heat_template_version.wallaby."""
    from heat.template.render import list_functions
    from heat.template.versions import VERSIONS

    named = {
        name: known
        for known in reversed(VERSIONS)
        for name in (known.name, *known.aliases, known.date, known.alias)
    }
    found = named.get(version)
    if found is None:
        names = ", ".join(known.name for known in VERSIONS)
        raise Failure(f"there is no template version {version}", f"there are {names}")
    form.rows(list_functions(found, with_conditions=with_conditions), ("functions", "description"))


@group.command()
@click.option("-o", "--output", type=click.Path(dir_okay=False, writable=True), metavar="FILE")
def schema(output: str | None) -> None:
    """Write a JSON Schema of templates, so that editors complete and check them."""
    import json
    from pathlib import Path

    from heat.lint.schema import schema as made

    text = json.dumps(made(), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        Path(output).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{output} can't be written: {error.strerror}") from None
