"""Rules on functions: maps that were meant to be calls, and go out as maps."""

from collections.abc import Iterator
from typing import Any

from heat.base.json import Path
from heat.lint.rule import Found, Severity, rule
from heat.lint.subject import Subject
from heat.template.slips import Slip, later_function, slip


@rule("L310", "function-of-later-version", Severity.WARNING, "A function of a later version")
def later_functions(subject: Subject) -> Iterator[Found]:
    """The template's version does not know the function, so that the call goes out as a map."""
    for at, value, _ in _maps(subject):
        if (found := later_function(value, subject.template.version)) is not None:
            yield from _once(subject, at, found)


@rule("L311", "no-call", Severity.WARNING, "A map that looks like a call")
def misspelt_functions(subject: Subject) -> Iterator[Found]:
    """What no function is called goes out as the map that it is, without a word."""
    version = subject.template.version
    for at, value, in_condition in _maps(subject):
        if later_function(value, version) is None:
            found = slip(value, version, in_condition=in_condition)
            if found is not None:
                yield from _once(subject, at, found)


def _once(subject: Subject, at: Path, found: Slip) -> Iterator[Found]:
    """Say it, unless the place is refused anyway."""
    here = (*at, found.name)
    if at not in subject.told and here not in subject.told:
        yield Found(here, found.detail, found.cure)


def _maps(subject: Subject) -> Iterator[tuple[Path, dict[str, Any], bool]]:
    """Walk all maps that may be calls, and tell whether they stand in a condition."""
    words = subject.words
    for section in (words.resources, words.outputs):
        for name, definition in subject.section(section).items():
            for key, part in definition.items() if isinstance(definition, dict) else ():
                for at, value in _below(part, (section, name, key)):
                    yield at, value, False
    for name, condition in subject.section(words.conditions).items():
        for at, value in _below(condition, (words.conditions, name)):
            yield at, value, True


def _below(value: Any, at: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    if isinstance(value, dict):
        yield at, value
        for key, part in value.items():
            yield from _below(part, (*at, key))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from _below(part, (*at, index))
