"""Merges several environments, the last one winning, by the strategy each parameter asks for."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from heat.base.errors import Invalid
from heat.base.json import Json, read_json
from heat.base.problems import Problem
from heat.template.codes import problem
from heat.template.constraints import number
from heat.template.environment import Environment
from heat.template.parameters import ParameterSchema

OVERWRITE, MERGE, DEEP_MERGE = "overwrite", "merge", "deep_merge"
STRATEGIES = (OVERWRITE, MERGE, DEEP_MERGE)


def merge(
    environments: Sequence[tuple[str, Environment]],
    schemas: Mapping[str, ParameterSchema],
    given: Mapping[str, Json] | None = None,
) -> Environment:
    """Merge environments in order; raises Invalid when strategies can't be followed.

    ``schemas`` are the parameters of the template and of every template sent with it: only these
    have a strategy, all others are overwritten. ``given`` is what the request itself gives for
    parameters: the environments win over it.
    """
    merging = _Merging(schemas)
    merged = Environment()
    for name, environment in environments:
        strategies = environment.strategies
        merged = Environment(
            parameters=merging.add(name, merged.parameters, environment.parameters, strategies),
            parameter_defaults=merging.add(
                name, merged.parameter_defaults, environment.parameter_defaults, strategies
            ),
            registry=replace(
                merged.registry,
                types={**merged.registry.types, **environment.registry.types},
                levels=environment.registry.levels or merged.registry.levels,
            ),
            event_sinks=(*merged.event_sinks, *environment.event_sinks),
            encrypted_param_names=(
                *merged.encrypted_param_names,
                *environment.encrypted_param_names,
            ),
        )
    if merging.problems:
        raise Invalid(problems=merging.problems)
    return replace(merged, parameters={**(given or {}), **merged.parameters})


class _Merging:
    """One merge: which strategy each parameter was given, by which file, and what is wrong."""

    def __init__(self, schemas: Mapping[str, ParameterSchema]) -> None:
        self.schemas = schemas
        self.chosen: dict[str, tuple[str, str]] = {}
        self.problems: list[Problem] = []

    def add(
        self,
        file: str,
        old: Mapping[str, Json],
        new: Mapping[str, Json],
        strategies: Mapping[str, str],
    ) -> dict[str, Json]:
        """Add one file's values to those of the files before it."""
        found = dict(old)
        for name, value in new.items():
            if value is None:
                continue
            if name not in self.schemas:
                found[name] = value
                continue
            strategy = self._strategy(file, name, strategies)
            if name not in old or strategy == OVERWRITE:
                found[name] = value
                continue
            try:
                kind = self.schemas[name].type
                found[name] = _merged(kind, old[name], value, deep=strategy == DEEP_MERGE)
            except ValueError as error:
                self._wrong("H606", file, name, f"{name} can't be merged: {error}")
        return found

    def _strategy(self, file: str, name: str, strategies: Mapping[str, str]) -> str:
        """Return the strategy for a parameter: what the first file to speak of it asks for.

        A later file may leave it unsaid; one that asks by name for another is a conflict.
        """
        asked = strategies.get(name)
        if asked not in STRATEGIES:
            asked = None
        if name not in self.chosen:
            usual = strategies.get("default")
            self.chosen[name] = asked or (usual if usual in STRATEGIES else OVERWRITE), file
        strategy, before = self.chosen[name]
        if asked not in (None, strategy):
            detail = f"{file} asks for {asked} of {name}, {before} for {strategy}"
            self._wrong("H607", file, name, detail)
        return strategy

    def _wrong(self, code: str, file: str, name: str, detail: str) -> None:
        at = ("parameter_merge_strategies", name)
        self.problems.append(problem(code, at, detail, where=file))


def _merged(kind: str, old: Json, new: Json, *, deep: bool) -> Json:
    match kind:
        case "comma_delimited_list":
            return _merge_lists(old, new)
        case "json":
            return _merge_maps(_map(old), _map(new), deep=deep)
        case "string":
            return _text(old) + _text(new)
        case "number":
            return number(old) + number(new)
        case _:
            raise ValueError("a boolean can only be overwritten")


def _merge_lists(old: Json, new: Json) -> Json:
    if isinstance(old, str) and isinstance(new, str):
        return f"{old},{new}"
    return [*_list(old), *_list(new)]


def _list(value: Json) -> list[Json]:
    if isinstance(value, str):
        return list(value.split(","))
    if isinstance(value, list):
        return value
    raise ValueError("it is no list, nor text with commas")


def _text(value: Json) -> str:
    if isinstance(value, list | dict) or value is None:
        raise ValueError("it is not text")
    return str(value)


def _map(value: Json) -> dict[str, Any]:
    if isinstance(value, str):
        value = read_json(value)
    if not isinstance(value, dict):
        raise ValueError("it is not a map")  # noqa: TRY004 - one sort of error for all
    return value


def _merge_maps(old: dict[str, Any], new: dict[str, Any], *, deep: bool) -> dict[str, Any]:
    found = dict(old)
    for key, value in new.items():
        before = found.get(key)
        if value is None:
            continue
        if deep and isinstance(before, dict) and isinstance(value, dict):
            found[key] = _merge_maps(before, value, deep=True)
        elif deep and isinstance(before, list) and isinstance(value, list):
            found[key] = [*before, *value]
        else:
            found[key] = value
    return found
