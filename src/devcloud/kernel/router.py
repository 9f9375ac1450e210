"""Finds the handler of a path: templates such as /v2.0/ports/{id}, compiled to a tree."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from devcloud.kernel.web import Handler, Routes


@dataclass(frozen=True)
class Match:
    """A template that fits a path; `handler` is None when the method does not."""

    template: str
    handler: Handler | None
    params: dict[str, str]
    methods: Iterable[str]


@dataclass
class Leaf:
    """What ends at a node: one handler a method, each with its own parameter names."""

    handlers: dict[str, tuple[str, Handler, tuple[str, ...]]] = field(
        default_factory=dict[str, tuple[str, Handler, tuple[str, ...]]]
    )


@dataclass
class Node:
    """One segment; literal children win over the parameter."""

    literals: dict[str, "Node"] = field(default_factory=dict[str, "Node"])
    parameter: "Node | None" = None
    leaf: Leaf | None = None


class Router:
    """The compiled routes of one service."""

    def __init__(self, routes: Routes) -> None:
        self._root = Node()
        for (method, template), handler in routes.items():
            self._add(method, template, handler)

    def match(self, method: str, path: str) -> Match | None:
        """Return what fits; a trailing slash does not matter."""
        values: list[str] = []
        leaf = walk(self._root, segments(path), 0, values)
        if leaf is None:
            return None
        found = leaf.handlers.get(method)
        if found is None and method == "HEAD":
            found = leaf.handlers.get("GET")
        if found is None:
            template = next(iter(leaf.handlers.values()))[0]
            return Match(template, None, {}, leaf.handlers)
        template, handler, names = found
        params = {name: unquote(value) for name, value in zip(names, values, strict=True)}
        return Match(template, handler, params, leaf.handlers)

    def _add(self, method: str, template: str, handler: Handler) -> None:
        node = self._root
        names: list[str] = []
        for segment in segments(template):
            if segment.startswith("{"):
                names.append(segment[1:-1])
                if node.parameter is None:
                    node.parameter = Node()
                node = node.parameter
            else:
                found = node.literals.get(segment)
                if found is None:
                    found = node.literals[segment] = Node()
                node = found
        node.leaf = node.leaf or Leaf()
        node.leaf.handlers[method] = (template, handler, tuple(names))


def segments(path: str) -> list[str]:
    """Split a path; empty segments at the ends do not count."""
    stripped = path.strip("/")
    return stripped.split("/") if stripped else []


def walk(node: Node, parts: list[str], position: int, values: list[str]) -> Leaf | None:
    """Follow the parts down, noting what the parameters stand for."""
    if position == len(parts):
        return node.leaf
    part = parts[position]
    literal = node.literals.get(part)
    if literal is not None:
        leaf = walk(literal, parts, position + 1, values)
        if leaf is not None:
            return leaf
    if node.parameter is None or not part:
        return None
    values.append(part)
    leaf = walk(node.parameter, parts, position + 1, values)
    if leaf is None:
        values.pop()
    return leaf
