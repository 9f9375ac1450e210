"""From names to ids: the lookups that properties declare with ``find=``."""

from collections.abc import Iterator
from typing import Any

from heat.base.json import Path
from heat.base.unknown import Unknown
from heat.plugin.fields import Struct
from heat.plugin.steps import Find, Finder, Steps


def lookups(values: Struct, at: Path = ()) -> Iterator[tuple[Path, Finder, str]]:
    """List the names or ids in a set of values that can be looked up now, with their paths."""
    for name, prop in values.__properties__.items():
        value = getattr(values, name)
        for path, item in _leaves(value, (*at, prop.public)):
            if isinstance(item, Struct):
                yield from lookups(item, path)
            elif prop.find is not None and isinstance(item, str) and item:
                yield path, prop.find, item


def resolve(values: Struct) -> Steps[Any]:
    """Return the same values with every name replaced by the id it stands for."""
    changed: dict[str, Any] = {}
    for name, prop in values.__properties__.items():
        value = getattr(values, name)
        new = yield from _resolved(value, prop.find)
        if new is not value:
            changed[name] = new
    return values.but(**changed) if changed else values


def _resolved(value: Any, finder: Finder | None) -> Steps[Any]:
    if isinstance(value, Struct):
        return (yield from resolve(value))
    if isinstance(value, list):
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        found: list[Any] = []
        for item in items:
            found.append((yield from _resolved(item, finder)))
        return items if all(new is old for new, old in zip(found, items, strict=True)) else found
    if finder is None or finder.by_name_only or not isinstance(value, str) or not value:
        return value
    reply = yield Find(finder, value)
    return value if reply["id"] == value else reply["id"]


def _leaves(value: Any, at: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, list):
        items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
        for index, item in enumerate(items):
            yield from _leaves(item, (*at, index))
    elif value is not None and not isinstance(value, Unknown):
        yield at, value
