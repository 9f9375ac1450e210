"""Writes what a command found, in the form that was asked for: table, json, yaml or value."""

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from shutil import get_terminal_size
from typing import Any, TypeVar

import click

from heat.cli.called import as_called

FORMS = ("table", "json", "yaml", "value")
PROSE = ("reason", "description", "Description")
"""How columns are named whose texts may be cut to fit a terminal."""
SHORTEST = 20
COLOURS = {"COMPLETE": "green", "FAILED": "red", "IN_PROGRESS": "yellow"}

F = TypeVar("F", bound=Callable[..., Any])
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Form:
    """The form, and the columns when not the usual ones."""

    name: str = "table"
    columns: tuple[str, ...] = ()

    def rows(self, rows: Sequence[Row], usual: Sequence[str], empty: str = "") -> None:
        """Write a list; a table has the usual columns, the machines' forms all keys."""
        chosen = self.columns or (tuple(usual) if self.name in ("table", "value") else ())
        if rows:
            _known(chosen, {key for row in rows for key in row} | set(usual))
        if self.name in ("json", "yaml"):
            self.value([{key: row.get(key) for key in chosen} if chosen else row for row in rows])
        elif self.name == "value":
            for row in rows:
                click.echo(" ".join(cell(row.get(key)) for key in chosen))
        elif rows:
            _table(chosen, [[cell(row.get(key)) for key in chosen] for row in rows])
        elif empty:
            click.echo(as_called(empty), err=True)

    def one(self, row: Row, usual: Sequence[str] = ()) -> None:
        """Write one thing."""
        chosen = self.columns or (
            tuple(key for key in usual if key in row) if self.name in ("table", "value") else ()
        )
        _known(chosen, row)
        found = {key: row[key] for key in chosen} if chosen else dict(row)
        if self.name in ("json", "yaml"):
            self.value(found)
        elif self.name == "value":
            for value in found.values():
                click.echo(cell(value))
        else:
            _sheet(found)

    def value(self, value: Any) -> None:
        """Write any value as JSON or YAML."""
        if self.name == "yaml":
            click.echo(as_yaml(value), nl=False)
        else:
            click.echo(json.dumps(value, indent=2, ensure_ascii=False))


def formed(command: F) -> F:
    """Give a command the options of its form; it gets them as ``form``."""
    import functools

    @functools.wraps(command)
    def run(*args: Any, form_name: str, columns: tuple[str, ...], **options: Any) -> Any:
        return command(*args, form=Form(form_name, columns), **options)

    kind = click.Choice(FORMS)
    run = click.option(
        "-c", "--column", "columns", multiple=True, metavar="COLUMN", help="Show this column."
    )(run)
    return click.option(  # type: ignore[return-value]
        "-f", "--format", "form_name", type=kind, default="table", show_default=True
    )(run)


def cell(value: Any) -> str:
    """Write a value on one line."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def as_yaml(value: Any) -> str:
    """Write a value as YAML, keys in their order and long texts as blocks."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """The safe dumper, with text of several lines as a block."""

    def text(dumper: Any, given: str) -> Any:
        style = "|" if "\n" in given else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", given, style=style)

    Dumper.add_representer(str, text)
    return yaml.dump(value, Dumper=Dumper, sort_keys=False, allow_unicode=True)


def next_steps(advice: Sequence[tuple[str, str]]) -> str:
    """Write commands that may be typed next, each with its purpose."""
    advice = [(as_called(command), purpose) for command, purpose in advice]
    width = max(len(command) for command, _ in advice)
    return "\n".join(
        ["\nNext:", *(f"  {command:<{width}}  {purpose}" for command, purpose in advice)]
    )


def coloured(status: str) -> str:
    """Colour a status; on no terminal, click takes the colour off again."""
    for ending, colour in COLOURS.items():
        if status.endswith(ending):
            return click.style(status, fg=colour)
    return status


def _known(chosen: Sequence[str], known: Mapping[str, Any] | set[str]) -> None:
    unknown = [name for name in chosen if name not in known]
    if unknown:
        there = ", ".join(sorted(known))
        raise click.UsageError(f"there is no column {unknown[0]!r}; the columns are {there}")


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [list(columns), *rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(columns))]
    if sys.stdout.isatty():
        widths = _fitting(columns, widths, get_terminal_size().columns)
        rows = [
            [_cut(word, width) for word, width in zip(row, widths, strict=True)] for row in rows
        ]
    head = "  ".join(name.ljust(width) for name, width in zip(columns, widths, strict=True))
    click.echo(click.style(head.rstrip(), bold=True))
    for row in rows:
        padded = [word.ljust(width) for word, width in zip(row, widths, strict=True)]
        cells = [
            coloured(word) + text[len(word) :] if column.endswith("status") else text
            for column, word, text in zip(columns, row, padded, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())


def _fitting(columns: Sequence[str], widths: Sequence[int], room: int) -> list[int]:
    """Make columns of prose narrower, so that a line fits; names and ids stay whole."""
    fitting = list(widths)
    for n, name in enumerate(columns):
        if name.endswith(PROSE):
            excess = sum(fitting) + 2 * (len(fitting) - 1) - room
            fitting[n] = min(fitting[n], max(fitting[n] - excess, len(name), SHORTEST))
    return fitting


def _cut(word: str, width: int) -> str:
    return word if len(word) <= width else f"{word[: width - 1]}…"


def _sheet(found: Row) -> None:
    width = max((len(key) for key in found), default=0)
    for key, value in found.items():
        text = cell(value)
        if value and isinstance(value, list | dict):
            text = as_yaml(value)
        if key.endswith("status"):
            text = coloured(text)
        indented = text.rstrip().replace("\n", "\n" + " " * (width + 2))
        click.echo(f"{click.style(key.ljust(width), bold=True)}  {indented}".rstrip())
