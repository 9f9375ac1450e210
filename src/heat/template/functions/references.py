"""Functions that read what stands around a value: parameters, resources, files, the parent."""

from typing import Any

from heat.base.json import walk
from heat.base.problems import did_you_mean
from heat.base.unknown import Unknown, unknowns
from heat.template.expressions import (
    ABSENT,
    Bad,
    Call,
    Expression,
    Function,
    Literal,
    Reference,
    Scope,
    entries_of,
    items_of,
)
from heat.template.functions.shapes import a_list, describe, text


def _get_param(given: Any, scope: Scope) -> Any:
    if isinstance(given, Unknown):
        return given
    name, *path = given if isinstance(given, list) and given else [given]
    if isinstance(name, Unknown):
        return name
    if not isinstance(name, str) or not name:
        raise Bad("the name of a parameter must be text", "write get_param: NAME")
    value = scope.parameter(name)
    for step in path:
        value = _descend(value, step)
    return value


def _descend(value: Any, step: Any) -> Any:
    """Take one step into a value; where it leads nowhere the language has the empty text."""
    if isinstance(value, Unknown):
        return value
    if isinstance(step, Unknown):
        return step
    if isinstance(value, list | str):
        try:
            index = int(step) if isinstance(step, str) else step
        except ValueError:
            return ""
        usable = isinstance(index, int) and not isinstance(index, bool)
        return value[index] if usable and -len(value) <= index < len(value) else ""
    if isinstance(value, dict) and isinstance(step, str):
        return value.get(step, "")
    return ""


GET_PARAM = Function(
    "get_param",
    "Gives the value of a parameter, or of what a path leads to inside it.",
    _get_param,
    partial=True,
)


def _resource_shape(argument: Expression) -> None:
    if isinstance(argument, Literal) and isinstance(argument.value, list | dict):
        raise Bad("the name of a resource must be text", "write get_resource: NAME")


def _resource_name(given: Any) -> str:
    if not isinstance(given, str) or not given:
        raise Bad("the name of a resource must be text", "write get_resource: NAME", code="H401")
    return given


def _get_resource(given: Any, scope: Scope) -> Any:
    return scope.reference(_resource_name(given))


def _resource_reference(given: Any, scope: Scope) -> Reference | None:  # noqa: ARG001
    return Reference(given, None, "reference") if isinstance(given, str) else None


GET_RESOURCE = Function(
    "get_resource",
    "Gives the reference id of a resource.",
    _get_resource,
    _resource_shape,
    refers=_resource_reference,
)


def _attribute_parts(given: Any) -> tuple[str, str | None, list[Any]]:
    if not isinstance(given, list) or not given:
        raise Bad("the argument must be a list", "write get_attr: [RESOURCE, ATTRIBUTE, KEY...]")
    resource = text(given[0], "the name of a resource")
    name = given[1] if len(given) > 1 else None
    if name is None:
        return resource, None, []
    if name == "":
        raise Bad("the name of the attribute is empty", "write [RESOURCE, ATTRIBUTE]")
    if isinstance(name, bool) or not isinstance(name, str | int):
        detail = f"the name of an attribute must be text, not {describe(name)}"
        raise Bad(detail, "write [RESOURCE, ATTRIBUTE, KEY...]")
    return resource, str(name), given[2:]


def _get_attr(given: Any, scope: Scope) -> Any:
    resource, attribute, path = _attribute_parts(given)
    for step in path:
        if isinstance(step, list | dict):
            detail = f"a step of the path must be text or a number, not {describe(step)}"
            raise Bad(detail, "write a key or an index")
    return scope.attribute(resource, attribute, path)


def _get_attr_named(given: Any, scope: Scope) -> Any:
    _, attribute, _ = _attribute_parts(given)
    if attribute is None:
        raise Bad("the name of the attribute is missing", f"write {_ATTR_LIKE}")
    return _get_attr(given, scope)


def _get_attr_whole(given: Any, scope: Scope) -> Any:
    resource, attribute, path = _attribute_parts(given)
    if attribute is None:
        raise Bad("the name of the attribute is missing", f"write {_ATTR_LIKE}")
    return walk(scope.attribute(resource, attribute, ()), path)


def _attribute_reference(given: Any, scope: Scope) -> Reference | None:  # noqa: ARG001
    try:
        resource, attribute, path = _attribute_parts(given)
    except Bad:
        return None
    first = path[0] if path and isinstance(path[0], str | int) else None
    return Reference(resource, attribute, "attribute", None if first is None else str(first))


_ATTR_SUMMARY = "Gives an attribute of a resource, or of what a path leads to inside it."
_ATTR_LIKE = "get_attr: [RESOURCE, ATTRIBUTE, KEY...]"
GET_ATTR_1 = Function(
    "get_attr",
    _ATTR_SUMMARY,
    _get_attr_whole,
    a_list(2, like=_ATTR_LIKE),
    refers=_attribute_reference,
    checked=True,
)
GET_ATTR_2 = Function(
    "get_attr",
    _ATTR_SUMMARY,
    _get_attr_named,
    a_list(2, like=_ATTR_LIKE),
    refers=_attribute_reference,
    checked=True,
)
GET_ATTR_3 = Function(
    "get_attr",
    "Gives an attribute of a resource, all of them, or what a path leads to inside one.",
    _get_attr,
    a_list(1, like=_ATTR_LIKE),
    refers=_attribute_reference,
    checked=True,
)


def _get_file(given: Any, scope: Scope) -> Any:
    return scope.file(text(given, "the name of a file"))


GET_FILE = Function("get_file", "Gives the text of a file sent with the template.", _get_file)


def _facade(parts: dict[str, str], like: str) -> Any:
    def apply(argument: Expression, scope: Scope) -> Any:
        assert isinstance(argument, Literal)  # noqa: S101 - the shape says so
        return scope.facade(parts[str(argument.value)])

    def shape(argument: Expression) -> None:
        if not isinstance(argument, Literal) or argument.value not in list(parts):
            raise Bad("the argument must be one of these words", f"write {like}")

    return apply, shape


_hot_apply, _hot_shape = _facade(
    {key: key for key in ("metadata", "deletion_policy", "update_policy")},
    "metadata, deletion_policy or update_policy",
)
RESOURCE_FACADE = Function(
    "resource_facade",
    "Gives a part of the resource that this nested template stands for.",
    _hot_apply,
    _hot_shape,
    special=True,
)
_cfn_apply, _cfn_shape = _facade(
    {
        "Metadata": "metadata",
        "DeletionPolicy": "deletion_policy",
        "UpdatePolicy": "update_policy",
    },
    "Metadata, DeletionPolicy or UpdatePolicy",
)
FN_RESOURCE_FACADE = Function(
    "Fn::ResourceFacade",
    "Gives a part of the resource that this nested template stands for.",
    _cfn_apply,
    _cfn_shape,
    special=True,
)


def _ref_shape(argument: Expression) -> None:
    if not isinstance(argument, Literal) or isinstance(argument.value, list | dict):
        raise Bad("the argument must be a name, not a call", "write Ref: NAME")


def resource_or_parameter(given: Any, scope: Scope) -> Any:
    """Return what a name stands for."""
    name = _named(given)
    return scope.reference(name) if scope.has_resource(name) else scope.parameter(name)


def _named(given: Any) -> str:
    if not isinstance(given, str) or not given:
        raise Bad("the argument must be a name", "write Ref: NAME")
    return given


def resource_used(given: Any, scope: Scope) -> Reference | None:
    """Return the use of a resource, when the name is of one."""
    if isinstance(given, str) and scope.has_resource(given):
        return Reference(given, None, "reference")
    return None


REF = Function(
    "Ref",
    "Gives the reference id of a resource, or the value of a parameter.",
    resource_or_parameter,
    _ref_shape,
    refers=resource_used,
)


def _ref_or_nothing(given: Any, scope: Scope) -> Any:
    return ABSENT if given == "AWS::NoValue" else resource_or_parameter(given, scope)


REF_OR_NOTHING = Function(
    "Ref",
    "Gives the reference id of a resource, or the value of a parameter; of AWS::NoValue nothing.",
    _ref_or_nothing,
    _ref_shape,
    refers=resource_used,
)


def _param_ref(given: Any, scope: Scope) -> Any:
    return scope.parameter(_named(given))


PARAM_REF = Function("Ref", "Gives the value of a parameter.", _param_ref, _ref_shape)


def _getatt_shape(argument: Expression) -> None:
    items = items_of(argument)
    if items is None or len(items) != 2:
        raise Bad("the argument must be a list of two", "write Fn::GetAtt: [RESOURCE, ATTRIBUTE]")
    for item, what in zip(items, ("a resource", "an attribute"), strict=True):
        if isinstance(item, Call):
            continue
        if not isinstance(item, Literal) or not isinstance(item.value, str):
            raise Bad(f"the name of {what} must be text", "write [RESOURCE, ATTRIBUTE]")


FN_GETATT = Function(
    "Fn::GetAtt",
    "Gives an attribute of a resource.",
    _get_attr,
    _getatt_shape,
    refers=_attribute_reference,
    checked=True,
)


def _find_in_map(given: Any, scope: Scope) -> Any:
    name, *path = [text(part, "a name") for part in given]
    found = scope.mapping(name)
    for step in path:
        if not isinstance(found, dict) or step not in found:
            keys = found if isinstance(found, dict) else ()
            cure = did_you_mean(step, keys) or f"it has {', '.join(list(keys)[:10])}"
            raise Bad(f"the map {name!r} has no {step!r}", cure, code="H304")
        found = found[step]
    return found


FN_FIND_IN_MAP = Function(
    "Fn::FindInMap",
    "Looks a value up in the Mappings section.",
    _find_in_map,
    a_list(3, 3, like="[MAP, KEY, VALUE]"),
)


def _find_or_default(given: Any, scope: Scope) -> Any:
    keys, default = given[:3], given[3:]
    if (waits := unknowns(keys)) is not None:
        return waits
    try:
        return _find_in_map(keys, scope)
    except Bad as bad:
        # A map that is not there is a mistake whatever the default.
        if not default or bad.code != "H304" or not _is_map(keys[0], scope):
            raise
        return default[0].get("DefaultValue", ABSENT)


def _is_map(name: str, scope: Scope) -> bool:
    return isinstance(scope.mapping(name), dict)


_FIND_LIKE = "[MAP, KEY, VALUE, {DefaultValue: VALUE}]"
_three_or_four = a_list(3, 4, like=_FIND_LIKE)


def _find_shape(argument: Expression) -> None:
    _three_or_four(argument)
    for last in (items_of(argument) or ())[3:]:
        if list(entries_of(last) or ()) != ["DefaultValue"]:
            raise Bad("the last entry must be a map with DefaultValue", f"write {_FIND_LIKE}")


FN_FIND_IN_MAP_OR_DEFAULT = Function(
    "Fn::FindInMap",
    "Looks a value up in the Mappings section; gives a default for what is not there.",
    _find_or_default,
    _find_shape,
    partial=True,
)


def _import_value(given: Any, scope: Scope) -> Any:
    return scope.export(text(given, "the name of an export"))


FN_IMPORT_VALUE = Function(
    "Fn::ImportValue", "Gives the value that an output of another stack exports.", _import_value
)


def _get_azs(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    return list(scope.zones)


FN_GET_AZS = Function("Fn::GetAZs", "Gives the names of the compute zones.", _get_azs)
