"""The command that looks for what is doubtful in templates."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from heat.cli.contents import FILE, read_content, with_environments
from heat.cli.failures import FAILED, NOT_FOUND, Failure, NoFile

if TYPE_CHECKING:
    from heat.lint.check import Choice, Finding

COLOURS = {"error": "red", "warning": "yellow", "info": "blue"}


@click.command("lint")
@click.argument("files", nargs=-1, required=True, type=FILE, metavar="FILE...")
@with_environments
@click.option(
    "-f",
    "--format",
    "form",
    type=click.Choice(("text", "json", "sarif")),
    default="text",
    show_default=True,
)
@click.option("--select", multiple=True, metavar="CODES", help="Only these (L1,L404).")
@click.option("--ignore", multiple=True, metavar="CODES", help="All but these.")
@click.option("--strict", is_flag=True, help="Warnings, too, make it fail.")
def command(
    files: Sequence[str],
    environments: Sequence[str],
    form: str,
    select: Sequence[str],
    ignore: Sequence[str],
    strict: bool,
) -> int:
    """Look for mistakes and doubtful habits in templates; needs no service.

    Codes may be cut short: L4 is all that begins like this. docs/template-tools.md tells what each
    one means.
    """
    from heat.lint.check import Choice

    choice = Choice(_codes(select), _codes(ignore))
    linted = [_lint(file, environments, choice) for file in files]
    found = [one for findings, _ in linted for one in findings]
    if form == "sarif":
        from heat.lint.sarif import to_sarif

        click.echo(json.dumps(to_sarif(found), indent=2, ensure_ascii=False))
    elif form == "json":
        click.echo(json.dumps([_row(one) for one in found], indent=2, ensure_ascii=False))
    else:
        _tell(found)
    if any(missing for _, missing in linted):
        return NOT_FOUND
    failing = ("error", "warning") if strict else ("error",)
    return FAILED if any(one.severity.word in failing for one in found) else 0


def _codes(given: Sequence[str]) -> tuple[str, ...]:
    from heat.lint.check import RULES

    codes = tuple(code.strip() for text in given for code in text.split(",") if code.strip())
    for code in codes:
        if not code.startswith("H") and not any(known.startswith(code) for known in RULES):
            raise click.UsageError(f"there is no code {code}; there are {', '.join(RULES)}")
    return codes


def _lint(file: str, environments: Sequence[str], choice: "Choice") -> "tuple[list[Finding], bool]":
    """Return what was found, and whether a file that was named is not there."""
    from heat.lint.check import Finding, lint
    from heat.lint.rule import Severity
    from heat.template.codes import problem

    try:
        content = read_content(file, environments)
    except Failure as failure:
        found = replace(problem("H903", (), failure.message, failure.cure), where=file)
        return [Finding(found, Severity.ERROR)], isinstance(failure, NoFile)
    missing = any(name in content.unread for name in content.environments)
    return lint(content, choice), missing


def _row(finding: "Finding") -> dict[str, Any]:
    from heat.base.errors import problem_to_wire

    wire = problem_to_wire(finding.problem)
    shown = {key: wire[key] for key in ("line", "column", "summary", "detail", "cure", "at")}
    return {
        "file": wire["file"] or wire["document"],
        "code": finding.problem.code,
        "rule": finding.rule.name if finding.rule else None,
        "severity": finding.severity.word,
        **shown,
    }


def _tell(found: "Sequence[Finding]") -> None:
    from heat.base.errors import problem_to_wire
    from heat.cli.complaints import described

    for one in found:
        word = one.severity.word
        wire = problem_to_wire(one.problem)
        styled = click.style(f"{word} {one.problem.code}", fg=COLOURS[word])
        click.echo(described({**wire, "summary": f"{styled} {wire['summary']}"}))
    counts = Counter(one.severity.word for one in found)
    said = [_counted(counts[word], word) for word in COLOURS if counts[word]]
    click.echo(", ".join(said) or "nothing found", err=True)


def _counted(count: int, word: str) -> str:
    words = {"error": "errors", "warning": "warnings", "info": "hints"}
    return f"{count} {words[word] if count != 1 else words[word][:-1]}"
