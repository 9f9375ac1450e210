"""The commands on templates that need no service: check, format, and what the language has."""

from collections.abc import Sequence

import click

from heat.cli.contents import FILE, read_content, with_environments, with_parameters
from heat.cli.failures import FAILED, NOT_FOUND, Failure, Refused
from heat.cli.shown import Form, formed
from heat.cli.texts import read_text, write_text


@click.group()
def group() -> None:
    """Templates: check, format and write them; needs no service."""


@group.command()
@click.argument("file", type=FILE)
@with_environments
@with_parameters
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(("text", "json", "yaml")),
    default="text",
    show_default=True,
    help="json and yaml tell the problems and what the template asks for.",
)
def validate(file: str, environments: Sequence[str], parameters: Sequence[str], form: str) -> int:
    """Say what is wrong with a template, as far as it shows without a cloud."""
    from heat.base.errors import problem_to_wire
    from heat.cli.complaints import complain
    from heat.lint.examine import examine

    content = read_content(file, environments, parameters)
    found = examine(content)
    wires = [problem_to_wire(problem) for problem in found.problems]
    code = FAILED if wires else 0
    if any(name in content.unread for name in content.environments):
        code = NOT_FOUND
    if form != "text":
        Form(form).value(
            {"valid": not wires, "problems": wires, "template": found.described(content.files)}
        )
    elif wires:
        complain(Refused(0, f"{file} is not valid", {"problems": wires}))
    else:
        click.echo(f"{file} is valid")
    return code


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

    from heat.lint.schema import schema as made

    write_text(json.dumps(made(), indent=2, ensure_ascii=False) + "\n", output)


@group.command("format")
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@click.option("--check", is_flag=True, help="Change nothing; fail if there is something to change.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would be.")
def format_files(files: Sequence[str], check: bool, diff: bool) -> int:
    """Lay templates out anew: indentation, blank lines, the order of sections.

    Comments stay. A file whose layout can't be changed without changing its meaning is left alone.
    With - the template comes from standard input, and goes to standard output.
    """
    from heat.base.errors import Invalid, problem_to_wire
    from heat.cli.complaints import complain
    from heat.lint.layout import lay_out

    code = 0
    for file in files:
        text = read_text(file)
        try:
            made = lay_out(text, file)
        except Invalid as invalid:
            problems = [problem_to_wire(problem) for problem in invalid.problems]
            complain(Refused(0, invalid.message, {"problems": problems}))
            code = 1
            continue
        if diff:
            _show_difference(file, text, made)
        if check or diff:
            code = code or int(made != text)
            if made != text and not diff:
                click.echo(f"{file} would change")
        elif file == "-":
            click.echo(made, nl=False)
        elif made != text:
            _write(file, made)
            click.echo(f"{file} changed")
    return code


def _write(file: str, text: str) -> None:
    """Put a text in a file's place at once, so that no half of it is ever there."""
    from pathlib import Path

    target = Path(file).resolve()
    beside = target.with_name(f".{target.name}.new")
    try:
        beside.write_bytes(text.encode())
        beside.chmod(target.stat().st_mode & 0o7777)
        beside.replace(target)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise Failure(f"{file} can't be written: {error.strerror}") from None


def _show_difference(file: str, text: str, made: str) -> None:
    from difflib import unified_diff

    lines = unified_diff(
        text.splitlines(keepends=True), made.splitlines(keepends=True), file, f"{file} (formatted)"
    )
    colours = {"+": "green", "-": "red", "@": "cyan"}
    for line in lines:
        shown = line if line.endswith("\n") else f"{line}\n\\ no newline at the end\n"
        click.secho(shown, nl=False, fg=colours.get(line[:1]))
