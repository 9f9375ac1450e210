"""Reads and writes the texts of files that a command names; ``-`` is standard input."""

import sys
from pathlib import Path

import click

from heat.cli.failures import Failure, NoFile

NO_TEXT = "it is no UTF-8 text"


def read_text(file: str) -> str:
    """Return what a file says; raises Failure when it can't be read."""
    try:
        content = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise unread(file, error) from None
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Failure(f"{file} can't be read: {NO_TEXT}") from None


def write_text(text: str, file: str | None) -> None:
    """Write a text to a file, or to standard output where none is named."""
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(f"{file} can't be written: {error.strerror}") from None


def unread(file: str, error: OSError) -> Failure:
    """Say why a file can't be read."""
    words = f"{file} can't be read: {error.strerror or error}"
    return NoFile(words, near(file)) if isinstance(error, FileNotFoundError) else Failure(words)


def near(file: str) -> str:
    """Tell which file may have been meant."""
    from heat.base.problems import did_you_mean

    path = Path(file)
    try:
        folder = path.parent.resolve(strict=True)  # the one we stand in may be gone as well
        known = [entry.name for entry in folder.iterdir()]
    except OSError:
        return f"there is no folder {path.parent}"
    return did_you_mean(path.name, known) or f"it is looked for in {folder}"
