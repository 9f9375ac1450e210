"""What a scaling policy that is told something does: its group gets more or fewer members.

The group's nested stack is updated; neither the group nor the stack that it is in changes its
state. What was done is written down as a signal to the group, in the same transaction, so that
two policies never scale it at once.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import Connection

from heat.base.errors import Conflict, NotFound
from heat.base.ids import StackId
from heat.engine.inside import definitions_of, members_of
from heat.engine.notices import SCALING
from heat.engine.record import COMPLETE, FAILED, IN_PROGRESS, here, standing
from heat.operations.accepting import operation_of, started
from heat.operations.context import Context
from heat.operations.services import Services, definition_of
from heat.plan.within import definition_of as nested_definition
from heat.plugin.signal import Scaled, Scaling
from heat.plugin.steps import Reply
from heat.store import operations, resources, signals, stacks
from heat.store.rows import (
    ChangeStack,
    DefinitionRow,
    EventRow,
    ResourceRow,
    SignalRow,
    StackRow,
)

_TRIES = 8
_log = logging.getLogger(__name__)


class _Useless(Exception):
    """There is nothing to do now; the message says why."""


def scaling(services: Services, stack: StackRow, row: ResourceRow) -> Scaling | None:
    """Return a resource as one that scales a group; None when it does not."""
    cls = services.types.get(row.real_type or row.type)
    if cls is None or not cls.has("size_after"):
        return None
    return cast("Scaling", standing(stack, row, cls))


def scale(
    services: Services,
    context: Context,
    stack: StackRow,
    rows: Sequence[ResourceRow],
    policy: Scaling,
    event: EventRow,
) -> None:
    """Scale the group of a policy, unless it must not change now; then nothing is told."""
    group = _group(services, rows, policy.scales)
    for left in reversed(range(_TRIES)):
        try:
            _scale(services, context, stack, group, policy, event)
        except _Useless as why:
            _log.info("%s of %s is not scaled: %s", group.name, stack.id, why)
        except Conflict:
            if left:
                continue
            raise
        return


def _scale(
    services: Services,
    context: Context,
    stack: StackRow,
    group: ResourceRow,
    policy: Scaling,
    event: EventRow,
) -> None:
    child = stacks.get(services.db, StackId(group.physical_id or ""))
    if child is None or group.status != COMPLETE or group.action == "SUSPEND":
        raise _Useless(f"it is {group.action}_{group.status}")
    if child.status == IN_PROGRESS or operations.current(services.db, child.id) is not None:
        raise _Useless("it is changing already")
    values = standing(stack, group, services.types[_type(group)])
    scaled = cast("Scaled", values)
    before = signals.of_resource(services.db, group.id)
    _check_pause(services, group, child, scaled, before)
    inside = _inside(services, child)
    size = scaled.allowed(policy.size_after(scaled.count(inside)))
    if size == scaled.count(inside):
        raise _Useless(f"it has {size} members already")
    nest = scaled.scaled(inside, size, services.new_id())
    made = nested_definition(services.compiled.get(services, stack), group.name, nest)
    definition = DefinitionRow(
        id=services.new_id(),
        template=made.template,
        files=made.files,
        environment=made.environment,
    )
    kind, amount = policy.adjusts
    change = {
        "group": here(stack, group).name,
        "adjustment_type": kind,
        "adjustment": amount,
        "before": scaled.count(inside),
        "after": size,
    }
    operation = operation_of(
        services, context, child, "UPDATE", definition.id, options={SCALING: change}
    )
    pause = scaled.pause if policy.pause is None else policy.pause
    said = SignalRow(
        resource=group.id,
        number=before[-1].number + 1 if before else 1,
        stack=stack.id,
        body={"id": event.id, "data": {"size": size, "pause": pause}},
        created_at=services.clock.now(),
    )

    def also(connection: Connection) -> None:
        signals.insert(connection, services.db, said, event)

    operations.accept(
        services.db,
        operation=operation,
        stack=ChangeStack(child.id, _changes(child, definition.id, operation.requested_at)),
        definition=definition,
        events=[started(services, context, child, "UPDATE")],
        expect_revision=child.revision,
        also=also,
    )
    services.wake(child.id)


def _group(services: Services, rows: Sequence[ResourceRow], reference: str) -> ResourceRow:
    """Return the group that a policy names, as it is now."""
    by_id = [row for row in rows if row.physical_id == reference]
    by_name = [row for row in rows if row.name == reference and not row.replaced_by]
    for row in (*by_id, *by_name):
        cls = services.types.get(_type(row))
        if cls is not None and cls.has("scaled"):
            return row
    raise NotFound(f"The scaling group {reference} could not be found in the stack of the policy.")


def _type(row: ResourceRow) -> str:
    return row.real_type or row.type


def _check_pause(
    services: Services,
    group: ResourceRow,
    child: StackRow,
    scaled: Scaled,
    before: Sequence[SignalRow],
) -> None:
    """Raise _Useless while the pause after the last change lasts; creation is such a change."""
    if before:
        data: Mapping[str, Any] = before[-1].body["data"]
        seconds, since = (
            data["pause"],
            max(before[-1].created_at, child.updated_at or child.created_at),
        )
    else:
        seconds = scaled.pause
        since = (group.updated_at if group.action == "CREATE" else None) or group.created_at
    if seconds and services.clock.now() < since + timedelta(seconds=seconds):
        raise _Useless(f"it pauses for {seconds} s")


def _inside(services: Services, child: StackRow) -> Reply:
    """Look into the nested stack of a group."""
    members = members_of(resources.of_stack(services.db, child.id))
    return {
        "failed": [name for name, row in members.items() if row.status == FAILED],
        "definitions": definitions_of(definition_of(services, child), members),
    }


def _changes(child: StackRow, definition: str, now: Any) -> dict[str, Any]:
    settled = child.status == COMPLETE or child.action == "CREATE"
    return {
        "action": "UPDATE",
        "status": IN_PROGRESS,
        "reason": "Stack UPDATE started",
        "updated_at": now,
        "definition": definition,
        "previous_definition": child.definition if settled else child.previous_definition,
    }
