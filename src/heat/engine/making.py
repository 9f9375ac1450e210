"""Verbs as the engine runs them: names looked up before, attributes read after. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from msgspec.structs import replace

from heat.base.errors import Permanent
from heat.plugin.box import dismantle
from heat.plugin.fields import differences
from heat.plugin.find import resolve
from heat.plugin.resource import Resource
from heat.plugin.steps import Keep, Nest, Sleep, Steps
from heat.store.rows import ResourceRow

T = TypeVar("T")


@dataclass(frozen=True)
class Made:
    """What a create or an update came to."""

    item: str | None
    resolved: Resource
    attributes: dict[str, Any]


def creation(values: Resource, names: frozenset[str]) -> Steps[Made]:
    """Look names up, make the object, and read the wanted attributes."""
    resolved: Resource = yield from resolve(values)
    resolved = resolved.at(values.__here__)
    item, data = yield from keeping(resolved.create(), resolved.__here__.data)
    resolved = resolved.at(replace(resolved.__here__, data=data))
    attributes = yield from revealed(resolved, item, names)
    return Made(item, resolved, attributes)


def keeping(steps: Steps[T], data: Mapping[str, Any]) -> Steps[tuple[T, Mapping[str, Any]]]:
    """Run a verb, and return beside its result what the resource keeps by then."""
    try:
        step = next(steps)
        while True:
            if isinstance(step, Keep):
                data = step.data
            try:
                reply = yield step
            except Permanent as refusal:
                step = steps.throw(refusal)
            else:
                step = steps.send(reply)
    except StopIteration as stop:
        return cast("T", stop.value), data


def changing(
    values: Resource, before: Resource, item: str, touched: frozenset[str], names: frozenset[str]
) -> Steps[Made]:
    """Look names up, change what differs or was ``touched`` before, and read attributes."""
    resolved: Resource = yield from resolve(values)
    resolved = resolved.at(values.__here__)
    by_public = resolved.__by_public__
    changed = {by_public[d.name].name for d in differences(before, resolved)} | touched
    if changed or resolved.changed_outside():
        update = resolved.update(item, before, frozenset(changed))
        _, data = yield from keeping(update, resolved.__here__.data)
        resolved = resolved.at(replace(resolved.__here__, data=data))
    attributes = yield from revealed(resolved, item, names)
    return Made(item, resolved, attributes)


def revealed(values: Resource, item: str | None, names: frozenset[str]) -> Steps[dict[str, Any]]:
    """Read named attributes of an object, if there is one."""
    if not names or item is None:
        return {}
    return (yield from values.reveal(item, names))


def unchanged(row: ResourceRow, before: Resource, names: frozenset[str]) -> Steps[Made]:
    """Change nothing but read attributes that nobody read before."""
    fresh = yield from revealed(before, row.physical_id, names - row.attributes.keys())
    return Made(row.physical_id, before, {**row.attributes, **fresh})


def letting_go(values: Resource) -> Steps[Made]:
    """Leave the object where it is; nobody listens to its user, or for its signals, any more."""
    yield from dismantle(values.__here__)
    return Made(None, Resource(), {})


def nothing() -> Steps[Made]:
    """Do nothing: the object is left where it is."""
    yield from ()
    return Made(None, Resource(), {})


def abandonment() -> Steps[Made]:
    """Let a nested stack go, and leave the objects that are in it."""
    yield Nest("ABANDON")
    return Made(None, Resource(), {})


def deletion(values: Any, item: str | None, *, saves: bool = False) -> Steps[Made]:
    """Remove the object, if there is one; what it holds may have to be saved first."""
    if item is not None and saves:
        yield from values.snapshot(item)
    if item is not None:
        yield from values.delete(item)
    else:
        yield from dismantle(values.__here__)
    return Made(item, values, {})


def clearing(values: Resource, item: str | None, seconds: float) -> Steps[None]:
    """Remove what a failed creation made, and let time pass before the next."""
    if item is not None:
        yield from values.delete(item)
    yield Sleep(seconds)


def item_of(values: Resource) -> Steps[str | None]:
    """Run a creation for the physical id alone."""
    made = yield from creation(values, frozenset())
    return made.item
