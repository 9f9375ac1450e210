"""Rules on what a template declares and does not use, or says twice."""

from collections.abc import Iterator

import yaml

from heat.base.json import Path
from heat.lint.rule import Found, Severity, rule
from heat.lint.subject import CHOICES, Subject
from heat.template.loops import PREFIX
from heat.template.yaml_nodes import compose

PARAMETER_USES = ("get_param", "Ref")
_RULE_USES = ("Fn::ValueOf", "Fn::ValueOfAll", "Fn::RefAll")


@rule("L101", "unused-parameter", Severity.WARNING, "Unused parameter")
def unused_parameters(subject: Subject) -> Iterator[Found]:
    """Whoever launches the stack is asked for a value that changes nothing."""
    functions = (*PARAMETER_USES, *_RULE_USES)
    uses = [use for use in subject.written if use.function in functions]
    if any(use.name is None for use in uses):
        return  # a name that is computed may be any
    if any(use.function in ("Fn::ValueOfAll", "Fn::RefAll") for use in uses):
        return  # these read the parameters of a type
    used = {use.name for use in uses}
    for name in subject.template.parameters:
        if name not in used:
            at = (subject.words.parameters, name)
            yield Found(at, f"nothing reads the parameter {name}", "use it, or take it away")


@rule("L102", "unused-condition", Severity.WARNING, "Unused condition")
def unused_conditions(subject: Subject) -> Iterator[Found]:
    """A condition that nothing asks for decides nothing."""
    used = set(_named_conditions(subject))
    for name in subject.template.conditions:
        if name not in used:
            at = (subject.words.conditions, name)
            yield Found(at, f"nothing asks for the condition {name}", "use it, or take it away")


@rule("L103", "unused-mapping", Severity.WARNING, "Unused mapping")
def unused_mappings(subject: Subject) -> Iterator[Found]:
    """A map in which nothing is looked up has no effect."""
    uses = [use for use in subject.written if use.function == "Fn::FindInMap"]
    if any(use.name is None for use in uses):
        return
    used = {use.name for use in uses}
    for name in subject.template.mappings:
        if name not in used:
            detail = f"nothing is looked up in the map {name}"
            yield Found(("Mappings", name), detail, "use it, or take it away")


@rule("L104", "duplicate-key", Severity.ERROR, "Duplicate key")
def duplicate_keys(subject: Subject) -> Iterator[Found]:
    """Of two equal keys in one map only the last counts; the other is lost without a word."""
    root = compose(subject.template.source.text or "")
    if root is not None:
        yield from _duplicates(root, (), set())


def _named_conditions(subject: Subject) -> Iterator[str]:
    words = subject.words
    for section in (words.resources, words.outputs):
        for definition in _entries(subject.template.raw.get(section)):
            named = definition.get(words.condition) if isinstance(definition, dict) else None
            if isinstance(named, str):
                yield named
    for use in subject.written:
        conditions: list[object] = []
        if use.function in (*CHOICES, "Condition"):
            conditions = [use.name]
        elif use.function in ("and", "or", "Fn::And", "Fn::Or", "not", "Fn::Not"):
            conditions = use.argument if isinstance(use.argument, list) else [use.argument]
        yield from (one for one in conditions if isinstance(one, str))


def _entries(section: object) -> Iterator[object]:
    """Walk the entries of a section, and those that loops make."""
    if isinstance(section, dict):
        for key, entry in section.items():
            if key.startswith(PREFIX) and isinstance(entry, list):
                yield from (part for body in entry for part in _entries(body))
            else:
                yield entry


def _duplicates(node: yaml.Node, at: Path, seen: set[int]) -> Iterator[Found]:
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _duplicates(item, (*at, index), seen)
    elif isinstance(node, yaml.MappingNode):
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            name, line = str(key.value), key.start_mark.line + 1
            if name in lines and name != "<<":
                detail = f"{name} stands on line {lines[name]} already; only the last one counts"
                yield Found((*at, name), detail, "rename one, or take it away")
            lines[name] = line
            yield from _duplicates(value, (*at, name), seen)
