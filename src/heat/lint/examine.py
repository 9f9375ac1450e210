"""Finds all that is wrong with a template and its environments, as far as it shows without a cloud.

Parameters need no values: one without is unknown, and so is what is computed from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from heat import resources
from heat.base.errors import Invalid
from heat.base.json import Json
from heat.base.problems import Problem, in_order
from heat.base.unknown import Unknown
from heat.plan.definition import Compiled
from heat.plan.desired import TypeOf, order
from heat.plan.problems import AttributeNames, of_parameters, unable_to_snapshot, want_all
from heat.plan.providers import types_through
from heat.plan.within import levels
from heat.plugin.formats import wrong_format
from heat.plugin.registry import TYPES
from heat.template import parameters
from heat.template.environment import Environment, sound_environment
from heat.template.evaluate import Bound, bind
from heat.template.load import read
from heat.template.merging import merge
from heat.template.model import Template
from heat.template.source import Origin, Source, locate

COMMAND_LINE = "the command line"

_PSEUDO = ("OS::stack_id", "OS::stack_name", "OS::project_id", "AWS::StackId", "AWS::StackName")
_NO_VALUE = "H502"


@dataclass(frozen=True)
class Content:
    """What a request would send; texts go by the names that problems shall have.

    ``names`` leads from a file's key to its name, where that is another.
    """

    template: str
    name: str = "template"
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    environments: Mapping[str, str] = field(default_factory=dict[str, str])
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])
    names: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class Examination:
    """What was found; there is no template when its text can't be read at all."""

    template: Template | None
    type_of: TypeOf
    problems: tuple[Problem, ...]


def examine(content: Content) -> Examination:
    """Read and check everything."""
    resources.load()
    template: Template | None = None
    problems: list[Problem] = []
    try:
        template = read(content.template, name=content.name)
    except Invalid as invalid:
        problems += invalid.problems
    environment, wrong = _environment(content, template)
    type_of = types_through(environment, TYPES, content.files)
    problems += wrong
    if template is not None:
        problems = _problems(content, template, environment, wrong, type_of)
    names = {**content.names, "template": content.name, "request": COMMAND_LINE}
    named = [_named(problem, names) for problem in problems]
    # A nested template that is used many times has what is wrong with it once.
    once = {(p.code, p.place or p.at, p.where, p.detail): p for p in reversed(named)}
    return Examination(template, type_of, tuple(in_order(reversed(once.values()))))


def unbound(template: Template) -> Bound:
    """Bind a template to nothing: only what is the same in every stack is known."""
    names = (*template.parameters, *_PSEUDO)
    return bind(template, {name: _unknown(name) for name in names})


def _environment(content: Content, template: Template | None) -> tuple[Environment, list[Problem]]:
    """Merge the environments as the service does with those of a request."""
    found: list[tuple[str, Environment]] = []
    problems: list[Problem] = []
    for name, text in content.environments.items():
        environment, wrong = sound_environment(text, name)
        found.append((name, environment))
        problems += wrong
    given = Environment(parameters=content.parameters)
    if len(found) == 1:
        ((_, environment),) = found
        both = {**environment.parameters, **content.parameters}
        return replace(environment, parameters=both), problems
    found.append((COMMAND_LINE, given))
    try:
        return merge(found, template.parameters if template else {}), problems
    except Invalid as invalid:
        for problem in invalid.problems:
            source = Source(problem.where, content.environments.get(problem.where))
            problems += locate([problem], source)
        return merge(found, {}), problems


def _named(problem: Problem, names: Mapping[str, str]) -> Problem:
    place = problem.place
    if place is not None:
        place = replace(place, file=names.get(place.file, place.file))
    return replace(problem, where=names.get(problem.where, problem.where), place=place)


def _problems(
    content: Content,
    template: Template,
    environment: Environment,
    wrong: list[Problem],
    type_of: TypeOf,
) -> list[Problem]:
    values, refused = _values(template, environment)
    problems = [*template.problems, *wrong, *of_parameters(refused, template, wrong)]
    bound = bind(template, values, files=content.files)
    problems += bound.problems(AttributeNames(type_of))
    problems += unable_to_snapshot(bound, type_of, stand_ins=True)
    requires: Mapping[str, frozenset[str]] = {}
    if not problems:
        requires, problems = order(bound, type_of)
    wanted = want_all(bound, type_of, requires, problems)
    known = {name: value for name, value in values.items() if not isinstance(value, Unknown)}
    compiled = Compiled(template, environment, known, bound, type_of, requires, files=content.files)
    inside = levels(compiled, wanted, TYPES)
    found = [*wanted.problems, *(level for level in inside if isinstance(level, Problem))]
    sources = tuple(Source(name, text) for name, text in content.environments.items())
    origin = Origin(frozenset(content.parameters), sources)
    return origin.trace(found, template.source, template.words.parameters)


def _values(
    template: Template, environment: Environment
) -> tuple[dict[str, Json | Unknown], list[Problem]]:
    found, problems = parameters.values(
        template.parameters,
        environment.parameters,
        environment.parameter_defaults,
        custom=wrong_format,
    )
    known: dict[str, Json | Unknown] = dict(found)
    pseudo = {name: _unknown(name) for name in _PSEUDO}
    given = {name: known.get(name, _unknown(name)) for name in template.parameters}
    return {**pseudo, **given}, [p for p in problems if p.code != _NO_VALUE]


def _unknown(name: str) -> Unknown:
    return Unknown(frozenset((f"parameter {name}",)))
