"""Between rows and the rest: what planning sees of a row, and the writes that tell of a change."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from heat.base.ids import EventId, OperationId, ResourceId
from heat.base.names import physical_name
from heat.base.problems import Problem
from heat.engine.ports import World
from heat.plan.definition import Compiled
from heat.plan.diff import Recorded
from heat.plan.masking import NOTHING_HIDDEN
from heat.plugin.resource import Here, Resource
from heat.plugin.values import recall
from heat.store.rows import ChangeResource, EventRow, OperationRow, PutEvent, ResourceRow, StackRow

COMPLETE, FAILED, IN_PROGRESS = "COMPLETE", "FAILED", "IN_PROGRESS"
REASON = "state changed"
EXTERNAL = "heat:external_id"
"""Where the data of a row tells which object it stands for that it never made."""
INSIDE = "heat:adopt"
"""Where the data of a row tells what its nested stack is to take over."""
STACK_TYPE = "OS::Heat::Stack"


def recorded(
    stack: StackRow,
    row: ResourceRow,
    types: Mapping[str, type[Resource]],
    number: int = 0,
    operation: OperationId | None = None,
) -> Recorded:
    """Return what planning looks at; ``number`` tells older rows from younger ones.

    ``operation`` is the one under way: what it has completed already need not act again.
    """
    cls = types.get(row.real_type or row.type)
    return Recorded(
        id=row.id,
        name=row.name,
        type=row.type,
        action=row.action,
        status=row.status,
        physical_id=row.physical_id,
        reference=_reference(stack, row, cls),
        properties=row.properties,
        attempted=row.attempted,
        attributes=row.attributes,
        metadata=row.metadata,
        requires=row.requires,
        replaced_by=row.replaced_by,
        deletion_policy=row.deletion_policy,
        replace_policy=row.replace_policy,
        external_id=row.data.get(EXTERNAL),
        order=number,
        served=operation is not None and (row.operation, row.status) == (operation, COMPLETE),
        real_type=row.real_type or "",
        cls=cls,
        broken=_broken(row, cls),
        checked=row.operation is not None,
        awaited=_awaited(row),
    )


def _awaited(row: ResourceRow) -> bool:
    """Tell whether an object is still to be taken over that is there already."""
    if row.physical_id is not None:
        return row.action == "INIT"
    return row.action in ("INIT", "ADOPT") and INSIDE in row.data


def _broken(row: ResourceRow, cls: type[Resource] | None) -> bool:
    """Tell whether a failure calls for a replacement; types that look at the object decide then."""
    if row.status != FAILED or row.action == "DELETE" or (cls is not None and cls.nests):
        return False
    return row.physical_id is None or cls is None or not looks_after_failure(cls)


def looks_after_failure(cls: type[Resource]) -> bool:
    """Tell whether a type looks at an object before it gives it up for a failure."""
    return cls.replace_failed is not Resource.replace_failed


def _reference(stack: StackRow, row: ResourceRow, cls: type[Resource] | None) -> Any:
    """Return what get_resource gives."""
    if cls is None or row.physical_id is None:
        return row.physical_id
    return standing(stack, row, cls).referred(row.physical_id)


def here(stack: StackRow, row: ResourceRow) -> Here:
    """Tell a resource where it stands."""
    return Here(
        stack=stack.name,
        stack_id=stack.id,
        resource=row.name,
        resource_id=row.id,
        project=stack.project,
        name=physical_name(stack.name, row.name, row.id),
        mark=f"heat:{row.id}",
        data=row.data,
        metadata=row.metadata,
    )


def standing(stack: StackRow, row: ResourceRow, cls: type[Resource]) -> Resource:
    """Return the values a row was made with, names resolved, at its place."""
    values = row.resolved or row.properties
    return recall(cls, values).at(here(stack, row))


class Teller:
    """Makes the writes by which a resource or the stack changes state, each with its event.

    The first event of a resource with new properties holds them, those that follow do not.
    """

    def __init__(
        self,
        world: World,
        stack: StackRow,
        operation: OperationRow,
        compiled: Compiled | None = None,
    ) -> None:
        self._world, self._stack, self._operation = world, stack, operation
        self._compiled = compiled
        self._mask = compiled.mask if compiled else NOTHING_HIDDEN

    def resource(
        self, row: ResourceRow, action: str, status: str, reason: str = REASON, **fields: Any
    ) -> tuple[ResourceRow, list[Any]]:
        """Return the changed row, and the writes for it."""
        now = self._world.clock.now()
        fields |= {"action": action, "status": status, "reason": reason, "updated_at": now}
        changed = replace(row, **fields)
        properties = _meant(changed)
        told = {} if properties == _meant(row) else self._shown(changed, properties)
        return changed, [ChangeResource(row.id, fields), self.event(changed, told)]

    def event(self, row: ResourceRow, properties: Mapping[str, Any] = {}) -> PutEvent:
        """Tell of the state that a resource is in."""
        return self._event(
            row.id,
            row.name,
            row.type,
            row.physical_id,
            row.action,
            row.status,
            row.reason,
            properties,
        )

    def note(self, row: ResourceRow, reason: str) -> PutEvent:
        """Tell something of a resource that keeps its state."""
        return self.event(replace(row, reason=reason))

    def stack(self, action: str, status: str, reason: str) -> PutEvent:
        """Tell of the state that the stack is in."""
        stack = self._stack
        return self._event(None, stack.name, STACK_TYPE, stack.id, action, status, reason)

    def _shown(self, row: ResourceRow, properties: Mapping[str, Any]) -> Mapping[str, Any]:
        cls = self._world.types.get(row.real_type or row.type)
        if self._compiled is not None and row.name in self._compiled.bound.resources:
            meant = self._compiled.type_of(row.name, row.type)
            cls = cls if isinstance(meant, Problem) else meant
        return self._mask.properties(cls, properties)

    def _event(
        self,
        resource: ResourceId | None,
        name: str,
        kind: str,
        physical_id: str | None,
        action: str,
        status: str,
        reason: str,
        properties: Mapping[str, Any] = {},
    ) -> PutEvent:
        return PutEvent(
            EventRow(
                id=EventId(self._world.chance.id()),
                stack=self._stack.id,
                resource=resource,
                resource_name=name,
                resource_type=kind,
                physical_id=physical_id,
                action=action,
                status=status,
                reason=reason,
                request_id=self._operation.request_id,
                created_at=self._world.clock.now(),
                properties=properties,
            )
        )


def _meant(row: ResourceRow) -> Mapping[str, Any]:
    """Return the properties that a resource has, or is being given."""
    return row.properties if row.attempted is None else row.attempted


def fresh_row(
    stack: StackRow, operation: OperationId, row_id: ResourceId, name: str, kind: str, now: datetime
) -> ResourceRow:
    """Return the row of a resource that is planned and not begun."""
    return ResourceRow(
        id=row_id,
        stack=stack.id,
        name=name,
        type=kind,
        action="INIT",
        status=COMPLETE,
        operation=operation,
        created_at=now,
    )
