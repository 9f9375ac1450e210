"""Functions that make lists and maps out of others."""

import json
from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

from heat.base.json import read_json
from heat.base.unknown import Unknown, unknowns
from heat.template.expressions import (
    ABSENT,
    Bad,
    Call,
    Expression,
    Function,
    Scope,
    entries_of,
    items_of,
)
from heat.template.functions.shapes import a_list, a_map, describe, mapping, sequence, text
from heat.template.limits import count_values, make_text, make_values, work


def _map_merge(given: Any, scope: Scope) -> Any:
    if isinstance(given, Unknown):
        return given
    merged: dict[str, Any] = {}
    for part in sequence(given, "the argument"):
        if isinstance(part, Unknown):
            return unknowns(given)
        if part is not None:
            make_values(scope, len(mapping(part, "what is merged")))
            merged.update(part)
    return merged


MAP_MERGE = Function(
    "map_merge", "Merges maps; of equal keys the last wins.", _map_merge, partial=True
)


def _map_replace(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    if len(sequence(given, "the argument")) != 2:
        raise Bad("the argument must be a list of two", f"write {_REPLACE_LIKE}")
    whole, change = given
    if whole is None:
        return {}
    if change is None:
        return whole
    mapping(whole, "what is changed")
    keys, values = _changes(change, "keys"), _changes(change, "values")
    found: dict[str, Any] = {}
    for key, value in whole.items():
        name = keys.get(key, key)
        if isinstance(name, list | dict):
            raise Bad(f"a new key must be text, not {describe(name)}", "give text")
        if not isinstance(name, str):
            name = json.dumps(name)
        if name in found or (name != key and name in whole):
            raise Bad(f"the new key {name!r} is there already", "give it another name")
        found[name] = _changed(value, values)
    return found


def _changes(change: Any, part: str) -> dict[str, Any]:
    named = mapping(change, "the change").get(part)
    return {} if named is None else mapping(named, part)


def _changed(value: Any, values: dict[str, Any]) -> Any:
    if isinstance(value, list | dict):
        return value
    if isinstance(value, str):
        return values.get(value, value)
    return value


_REPLACE_LIKE = "[MAP, {keys: {OLD: NEW}, values: {OLD: NEW}}]"


def _map_replace_shape(argument: Expression) -> None:
    items = items_of(argument)
    if items is None or len(items) != 2:
        return
    entries = entries_of(items[1]) or {}
    if unknown := [key for key in entries if key not in ("keys", "values")]:
        raise Bad(f"the key {unknown[0]!r} is unknown", f"write {_REPLACE_LIKE}")


MAP_REPLACE = Function(
    "map_replace", "Renames keys and changes values of a map.", _map_replace, _map_replace_shape
)


def _repeat(maps: bool, permutations: bool) -> Any:
    def apply(given: Any, scope: Scope) -> Any:
        if (waits := unknowns(given.get("for_each"))) is not None:
            return waits
        lists = mapping(given["for_each"], "for_each")
        if not lists:
            raise Bad("for_each is empty", f"write {_REPEAT_LIKE}")
        crossed = given.get("permutations", True) if permutations else True
        if not isinstance(crossed, bool):
            detail = f"permutations must be a boolean, not {describe(crossed)}"
            raise Bad(detail, "write true or false")
        values = [_values(lists[name], name, maps=maps and crossed) for name in lists]
        lengths = [len(part) for part in values]
        rounds = prod(lengths) if crossed else max(lengths)
        make_values(scope, rounds * count_values(given["template"]))
        return [
            _fill(given["template"], dict(zip(lists, chosen, strict=True)), scope)
            for chosen in _rounds(values, crossed=crossed)
        ]

    return apply


def _values(given: Any, name: str, *, maps: bool) -> list[Any]:
    if given is None:
        return []
    if isinstance(given, dict) and maps:
        return list(given)
    if not isinstance(given, list):
        detail = f"what {name!r} stands for must be a list, not {describe(given)}"
        raise Bad(detail, f"write {name}: [VALUE...] in for_each")
    return given


def _rounds(values: list[list[Any]], *, crossed: bool) -> Iterator[tuple[Any, ...]]:
    if crossed:
        return product(*values)
    if len({len(part) for part in values}) > 1:
        detail = "without permutations all lists must have the same length"
        raise Bad(detail, "make them equally long, or leave permutations out")
    return zip(*values, strict=True)


def _fill(value: Any, chosen: dict[str, Any], scope: Scope) -> Any:
    if isinstance(value, str):
        for name, word in chosen.items():
            if not isinstance(word, str):
                detail = f"{name!r} must stand for text, not for {describe(word)}"
                raise Bad(detail, "give texts in its list")
            work(scope, len(value) // 64)
            if count := value.count(name):
                make_text(scope, len(value) + count * (len(word) - len(name)))
                value = value.replace(name, word)
        return value
    if isinstance(value, list):
        return [_fill(part, chosen, scope) for part in value]
    if isinstance(value, dict):
        return {
            _fill(key, chosen, scope): _fill(part, chosen, scope) for key, part in value.items()
        }
    return value


_REPEAT_LIKE = "{for_each: {VARIABLE: LIST}, template: VALUE}"
_repeat_keys = a_map(["for_each", "template"], None, like=_REPEAT_LIKE)


def _repeat_shape(argument: Expression) -> None:
    _repeat_keys(argument)
    entries = entries_of(argument) or {}
    for_each = entries["for_each"]
    if not isinstance(for_each, Call) and entries_of(for_each) is None:
        raise Bad("for_each must be a map", f"write {_REPEAT_LIKE}")


def _repeat_crossed_shape(argument: Expression) -> None:
    _repeat_shape(argument)
    crossed = (entries_of(argument) or {}).get("permutations")
    value = getattr(crossed, "value", True)
    if crossed is not None and not isinstance(crossed, Call) and not isinstance(value, bool):
        raise Bad("permutations must be a boolean", "write permutations: false")


_REPEAT = "Makes a list of a template, once for each entry of a list."
REPEAT_1 = Function(
    "repeat", _REPEAT, _repeat(maps=False, permutations=False), _repeat_shape, partial=True
)
REPEAT_2 = Function(
    "repeat",
    "Makes a list of a template, once for each entry of a list or map.",
    _repeat(maps=True, permutations=False),
    _repeat_shape,
    partial=True,
)
REPEAT_3 = Function(
    "repeat",
    "Makes a list of a template, for each entry of lists or maps, crossed or side by side.",
    _repeat(maps=True, permutations=True),
    _repeat_crossed_shape,
    partial=True,
)


def _filter(given: Any, scope: Scope) -> Any:
    values, whole = given
    if not values or not whole:
        for part in (values, whole):
            if part is not None:
                sequence(part, "an entry")
        return whole
    unwanted = sequence(values, "the first entry")
    work(scope, len(sequence(whole, "the second entry")) * len(unwanted))
    return [item for item in whole if item not in unwanted]


FILTER = Function(
    "filter",
    "Gives a list without some values.",
    _filter,
    a_list(2, 2, like="[[VALUE...], LIST]"),
)


def _contains(given: Any, scope: Scope) -> Any:
    value, whole = given
    if isinstance(whole, str):
        return text(value, "what is looked for in a text") in whole
    work(scope, len(sequence(whole, "the second entry")))
    return value in whole


CONTAINS = Function(
    "contains",
    "Tells whether a list holds a value, or a text another.",
    _contains,
    a_list(2, 2, like="[VALUE, LIST]"),
)


def _concatenate(given: Any, scope: Scope, *, unique: bool) -> Any:
    if isinstance(given, Unknown):
        return given
    joined: list[Any] = []
    for part in sequence(given, "the argument"):
        if isinstance(part, Unknown) or (unique and unknowns(part)):
            return unknowns(given)
        if part is not None and part is not ABSENT:
            joined += sequence(part, "what is joined")
            make_values(scope, len(joined))
    if not unique:
        return joined
    kept: list[Any] = []
    texts: set[str] = set()
    for item in joined:
        if isinstance(item, str):
            if item in texts:
                continue
            texts.add(item)
        else:
            work(scope, len(kept))
            if item in kept:
                continue
        kept.append(item)
    return kept


def _concat(given: Any, scope: Scope) -> Any:
    return _concatenate(given, scope, unique=False)


def _concat_unique(given: Any, scope: Scope) -> Any:
    return _concatenate(given, scope, unique=True)


LIST_CONCAT = Function("list_concat", "Puts lists one after the other.", _concat, partial=True)
LIST_CONCAT_UNIQUE = Function(
    "list_concat_unique",
    "Puts lists one after the other, without repeats.",
    _concat_unique,
    partial=True,
)


def _select(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    index, whole = given
    if isinstance(whole, str) and whole:
        try:
            whole = read_json(whole)
        except ValueError as error:
            detail = f"the text to select from can't be read: {error}"
            raise Bad(detail, "give a list, a map or JSON") from None
    if whole is None or whole == "":
        return ""
    if isinstance(whole, dict):
        return whole.get(text(index, "the key"), "")
    try:
        return sequence(whole, "what is selected from")[int(index)]
    except (ValueError, TypeError):
        raise Bad("the index must be a number", "write 0 for the first entry") from None
    except IndexError:
        return ""


FN_SELECT = Function(
    "Fn::Select",
    "Gives one entry of a list or map.",
    _select,
    a_list(2, 2, like="[INDEX, LIST]"),
)


def _length(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    return given if isinstance(given, Unknown) else len(sequence(given, "what is counted"))


def _length_shape(argument: Expression) -> None:
    if not isinstance(argument, Call) and items_of(argument) is None:
        raise Bad("the argument must be a list", "write [VALUE...], or a function that gives it")


FN_LENGTH = Function(
    "Fn::Length", "Counts the entries of a list.", _length, _length_shape, partial=True
)


def _member_list(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    key_name, value_name = (text(name, "the name for keys or values") for name in given[:2])
    pairs: dict[str, dict[str, str]] = {}
    for item in sequence(given[2], "the list"):
        path, equals, value = text(item, "an entry").partition("=")
        parts = path.split(".", 3)
        if not equals or len(parts) < 4:
            raise Bad("an entry must look like .member.0.NAME=VALUE", "write it so")
        pairs.setdefault(parts[2], {})[parts[3]] = value
    return {
        pair[key_name]: pair[value_name]
        for pair in pairs.values()
        if key_name in pair and value_name in pair
    }


_three = a_list(3, 3, like="[KEY_NAME, VALUE_NAME, LIST]")


def _member_list_shape(argument: Expression) -> None:
    _three(argument)
    for item in (items_of(argument) or ())[:2]:
        if not isinstance(item, Call):
            text(getattr(item, "value", None), "the name for keys or values")


FN_MEMBER_LIST_TO_MAP = Function(
    "Fn::MemberListToMap",
    "Makes a map out of a list of member assignments.",
    _member_list,
    _member_list_shape,
)
