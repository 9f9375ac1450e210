"""What functions ask of their arguments before and after these are known."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from heat.base.problems import did_you_mean
from heat.template.expressions import Bad, Call, Expression, entries_of, items_of

Shape = Callable[[Expression], None]


def a_list(least: int, most: int | None = None, *, like: str, calls: bool = False) -> Shape:
    """Return a check: a list with this many entries; with ``calls`` a call may give it."""

    def check(argument: Expression) -> None:
        if calls and isinstance(argument, Call):
            return
        items = items_of(argument)
        if items is None or len(items) < least or (most is not None and len(items) > most):
            raise Bad("the argument has the wrong shape", f"write {like}")

    return check


def a_map(
    required: Sequence[str], optional: Sequence[str] | None, *, like: str, empty: bool = False
) -> Shape:
    """Return a check: a map with these keys; ``optional`` None lets any other key stand."""

    def check(argument: Expression) -> None:
        entries = entries_of(argument)
        if entries is None or (not entries and not empty):
            raise Bad("the argument must be a map", f"write {like}")
        if missing := [key for key in required if key not in entries]:
            raise Bad(f"the key {missing[0]!r} is missing", f"write {like}")
        known = [*required, *(optional or ())]
        unknown = [key for key in entries if key not in known]
        if unknown and optional is not None:
            cure = did_you_mean(unknown[0], known) or f"the keys are {', '.join(known)}"
            raise Bad(f"the key {unknown[0]!r} is unknown", cure)

    return check


def text(value: Any, what: str) -> str:
    """Return a value that must be text."""
    if not isinstance(value, str):
        raise Bad(f"{what} must be text, not {describe(value)}", "give text")
    return value


def sequence(value: Any, what: str) -> list[Any]:
    """Return a value that must be a list."""
    if not isinstance(value, list):
        raise Bad(f"{what} must be a list, not {describe(value)}", "give a list")
    return value


def mapping(value: Any, what: str) -> dict[str, Any]:
    """Return a value that must be a map."""
    if not isinstance(value, dict):
        raise Bad(f"{what} must be a map, not {describe(value)}", "give a map")
    return value


def describe(value: Any) -> str:
    """Name the sort of a value, never the value: it may be a secret."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case dict():
            return "a map"
        case _:
            return "a value of an unknown sort"


def as_word(value: Any, what: str) -> str:
    """Write a simple value as CloudFormation does within a text: null is no text at all."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            raise Bad(f"{what} must be text, not {describe(value)}", "give text")


def as_json(value: Any) -> str:
    """Write a list or map as the language does: sorted keys, ASCII."""
    return json.dumps(value, sort_keys=True)
