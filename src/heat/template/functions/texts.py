"""Functions that make or take apart text."""

import hashlib
import json
from typing import Any

from heat.base.unknown import Unknown, unknowns
from heat.template.expressions import (
    Bad,
    Call,
    Expression,
    Function,
    Literal,
    Scope,
    entries_of,
    items_of,
)
from heat.template.functions.shapes import (
    a_list,
    a_map,
    as_json,
    describe,
    mapping,
    sequence,
    text,
)
from heat.template.limits import MAX_VALUES, make_text, make_values, work


def _join(given: Any, scope: Scope, *, many: bool) -> str:
    items = sequence(given, "the argument")
    if len(items) < 2 or (not many and len(items) > 2):
        raise Bad("the argument has the wrong length", "write [DELIMITER, LIST]")
    delimiter, *lists = items
    text(delimiter, "the delimiter")
    words: list[str] = []
    for part in lists:
        if part is None:
            continue
        words += [_word(item, as_text=many) for item in sequence(part, "what is joined")]
    make_text(scope, sum(map(len, words)) + len(delimiter) * len(words))
    return str(delimiter).join(words)


def _word(item: Any, *, as_text: bool) -> str:
    if item is None:
        return ""
    if isinstance(item, str):
        return item
    if as_text and isinstance(item, list | dict):
        return as_json(item)
    cure = "join texts: put a number or boolean in quotes"
    if isinstance(item, list | dict):
        cure = "join texts: name one in the list or map by a further index or key"
    raise Bad(f"what is joined must be text, not {describe(item)}", cure)


def _join_one(given: Any, scope: Scope) -> Any:
    return _join(given, scope, many=False)


def _join_many(given: Any, scope: Scope) -> Any:
    return _join(given, scope, many=True)


_JOIN = "Joins a list of texts, with a delimiter between them."
_one_list = a_list(2, 2, like="[DELIMITER, LIST]")
LIST_JOIN_1 = Function("list_join", _JOIN, _join_one, _one_list)
LIST_JOIN = Function(
    "list_join",
    "Joins lists of texts, with a delimiter between.",
    _join_many,
    a_list(2, like="[DELIMITER, LIST, LIST...]", calls=True),
)
FN_JOIN = Function("Fn::Join", _JOIN, _join_one, _one_list)


def _replace(template: Any, params: Any, scope: Scope, *, structures: bool) -> tuple[str, set[str]]:
    """Replace each placeholder, the longest first; return the text and those that occurred."""
    text(template, "the template")
    words = {
        text(key, "a placeholder"): _replacement(key, value, structures)
        for key, value in mapping(params, "params").items()
    }
    if "" in words:
        raise Bad("a placeholder is empty", "give it a name, such as $name")
    used: set[str] = set()
    # One pass over the template would prefer the leftmost; the language has the longest first.
    pieces: list[tuple[bool, str]] = [(False, template)]
    for key in sorted((k for k in words if k in template), key=lambda k: (-len(k), k)):
        work(scope, 4 * len(pieces))
        pieces = _split_pieces(pieces, key, words[key], used)
    make_text(scope, sum(len(piece) for _, piece in pieces))
    return "".join(piece for _, piece in pieces), used


def _split_pieces(
    pieces: list[tuple[bool, str]], key: str, value: str, used: set[str]
) -> list[tuple[bool, str]]:
    found: list[tuple[bool, str]] = []
    for done, piece in pieces:
        if done or key not in piece:
            found.append((done, piece))
            continue
        used.add(key)
        for n, part in enumerate(piece.split(key)):
            if n:
                found.append((True, value))
            found.append((False, part))
    return found


def _replacement(key: Any, value: Any, structures: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, list | dict):
        if structures:
            return as_json(value)
        cure = "give a part of it that is text or a number"
        raise Bad(f"the value of {key!r} must be text or a number, not {describe(value)}", cure)
    return str(value)


def _str_replace(structures: bool, strict: bool, full: bool) -> Any:
    def apply(given: Any, scope: Scope) -> Any:
        mapping(given, "the argument")
        template, params = given.get("template"), given.get("params")
        if isinstance(params, Unknown) or isinstance(template, Unknown):
            return unknowns(given)
        result, used = _replace(template, params, scope, structures=structures)
        if strict and (unused := [key for key in params if key not in used]):
            detail = f"the placeholder {unused[0]!r} does not occur in the template"
            raise Bad(detail, "write it in the template, or take it out of params")
        if full and (empty := [k for k, v in params.items() if v in (None, "", [], {})]):
            raise Bad(f"the value of {empty[0]!r} is empty", "give it a value")
        return result

    return apply


_REPLACE_LIKE = "{template: TEXT, params: {PLACEHOLDER: VALUE}}"
_replace_keys = a_map(["template", "params"], None, like=_REPLACE_LIKE)


def _replace_shape(argument: Expression) -> None:
    _replace_keys(argument)
    entries = entries_of(argument) or {}
    params = entries["params"]
    if entries_of(params) is None and not isinstance(params, Call):
        raise Bad("params must be a map", f"write {_REPLACE_LIKE}")


STR_REPLACE_1 = Function(
    "str_replace",
    "Puts values in the place of placeholders in a text.",
    _str_replace(structures=False, strict=False, full=False),
    _replace_shape,
)
STR_REPLACE = Function(
    "str_replace",
    "Puts values, lists and maps as JSON, in the place of placeholders in a text.",
    _str_replace(structures=True, strict=False, full=False),
    _replace_shape,
)
STR_REPLACE_STRICT = Function(
    "str_replace_strict",
    "Does as str_replace, and fails when a placeholder does not occur.",
    _str_replace(structures=True, strict=True, full=False),
    _replace_shape,
)
STR_REPLACE_VSTRICT = Function(
    "str_replace_vstrict",
    "Does as str_replace_strict, and fails when a value is empty.",
    _str_replace(structures=True, strict=True, full=True),
    _replace_shape,
)


def _fn_replace(given: Any, scope: Scope) -> Any:
    params, template = sequence(given, "the argument")
    return _replace(template, params, scope, structures=False)[0]


_replace_pair = a_list(2, 2, like="[{PLACEHOLDER: VALUE}, TEXT]")


def _fn_replace_shape(argument: Expression) -> None:
    _replace_pair(argument)
    params = (items_of(argument) or [argument])[0]
    if entries_of(params) is None and not isinstance(params, Call):
        raise Bad("the first entry must be a map", "write [{PLACEHOLDER: VALUE}, TEXT]")


FN_REPLACE = Function(
    "Fn::Replace",
    "Puts values in the place of placeholders in a text.",
    _fn_replace,
    _fn_replace_shape,
)


def _str_split(given: Any, scope: Scope) -> Any:
    items = sequence(given, "the argument")
    if len(items) < 2:
        raise Bad("the argument is too short", "write [DELIMITER, TEXT, INDEX]")
    delimiter, whole = items[:2]
    if whole is None:
        return None
    # Without a delimiter the text is split at white space.
    if delimiter is not None and not text(delimiter, "the delimiter"):
        raise Bad("the delimiter is empty", "write the characters to split at")
    parts = text(whole, "what is split").split(delimiter, MAX_VALUES)
    make_values(scope, len(parts))
    if len(items) == 2:
        return parts
    try:
        return parts[int(items[2])]
    except (ValueError, TypeError):
        raise Bad("the index must be a number", "write 0 for the first part") from None
    except IndexError:
        detail = f"the index is out of range: there are {len(parts)} parts"
        raise Bad(detail, f"use one from 0 to {len(parts) - 1}") from None


def _str_split_shape(argument: Expression) -> None:
    if entries_of(argument) is not None or (
        isinstance(argument, Literal) and isinstance(argument.value, str)
    ):
        raise Bad("the argument must be a list", "write [DELIMITER, TEXT, INDEX]")


STR_SPLIT = Function(
    "str_split",
    "Splits a text at a delimiter into a list, or gives one entry of it.",
    _str_split,
    _str_split_shape,
)


def _split_shape(argument: Expression) -> None:
    items = items_of(argument)
    if items is None or len(items) != 2:
        raise Bad("the argument must be a list of two", "write [DELIMITER, TEXT]")


def _fn_split(argument: Expression, scope: Scope) -> Any:
    written, part = items_of(argument) or [argument, argument]
    if not isinstance(written, Literal):
        raise Bad("the delimiter must be written as it is, not as a call", "write text")
    delimiter, whole = written.value, part.evaluate(scope)
    if isinstance(whole, Unknown):
        return whole
    if not text(delimiter, "the delimiter"):
        raise Bad("the delimiter is empty", "write the characters to split at")
    parts = text(whole, "what is split").split(str(delimiter), MAX_VALUES)
    make_values(scope, len(parts))
    return parts


FN_SPLIT = Function(
    "Fn::Split",
    "Splits a text at a delimiter into a list.",
    _fn_split,
    _split_shape,
    special=True,
)


def _digest(given: Any, scope: Scope) -> Any:
    items = sequence(given, "the argument")
    if len(items) != 2:
        raise Bad("the argument must be a list of two", "write [ALGORITHM, TEXT]")
    algorithm = text(items[0], "the algorithm").lower()
    value = text(items[1], "what is hashed")
    work(scope, len(value))
    known = {name.lower() for name in hashlib.algorithms_available}
    if algorithm not in known:
        usable = ", ".join(sorted(hashlib.algorithms_guaranteed))
        raise Bad(f"the algorithm {items[0]!r} is unknown", f"use one of {usable}")
    try:
        return hashlib.new(algorithm, value.encode("latin-1"), usedforsecurity=False).hexdigest()
    except UnicodeEncodeError:
        raise Bad("the text holds characters outside of Latin-1", "leave them out") from None
    except (ValueError, TypeError):
        raise Bad(f"the algorithm {items[0]!r} gives no hex digest here", "use sha256") from None


DIGEST = Function("digest", "Gives the hex digest of a text.", _digest)


def _to_json(given: Any, scope: Scope) -> Any:
    if not isinstance(given, list | dict):
        cure = "write {KEY: VALUE} or [VALUE...]"
        raise Bad(f"the argument must be a list or map, not {describe(given)}", cure)
    written = json.dumps(given, separators=(",", ":"), ensure_ascii=False)
    make_text(scope, len(written))
    return written


def _to_json_shape(argument: Expression) -> None:
    if isinstance(argument, Literal) and not isinstance(argument.value, list | dict):
        raise Bad("the argument must be a list or map", "write {KEY: VALUE} or [VALUE...]")


FN_TO_JSON_STRING = Function(
    "Fn::ToJsonString", "Writes a list or map as JSON.", _to_json, _to_json_shape
)


def _same(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    return text(given, "the argument")


FN_BASE64 = Function("Fn::Base64", "Gives back its text unchanged.", _same)
