"""Finds the handler of a path: templates such as /v2.0/ports/{id}, compiled to a tree."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
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
        self._routes = routes

    @cached_property
    def _root(self) -> Node:
        """The tree of all routes, made when the first request comes."""
        root = Node()
        for (method, template), handler in self._routes.items():
            add(root, method, template, handler)
        return root

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


def add(root: Node, method: str, template: str, handler: Handler) -> None:
    """Put a handler where its template leads."""
    node = root
    parts, names = split(template)
    for part in parts:
        if part is None:
            node.parameter = node = node.parameter or Node()
        elif (found := node.literals.get(part)) is not None:
            node = found
        else:
            node.literals[part] = node = Node()
    node.leaf = node.leaf or Leaf()
    node.leaf.handlers[method] = (template, handler, names)


@cache
def split(template: str) -> tuple[tuple[str | None, ...], tuple[str, ...]]:
    """Return the segments of a template, None for a parameter, and the parameters' names."""
    parts = segments(template)
    names = tuple(part[1:-1] for part in parts if part.startswith("{"))
    return tuple(None if part.startswith("{") else part for part in parts), names


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
