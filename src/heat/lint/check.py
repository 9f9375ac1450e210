"""Runs the rules over one template."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from heat.base.problems import Problem
from heat.lint import rules
from heat.lint.examine import Content, examine
from heat.lint.rule import REGISTERED, Rule, Severity
from heat.lint.subject import Subject
from heat.template.source import locate

__all__ = ["RULES", "Choice", "Finding", "lint", "rules"]

RULES = dict(sorted(REGISTERED.items()))
"""All rules by their codes."""


@dataclass(frozen=True)
class Finding:
    """One thing found; what makes the template invalid is found by no rule."""

    problem: Problem
    severity: Severity
    rule: Rule | None = None


@dataclass(frozen=True)
class Choice:
    """Which codes count: all, or those that begin like one of ``select``; never ``ignore``."""

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()

    def takes(self, code: str) -> bool:
        """Tell whether a code counts."""
        if self.ignore and code.startswith(self.ignore):
            return False
        return not self.select or code.startswith(self.select)


def lint(content: Content, choice: Choice | None = None) -> list[Finding]:
    """Return what is wrong or doubtful, in the order of the text."""
    choice = choice or Choice()
    seen = examine(content)
    found = [Finding(p, Severity.ERROR) for p in seen.problems if choice.takes(p.code)]
    if seen.template is not None:
        told = frozenset(p.at for p in seen.problems)
        subject = Subject(seen.template, seen.type_of, told)
        chosen = [rule for rule in RULES.values() if choice.takes(rule.code)]
        if seen.problems:
            # A name that is misspelt where it is used is not used where it is declared.
            chosen = [rule for rule in chosen if not rule.name.startswith("unused-")]
        found += _broken(subject, chosen)
    files = {content.name: 0}
    for finding in found:
        if finding.problem.place:
            files.setdefault(finding.problem.place.file, len(files))
    return sorted(found, key=lambda finding: _position(finding, files))


def _broken(subject: Subject, chosen: Iterable[Rule]) -> Iterator[Finding]:
    told = [
        (rule, Problem(rule.summary, one.at, one.detail, one.cure, rule.code))
        for rule in chosen
        for one in rule.look(subject)
    ]
    placed = locate([problem for _, problem in told], subject.template.source)
    seen: set[tuple[object, ...]] = set()
    for (rule, _), problem in zip(told, placed, strict=True):
        # What a loop makes many times was written once.
        what = (problem.code, problem.place or problem.at, problem.detail)
        if what not in seen:
            seen.add(what)
            yield Finding(problem, rule.severity, rule)


def _position(finding: Finding, files: Mapping[str, int]) -> tuple[int, int, int, str]:
    place = finding.problem.place
    if place is None:
        return 0, 0, 0, ""
    return files[place.file], place.line, place.column, finding.problem.code
