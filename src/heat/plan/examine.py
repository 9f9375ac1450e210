"""All that is wrong with a definition and the stacks nested in it, as far as shows without a cloud.

Whoever says whether a definition is good asks here: what a request is accepted for, what a
validation answers and what is found on a user's machine are the same.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from heat.base.errors import Invalid
from heat.base.json import Path
from heat.base.problems import Place, Problem
from heat.base.unknown import Unknown
from heat.plan.definition import Compiled
from heat.plan.desired import Standing, Wanted, want
from heat.plan.member_attributes import strange
from heat.plan.problems import unable_to_snapshot
from heat.plan.providers import Types, unsent
from heat.plan.within import MAX_DEPTH, Level, below, compile_child, placed
from heat.plugin.nested import Nested, TemplateResource
from heat.plugin.steps import Nest
from heat.template.codes import CODES, problem
from heat.template.environment import unread_sections
from heat.template.source import locate

WEB = ("http://", "https://")

_UNKNOWN_TYPE = "H212"
_UNFIT = CODES["H213"].kind
"""What clients see of whatever is wrong with the text of a nested template."""
_GIVEN = ("parameter ", "export ")
"""How what is awaited is named, that is there before any resource."""
_LEFT_TO_CREATION = ("H310", "H402", "H702")
"""What a nested stack is accepted with all the same: parameters and properties that are missing
make it fail when it is created. Clients count on that. What it imports another may export till
then."""


@dataclass(frozen=True)
class Examined:
    """What a definition comes to: the stack itself, first, then those nested in it.

    ``problems`` make it invalid, and so does what is ``lacking`` of a group's members, though a
    check of a template lets that pass. For those that come ``later`` a nested stack would fail
    when its turn comes. ``unsent`` are the web addresses of templates that were not sent, and what
    to say if they can't be fetched either.
    """

    levels: tuple[Level, ...]
    problems: tuple[Problem, ...]
    lacking: tuple[Problem, ...]
    later: tuple[Problem, ...]
    unsent: Mapping[str, Problem]

    @property
    def wanted(self) -> Wanted:
        """The desired state of the stack itself, with nothing known."""
        return self.levels[0].wanted


class Unsent(NamedTuple):
    """The web address of a template that was not sent."""

    address: str
    problem: Problem


def examine(compiled: Compiled, types: Types, *, max_depth: int = MAX_DEPTH) -> Examined:
    """Work everything out, and collect every problem."""
    wanted = want_all(compiled)
    problems, lacking, later = list(wanted.problems), list[Problem](), list[Problem]()
    unsent: dict[str, Problem] = {}
    levels: dict[tuple[str, ...], Level] = {(): Level((), compiled, wanted)}
    for seen in _nested(levels[()], types, max_depth):
        if isinstance(seen, Problem):
            (later if seen.code in _LEFT_TO_CREATION else problems).append(seen)
            continue
        if isinstance(seen, Unsent):
            unsent.setdefault(seen.address, seen.problem)
            continue
        levels[seen.path] = seen
        outer = levels[seen.path[:-1]]
        lacking += [below(found, outer.path) for found in strange(seen.path[-1], outer, seen)]
    return Examined(
        tuple(levels.values()),
        problems=tuple(_each_once(compiled.trace(problems))),
        lacking=tuple(compiled.trace(lacking)),
        later=tuple(compiled.trace(later)),
        unsent=unsent,
    )


def _each_once(problems: Iterable[Problem]) -> Iterator[Problem]:
    """Leave out what was told: a template that many resources are made from has it once."""
    told: set[tuple[str, Place | Path, str, str]] = set()
    for found in problems:
        key = (found.code, found.place or found.at, found.where, found.detail)
        if key not in told:
            told.add(key)
            yield found


def want_all(compiled: Compiled) -> Wanted:
    """Return the desired state with nothing known; its problems are all that were found."""
    bound, type_of = compiled.bound, compiled.type_of
    problems = [*compiled.problems, *unable_to_snapshot(bound, type_of)]
    if not problems:
        return want(bound, type_of, Standing({}), compiled.requires)
    # The order can't be told, but what is wrong with each resource by itself can.
    alone = {name: frozenset[str]() for name in bound.resources}
    found = want(bound, type_of, Standing({}), alone)
    told = {problem.at for problem in problems}
    unread = unread_sections(problems)
    more = [
        problem
        for problem in found.problems
        if problem.at not in told
        and not (problem.code == _UNKNOWN_TYPE and "resource_registry" in unread)
    ]
    return Wanted(found.resources, (*problems, *more))


def _nested(outer: Level, types: Types, max_depth: int) -> Iterator[Level | Problem | Unsent]:
    """Walk the nested stacks that a desired state has, deepest last, or what is wrong with them.

    The places of problems are those in the texts that they stand in; their paths start at the
    outermost template.
    """
    for name in outer.compiled.bound.resources:
        here = (*outer.path, name)
        desired = outer.wanted.resources.get(name)
        values = placed(desired) if desired else None
        provided = _provided(outer, name)
        for flaw in provided.flaws if provided else ():
            yield below(flaw, here)
        if values is not None and (wrong := _known_too_late(outer, name, values)) is not None:
            yield below(wrong, outer.path)
        nest = _with_nothing_known(provided) if values is None else values.foreseen()
        if nest is None:
            continue
        if len(here) > max_depth:
            yield below(_too_deep(outer, name, max_depth), outer.path)
            continue
        if nest.source.startswith(WEB) and nest.source not in outer.compiled.files:
            if values is not None:
                yield Unsent(nest.source, below(_not_sent(outer, name, values), outer.path))
            continue
        try:
            child = compile_child(outer.compiled, name, nest, types)
        except Invalid as invalid:
            yield from (below(found, here) for found in invalid.problems)
            continue
        inner = Level(here, child, want_all(child))
        of_text = frozenset(child.template.problems)
        for found in _as_written(outer, name, values, inner.wanted.problems):
            kind = _UNFIT if found in of_text else found.kind
            yield replace(below(found, here), kind=kind)
        yield inner
        yield from _nested(inner, types, max_depth)


def _provided(outer: Level, name: str) -> type[TemplateResource] | None:
    """Return the type of a resource if it is a template."""
    compiled = outer.compiled
    found = compiled.type_of(name, compiled.bound.resources[name].type)
    if isinstance(found, Problem) or not issubclass(found, TemplateResource):
        return None
    return found


def _with_nothing_known(provided: type[TemplateResource] | None) -> Nest | None:
    """Return the nested stack of a resource whose own properties are wrong."""
    if provided is None or provided.template is None:
        return None
    names = provided.template.parameters
    unknown = {name: Unknown(frozenset((f"parameter {name}",))) for name in names}
    return Nest("CREATE", source=provided.source, parameters=unknown)


def _as_written(
    outer: Level, name: str, values: Nested | None, problems: Sequence[Problem]
) -> Iterator[Problem]:
    """Lead what is wrong with members back to what makes them all alike, and tell it once."""
    words, source = outer.compiled.template.words, outer.compiled.template.source
    if values is None or not values.alike:
        # What no text holds stands where it is made.
        whole = source.place((words.resources, name))
        yield from (found if found.place else replace(found, place=whole) for found in problems)
        return
    public = values.__properties__[values.alike].public
    told: set[tuple[str, Path, str]] = set()
    for found in problems:
        inside = found.at[2:]
        if (found.code, inside, found.detail) not in told:
            told.add((found.code, inside, found.detail))
            at: Path = (words.resources, name, words.properties, public, *inside)
            place = found.place or outer.compiled.template.source.place(at)
            yield replace(found, place=place)


def _known_too_late(outer: Level, name: str, values: Nested) -> Problem | None:
    """Say that a template's address waits for a resource: it must be read before anything is."""
    value = getattr(values, values.address) if values.address else ""
    waits = value.of if isinstance(value, Unknown) else frozenset[str]()
    awaited = sorted(one for one in waits if not one.startswith(_GIVEN))
    if not awaited:
        return None
    said = f"the address of the template of {name} is known only after {', '.join(awaited)}"
    return _at_address(outer, name, values, said, "make it of parameters only")


def _not_sent(outer: Level, name: str, values: Nested) -> Problem:
    """Say that a template must be sent, where it can't be fetched."""
    nest = values.foreseen()
    said = unsent(nest.source if nest else "")
    return _at_address(outer, name, values, said, "send its text in files")


def _at_address(outer: Level, name: str, values: Nested, detail: str, cure: str) -> Problem:
    words = outer.compiled.template.words
    at: Path = (words.resources, name, words.type)
    if values.address:
        public = values.__properties__[values.address].public
        at = (words.resources, name, words.properties, public)
    return locate([problem("H305", at, detail, cure)], outer.compiled.template.source)[0]


def _too_deep(outer: Level, name: str, most: int) -> Problem:
    at: Path = (outer.compiled.template.words.resources, name)
    found = problem(
        "H218", at, f"Recursion depth exceeds {most}.", "a template may not nest itself"
    )
    return locate([found], outer.compiled.template.source)[0]
