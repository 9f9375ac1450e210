"""Runs verbs that only read, for those who look: in the cloud, and into nested stacks."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from heat.base.errors import Fault
from heat.base.ids import StackId
from heat.cloud.credentials import Credentials
from heat.engine.inside import NOTHING, asked_of, members_of, told_of
from heat.engine.ports import Family
from heat.engine.record import standing
from heat.operations.services import Services, definition_of
from heat.plugin.steps import Call, Find, Inside, Reply, Steps
from heat.store import resources, stacks
from heat.store.rows import ResourceRow, StackRow

_READ_BY = ("CREATE", "UPDATE", "ADOPT")
"""The actions at whose end the attributes of a resource are recorded."""


def look(services: Services, steps: Steps[dict[str, Any]], who: Credentials) -> dict[str, Any]:
    """Run steps that only read; raises LookupError at any other, and without a cloud."""
    try:
        step = next(steps)
        while True:
            step = steps.send(_answer(services, step, who))
    except StopIteration as end:
        return end.value or {}


def _answer(services: Services, step: object, who: Credentials) -> Reply:
    client = services.client
    match step:
        case Inside():
            return _inside(services, step, who)
        case Call() if step.reads and client is not None:
            return client.send(step, who)
        case Find() if client is not None:
            return {"id": client.find(step.finder, step.value, who)}
        case _:
            raise LookupError(f"a {type(step).__name__} does not only read")


def shown_by(
    services: Services, stack: StackRow, row: ResourceRow, who: Credentials
) -> Mapping[str, Any]:
    """Return the attributes recorded of a resource, anew where something below it has changed."""
    cls = services.types.get(row.real_type or row.type)
    if cls is None or not cls.nests or not row.physical_id or not row.attributes:
        return row.attributes
    # Other actions move the time of a resource, too, but read no attributes.
    if row.action in _READ_BY:
        changed = stacks.changed_at(services.db, StackId(row.physical_id))
        if changed is None or changed <= (row.updated_at or row.created_at):
            return row.attributes
    steps = standing(stack, row, cls).reveal(row.physical_id, frozenset(row.attributes))
    return {**row.attributes, **look(services, steps, who)}


def _inside(services: Services, step: Inside, who: Credentials) -> Reply:
    stack = stacks.get(services.db, StackId(step.item))
    if stack is None:
        return NOTHING
    recorded = resources.of_stack(services.db, stack.id)
    rows = [replace(row, attributes=shown_by(services, stack, row, who)) for row in recorded]
    family = Family(stack=stack, definition=definition_of(services, stack), resources=rows)
    found: dict[str, dict[str, Any]] = {name: {} for name in step.attributes}
    for row in members_of(rows).values() if found else ():
        for name, value in _attributes(services, stack, row, step, who).items():
            found[name][row.name] = value
    compiled = services.compiled.get(services, stack)
    return told_of(step, family, compiled, services.types, found)


def _attributes(
    services: Services, stack: StackRow, row: ResourceRow, step: Inside, who: Credentials
) -> Mapping[str, Any]:
    cls = services.types.get(row.real_type or row.type)
    if cls is None or row.physical_id is None:
        return {}
    asked = asked_of(cls, step.attributes)
    known = {name: row.attributes[name] for name in asked if name in row.attributes}
    if len(known) == len(asked):
        return known
    try:
        return look(services, standing(stack, row, cls).reveal(row.physical_id, asked), who)
    except (Fault, LookupError, TypeError, ValueError):
        return known
