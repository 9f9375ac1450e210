"""Builds the tree of a YAML text's nodes with their positions, event by event.

The library's own way recurs, so that a text of a hundred thousand brackets ends the process, and
finds out what each scalar means, which costs most of the time; positions need neither.
"""

from collections.abc import Callable
from typing import Any

import yaml

from heat.template.yaml_values import MAX_DEPTH, Loader

_UNKNOWN = "?"
"""The tag of what has none written."""


def compose(text: str) -> yaml.Node | None:
    """Return the root of the one document in a text; None when it has none, or can't be read."""
    try:
        loader = Loader(text)
    except (yaml.YAMLError, ValueError):
        return None
    try:
        return _Composing(loader).document()
    except (yaml.YAMLError, ValueError, _Unfit):
        return None
    finally:
        loader.dispose()


class _Unfit(Exception):
    """The text is no document that can be read."""


class _Composing:
    """One reading of one text."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader
        self.root: yaml.Node | None = None
        self.open: list[yaml.CollectionNode] = []
        self.keys: list[yaml.Node | None] = []
        self.anchors: dict[str, yaml.Node] = {}

    def document(self) -> yaml.Node | None:
        """Read all events."""
        get: Callable[[], Any] = self.loader.get_event
        while not isinstance(event := get(), yaml.StreamEndEvent):
            if isinstance(event, yaml.ScalarEvent):
                self._add(self._scalar(event))
            elif isinstance(event, yaml.CollectionStartEvent):
                self._start(event)
            elif isinstance(event, yaml.CollectionEndEvent):
                self.keys.pop()
                self.open.pop().end_mark = event.end_mark
            elif isinstance(event, yaml.AliasEvent):
                self._add(self._anchored(event.anchor))
            elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
                raise _Unfit
        return self.root

    def _scalar(self, event: Any) -> yaml.Node:
        made = yaml.ScalarNode(
            event.tag or _UNKNOWN, event.value, event.start_mark, event.end_mark, event.style
        )
        if event.anchor is not None:
            self.anchors[event.anchor] = made
        return made

    def _start(self, event: Any) -> None:
        if len(self.open) >= MAX_DEPTH:
            raise _Unfit
        is_map = isinstance(event, yaml.MappingStartEvent)
        kind: Any = yaml.MappingNode if is_map else yaml.SequenceNode
        made: yaml.CollectionNode = kind(
            event.tag or _UNKNOWN, [], event.start_mark, event.end_mark, event.flow_style
        )
        if event.anchor is not None:
            self.anchors[event.anchor] = made
        self._add(made)
        self.open.append(made)
        self.keys.append(None)

    def _anchored(self, anchor: str | None) -> yaml.Node:
        if anchor is None or anchor not in self.anchors:
            raise _Unfit
        return self.anchors[anchor]

    def _add(self, node: yaml.Node) -> None:
        if not self.open:
            self.root = node
        elif isinstance(self.open[-1], yaml.SequenceNode):
            self.open[-1].value.append(node)
        elif (key := self.keys[-1]) is None:
            self.keys[-1] = node
        else:
            self.keys[-1] = None
            self.open[-1].value.append((key, node))
