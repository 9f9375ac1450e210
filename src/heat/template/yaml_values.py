"""Builds plain values from YAML, event by event.

No tree of nodes is made on the way, which is most of what reading YAML costs, and nothing recurs:
depth, size and aliases are checked as they come, so that no text can exhaust the machine.

What scalars mean is PyYAML's own table (YAML 1.1), with three changes: timestamps stay text, sets
become lists, and every key becomes text, so that what is read is always JSON. In templates of
CloudFormation a tag may be the short form of a call.
"""

import json
import math
from collections.abc import Callable
from typing import Any

import yaml
from yaml.constructor import ConstructorError

from heat.template.short_forms import SHORT_FORMS, may_stand_in, written_out

MAX_DEPTH = 100
MAX_VALUES = 2_000_000
MAX_DIGITS = 1000

_TAG = "tag:yaml.org,2002:"
_MERGE, _VALUE, _TEXT = f"{_TAG}merge", f"{_TAG}value", f"{_TAG}str"
_SET, _LISTS_OF_PAIRS = f"{_TAG}set", (f"{_TAG}omap", f"{_TAG}pairs")
_PLAIN = (None, "!", f"{_TAG}map", f"{_TAG}seq")
_PLAIN_MAPS, _PLAIN_LISTS = (*_PLAIN, _SET), (*_PLAIN, *_LISTS_OF_PAIRS)
_MERGED_KEY = object()


class Misfit(Exception):
    """What can't be, though it is YAML; ``mark`` is where it shows."""

    def __init__(self, mark: Any) -> None:
        super().__init__()
        self.mark = mark


class TooDeep(Misfit):
    """The text has more levels than allowed."""


class TooLarge(Misfit):
    """The text comes to more values than allowed, its aliases counted each time."""


class Circular(Misfit):
    """An alias stands inside of what it names."""


class Loader(yaml.CSafeLoader):
    """The safe loader, without dates; also used for positions."""


def _construct_text(loader: Loader, node: yaml.Node) -> str:
    return str(loader.construct_scalar(node)) if isinstance(node, yaml.ScalarNode) else ""


Loader.add_constructor(f"{_TAG}timestamp", _construct_text)


def read_yaml(text: str) -> Any:
    """Return the value of the one document in a text; None when there is none."""
    loader = Loader(text)
    try:
        return _Building(loader).document()
    finally:
        loader.dispose()


class _Frame:
    """A list or map being built, how many values it holds, and how many levels."""

    __slots__ = ("anchor", "count", "items", "key", "levels", "merged", "tag", "value", "waiting")

    def __init__(self, value: Any, anchor: str | None, tag: str | None) -> None:
        self.value, self.anchor, self.tag = value, anchor, tag
        self.items: list[Any] | None = value if isinstance(value, list) else None
        self.key: Any = None
        self.waiting = False  # for the value of a key
        self.merged: list[dict[str, Any]] = []
        self.count, self.levels = 1, 0


class _Building:
    """One reading of one text."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader
        self.stack: list[_Frame] = []
        self.anchors: dict[str, tuple[Any, int, int] | None] = {}
        self.scalars: dict[str, Any] = {}
        self.root: Any = None
        self.documents = 0
        self.shortened: Any = None  # the first event that is a short form
        self.resolve: Callable[..., str] = loader.resolve

    def document(self) -> Any:
        """Read all events."""
        event_of: Callable[[], Any] = self.loader.get_event
        handlers: dict[Any, Callable[[Any], None]] = {
            yaml.ScalarEvent: self._scalar,
            yaml.MappingStartEvent: self._open,
            yaml.MappingEndEvent: self._close,
            yaml.SequenceStartEvent: self._open,
            yaml.SequenceEndEvent: self._close,
            yaml.AliasEvent: self._alias,
            yaml.DocumentStartEvent: self._start,
        }
        while (kind := type(event := event_of())) is not yaml.StreamEndEvent:
            if (handle := handlers.get(kind)) is not None:
                handle(event)
        if self.shortened is not None and not may_stand_in(self.root):
            problem = f"only CloudFormation templates have the short form {self.shortened.tag}"
            raise ConstructorError(None, None, problem, self.shortened.start_mark)
        return self.root

    def _start(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            problem = "expected a single document, but found another"
            raise ConstructorError(None, None, problem, event.start_mark)

    def _open(self, event: Any) -> None:
        if len(self.stack) >= MAX_DEPTH:
            raise TooDeep(event.start_mark)
        is_map = isinstance(event, yaml.MappingStartEvent)
        if event.tag in SHORT_FORMS:
            self.shortened = self.shortened or event
        elif event.tag not in (_PLAIN_MAPS if is_map else _PLAIN_LISTS):
            raise _no_constructor(event.tag, event.start_mark)
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.stack.append(_Frame({} if is_map else [], event.anchor, event.tag))

    def _close(self, event: Any) -> None:
        frame = self.stack.pop()
        value = frame.value
        if frame.merged:
            value = {}
            for part in frame.merged:
                value.update(part)
            value.update(frame.value)
        levels = frame.levels + 1
        if frame.tag is None:
            pass
        elif frame.tag == _SET:
            value = list(value)
        elif frame.tag in _LISTS_OF_PAIRS:
            value = _pairs(value, event.start_mark)
        elif frame.tag in SHORT_FORMS:
            value = written_out(frame.tag, value)
            frame.count, levels = frame.count + 1, levels + 1
        if frame.anchor is not None:
            self.anchors[frame.anchor] = (value, frame.count, levels)
        self._add(value, frame.count, levels, event.start_mark)

    def _add(self, value: Any, count: int, levels: int, mark: Any) -> None:
        if not self.stack:
            if value is _MERGED_KEY:
                raise _no_constructor(_MERGE, mark)
            self.root = value
            return
        frame = self.stack[-1]
        frame.count += count
        if frame.count > MAX_VALUES:
            raise TooLarge(mark)
        if levels:
            frame.levels = max(frame.levels, levels)
            if len(self.stack) + levels > MAX_DEPTH:
                raise TooDeep(mark)
        if frame.items is not None:
            if value is _MERGED_KEY:
                raise _no_constructor(_MERGE, mark)
            frame.items.append(value)
        elif frame.waiting:
            frame.waiting = False
            if value is _MERGED_KEY or frame.key is _MERGED_KEY:
                self._merge(frame, value, mark)
            else:
                key = frame.key
                frame.value[key if type(key) is str else key_text(key)] = value
        else:
            if isinstance(value, dict | list):
                raise ConstructorError("while constructing a mapping", mark, "found unhashable key")
            frame.key, frame.waiting = value, True

    def _merge(self, frame: _Frame, value: Any, mark: Any) -> None:
        if value is _MERGED_KEY:
            raise _no_constructor(_MERGE, mark)
        parts = [value] if isinstance(value, dict) else value
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            problem = "expected a mapping or list of mappings for merging"
            raise ConstructorError("while constructing a mapping", mark, problem, mark)
        frame.merged += reversed(parts)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self.anchors:
            problem = f"found undefined alias {event.anchor!r}"
            raise ConstructorError(None, None, problem, event.start_mark)
        found = self.anchors[event.anchor]
        if found is None:
            raise Circular(event.start_mark)
        self._add(*found, event.start_mark)

    def _scalar(self, event: Any) -> None:
        text, count, levels = event.value, 1, 0
        if event.tag is None:
            value: Any = self._plain(event, text) if event.implicit[0] else text
        elif event.tag in SHORT_FORMS:
            self.shortened = self.shortened or event
            value = written_out(event.tag, text)
            count, levels = (4, 2) if event.tag == "!GetAtt" else (2, 1)
        else:
            value = text if event.tag == "!" else self._construct(event, event.tag)
        if event.anchor is not None:
            self.anchors[event.anchor] = (value, count, levels)
        self._add(value, count, levels, event.start_mark)

    def _plain(self, event: Any, text: str) -> Any:
        """Return what a plain word means; nothing else counts, but for two special keys."""
        if text not in self.scalars:
            tag = self.resolve(yaml.ScalarNode, text, event.implicit)
            self.scalars[text] = self._construct(event, tag)
        value = self.scalars[text]
        if text == "=" and value == "=" and not self._expects_key():
            raise _no_constructor(_VALUE, event.start_mark)
        return value

    def _expects_key(self) -> bool:
        return bool(self.stack and self.stack[-1].items is None and not self.stack[-1].waiting)

    def _construct(self, event: Any, tag: str) -> Any:
        if tag == _MERGE:
            return _MERGED_KEY
        if tag in (_TEXT, _VALUE):
            return event.value
        construct = self.loader.yaml_constructors.get(tag)
        if construct is None:
            raise _no_constructor(tag, event.start_mark)
        if tag in (f"{_TAG}int", f"{_TAG}float") and len(event.value) > MAX_DIGITS:
            problem = f"a number has more than {MAX_DIGITS} digits"
            raise ConstructorError(None, None, problem, event.start_mark)
        node = yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark)
        value: Any = construct(self.loader, node)
        if isinstance(value, float) and not math.isfinite(value):
            problem = f"{event.value} is no number that JSON has"
            raise ConstructorError(None, None, problem, event.start_mark)
        if isinstance(value, bytes):
            return value.decode("utf-8", "replace")
        if value is None or isinstance(value, str | bool | int | float):
            return value
        raise _no_constructor(tag, event.start_mark)


def key_text(key: Any) -> str:
    """Write the key of a map as JSON would."""
    return key if isinstance(key, str) else json.dumps(key)


def _pairs(items: Any, mark: Any) -> list[Any]:
    found: list[Any] = []
    for item in items:
        if not isinstance(item, dict) or len(item) != 1:
            problem = "expected a mapping of length 1"
            raise ConstructorError("while constructing pairs", mark, problem, mark)
        found += [[key, value] for key, value in item.items()]
    return found


def _no_constructor(tag: str, mark: Any) -> ConstructorError:
    return ConstructorError(
        None, None, f"could not determine a constructor for the tag {tag!r}", mark
    )
