"""Finds everything wrong in a bound template that shows without a cloud."""

from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Protocol

from heat.base.errors import Invalid
from heat.base.json import Path
from heat.base.problems import Problem, did_you_mean
from heat.template.codes import problem
from heat.template.expressions import Call, Expression, ListOf, MapOf, Scope
from heat.template.model import OutputDefinition, ResourceDefinition, Template
from heat.template.scope import TypeNames


class Stage(IntEnum):
    """How far a value is looked into."""

    WRITTEN = 1
    """Only what is wrong as written."""
    CHECKED = 2
    """Also the calls that must be right even where others wait, as in outputs."""
    COMPUTED = 3
    """Also what shows only when the value is computed."""


class Checkable(Protocol):
    """The part of a bound template that is looked at here."""

    template: Template

    @property
    def resources(self) -> Mapping[str, ResourceDefinition]:
        """The resources that are enabled."""
        ...

    @property
    def outputs(self) -> Mapping[str, OutputDefinition]:
        """The outputs that are enabled."""
        ...

    def requires(self, name: str) -> frozenset[str]:
        """Return the resources that one depends on."""
        ...


def check(bound: Checkable, scope: Scope, types: TypeNames | None) -> Iterator[Problem]:
    """Walk the whole template."""
    words = bound.template.words
    for name, definition in bound.resources.items():
        at: Path = (words.resources, name)
        if types is not None and definition.type and not types.known(definition.type, name):
            detail = f"the resource type {definition.type} is not known"
            cure = did_you_mean(definition.type, types.names())
            yield problem("H212", (*at, words.type), detail, cure)
        yield from _depends_on(bound, definition, at)
        for part in _parts(definition):
            yield from expression_problems(part, scope)
    for output in bound.template.outputs.values():
        stage = Stage.CHECKED if output.name in bound.outputs else Stage.WRITTEN
        yield from expression_problems(output.value, scope, stage)
    yield from loops(bound)


def expression_problems(
    expression: Expression, scope: Scope, stage: Stage = Stage.COMPUTED
) -> Iterator[Problem]:
    """Find what is wrong with a value."""
    match expression:
        case MapOf(items):
            for _, part in items:
                yield from expression_problems(part, scope, stage)
        case ListOf(items):
            for part in items:
                yield from expression_problems(part, scope, stage)
        case Call():
            yield from _call_problems(expression, scope, stage)
        case _:
            pass


def _call_problems(call: Call, scope: Scope, stage: Stage) -> Iterator[Problem]:
    if call.wrong is not None:
        yield call.wrong
        return
    try:
        chosen = call.function.chosen
        parts = chosen(call.argument, scope) if chosen else [call.argument]
    except Invalid as invalid:
        yield from invalid.problems
        return
    below = [p for part in parts for p in expression_problems(part, scope, stage)]
    yield from below
    least = Stage.CHECKED if call.function.checked else Stage.COMPUTED
    if below or stage < least:
        return
    try:
        call.evaluate(scope)
    except Invalid as invalid:
        computed = stage is Stage.COMPUTED
        yield from invalid.problems if computed else map(_in_output, invalid.problems)


def _in_output(found: Problem) -> Problem:
    return problem("H405", found.at, found.detail, found.cure) if found.code == "H401" else found


def _parts(definition: ResourceDefinition) -> Iterator[Expression]:
    for part in (
        definition.properties,
        definition.metadata,
        definition.update_policy,
        definition.external_id,
    ):
        if part is not None:
            yield part


def _depends_on(bound: Checkable, definition: ResourceDefinition, at: Path) -> Iterator[Problem]:
    known, words = bound.template.resources, bound.template.words
    if (words.resources,) in bound.template.unread:
        return
    several = len(definition.depends_on) > 1
    for n, name in enumerate(definition.depends_on):
        if name not in known:
            detail = f"{definition.name} depends on {name}, which does not exist"
            here: Path = (*at, words.depends_on)
            cure = did_you_mean(name, known)
            yield problem("H401", (*here, n) if several else here, detail, cure)


def loops(bound: Checkable) -> Iterator[Problem]:
    """Find loops of dependencies, and name them; a resource is in one of them only."""
    graph = {name: sorted(bound.requires(name)) for name in bound.resources}
    done: set[str] = set()
    told: set[str] = set()
    for start, first in graph.items():
        if start in done:
            continue
        path, walks = [start], [iter(first)]
        on_path = {start}
        while walks:
            step = next(walks[-1], None)
            if step is None:
                walks.pop()
                left = path.pop()
                on_path.discard(left)
                done.add(left)
            elif step in on_path:
                around = path[path.index(step) :]
                if told.isdisjoint(around):
                    yield _loop(bound, around)
                told.update(around)
            elif step not in done:
                path.append(step)
                walks.append(iter(graph[step]))
                on_path.add(step)


def _loop(bound: Checkable, names: Sequence[str]) -> Problem:
    at = (bound.template.words.resources, names[0])
    if len(names) == 1:
        return problem("H404", at, f"the resource {names[0]} waits for itself")
    loop = " → ".join([*names, names[0]])
    return problem("H404", at, f"these resources wait for each other: {loop}")
