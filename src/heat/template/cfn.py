"""How CFN writes parameters."""

from collections.abc import Iterator
from typing import Any

from heat.base.problems import did_you_mean
from heat.template.constraints import Constraint
from heat.template.hot import Wrong, check_default, is_true, make_constraint
from heat.template.parameters import TYPES, ParameterSchema

_KEYS = (
    "Type",
    "Default",
    "NoEcho",
    "AllowedValues",
    "AllowedPattern",
    "MaxLength",
    "MinLength",
    "MaxValue",
    "MinValue",
    "Description",
    "ConstraintDescription",
    "Label",
)
_TYPES = {cfn: hot for hot, cfn in TYPES.items()}


def read_parameter(name: str, raw: Any) -> ParameterSchema:
    """Read one definition; raises Wrong."""
    if not isinstance(raw, dict):
        raise Wrong(f"the parameter {name} must be a map")
    for key in raw:
        if key not in _KEYS:
            raise Wrong(f"{name}: the key {key!r} is unknown", did_you_mean(key, _KEYS), (key,))
    given = raw.get("Type")
    if not isinstance(given, str) or given not in _TYPES:
        detail = f"{name}: the type {given!r} is unknown" if given else f"{name} has no Type"
        cure = did_you_mean(given, _TYPES) or f"the types are {', '.join(_TYPES)}"
        raise Wrong(detail, cure, ("Type",))
    schema = ParameterSchema(
        name,
        _TYPES[given],
        raw.get("Default"),
        str(raw.get("Description") or ""),
        raw.get("Label"),
        hidden=is_true(raw.get("NoEcho")),
        constraints=tuple(_constraints(name, _TYPES[given], raw)),
    )
    check_default(schema, "Default")
    return schema


def _constraints(name: str, type_name: str, raw: dict[str, Any]) -> Iterator[Constraint]:
    said = str(raw.get("ConstraintDescription") or "")
    for kind, least, most in (
        ("length", "MinLength", "MaxLength"),
        ("range", "MinValue", "MaxValue"),
    ):
        if raw.get(least) is not None or raw.get(most) is not None:
            bounds = {"min": raw.get(least), "max": raw.get(most)}
            yield make_constraint(name, type_name, kind, bounds, said, ())
    for kind, key in (("allowed_values", "AllowedValues"), ("allowed_pattern", "AllowedPattern")):
        if raw.get(key) is not None:
            yield make_constraint(name, type_name, kind, raw[key], said, (key,))
