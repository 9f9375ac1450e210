"""What is declared, said in the form of ``GET /resource_types/{type}``."""

from typing import Any, get_args, get_origin

from heat.plugin.checks import Check
from heat.plugin.fields import Property, Struct, bare, plain
from heat.plugin.resource import Resource


def describe(cls: type[Resource]) -> dict[str, Any]:
    """Return the schema of a type: properties, attributes, support status."""
    facts = cls.__facts__
    attributes = {
        name: ({"type": attr.type.lower()} if attr.type else {}) | {"description": attr.doc}
        for name, attr in cls.__attributes__.items()
    }
    attributes["show"] = {"type": "map", "description": "Detailed information about resource."}
    return {
        "resource_type": facts.name,
        "properties": properties(cls),
        "attributes": attributes,
        "support_status": {
            "status": "SUPPORTED",
            "message": None,
            "version": None,
            "previous_status": None,
        }
        | dict(facts.support),
    }


def properties(cls: type[Struct]) -> dict[str, Any]:
    """Return the schemas of all properties, those with older names included."""
    found: dict[str, Any] = {}
    for prop in cls.__properties__.values():
        found[prop.public] = schema(prop)
        for old in prop.was:
            found[old] = schema(prop) | {"required": False}
    return found


def schema(prop: Property) -> dict[str, Any]:
    """Return the schema of one property."""
    described: dict[str, Any] = {
        "type": type_name(prop.type),
        "description": prop.doc,
        "required": prop.required,
        "update_allowed": prop.mutable,
        "immutable": prop.immutable,
    }
    if not prop.required and prop.default is not None:
        described["default"] = _whole(prop.default)
    hint = bare(prop.type)
    listed = (get_origin(hint) or hint) is list
    custom = prop.find.constraint if prop.find and not listed else ""
    if constraints := _constraints(prop.check, custom):
        described["constraints"] = constraints
    if isinstance(hint, type) and issubclass(hint, Struct):
        described["schema"] = properties(hint)
    elif listed and (item := _item_type(hint)) is not Any:
        described["schema"] = {"*": _item(prop, item)}
    return described


def _item_type(hint: Any) -> Any:
    return (get_args(hint) or (Any,))[0]


def _whole(value: Any) -> Any:
    """Write a default as JSON with the defaults in it."""
    if isinstance(value, Struct):
        whole = {p.public: _whole(getattr(value, n)) for n, p in value.__properties__.items()}
        return {name: item for name, item in whole.items() if item is not None}
    return [_whole(item) for item in value] if isinstance(value, list) else plain(value)


def type_name(hint: Any) -> str:
    """Return the public name of a property's type."""
    hint = bare(hint)
    if isinstance(hint, type) and issubclass(hint, Struct):
        return "map"
    origin = get_origin(hint) or hint
    names = {
        str: "string",
        int: "integer",
        float: "number",
        bool: "boolean",
        list: "list",
        dict: "map",
    }
    return names.get(origin, "any")


def _item(prop: Property, hint: Any) -> dict[str, Any]:
    described: dict[str, Any] = {
        "type": type_name(hint),
        "required": False,
        "update_allowed": False,
        "immutable": False,
    }
    inner = bare(hint)
    if isinstance(inner, type) and issubclass(inner, Struct):
        described["schema"] = properties(inner)
    elif constraints := _constraints(prop.item_check, prop.find.constraint if prop.find else ""):
        described["constraints"] = constraints
    return described


def _constraints(checks: tuple[Check, ...], custom: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [dict(check.schema) for check in checks if check.schema]
    if custom:
        found.append({"custom_constraint": custom})
    return found
