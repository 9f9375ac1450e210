"""Reads JSON or YAML text into plain values, within limits that no text can talk its way past."""

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import yaml

from heat.base.errors import Invalid
from heat.base.json import read_json
from heat.base.problems import Place
from heat.base.unknown import Unknown
from heat.template.codes import problem
from heat.template.yaml_mistakes import cure_of
from heat.template.yaml_values import (
    MAX_DEPTH,
    MAX_VALUES,
    Circular,
    Misfit,
    TooDeep,
    key_text,
    read_yaml,
)

MAX_TEXT = 16 * 1024 * 1024
"""Characters."""
_UNFIT = re.compile(
    "[^\\t\\n\\r\\x20-\\x7e\\x85\\xa0-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]"
)
"""What may not stand in YAML as it is."""
_ESCAPED = re.compile(r"\\(?:0|x00|u0000|U0000|u[dD][89a-fA-F])|!!binary|!<")
"""What may give a value a character that only an escape can write."""


def parse(text: str, name: str, *, code: str = "H101") -> Any:
    """Read a text; raises Invalid when it can't be read or is too large."""
    if len(text) > MAX_TEXT:
        raise _refused("H102", f"{name} has more than {MAX_TEXT} characters")
    value = _parse(text, name, code)
    if _ESCAPED.search(text) and (odd := _odd_text(value)):
        raise _refused(code, f"{name} holds {odd}, which no database keeps")
    return value


def _parse(text: str, name: str, code: str) -> Any:
    if text.lstrip()[:1] in ("{", "["):
        try:
            value = read_json(text)
        except ValueError:
            return _parse_yaml(text, name, code)
        if _deeper(value, MAX_DEPTH):
            raise _too_deep(name)
        return value
    return _parse_yaml(text, name, code)


def settle(value: Any, name: str) -> Any:
    """Turn what a loader or a caller gave into plain JSON values; check depth and size."""
    return _Settling(name).settle(value, 0)[0]


def _parse_yaml(text: str, name: str, code: str) -> Any:
    try:
        return read_yaml(text)
    except Misfit as misfit:
        (found,) = _misfits(misfit, name).problems
        place = _placed(misfit.mark, text.splitlines(), name)
        raise Invalid(problems=[replace(found, place=place)]) from None
    except yaml.YAMLError as error:
        if (unfit := _UNFIT.search(text)) is not None:
            raise _unfit_character(unfit, text, name, code) from None
        if (joined := _join_surrogates(text)) != text:
            return _parse_yaml(joined, name, code)
        raise _unreadable(error, text, name, code) from None
    except (ValueError, LookupError, ArithmeticError) as error:
        if (unfit := _UNFIT.search(text)) is not None:
            raise _unfit_character(unfit, text, name, code) from None
        # PyYAML's constructors let the errors of int() and float() through.
        detail = f"{name} can't be parsed: {error}"
        raise Invalid(problems=[problem(code, detail=detail)]) from None


def _misfits(misfit: Misfit, name: str) -> Invalid:
    match misfit:
        case TooDeep():
            return _too_deep(name)
        case Circular():
            return _circular(name)
        case _:
            return _too_large(name)


def _join_surrogates(text: str) -> str:
    """Write pairs of escapes, which JSON has and libyaml refuses, as the one they stand for."""

    def join(match: re.Match[str]) -> str:
        high, low = int(match[1], 16), int(match[2], 16)
        return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"

    return re.sub(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", join, text, flags=re.IGNORECASE)


def _unreadable(error: yaml.YAMLError, text: str, name: str, code: str) -> Invalid:
    mark = getattr(error, "problem_mark", None)
    if mark is None or mark.index >= len(text.rstrip()):
        # What was left open matters, not that the text ended.
        mark = getattr(error, "context_mark", None) or mark
    said = [getattr(error, key, None) for key in ("context", "problem")]
    detail = f"{name} is neither JSON nor YAML: " + ", ".join(str(s) for s in said if s)
    if not any(said):
        detail = f"{name} is neither JSON nor YAML: {error}"
    place, cure = None, ""
    if mark is not None:
        lines = text.splitlines()
        place = _placed(mark, lines, name)
        cure = cure_of(detail, lines, mark.line)
    return Invalid(problems=[problem(code, detail=detail, cure=cure, place=place)])


def _placed(mark: Any, lines: Sequence[str], name: str) -> Place:
    number: int = mark.line
    if lines and number >= len(lines):  # the end of the text: what is last can be looked at
        return Place(name, len(lines), len(lines[-1]) + 1, lines[-1])
    line = lines[number] if lines else ""
    return Place(name, number + 1, mark.column + 1, line)


def _unfit_character(found: re.Match[str], text: str, name: str, code: str) -> Invalid:
    before = text[: found.start()]
    start = before.rfind("\n") + 1
    line = _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text[start:].partition("\n")[0])
    place = Place(name, before.count("\n") + 1, len(before) - start + 1, line)
    detail = f"{name} holds the character U+{ord(found[0]):04X}, which no text may hold"
    return Invalid(problems=[problem(code, detail=detail, cure="take it out", place=place)])


def _odd_text(value: Any) -> str:
    """Name a character in a value that can't be stored."""
    left = [value]
    while left:
        part = left.pop()
        if isinstance(part, dict):
            left += part.keys()
            left += part.values()
        elif isinstance(part, list):
            left += part
        elif isinstance(part, str) and (odd := _odd_character(part)):
            return odd
    return ""


def _odd_character(text: str) -> str:
    if "\0" in text:
        return "the character U+0000"
    if not text.isascii():
        for letter in text:
            if "\ud800" <= letter <= "\udfff":
                return f"half a character, U+{ord(letter):04X}"
    return ""


def _deeper(value: Any, levels: int) -> bool:
    """Tell whether a value has more than so many levels of lists and maps."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return False
    return levels == 0 or any(
        _deeper(part, levels - 1) for part in value if isinstance(part, dict | list)
    )


def _refused(code: str, detail: str) -> Invalid:
    return Invalid(problems=[problem(code, detail=detail)])


def _too_deep(name: str) -> Invalid:
    return _refused("H103", f"{name} has more than {MAX_DEPTH} levels")


def _too_large(name: str) -> Invalid:
    return _refused("H102", f"{name} holds more than {MAX_VALUES} values")


def _circular(name: str) -> Invalid:
    return _refused("H101", f"{name} holds an alias to what it stands in")


class _Settling:
    """One walk over a value; what is shared is walked once, and counted each time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.done: dict[int, tuple[Any, int, int]] = {}
        self.open: set[int] = set()
        self.kept: list[Any] = []

    def settle(self, value: Any, depth: int) -> tuple[Any, int, int]:
        """Return the plain value, how many values it holds, and how many levels."""
        if isinstance(value, str) and (odd := _odd_character(value)):
            raise _refused("H101", f"{self.name} holds {odd}, which no database keeps")
        if value is None or isinstance(value, str | bool | int | Unknown):
            return value, 1, 0
        if isinstance(value, float):
            if not math.isfinite(value):
                raise _refused("H101", f"{self.name} holds {value}, which is no JSON number")
            return value, 1, 0
        if isinstance(value, dict | list | tuple | set):
            return self._container(value, depth)
        return str(value), 1, 0

    def _container(
        self, value: dict[Any, Any] | list[Any] | tuple[Any, ...] | set[Any], depth: int
    ) -> tuple[Any, int, int]:
        key = id(value)
        if key in self.open:
            raise _circular(self.name)
        if key not in self.done:
            if depth >= MAX_DEPTH:
                raise _too_deep(self.name)
            self.open.add(key)
            self.done[key] = self._walk(value, depth)
            self.kept.append(value)
            self.open.remove(key)
        plain, count, levels = self.done[key]
        if depth + levels > MAX_DEPTH:
            raise _too_deep(self.name)
        if count > MAX_VALUES:
            raise _too_large(self.name)
        return plain, count, levels

    def _walk(self, value: Any, depth: int) -> tuple[Any, int, int]:
        count, levels = 1, 0
        plain: Any
        if isinstance(value, dict):
            plain = {}
            for key, part in value.items():
                plain[key_text(key)], n, below = self.settle(part, depth + 1)
                count, levels = count + n, max(levels, below)
        else:
            plain = []
            for part in value:
                item, n, below = self.settle(part, depth + 1)
                plain.append(item)
                count, levels = count + n, max(levels, below)
        return plain, count, levels + 1
