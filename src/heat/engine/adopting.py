"""What a stack is to take over: which object each resource is, and what it keeps."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from heat.base.errors import Invalid
from heat.base.ids import OperationId, ResourceId
from heat.engine.making import Made, revealed
from heat.engine.record import INSIDE, fresh_row
from heat.plan.definition import Compiled
from heat.plugin.find import resolve
from heat.plugin.nested import Nested
from heat.plugin.private import without_private
from heat.plugin.resource import Resource
from heat.plugin.steps import Steps
from heat.store.rows import ResourceRow, StackRow


def adopted(
    stack: StackRow,
    operation: OperationId,
    compiled: Compiled,
    given: Mapping[str, Any],
    now: datetime,
    new_id: Callable[[], str],
) -> Iterator[ResourceRow]:
    """Return the rows of the resources that are in the template and in what was given.

    A resource whose entry has resources of its own is a nested stack, which is made anew.
    """
    for name, definition in compiled.bound.resources.items():
        said = given.get(name)
        if said is None:
            continue
        _check(name, said)
        row = fresh_row(stack, operation, ResourceId(new_id()), name, definition.type, now)
        # Whoever its user was: only users that the engine made are ever removed, or believed.
        data = without_private(dict(said.get("resource_data") or {}))
        data.pop(INSIDE, None)
        inside = said.get("resources")
        if isinstance(inside, Mapping):
            data[INSIDE] = inside
        taken = {
            "physical_id": None if INSIDE in data else said.get("resource_id") or None,
            "data": data,
            "metadata": dict(said.get("metadata") or {}),
        }
        yield replace(row, **taken)


def _check(name: str, said: Any) -> None:
    if not isinstance(said, Mapping):
        raise _no_map(f"the resource {name}")
    for part in ("resource_data", "metadata", "resources"):
        if not isinstance(said.get(part) or {}, Mapping):
            raise _no_map(f"{part} of the resource {name}")


def _no_map(place: str) -> Invalid:
    return Invalid(
        f"What adopt_stack_data says of {place} must be a map: send what an export gave.",
        kind="HTTPBadRequest",
    )


def adoption(values: Resource, item: str | None, names: frozenset[str]) -> Steps[Made]:
    """Look names up, take an object over, and read its wanted attributes."""
    resolved: Resource = yield from resolve(values)
    here = values.__here__
    data = {name: value for name, value in here.data.items() if name != INSIDE}
    resolved = resolved.at(here.keeping(data))
    if isinstance(resolved, Nested):
        item = yield from _nested(resolved, here.data[INSIDE])
    attributes = yield from revealed(resolved, item, names)
    return Made(item, resolved, attributes)


def differing(values: Any, item: str | None) -> Steps[Mapping[str, Any] | None]:
    """Look names up, and return the mutable properties that an object has otherwise."""
    if item is None or not values.has("live"):
        return {}
    resolved: Any = yield from resolve(values)
    found: Mapping[str, Any] | None = yield from resolved.at(values.__here__).live(item)
    return found


def _nested(values: Nested, given: Mapping[str, Any]) -> Steps[str]:
    """Make a nested stack whose members, named as they were, take over what is given."""
    refs = {name: said.get("resource_id") for name, said in given.items()}
    nest = values.foreseen_among(refs) or values.child("ADOPT")
    reply = yield replace(nest, action="ADOPT")
    return str(reply["id"])
