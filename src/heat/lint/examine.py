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
from heat.plan.desired import Standing, TypeOf, order, want
from heat.plan.providers import types_through
from heat.plugin.registry import TYPES
from heat.template import parameters
from heat.template.environment import Environment, read_environment
from heat.template.evaluate import Bound, bind
from heat.template.load import read
from heat.template.merging import merge
from heat.template.model import Template
from heat.template.source import Source, locate

COMMAND_LINE = "the command line"

_PSEUDO = ("OS::stack_id", "OS::stack_name", "OS::project_id", "AWS::StackId", "AWS::StackName")
_NO_VALUE, _UNKNOWN_PARAMETER = "H502", "H402"


@dataclass(frozen=True)
class Content:
    """What a request would send; texts go by the names that problems shall have."""

    template: str
    name: str = "template"
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    environments: Mapping[str, str] = field(default_factory=dict[str, str])
    parameters: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Examination:
    """What was found; there is no template when its text or shape can't be read."""

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
        problems += template.problems
    except Invalid as invalid:
        problems += invalid.problems
    try:
        environment = _environment(content, template)
    except Invalid as invalid:
        problems += invalid.problems
        environment = Environment()
    type_of = types_through(environment, TYPES, content.files)
    if template is not None:
        values, wrong = _values(template, environment)
        problems += _traced(wrong, content)
        bound = bind(template, values, files=content.files)
        problems += _found(bound, type_of)
    named = [replace(p, where=content.name) if p.where == "template" else p for p in problems]
    return Examination(template, type_of, tuple(in_order(named)))


def unbound(template: Template) -> Bound:
    """Bind a template to nothing: only what is the same in every stack is known."""
    names = (*template.parameters, *_PSEUDO)
    return bind(template, {name: _unknown(name) for name in names})


def _environment(content: Content, template: Template | None) -> Environment:
    """Merge the environments as the service does with those of a request."""
    found: list[tuple[str, Environment]] = []
    problems: list[Problem] = []
    for name, text in content.environments.items():
        try:
            found.append((name, read_environment(text, name)))
        except Invalid as invalid:
            problems += invalid.problems
    if problems:
        raise Invalid(problems=problems)
    given = Environment(parameters=content.parameters)
    if len(found) == 1:
        ((_, environment),) = found
        both = {**environment.parameters, **content.parameters}
        return replace(environment, parameters=both)
    return merge([*found, (COMMAND_LINE, given)], template.parameters if template else {})


def _values(
    template: Template, environment: Environment
) -> tuple[dict[str, Json | Unknown], list[Problem]]:
    found, problems = parameters.values(
        template.parameters, environment.parameters, environment.parameter_defaults
    )
    known: dict[str, Json | Unknown] = dict(found)
    pseudo = {name: _unknown(name) for name in _PSEUDO}
    given = {name: known.get(name, _unknown(name)) for name in template.parameters}
    return {**pseudo, **given}, [p for p in problems if p.code != _NO_VALUE]


def _unknown(name: str) -> Unknown:
    return Unknown(frozenset((f"parameter {name}",)))


def _traced(problems: list[Problem], content: Content) -> list[Problem]:
    """Lead what is wrong with a value back to the text that gives it."""
    return [_trace(problem, content) if problem.at else problem for problem in problems]


def _trace(problem: Problem, content: Content) -> Problem:
    name = problem.at[-1] if problem.at else ""
    if name in content.parameters:
        return replace(problem, where=COMMAND_LINE)
    for file, text in reversed(list(content.environments.items())):
        environment = read_environment(text, file)
        for section in ("parameters", "parameter_defaults"):
            if name in getattr(environment, section):
                at = (section, name)
                return locate([replace(problem, at=at, where=file)], Source(file, text))[0]
    at = ("parameters", name)
    source = Source(content.name, content.template)
    return locate([replace(problem, at=at, where=content.name)], source)[0]


def _found(bound: Bound, type_of: TypeOf) -> list[Problem]:
    found = bound.problems()
    requires: Mapping[str, frozenset[str]] = {}
    if not found:
        requires, found = order(bound, type_of)
    if found:
        # The order can't be told, but what is wrong with each resource by itself can.
        requires = {name: frozenset[str]() for name in bound.resources}
    told = {problem.at for problem in found}
    wanted = want(bound, type_of, Standing({}), requires)
    return found + [p for p in wanted.problems if p.at not in told and p.code != _UNKNOWN_PARAMETER]
