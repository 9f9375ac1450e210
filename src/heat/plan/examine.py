"""All that is wrong with a definition and the stacks nested in it, as far as shows without a cloud.

Whoever says whether a definition is good asks here: what a request is accepted for, what a
validation answers and what is found on a user's machine are the same.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from heat.base.errors import Invalid
from heat.base.problems import Problem
from heat.plan.definition import Compiled
from heat.plan.desired import Desired, Standing, Wanted, want
from heat.plan.member_attributes import strange
from heat.plan.problems import unable_to_snapshot
from heat.plan.providers import Types
from heat.plan.within import MAX_DEPTH, Level, below, compile_child, placed
from heat.plugin.steps import Nest
from heat.template.codes import problem
from heat.template.environment import unread_sections

_UNKNOWN_TYPE = "H212"
_LEFT_TO_CREATION = ("H310", "H402", "H702")
"""What a nested stack is accepted with all the same: parameters and properties that are missing
make it fail when it is created. Clients count on that. What it imports another may export till
then."""


@dataclass(frozen=True)
class Examined:
    """What a definition comes to: the stack itself, first, then those nested in it.

    ``problems`` make it invalid, and so does what is ``lacking`` of a group's members, though a
    check of a template lets that pass. For those that come ``later`` a nested stack would fail
    when its turn comes.
    """

    levels: tuple[Level, ...]
    problems: tuple[Problem, ...]
    lacking: tuple[Problem, ...]
    later: tuple[Problem, ...]

    @property
    def wanted(self) -> Wanted:
        """The desired state of the stack itself, with nothing known."""
        return self.levels[0].wanted


def examine(compiled: Compiled, types: Types, *, max_depth: int = MAX_DEPTH) -> Examined:
    """Work everything out, and collect every problem."""
    wanted = want_all(compiled)
    problems, lacking, later = list(wanted.problems), list[Problem](), list[Problem]()
    levels: dict[tuple[str, ...], Level] = {(): Level((), compiled, wanted)}
    for seen in _nested(levels[()], types, max_depth):
        if isinstance(seen, Problem):
            (later if seen.code in _LEFT_TO_CREATION else problems).append(seen)
            continue
        levels[seen.path] = seen
        outer = levels[seen.path[:-1]]
        lacking += [below(found, outer.path) for found in strange(seen.path[-1], outer, seen)]
    traced = (tuple(compiled.trace(found)) for found in (problems, lacking, later))
    return Examined(tuple(levels.values()), *traced)


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


def _nested(outer: Level, types: Types, max_depth: int) -> Iterator[Level | Problem]:
    """Walk the nested stacks that a desired state has, deepest last, or what is wrong with them.

    The places of problems are those in the texts that they stand in; their paths start at the
    outermost template.
    """
    for name, desired in outer.wanted.resources.items():
        here = (*outer.path, name)
        nest = _foreseen(desired)
        if nest is None:
            continue
        if len(here) > max_depth:
            yield _too_deep(here, max_depth)
            continue
        try:
            child = compile_child(outer.compiled, name, nest, types)
        except Invalid as invalid:
            yield from (below(found, here) for found in invalid.problems)
            continue
        inner = Level(here, child, want_all(child))
        yield from (below(found, here) for found in inner.wanted.problems)
        yield inner
        yield from _nested(inner, types, max_depth)


def _foreseen(desired: Desired) -> Nest | None:
    values = placed(desired)
    return None if values is None else values.foreseen()


def _too_deep(path: tuple[str, ...], most: int) -> Problem:
    detail = f"Recursion depth exceeds {most}."
    at = [step for name in path for step in ("resources", name)]
    return problem("H218", tuple(at), detail, "a template may not nest itself")
