"""Rules on depends_on: each entry makes a resource wait, so it should be there for a reason."""

from collections.abc import Iterator

from heat.base.json import Path
from heat.lint.rule import Found, Severity, rule
from heat.lint.subject import Subject
from heat.plugin.resource import Stateless


@rule("L501", "implied-dependency", Severity.WARNING, "A reference says so already")
def implied(subject: Subject) -> Iterator[Found]:
    """A reference makes the resource wait by itself."""
    certain = _certain(subject)
    for name, other, at in _written(subject):
        if other in certain[name]:
            detail = f"{name} refers to {other}, so it waits for it anyway"
            yield Found(at, detail, "take it away")
            continue
        through = next((n for n in sorted(certain[name]) if _reaches(certain, n, other)), None)
        if through is not None:
            detail = f"{name} refers to {through}, which waits for {other}"
            yield Found(at, detail, "take it away")


@rule("L502", "needless-dependency", Severity.WARNING, "Nothing is gained by waiting")
def needless(subject: Subject) -> Iterator[Found]:
    """A resource that only holds a value changes nothing that another one could wait for."""
    for name, other, at in _written(subject):
        if _only_holds_a_value(subject, other):
            kind = subject.template.resources[other].type
            detail = f"{kind} makes nothing in the cloud that {name} could need"
            yield Found(at, detail, f"refer to {other} where its value is needed, or take it away")


@rule("L503", "serial-creation", Severity.INFO, "Equal resources wait for each other")
def serial(subject: Subject) -> Iterator[Found]:
    """Without the entry they are made at the same time; they are seldom made of each other."""
    certain = _certain(subject)
    resources = subject.template.resources
    for name, other, at in _written(subject):
        if other not in resources or resources[other].type != resources[name].type:
            continue
        if _only_holds_a_value(subject, other):
            continue  # L502 says so
        if not _reaches(certain, name, other):
            detail = f"{name} is made after {other}, of the same type, and does not refer to it"
            yield Found(at, detail, "take it away if the order does not matter")


@rule("L504", "duplicate-dependency", Severity.WARNING, "A dependency is written twice")
def duplicates(subject: Subject) -> Iterator[Found]:
    """Once is enough."""
    words = subject.words
    for name in subject.section(words.resources):
        names = subject.resource(name).get(words.depends_on)
        listed: list[object] = names if isinstance(names, list) else []
        for index, other in enumerate(listed):
            if other in listed[:index]:
                at = (words.resources, name, words.depends_on, index)
                yield Found(at, f"{name} depends on {other} twice", "take one away")


def _only_holds_a_value(subject: Subject, name: str) -> bool:
    cls = subject.types.get(name)
    return cls is not None and issubclass(cls, Stateless) and cls.create is Stateless.create


def _written(subject: Subject) -> Iterator[tuple[str, str, Path]]:
    words = subject.words
    for name, definition in subject.template.resources.items():
        at: Path = (words.resources, name, words.depends_on)
        listed = isinstance(subject.resource(name).get(words.depends_on), list)
        for index, other in enumerate(definition.depends_on):
            if other != name:
                yield name, other, (*at, index) if listed else at


def _certain(subject: Subject) -> dict[str, set[str]]:
    """Return which resources each one refers to, whatever the conditions say."""
    found: dict[str, set[str]] = {}
    for name in subject.template.resources:
        uses = subject.of_resource(name)
        named = {use.name for use in uses if use.function in _REFERENCES and not use.chosen}
        found[name] = {n for n in named if n is not None and n in subject.template.resources}
    return found


_REFERENCES = ("get_resource", "get_attr", "Ref", "Fn::GetAtt")


def _reaches(graph: dict[str, set[str]], start: str, goal: str) -> bool:
    todo, seen = [start], set[str]()
    while todo:
        name = todo.pop()
        if goal in graph[name]:
            return True
        if name not in seen:
            seen.add(name)
            todo += graph[name]
    return False
