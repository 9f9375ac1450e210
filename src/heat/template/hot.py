"""How HOT writes parameters and parameter groups."""

from collections.abc import Callable, Iterator
from typing import Any

from heat.base.json import Json, Path
from heat.base.problems import Problem, did_you_mean
from heat.template.codes import problem
from heat.template.constraints import (
    AllowedPattern,
    AllowedValues,
    Constraint,
    Custom,
    Length,
    Modulo,
    Range,
    number,
)
from heat.template.model import ParameterGroup
from heat.template.parameter_findings import Findings, Wrong
from heat.template.parameters import FALSE_WORDS, TYPES, ParameterSchema, convert
from heat.template.patterns import compile_pattern
from heat.template.versions import Version

_MODULO_SINCE, _TAGS_SINCE = "2017-02-24", "2018-03-02"
_KEYS = (
    "type",
    "description",
    "default",
    "schema",
    "constraints",
    "hidden",
    "label",
    "immutable",
)


def read_parameter(name: str, raw: Any, version: Version) -> ParameterSchema:
    """Read one definition; raises Unsound."""
    keys = (*_KEYS, "tags") if version.parameter_tags else _KEYS
    found = Findings(name, raw, keys, {"tags": f"{version.key}: {_TAGS_SINCE}"})
    type_name = found.attempt(lambda: _type(name, raw), "")
    constraints = _constraints(found, type_name, raw.get("constraints"), version)
    schema = ParameterSchema(
        name,
        type_name,
        raw.get("default"),
        str(raw.get("description") or ""),
        raw.get("label"),
        is_hidden(raw.get("hidden")),
        _immutable(raw.get("immutable")),
        tuple(constraints),
        found.attempt(lambda: _tags(name, raw.get("tags", ())), ()),
    )
    return found.sound(schema, "default")


def is_true(value: Any) -> bool:
    """Tell whether a flag is set: true, or the word for it."""
    return str(value).lower() == "true"


def is_hidden(value: Any) -> bool:
    """Tell whether a parameter is hidden: in doubt it is."""
    return bool(value) and str(value).lower() not in FALSE_WORDS


def read_groups(raw: Any, parameters: Any) -> tuple[tuple[ParameterGroup, ...], list[Problem]]:
    """Read the parameter groups, and say what is wrong with them."""
    problems: list[Problem] = []
    groups: list[ParameterGroup] = []
    if raw is None or raw == "":
        return (), problems
    if not isinstance(raw, list):
        detail = "parameter_groups must be a list"
        return (), [problem("H209", ("parameter_groups",), detail)]
    seen: set[str] = set()
    for n, group in enumerate(raw):
        at: Path = ("parameter_groups", n)
        names = group.get("parameters") if isinstance(group, dict) else None
        if not isinstance(names, list):
            detail = "a group of parameters must be a map with a list of parameters"
            problems.append(problem("H209", at, detail))
            continue
        for m, name in enumerate(names):
            here = (*at, "parameters", m)
            if not isinstance(name, str) or name not in parameters:
                detail = f"the grouped parameter {name} does not exist"
                cure = did_you_mean(name, parameters) or "define it under parameters"
                problems.append(problem("H209", here, detail, cure))
            elif name in seen:
                problems.append(
                    problem("H209", here, f"the parameter {name} is in two groups", "name it once")
                )
            seen.add(str(name))
        groups.append(_group(group, names))
    return tuple(groups), problems


def _group(raw: dict[str, Any], names: list[Any]) -> ParameterGroup:
    label, description = str(raw.get("label") or ""), str(raw.get("description") or "")
    return ParameterGroup(tuple(str(n) for n in names), label, description, raw)


def _type(name: str, raw: dict[str, Any]) -> str:
    type_name = raw.get("type")
    if type_name is None:
        raise Wrong(f"the parameter {name} has no type", f"the types are {', '.join(TYPES)}")
    if not isinstance(type_name, str) or type_name not in TYPES:
        cure = did_you_mean(type_name, TYPES) or f"the types are {', '.join(TYPES)}"
        raise Wrong(f"{name}: the type {type_name!r} is unknown", cure, ("type",))
    return type_name


def _immutable(value: Any) -> bool:
    try:
        return bool(convert("boolean", value))
    except ValueError:
        return False


def _tags(name: str, raw: Any) -> tuple[str, ...]:
    if not isinstance(raw, list | tuple):
        raise Wrong(f"{name}: tags must be a list", "write [TAG, TAG...]", ("tags",))
    return tuple(str(tag) for tag in raw)


def _constraints(
    found: Findings, type_name: str, raw: Any, version: Version
) -> Iterator[Constraint]:
    if raw is None or not type_name:
        return
    if not isinstance(raw, list):
        cure = "write them as a list: a dash before each"
        found.wrong.append(
            Wrong(f"{found.name}: constraints must be a list", cure, ("constraints",))
        )
        return
    for n, entry in enumerate(raw):
        at: Path = ("constraints", n)
        made = found.attempt(
            lambda: _constraint(found.name, type_name, entry, at, version),  # noqa: B023
            None,
        )
        if made is not None:
            yield made


def _constraint(name: str, type_name: str, entry: Any, at: Path, version: Version) -> Constraint:
    if not isinstance(entry, dict):
        cure = f"write KIND: VALUE; the kinds are {', '.join(_READERS)}"
        raise Wrong(f"{name}: a constraint must be a map", cure, at)
    kind = next((key for key in _READERS if key in entry), None)
    if kind is None or (kind == "modulo" and not version.modulo):
        stranger = next((key for key in entry if key != "description"), "nothing")
        known = [key for key in _READERS if version.modulo or key != "modulo"]
        cure = did_you_mean(stranger, known) or f"there are {', '.join(known)}"
        if kind is not None:
            cure = f"the first version that has it is {version.key}: {_MODULO_SINCE}"
        raise Wrong(f"{name}: the constraint {stranger!r} is unknown", cure, at)
    return make_constraint(name, type_name, kind, entry[kind], _said(entry), at, (*at, kind))


def _said(entry: dict[str, Any]) -> str:
    return str(entry.get("description") or "")


def make_constraint(
    name: str, type_name: str, kind: str, raw: Any, description: str, at: Path, within: Path
) -> Constraint:
    """Make a constraint of a kind, and refuse one that can't be for this type.

    It stands at ``at``, what it is made of ``within``.
    """
    types, read = _READERS[kind]
    if type_name not in types:
        cure = f"leave it out, or give the parameter one of the types {', '.join(types)}"
        raise Wrong(f"{name}: {kind} is not a constraint for the type {type_name}", cure, at)
    try:
        return read(raw, type_name, description)
    except (ValueError, TypeError) as error:
        raise Wrong(f"{name}: the constraint {kind} is wrong: {error}", at=within) from None


def _bounds(raw: Any) -> tuple[Any, Any]:
    if not isinstance(raw, dict):
        raise TypeError("it must be a map with min or max")
    if unknown := [key for key in raw if key not in ("min", "max")]:
        raise ValueError(f"the key {unknown[0]!r} is unknown; the keys are min and max")
    if raw.get("min") is None and raw.get("max") is None:
        raise ValueError("it needs min or max")
    return raw.get("min"), raw.get("max")


def _limit(value: Any) -> int | float | None:
    return None if value is None else number(value)


def _whole(value: Any) -> int | None:
    found = _limit(value)
    if found is not None and not isinstance(found, int):
        raise ValueError("a length must be a whole number")
    return found


def _length(raw: Any, type_name: str, description: str) -> Constraint:  # noqa: ARG001
    least, most = _bounds(raw)
    return Length(_whole(least), _whole(most), description)


def _range(raw: Any, type_name: str, description: str) -> Constraint:  # noqa: ARG001
    least, most = _bounds(raw)
    return Range(_limit(least), _limit(most), description)


def _modulo(raw: Any, type_name: str, description: str) -> Constraint:  # noqa: ARG001
    if not isinstance(raw, dict):
        raise TypeError("it must be a map with step and offset")
    if unknown := [key for key in raw if key not in ("step", "offset")]:
        raise ValueError(f"the key {unknown[0]!r} is unknown; the keys are step and offset")
    step, offset = _whole(raw.get("step")), _whole(raw.get("offset"))
    if step is None or offset is None:
        raise ValueError("it needs step and offset")
    if step == 0:
        raise ValueError("the step may not be 0")
    if abs(offset) >= abs(step):
        raise ValueError("the offset must be smaller than the step")
    if step * offset < 0:
        raise ValueError("step and offset must have the same sign")
    return Modulo(step, offset, description)


def _allowed_values(raw: Any, type_name: str, description: str) -> Constraint:
    if not isinstance(raw, list):
        raise TypeError("it must be a list")
    if type_name == "comma_delimited_list":
        return AllowedValues(tuple(raw), description, tuple(raw))
    allowed: tuple[Json, ...] = tuple(convert(type_name, value) for value in raw)
    return AllowedValues(allowed, description, tuple(raw))


def _allowed_pattern(raw: Any, type_name: str, description: str) -> Constraint:  # noqa: ARG001
    if not isinstance(raw, str):
        raise TypeError("it must be a regular expression")
    compile_pattern(raw)
    return AllowedPattern(raw, description)


def _custom(raw: Any, type_name: str, description: str) -> Constraint:  # noqa: ARG001
    return Custom(str(raw), description, raw)


_READERS: dict[str, tuple[tuple[str, ...], Callable[[Any, str, str], Constraint]]] = {
    "length": (("string", "comma_delimited_list", "json"), _length),
    "range": (("number",), _range),
    "modulo": (("number",), _modulo),
    "allowed_values": (
        ("string", "number", "boolean", "comma_delimited_list"),
        _allowed_values,
    ),
    "allowed_pattern": (("string",), _allowed_pattern),
    "custom_constraint": (("string", "number", "boolean", "comma_delimited_list"), _custom),
}
