"""Tells on standard error what went wrong: each problem with its place, source line and cure."""

import os
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from heat.cli.called import as_called
from heat.cli.failures import Failure, Refused

if TYPE_CHECKING:
    from heat.base.problems import Problem

LONGEST = 100
"""Letters of a source line that are shown."""


def complain(failure: Failure) -> None:
    """Write a failure."""
    if isinstance(failure, Refused) and failure.problems:
        for problem in failure.problems:
            _say(described(problem))
        count = len(failure.problems)
        if count > 1:
            _say(f"{count} problems")
        return
    _tell(failure.message, failure.cure)


def complain_of_usage(error: click.ClickException) -> None:
    """Write what is wrong with a command line."""
    path = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "heat"
    _tell(error.format_message(), f"{path} --help tells what there is")


def warn_of(problem: "Problem") -> None:
    """Write a line about what is not refused, but hardly meant."""
    where = f"{problem.place.file}:{problem.place.line}: " if problem.place else ""
    said = f"{problem.summary}: {problem.detail}" if problem.detail else problem.summary
    _say(f"{click.style('warning', fg='yellow', bold=True)}: {where}{said} ({problem.code})")


def _tell(message: str, cure: str) -> None:
    _say(f"{click.style('error', fg='red', bold=True)}: {message}")
    if cure:
        _say(f"  {as_called(cure)}")


def _say(text: str) -> None:
    # The command's own context, which knows of NO_COLOR, is over by now.
    click.echo(text, err=True, color=False if os.environ.get("NO_COLOR") else None)


def described(problem: Mapping[str, Any]) -> str:
    """Write a problem as compilers do."""
    where = problem.get("file") or problem.get("document") or ""
    if problem.get("line") is not None:
        where += f":{problem['line']}:{problem.get('column') or 1}"
    said = [problem.get("summary") or "", problem.get("detail") or ""]
    if problem.get("line") is None and problem.get("at"):
        said.insert(1, ".".join(str(step) for step in problem["at"]))
    head = f"{where}: " if where else ""
    lines = [click.style(head, bold=True) + ": ".join(word for word in said if word)]
    if problem.get("line") is not None and problem.get("text"):
        margin = f"  {problem['line']} | "
        text, at = _clipped(str(problem["text"]), int(problem.get("column") or 1) - 1)
        lines += [f"{margin}{text}", f"{' ' * (len(margin) + at)}{click.style('^', fg='red')}"]
    if cure := _cure(problem):
        lines.append(f"  {click.style('cure', fg='green')}: {as_called(cure)}")
    return "\n".join(lines)


def _cure(problem: Mapping[str, Any]) -> str:
    """Return what to do; of a parameter without a value, how this command is given one."""
    match problem.get("code"), problem.get("at"):
        case "H502", ["parameters", str(name)]:
            return f"give it a value, {shlex.join(['-P', f'{name}=VALUE'])}, or a default"
        case _:
            return str(problem.get("cure") or "")


def _clipped(text: str, at: int) -> tuple[str, int]:
    """Leave of a long line what is around a place, and say where in it that is."""
    if len(text) <= LONGEST:
        return text, at
    start = max(0, min(at - LONGEST // 2, len(text) - LONGEST))
    before, after = "…" if start else "", "…" if start + LONGEST < len(text) else ""
    return f"{before}{text[start : start + LONGEST]}{after}", at - start + len(before)
