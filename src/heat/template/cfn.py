"""How CFN writes parameters."""

from collections.abc import Iterator
from typing import Any

from heat.base.problems import did_you_mean
from heat.template.constraints import Constraint, Custom
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
    """Read one definition; raises Wrong."""
    types = _EXTENDED_TYPES if extended else _TYPES
    if not isinstance(raw, dict):
        raise Wrong(f"the parameter {name} must be a map")
    for key in raw:
        if key not in _KEYS:
            raise Wrong(f"{name}: the key {key!r} is unknown", did_you_mean(key, _KEYS), (key,))
    given = raw.get("Type")
    if not isinstance(given, str) or given not in types:
        detail = f"{name}: the type {given!r} is unknown" if given else f"{name} has no Type"
        cure = did_you_mean(given, types) or f"the types are {', '.join(_TYPES)}"
        raise Wrong(detail, cure, ("Type",))
    schema = ParameterSchema(
        name,
        types[given],
        raw.get("Default"),
        str(raw.get("Description") or ""),
        raw.get("Label"),
        hidden=is_true(raw.get("NoEcho")),
        constraints=(*_named(given), *_constraints(name, types[given], raw)),
    )
    check_default(schema, "Default")
    return schema


def _named(type_name: str) -> Iterator[Constraint]:
    check = _CHECKS.get(type_name)
    if check is not None:
        yield Custom(check, written=check)


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
