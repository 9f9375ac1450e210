"""Environments: parameter values, and what types and resources really mean."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from heat.base.errors import Invalid
from heat.base.json import Json, Path
from heat.base.problems import Problem, closest, did_you_mean
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
    environment, problems = sound_environment(text, name)
    if problems:
        raise Invalid(problems=problems)
    return environment


def sound_environment(
    text: str | Mapping[str, Any] | None, name: str = "environment"
) -> tuple[Environment, list[Problem]]:
    """Read the sound part of an environment, and say what is wrong with the rest."""
    try:
        return _read(text, name)
    except Invalid as invalid:
        return Environment(), [replace(p, where=name) for p in invalid.problems]


def unread_sections(problems: Iterable[Problem]) -> frozenset[str]:
    """Return the sections that can't be made out for these problems: what they say is not known."""
    found: set[str] = set()
    for wrong in problems:
        key = wrong.at[0] if wrong.at else None
        match wrong.code:
            case "H601" | "H608" | "H903":
                found.update(SECTIONS)
            case "H602":
                meant = closest(key, SECTIONS)
                found.update((meant,) if meant else ())
            case "H603":
                found.add(str(key))
            case _:
                pass
    return frozenset(found)


def _read(text: str | Mapping[str, Any] | None, name: str) -> tuple[Environment, list[Problem]]:
    source = Source(name, text if isinstance(text, str) else None)
    raw = parse(text, name, code="H601") if isinstance(text, str) else settle(text, name)
    if raw is None or raw == "":
        return Environment(), []
    if not isinstance(raw, dict):
        detail = f"{name} is not a valid environment: it must be a map"
        raise Invalid(
            problems=[
                _wrong("H601", (), detail, name, "start it with parameters: or resource_registry:")
            ]
        )
    problems = _shape_problems(raw, name)
    registry, wrong = read_registry(raw.get("resource_registry") or {})
    problems += wrong

    def section(key: str, empty: Any) -> Any:
        value = raw.get(key)
        return value if isinstance(value, type(empty)) else empty

    environment = Environment(
        parameters=section("parameters", {}),
        parameter_defaults=section("parameter_defaults", {}),
        registry=registry,
        event_sinks=tuple(section("event_sinks", [])),
        encrypted_param_names=tuple(section("encrypted_param_names", [])),
        strategies=section("parameter_merge_strategies", {}),
    )
    return environment, locate([replace(p, where=name) for p in problems], source)


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
            cure = (
                "write NAME: VALUE below it" if wanted is dict else "put a dash before each entry"
            )
            problems.append(_wrong("H603", (key,), detail, name, cure))
        elif key == "event_sinks" and isinstance(section, list):
            problems += _sink_problems(section, name)
    return problems


def _sink_problems(sinks: list[Any], name: str) -> list[Problem]:
    problems: list[Problem] = []
    for n, sink in enumerate(sinks):
        at: Path = ("event_sinks", n)
        if not isinstance(sink, dict):
            problems.append(
                _wrong("H603", at, "an event sink must be a map", name, "write type: zaqar-queue")
            )
        elif sink.get("type") not in EVENT_SINKS:
            detail = f"{sink.get('type')!r} is not a type of event sink"
            cure = f"there is {', '.join(EVENT_SINKS)}"
            problems.append(_wrong("H603", (*at, "type"), detail, name, cure))
    return problems


def _wrong(code: str, at: Path, detail: str, name: str, cure: str = "") -> Problem:
    return problem(code, at, detail, cure, where=name)
