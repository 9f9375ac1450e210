"""Environments: parameter values, and what types and resources really mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from heat.base.errors import Invalid
from heat.base.json import Json, Path
from heat.base.problems import Problem, did_you_mean
from heat.template.codes import problem
from heat.template.registry import Registry, read_registry
from heat.template.source import Source, locate
from heat.template.text import parse, settle

SECTIONS = (
    "parameters",
    "parameter_defaults",
    "resource_registry",
    "event_sinks",
    "encrypted_param_names",
    "parameter_merge_strategies",
)
EVENT_SINKS = ("zaqar-queue",)
_LISTS = ("event_sinks", "encrypted_param_names")


@dataclass(frozen=True)
class Environment:
    """What a request sends beside its template."""

    parameters: Mapping[str, Json] = field(default_factory=dict[str, Json])
    parameter_defaults: Mapping[str, Json] = field(default_factory=dict[str, Json])
    registry: Registry = field(default_factory=Registry)
    event_sinks: tuple[Mapping[str, Json], ...] = ()
    encrypted_param_names: tuple[str, ...] = ()
    strategies: Mapping[str, str] = field(default_factory=dict[str, str])

    def to_json(self) -> dict[str, Any]:
        """Return the form that is stored and shown to users."""
        return {
            "parameters": dict(self.parameters),
            "parameter_defaults": dict(self.parameter_defaults),
            "resource_registry": self.registry.to_json(),
            "event_sinks": [dict(sink) for sink in self.event_sinks],
        }

    def for_nested(
        self, resource: str, parameters: Mapping[str, Json], *, template: str | None = None
    ) -> "Environment":
        """Return what a nested stack gets; ``template`` may use the type that it overrides."""
        return replace(
            self,
            parameters=dict(parameters),
            registry=self.registry.under(resource, template=template),
            encrypted_param_names=(),
        )


def read_environment(
    text: str | Mapping[str, Any] | None, name: str = "environment"
) -> Environment:
    """Read an environment; raises Invalid with all that is wrong with it."""
    source = Source(name, text if isinstance(text, str) else None)
    raw = parse(text, name, code="H601") if isinstance(text, str) else settle(text, name)
    if raw is None or raw == "":
        return Environment()
    if not isinstance(raw, dict):
        detail = f"{name} is not a valid environment: it must be a map"
        raise Invalid(problems=[_wrong("H601", (), detail, name)])
    problems = _shape_problems(raw, name)
    registry, wrong = read_registry(raw.get("resource_registry") or {})
    problems += wrong
    if problems:
        raise Invalid(problems=locate([replace(p, where=name) for p in problems], source))
    return Environment(
        parameters=raw.get("parameters") or {},
        parameter_defaults=raw.get("parameter_defaults") or {},
        registry=registry,
        event_sinks=tuple(raw.get("event_sinks") or ()),
        encrypted_param_names=tuple(raw.get("encrypted_param_names") or ()),
        strategies=raw.get("parameter_merge_strategies") or {},
    )


def _shape_problems(raw: dict[str, Any], name: str) -> list[Problem]:
    problems: list[Problem] = []
    for key, section in raw.items():
        if key not in SECTIONS:
            cure = did_you_mean(key, SECTIONS) or f"the sections are {', '.join(SECTIONS)}"
            detail = f"the environment has the unknown section {key!r}"
            problems.append(_wrong("H602", (key,), detail, name, cure))
            continue
        wanted = list if key in _LISTS else dict
        if not isinstance(section, wanted):
            sort = "list" if wanted is list else "map"
            detail = f"the environment's section {key} must be a {sort}"
            problems.append(_wrong("H603", (key,), detail, name))
        elif key == "event_sinks" and isinstance(section, list):
            problems += _sink_problems(section, name)
    return problems


def _sink_problems(sinks: list[Any], name: str) -> list[Problem]:
    problems: list[Problem] = []
    for n, sink in enumerate(sinks):
        at: Path = ("event_sinks", n)
        if not isinstance(sink, dict):
            problems.append(_wrong("H603", at, "an event sink must be a map", name))
        elif sink.get("type") not in EVENT_SINKS:
            detail = f"{sink.get('type')!r} is not a type of event sink"
            cure = f"there is {', '.join(EVENT_SINKS)}"
            problems.append(_wrong("H603", (*at, "type"), detail, name, cure))
    return problems


def _wrong(code: str, at: Path, detail: str, name: str, cure: str = "") -> Problem:
    return problem(code, at, detail, cure, where=name)
