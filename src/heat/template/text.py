"""Reads JSON or YAML text into plain values, within limits that no text can talk its way past.

YAML here is 1.1 as PyYAML's safe loader has it, with three changes: timestamps stay text, sets
become lists, and every key becomes text, so that what is read is always JSON.
"""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from heat.base.errors import Invalid
from heat.base.problems import Place
from heat.template.codes import problem

MAX_TEXT = 16 * 1024 * 1024
MAX_DEPTH = 100
MAX_VALUES = 2_000_000


class _Loader(yaml.CSafeLoader):
    """The safe loader, without dates."""


def _construct_set(loader: _Loader, node: yaml.Node) -> list[Any]:
    return list(loader.construct_mapping(node)) if isinstance(node, yaml.MappingNode) else []


def _construct_text(loader: _Loader, node: yaml.Node) -> str:
    return str(loader.construct_scalar(node)) if isinstance(node, yaml.ScalarNode) else ""


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _construct_text)
_Loader.add_constructor("tag:yaml.org,2002:set", _construct_set)


def parse(text: str, name: str, *, code: str = "H101") -> Any:
    """Read a text; raises Invalid when it can't be read or is too large."""
    if len(text) > MAX_TEXT:
        raise _refused("H102", f"{name} has more than {MAX_TEXT} characters")
    if text.lstrip()[:1] in ("{", "["):
        try:
            return settle(json.loads(text, parse_constant=_no_constant), name)
        except RecursionError:
            raise _too_deep(name) from None
        except ValueError:
            pass
    return settle(_parse_yaml(text, name, code), name)


def settle(value: Any, name: str) -> Any:
    """Turn what a loader or a caller gave into plain JSON values; check depth and size."""
    return _Settling(name).settle(value, 0)[0]


def compose(text: str) -> yaml.Node | None:
    """Return the tree of nodes with their positions, or None when the text has none."""
    try:
        return yaml.compose(text, Loader=_Loader)
    except (yaml.YAMLError, ValueError):
        return None


def _parse_yaml(text: str, name: str, code: str) -> Any:
    try:
        _check_depth(text, name)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - it is a safe loader
    except yaml.YAMLError as error:
        if (joined := _join_surrogates(text)) != text:
            return _parse_yaml(joined, name, code)
        raise _unreadable(error, text, name, code) from None
    except RecursionError:
        raise _too_deep(name) from None
    except (ValueError, TypeError, LookupError, ArithmeticError) as error:
        # PyYAML's constructors let the errors of int(), float() and set keys through.
        detail = f"{name} can't be parsed: {error}"
        raise Invalid(problems=[problem(code, detail=detail)]) from None


def _join_surrogates(text: str) -> str:
    """Write pairs of escapes, which JSON has and libyaml refuses, as the one they stand for."""

    def join(match: re.Match[str]) -> str:
        high, low = int(match[1], 16), int(match[2], 16)
        return f"\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"

    return re.sub(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", join, text, flags=re.IGNORECASE)


def _check_depth(text: str, name: str) -> None:
    """Refuse nesting that would exhaust the composer's stack, looking closer only if need be."""
    if not _might_be_deep(text):
        return
    depth = 0
    for event in _events(text):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _too_deep(name)
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _events(text: str) -> Iterator[yaml.Event]:
    yield from yaml.parse(text, Loader=_Loader)


def _might_be_deep(text: str) -> bool:
    return (
        text.count("[") + text.count("{") > MAX_DEPTH // 2
        or re.search(r"(?:[-?:][ \t]+){10}", text) is not None
        or re.search(rf"(?m)^[ ]{{{MAX_DEPTH // 2}}}", text) is not None
    )


def _unreadable(error: yaml.YAMLError, text: str, name: str, code: str) -> Invalid:
    mark = getattr(error, "problem_mark", None)
    if mark is None or mark.index >= len(text.rstrip()):
        # What was left open matters, not that the text ended.
        mark = getattr(error, "context_mark", None) or mark
    said = [getattr(error, key, None) for key in ("context", "problem")]
    detail = f"{name} is neither JSON nor YAML: " + ", ".join(str(s) for s in said if s)
    if not any(said):
        detail = f"{name} is neither JSON nor YAML: {error}"
    place = None
    if mark is not None:
        lines = text.splitlines()
        line = lines[mark.line] if mark.line < len(lines) else ""
        place = Place(name, mark.line + 1, mark.column + 1, line)
    return Invalid(problems=[problem(code, detail=detail, place=place)])


def _no_constant(name: str) -> Any:
    raise ValueError(name)


def _refused(code: str, detail: str) -> Invalid:
    return Invalid(problems=[problem(code, detail=detail)])


def _too_deep(name: str) -> Invalid:
    return _refused("H103", f"{name} has more than {MAX_DEPTH} levels")


class _Settling:
    """One walk over a value; what an alias shares is walked once, and counted each time."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.done: dict[int, tuple[Any, int, int]] = {}
        self.open: set[int] = set()
        self.kept: list[Any] = []

    def settle(self, value: Any, depth: int) -> tuple[Any, int, int]:
        """Return the plain value, how many values it holds, and how many levels."""
        if value is None or isinstance(value, str | bool | int):
            return value, 1, 0
        if isinstance(value, float):
            if not math.isfinite(value):
                raise _refused("H101", f"{self.name} holds {value}, which is no JSON number")
            return value, 1, 0
        if isinstance(value, dict | list | tuple | set):
            return self._container(value, depth)
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace"), 1, 0
        return str(value), 1, 0

    def _container(
        self, value: dict[Any, Any] | list[Any] | tuple[Any, ...] | set[Any], depth: int
    ) -> tuple[Any, int, int]:
        key = id(value)
        if key in self.open:
            raise _refused("H101", f"{self.name} holds an alias to what it stands in")
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
            raise _refused("H102", f"{self.name} holds more than {MAX_VALUES} values")
        return plain, count, levels

    def _walk(self, value: Any, depth: int) -> tuple[Any, int, int]:
        count, levels = 1, 0
        plain: Any
        if isinstance(value, dict):
            plain = {}
            for key, part in value.items():
                plain[_key(key)], n, below = self.settle(part, depth + 1)
                count, levels = count + n, max(levels, below)
        else:
            plain = []
            for part in value:
                item, n, below = self.settle(part, depth + 1)
                plain.append(item)
                count, levels = count + n, max(levels, below)
        return plain, count, levels + 1


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, bool | int | float):
        return json.dumps(key)
    return str(key)
