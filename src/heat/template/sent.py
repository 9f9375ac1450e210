"""What is sent beside a template, as one environment: texts in their order, and parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from heat.base.errors import Invalid
from heat.base.json import Json
from heat.base.problems import Problem
from heat.template.environment import Environment, sound_environment
from heat.template.load import load
from heat.template.merging import merge
from heat.template.model import Template
from heat.template.parameters import ParameterSchema
from heat.template.source import Origin, Source, locate


@dataclass(frozen=True)
class Sent:
    """The sound part of what was sent, what is wrong with the rest, and where values come from."""

    environment: Environment = field(default_factory=Environment)
    problems: tuple[Problem, ...] = ()
    origin: Origin = field(default_factory=Origin)


def read_sent(
    text: str | Mapping[str, Any] | None, given: Mapping[str, Json], name: str = "environment"
) -> Sent:
    """Read one environment; parameters that are given win over it."""
    environment, problems = sound_environment(text, name)
    source = Source(name, text if isinstance(text, str) else None)
    both = replace(environment, parameters={**environment.parameters, **given})
    return Sent(both, tuple(problems), Origin(frozenset(given), (source,)))


def merge_sent(
    texts: Sequence[tuple[str, str | Mapping[str, Any]]],
    given: Mapping[str, Json],
    files: Mapping[str, str],
    template: Template | None,
) -> Sent:
    """Merge several environments, the last one winning, and all of them over what is given.

    The files are those sent with them: parameters of templates among them have strategies, too.
    """
    problems: list[Problem] = []
    found: list[tuple[str, Environment]] = []
    for name, text in texts:
        environment, wrong = sound_environment(text, name)
        found.append((name, environment))
        problems += wrong
    sources = {name: Source(name, t if isinstance(t, str) else None) for name, t in texts}
    asked = any(environment.strategies for _, environment in found)
    schemas = _schemas(files, template) if asked else {}
    try:
        merged = merge(found, schemas, given)
    except Invalid as invalid:
        problems += [p for q in invalid.problems for p in locate([q], sources[q.where])]
        merged = merge(found, {}, given)
    elsewhere = {name for _, environment in found for name in environment.parameters}
    origin = Origin(frozenset(given) - elsewhere, tuple(sources.values()))
    return Sent(merged, tuple(problems), origin)


def hooks_of(text: str | Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what an environment says of hooks, and nothing else of it."""
    environment, _ = sound_environment(text)
    found = _hooks(environment.registry.levels)
    return {"resource_registry": {"resources": found}} if found else {}


def _hooks(level: Mapping[str, Any]) -> dict[str, Any]:
    inner = {key: _hooks(one) for key, one in level.items() if isinstance(one, Mapping)}
    own = {"hooks": level["hooks"]} if "hooks" in level else {}
    return own | {key: one for key, one in inner.items() if one}


def _schemas(files: Mapping[str, str], template: Template | None) -> dict[str, ParameterSchema]:
    """Collect the parameters that have a merge strategy: those of every template sent."""
    schemas: dict[str, ParameterSchema] = {}
    for name, text in files.items():
        try:
            schemas.update(load(text, name=name).parameters)
        except Invalid:
            continue  # a file of another sort, or whoever makes a type of it says what is wrong
    return schemas | dict(template.parameters if template else {})
