"""Makes a JSON Schema of the template language from its tables and the declared resource types.

It speaks of the newest HOT version. Where a value may stand a call of a function may stand too; the
schema knows the functions' names, and leaves their arguments to `heat template validate`.
"""

from collections.abc import Mapping
from typing import Any, get_args, get_origin

from heat import resources
from heat.plugin.checks import Check
from heat.plugin.fields import Property, Struct, bare
from heat.plugin.registry import TYPES
from heat.plugin.resource import Resource
from heat.template.parameters import TYPES as PARAMETER_TYPES
from heat.template.versions import HOT_KEY, VERSIONS, Version, known

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]

_CALL: Schema = {"$ref": "#/$defs/call"}
_CONDITION: Schema = {"$ref": "#/$defs/condition"}
_TEXT: Schema = {"type": "string"}
_MAP: Schema = {"type": "object"}
_SCALARS: Mapping[Any, Schema] = {
    str: {"type": ["string", "integer", "boolean"]},
    int: {"type": ["integer", "string"], "pattern": r"^\s*[+-]?[0-9]+\s*$"},
    float: {"type": ["number", "string"], "pattern": r"^\s*[+-]?[0-9.]+([eE][+-]?[0-9]+)?\s*$"},
    bool: {"type": ["boolean", "string"], "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])$"},
}


def schema(types: Mapping[str, type[Resource]] | None = None) -> Schema:
    """Return the schema of a HOT template with these types; all registered ones, if not given."""
    if types is None:
        resources.load()
        types = TYPES
    shown = {n: c for n, c in sorted(types.items()) if c.__facts__.support["status"] != "HIDDEN"}
    newest = next(v for v in reversed(VERSIONS) if v.key == HOT_KEY)
    return {
        "$schema": DIALECT,
        "$id": "urn:heat:hot",
        "title": "Heat Orchestration Template",
        "type": "object",
        "required": [HOT_KEY],
        "additionalProperties": False,
        "properties": {
            HOT_KEY: _said("Version of the template language.", {"enum": known(HOT_KEY)}),
            "description": _said("What the template is for.", _TEXT),
            "parameter_groups": _PARAMETER_GROUPS,
            "parameters": _each("parameter", "What whoever launches the stack may choose."),
            "conditions": _each("condition", "Named conditions."),
            "resources": _each("resource", "What the stack is made of."),
            "outputs": _each("output", "What the stack tells when it is there."),
        },
        "$defs": {
            "call": _calls(newest),
            "condition": _conditions(newest),
            "parameter": _PARAMETER,
            "output": _OUTPUT,
            "resource": _resource(shown, newest),
            **{name: _properties(cls) for name, cls in shown.items()},
        },
    }


def _said(doc: str, found: Schema) -> Schema:
    return {"description": doc, **found} if doc else dict(found)


def _each(definition: str, doc: str) -> Schema:
    inside: Schema = {"$ref": f"#/$defs/{definition}"}
    return {"description": doc, "type": ["object", "null"], "additionalProperties": inside}


def _strict(properties: Schema, *required: str) -> Schema:
    found: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return found | {"required": list(required)} if required else found


_FLAG: Schema = _SCALARS[bool]
_LIMITS = _strict({"min": _SCALARS[float], "max": _SCALARS[float]})
_PARAMETER_GROUPS: Schema = {
    "description": "Parameters that are shown together.",
    "type": ["array", "null"],
    "items": _strict(
        {
            "label": _TEXT,
            "description": _TEXT,
            "parameters": {"type": "array", "items": _TEXT},
        },
        "parameters",
    ),
}
_CONSTRAINT = _strict(
    {
        "description": _said("What is said when a value breaks it.", _TEXT),
        "length": _LIMITS,
        "range": _LIMITS,
        "modulo": _strict({"step": _SCALARS[float], "offset": _SCALARS[float]}),
        "allowed_values": {"type": "array"},
        "allowed_pattern": _TEXT,
        "custom_constraint": _said("A check by the cloud, such as nova.flavor.", _TEXT),
    }
)
_PARAMETER = _strict(
    {
        "type": {"enum": [*PARAMETER_TYPES]},
        "label": _said("Its name for people.", _TEXT),
        "description": _said("What the value does.", _TEXT),
        "default": _said("The value when none is given.", {}),
        "hidden": _said("Whether the value is a secret.", _FLAG),
        "immutable": _said("Whether an update may not change it.", _FLAG),
        "constraints": {"type": "array", "items": _CONSTRAINT},
        "tags": {"type": ["array", "string"]},
    },
    "type",
)
_OUTPUT = _strict(
    {
        "description": _said("What the value is.", _TEXT),
        "value": _said("The value: mostly a call of get_attr.", {}),
        "condition": _CONDITION,
    },
    "value",
)


def _calls(version: Version) -> Schema:
    functions = {name: _said(f.summary, {}) for name, f in sorted(version.functions.items())}
    return {"description": "A call of a function.", **_strict(functions), **_ONE}


def _conditions(version: Version) -> Schema:
    functions = {name: _said(f.summary, {}) for name, f in sorted(version.conditions.items())}
    call = {**_strict(functions), **_ONE}
    named = _said("A condition's name.", {"type": ["string", "boolean"]})
    return {"anyOf": [named, call]}


_ONE: Schema = {"minProperties": 1, "maxProperties": 1}


def _resource(types: Mapping[str, type[Resource]], version: Version) -> Schema:
    names = [{"const": name, **_about(cls)} for name, cls in types.items()]
    others = _said(
        "A type that an environment defines, or the address of a template.",
        {"type": "string", "not": {"pattern": "^(OS|AWS)::"}},
    )
    found = _strict(
        {
            "type": {"anyOf": [*names, others]},
            "properties": _said("What the resource shall be like.", {"type": ["object", "null"]}),
            "metadata": _MAP,
            "depends_on": {
                "description": "Resources that must be there first.",
                "anyOf": [_TEXT, {"type": "array", "items": _TEXT}],
            },
            "update_policy": _MAP,
            "deletion_policy": {
                "anyOf": [{"enum": [*version.deletion_policies]}, _CALL],
                "description": "What becomes of the object when the resource is deleted.",
            },
            "external_id": _said("Id of an object that is there already.", {}),
            "condition": _CONDITION,
            "description": _TEXT,
        },
        "type",
    )
    return found | {"allOf": [_of_type(name, cls) for name, cls in types.items()]}


def _about(cls: type[Resource]) -> Schema:
    doc = " ".join((cls.__doc__ or "").split())
    deprecated = cls.__facts__.support["status"] == "DEPRECATED"
    return _said(doc, {"deprecated": True} if deprecated else {})


def _of_type(name: str, cls: type[Resource]) -> Schema:
    needed = any(prop.required for prop in cls.__properties__.values())
    then: Schema = {"properties": {"properties": {"$ref": f"#/$defs/{name}"}}}
    if needed:
        then["required"] = ["properties"]
    return {"if": {"properties": {"type": {"const": name}}, "required": ["type"]}, "then": then}


def _properties(cls: type[Struct]) -> Schema:
    """Return the schema of a map of properties; older names stand beside the present ones."""
    found: Schema = {}
    required: list[str] = []
    alternatives: list[Schema] = []
    for prop in cls.__properties__.values():
        found[prop.public] = _property(prop)
        for old in prop.was:
            doc = f"Older name of {prop.public}."
            found[old] = _property(prop) | {"description": doc, "deprecated": True}
        if prop.required and prop.was:
            names = (prop.public, *prop.was)
            alternatives.append({"anyOf": [{"required": [name]} for name in names]})
        elif prop.required:
            required.append(prop.public)
    made: Schema = {"type": "object", "properties": found}
    if not getattr(cls, "anything", False):
        made["additionalProperties"] = False
    if required:
        made["required"] = required
    if alternatives:
        made["allOf"] = alternatives
    return made


def _property(prop: Property) -> Schema:
    found = _typed(prop.type, prop)
    found = _checked(found, prop.check)
    choices: list[Schema] = [found, _CALL]
    if not prop.required:
        choices.append({"type": "null"})
    made: Schema = _said(prop.doc, {"anyOf": choices}) if found else _said(prop.doc, {})
    if prop.support.get("status") in ("DEPRECATED", "HIDDEN"):
        made["deprecated"] = True
    if isinstance(prop.default, str | int | float | bool):
        made["default"] = prop.default
    return made


def _typed(hint: Any, prop: Property) -> Schema:
    hint = bare(hint)
    if hint is Any:
        return {}
    if hint in _SCALARS:
        return dict(_SCALARS[hint])
    origin = get_origin(hint) or hint
    if origin is list:
        (inner,) = get_args(hint) or (Any,)
        item = _checked(_typed(inner, prop), prop.item_check)
        listed: Schema = {"type": "array"}
        return listed | {"items": {"anyOf": [item, _CALL]}} if item else listed
    if isinstance(hint, type) and issubclass(hint, Struct):
        return _properties(hint)
    return dict(_MAP)


def _checked(found: Schema, checks: tuple[Check, ...]) -> Schema:
    made = dict(found)
    for check in checks:
        for kind, limits in check.schema.items():
            made |= _CONSTRAINTS.get(kind, _nothing)(made, limits)
    return made


def _nothing(_found: Schema, _limits: Any) -> Schema:
    return {}


def _allowed(_found: Schema, values: Any) -> Schema:
    texts = [str(v).lower() if isinstance(v, bool) else str(v) for v in values]
    return {"enum": list(dict.fromkeys([*values, *texts]))}


def _range(_found: Schema, limits: Any) -> Schema:
    names = {"min": "minimum", "max": "maximum"}
    return {names[key]: limit for key, limit in limits.items()}


def _length(found: Schema, limits: Any) -> Schema:
    kinds = {"array": "Items", "object": "Properties"}
    kind = kinds.get(str(found.get("type")), "Length")
    return {f"{key}{kind}": limit for key, limit in limits.items()}


def _pattern(_found: Schema, pattern: Any) -> Schema:
    return {"pattern": f"^({pattern})$"}


_CONSTRAINTS = {
    "allowed_values": _allowed,
    "range": _range,
    "length": _length,
    "allowed_pattern": _pattern,
}
