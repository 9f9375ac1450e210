"""Rules on conditions that decide nothing."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

from heat.base.json import Json
from heat.base.unknown import Unknown
from heat.lint.rule import Found, Severity, rule
from heat.lint.rules.unused import PARAMETER_USES
from heat.lint.subject import CHOICES, Subject
from heat.template.constraints import AllowedValues


@rule("L110", "constant-condition", Severity.WARNING, "A condition that is always the same")
def constant_conditions(subject: Subject) -> Iterator[Found]:
    """What is always made needs no condition, and what is never made need not be there."""
    words = subject.words
    known = cast("Mapping[str, bool | Unknown]", subject.bound.conditions)
    for name, holds in known.items():
        if isinstance(holds, bool):
            yield _constant(f"the condition {name}", (words.conditions, name), holds=holds)
    for section in (words.resources, words.outputs):
        for name, raw in subject.section(section).items():
            if isinstance(raw, dict) and isinstance(raw.get(words.condition), bool):
                at = (section, name, words.condition)
                yield _constant(f"the condition of {name}", at, holds=raw[words.condition])
    for use in subject.called(*CHOICES):
        if isinstance(use.argument, list) and use.argument and isinstance(use.argument[0], bool):
            yield _constant("this condition", (*use.at, 0), holds=use.argument[0])


@rule("L111", "unreachable-comparison", Severity.WARNING, "A comparison that never holds")
def unreachable_comparisons(subject: Subject) -> Iterator[Found]:
    """A parameter never has a value that its own constraints refuse."""
    for use in subject.called("equals", "Fn::Equals"):
        if not isinstance(use.argument, list) or len(use.argument) != 2:
            continue
        for read, value in (use.argument, reversed(use.argument)):
            name = _parameter(read)
            if name is not None and not isinstance(value, list | dict):
                allowed = _allowed(subject, name)
                if allowed is not None and _text(value) not in allowed:
                    detail = f"{name} is never {value!r}: its constraints allow {_list(allowed)}"
                    yield Found(use.at, detail, "compare it with an allowed value")


def _constant(what: str, at: tuple[str | int, ...], *, holds: bool) -> Found:
    if holds:
        return Found(at, f"{what} is true in every stack", "take the condition away")
    return Found(at, f"{what} is false in every stack", "take away what stands behind it")


def _parameter(value: Any) -> str | None:
    if isinstance(value, dict) and len(value) == 1:
        ((function, argument),) = value.items()
        if function in PARAMETER_USES and isinstance(argument, str):
            return argument
    return None


def _allowed(subject: Subject, name: str) -> list[str] | None:
    schema = subject.template.parameters.get(name)
    for constraint in schema.constraints if schema else ():
        if isinstance(constraint, AllowedValues):
            return [_text(value) for value in constraint.values]
    return None


def _text(value: Json) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list(values: list[str]) -> str:
    return ", ".join(values)
