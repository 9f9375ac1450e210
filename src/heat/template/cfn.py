"""How CFN writes parameters."""

from collections.abc import Iterator, Mapping
from typing import Any

from heat.base.problems import did_you_mean
from heat.template.constraints import Constraint, Custom
from heat.template.hot import is_true, make_constraint
from heat.template.parameter_findings import Findings, Wrong
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
_KINDS = {
    "length": ("MinLength", "MaxLength"),
    "range": ("MinValue", "MaxValue"),
    "allowed_values": ("AllowedValues",),
    "allowed_pattern": ("AllowedPattern",),
}
_CHECKS = {
    "AWS::EC2::AvailabilityZone::Name": None,
    "AWS::EC2::Image::Id": "glance.image",
    "AWS::EC2::Instance::Id": "nova.server",
    "AWS::EC2::KeyPair::KeyName": "nova.keypair",
    "AWS::EC2::SecurityGroup::GroupName": "neutron.security_group",
    "AWS::EC2::SecurityGroup::Id": "neutron.security_group",
    "AWS::EC2::Subnet::Id": "neutron.subnet",
    "AWS::EC2::VPC::Id": "neutron.network",
    "AWS::EC2::Volume::Id": "cinder.volume",
}
"""The types that name something in the cloud, and the constraint that looks for its like here."""
_TYPES = {cfn: hot for hot, cfn in TYPES.items()}
_EXTENDED_TYPES = (
    _TYPES
    | dict.fromkeys(_CHECKS, "string")
    | {f"List<{name}>": "comma_delimited_list" for name in ("Number", *_CHECKS)}
)


def read_parameter(name: str, raw: Any, *, extended: bool = False) -> ParameterSchema:
    """Read one definition; raises Unsound."""
    types = _EXTENDED_TYPES if extended else _TYPES
    found = Findings(name, raw, _KEYS)
    given = found.attempt(lambda: _type(name, raw, types), "")
    schema = ParameterSchema(
        name,
        types.get(given, ""),
        raw.get("Default"),
        str(raw.get("Description") or ""),
        raw.get("Label"),
        hidden=is_true(raw.get("NoEcho")),
        constraints=(*_named(given), *_constraints(found, types.get(given, ""), raw)),
    )
    return found.sound(schema, "Default")


def _type(name: str, raw: dict[str, Any], types: Mapping[str, str]) -> str:
    given = raw.get("Type")
    if not given:
        raise Wrong(f"{name} has no Type", f"the types are {', '.join(_TYPES)}")
    if not isinstance(given, str) or given not in types:
        cure = did_you_mean(given, types) or f"the types are {', '.join(_TYPES)}"
        raise Wrong(f"{name}: the type {given!r} is unknown", cure, ("Type",))
    return given


def _named(type_name: str) -> Iterator[Constraint]:
    check = _CHECKS.get(type_name)
    if check is not None:
        yield Custom(check, written=check)


def _constraints(found: Findings, type_name: str, raw: dict[str, Any]) -> Iterator[Constraint]:
    said = str(raw.get("ConstraintDescription") or "")
    for kind, keys in _KINDS.items():
        given = [raw.get(key) for key in keys]
        if not type_name or all(value is None for value in given):
            continue
        value = given[0] if len(keys) == 1 else dict(zip(("min", "max"), given, strict=True))
        at = next(key for key in keys if raw.get(key) is not None)
        made = found.attempt(
            lambda: make_constraint(found.name, type_name, kind, value, said, (at,), (at,)),  # noqa: B023
            None,
        )
        if made is not None:
            yield made
