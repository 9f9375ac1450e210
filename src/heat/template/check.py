"""Finds everything wrong in a bound template that shows without a cloud."""

from collections.abc import Collection, Iterator, Mapping
from typing import Protocol

from heat.base.errors import Invalid
from heat.base.json import Path
from heat.base.problems import Problem, did_you_mean
from heat.template.codes import problem
from heat.template.expressions import Call, Expression, ListOf, MapOf, Reference, Scope
from heat.template.model import ResourceDefinition, Template


class TypeNames(Protocol):
    """What is known of resource types."""

    def names(self) -> Collection[str]:
        """Return the names of all types."""
        ...

    def known(self, type_name: str, resource: str) -> bool:
        """Return whether a resource of this name may have this type."""
        ...

    def attributes(self, type_name: str, resource: str) -> Collection[str] | None:
        """Return the attributes that a type has; None when it may have any."""
        ...


class Checkable(Protocol):
    """The part of a bound template that is looked at here."""

    template: Template

    @property
    def resources(self) -> Mapping[str, ResourceDefinition]:
        """The resources that are enabled."""
        ...

    def references(self, definition: Expression) -> frozenset[Reference]:
        """Return what is used."""
        ...

    def requires(self, name: str) -> frozenset[str]:
        """Return the resources that one depends on."""
        ...


def check(bound: Checkable, scope: Scope, types: TypeNames | None) -> Iterator[Problem]:
    """Walk the whole template."""
    words = bound.template.words
    for name, definition in bound.resources.items():
        at: Path = (words.resources, name)
        if types is not None and not types.known(definition.type, name):
            detail = f"the resource type {definition.type} is not known"
            cure = did_you_mean(definition.type, types.names())
            yield problem("H212", (*at, words.type), detail, cure)
        yield from _depends_on(bound, definition, at)
        for part in _parts(definition):
            yield from expression_problems(part, scope)
            yield from _attributes(bound, part, types, at)
    for output in bound.template.outputs.values():
        yield from expression_problems(output.value, scope, computed=False)
        at = (words.outputs, output.name, words.value)
        yield from _attributes(bound, output.value, types, at)
    yield from loops(bound)


def expression_problems(
    expression: Expression, scope: Scope, *, computed: bool = True
) -> Iterator[Problem]:
    """Find what is wrong with a value; ``computed`` adds what shows only when it is computed."""
    match expression:
        case MapOf(items):
            for _, part in items:
                yield from expression_problems(part, scope, computed=computed)
        case ListOf(items):
            for part in items:
                yield from expression_problems(part, scope, computed=computed)
        case Call():
            yield from _call_problems(expression, scope, computed=computed)
        case _:
            pass


def _call_problems(call: Call, scope: Scope, *, computed: bool) -> Iterator[Problem]:
    if call.wrong is not None:
        yield call.wrong
        return
    try:
        chosen = call.function.chosen
        parts = chosen(call.argument, scope) if chosen else [call.argument]
    except Invalid as invalid:
        yield from invalid.problems
        return
    below = [p for part in parts for p in expression_problems(part, scope, computed=computed)]
    yield from below
    if computed and not below:
        try:
            call.evaluate(scope)
        except Invalid as invalid:
            yield from invalid.problems


def _parts(definition: ResourceDefinition) -> Iterator[Expression]:
    for part in (
        definition.properties,
        definition.metadata,
        definition.update_policy,
        definition.external_id,
    ):
        if part is not None:
            yield part


def _depends_on(
    bound: Checkable, definition: ResourceDefinition, at: Path
) -> Iterator[Problem]:
    known = bound.template.resources
    for name in definition.depends_on:
        if name not in known:
            detail = f"{definition.name} depends on {name}, which does not exist"
            here = (*at, bound.template.words.depends_on)
            yield problem("H401", here, detail, did_you_mean(name, known))


def _attributes(
    bound: Checkable, part: Expression, types: TypeNames | None, at: Path
) -> Iterator[Problem]:
    if types is None:
        return
    for resource, attribute, kind in sorted(bound.references(part), key=str):
        if kind != "attribute" or attribute is None or resource not in bound.resources:
            continue
        type_name = bound.resources[resource].type
        known = types.attributes(type_name, resource)
        if known is not None and attribute not in known:
            detail = f"the resource {resource} ({type_name}) has no attribute {attribute}"
            yield problem("H403", at, detail, did_you_mean(attribute, known))


def loops(bound: Checkable) -> Iterator[Problem]:
    """Find a loop of dependencies, and name it."""
    graph = {name: sorted(bound.requires(name)) for name in bound.resources}
    done: set[str] = set()
    for start in graph:
        if start in done:
            continue
        path, walks = [start], [iter(graph[start])]
        on_path = {start}
        while walks:
            step = next(walks[-1], None)
            if step is None:
                walks.pop()
                left = path.pop()
                on_path.discard(left)
                done.add(left)
            elif step in on_path:
                loop = " → ".join([*path[path.index(step) :], step])
                at = (bound.template.words.resources, step)
                yield problem("H404", at, f"these resources wait for each other: {loop}")
                return
            elif step not in done:
                path.append(step)
                walks.append(iter(graph[step]))
                on_path.add(step)
