"""Rules on keys and names that nobody reads."""

from collections.abc import Iterator, Sequence
from typing import Any

from heat.base.problems import did_you_mean
from heat.lint.rule import Found, Severity, rule
from heat.lint.subject import Subject
from heat.plugin.formats import FORMATS
from heat.resources.finders import FINDERS, TAKEN_AS_GIVEN
from heat.template.policies import REPLACE_POLICY


@rule("L312", "unknown-key", Severity.WARNING, "A key that means nothing")
def unknown_keys(subject: Subject) -> Iterator[Found]:
    """Outputs, and resources of CloudFormation, may hold any key; a strange one has no effect."""
    words, version = subject.words, subject.template.version
    condition = (words.condition,) if version.has_conditions else ()
    more = ("Export",) if version.extended else ()
    known = (words.value, words.description, *condition, *more)
    yield from _strangers(subject, words.outputs, known)
    if version.dialect == "cfn":
        more = (REPLACE_POLICY,) if version.extended else ()
        yield from _strangers(subject, words.resources, (*words.resource_keys, *condition, *more))


@rule("L313", "unknown-constraint", Severity.WARNING, "A constraint that nobody knows")
def unknown_constraints(subject: Subject) -> Iterator[Found]:
    """A custom constraint that the service does not know refuses every value."""
    known = (*FORMATS, *FINDERS, *TAKEN_AS_GIVEN)
    for name, parameter in subject.section(subject.words.parameters).items():
        constraints = parameter.get("constraints") if isinstance(parameter, dict) else None
        listed: list[Any] = constraints if isinstance(constraints, list) else []
        for n, one in enumerate(listed):
            given: Any = one.get("custom_constraint") if isinstance(one, dict) else None
            if isinstance(given, str) and given not in known:
                at = (subject.words.parameters, name, "constraints", n, "custom_constraint")
                cure = did_you_mean(given, known) or "correct its name, or leave it out"
                yield Found(at, f"there is no constraint {given!r}", cure)


def _strangers(subject: Subject, section: str, known: Sequence[str]) -> Iterator[Found]:
    for name, definition in subject.section(section).items():
        for key in definition if isinstance(definition, dict) else ():
            at = (section, name, key)
            if key not in known and at not in subject.told and at[:2] not in subject.told:
                cure = did_you_mean(key, known) or f"the keys are {', '.join(known)}"
                yield Found(at, f"{key} of {name} is left aside", cure)
