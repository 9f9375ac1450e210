"""The nested stacks of one stack: asked for, waited for, looked into.

A nested stack is a stack: it is accepted in the same commit as the step that asks for it, under
an id that follows from that step, and any engine drives it.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from msgspec import Struct
from msgspec.structs import replace

from heat.base.errors import Fault
from heat.base.ids import EventId, OperationId, ResourceId, StackId
from heat.engine.adopting import adopted
from heat.engine.endings import DONE, Endings
from heat.engine.inside import NOTHING, asked_of, members_of, told_of
from heat.engine.ports import Family, World
from heat.engine.reasons import VerbFailed
from heat.engine.record import COMPLETE, IN_PROGRESS, INSIDE, STACK_TYPE, here, standing
from heat.plan.definition import Compiled
from heat.plan.within import MAX_DEPTH, definition_of
from heat.plugin.resource import Resource
from heat.plugin.steps import Inside, Nest, Reply, Steps
from heat.store.rows import (
    ChangeResource,
    ChangeStack,
    DefinitionRow,
    EventRow,
    OperationRow,
    PutDefinition,
    PutEvent,
    PutOperation,
    PutResource,
    PutStack,
    ResourceRow,
    StackRow,
    Write,
)

REPLACING = ("CREATE", "UPDATE", "DELETE", "ABANDON")
"""What takes the place of whatever goes on in a nested stack; other actions wait for its end."""

_CANCELLABLE = ("CREATE", "UPDATE")
_SAID = re.compile(r"Resource \w+ failed: (?P<kind>[^:]+): (?P<text>.*)", re.DOTALL)

Reveal = Callable[[ResourceId, Steps[dict[str, Any]]], Any]


class Asked(Struct, frozen=True):
    """An operation on a nested stack, and the writes that ask for it."""

    operation: OperationId
    stack: StackId
    writes: tuple[Write, ...] = ()


def child_of(resource: ResourceId) -> StackId:
    """Return the id that the nested stack of a resource has."""
    return StackId(str(uuid5(NAMESPACE_OID, f"nested stack of {resource}")))


def operation_of(resource: ResourceId, verb: str, sequence: int) -> OperationId:
    """Return the id of the operation that a step asks for."""
    return OperationId(str(uuid5(NAMESPACE_OID, f"{resource} {verb} {sequence}")))


class Nursery:
    """The nested stacks of a stack that is being driven."""

    def __init__(
        self,
        world: World,
        stack: StackRow,
        operation: OperationRow,
        compiled: Compiled | None,
        endings: Endings,
        wake: Callable[[StackId], None],
        read: Callable[[StackRow, DefinitionRow], Compiled],
        rows: Mapping[ResourceId, ResourceRow],
        max_depth: int = MAX_DEPTH,
    ) -> None:
        self._world, self._stack, self._operation = world, stack, operation
        self._compiled, self._endings, self.wake = compiled, endings, wake
        self._read, self._rows, self._max_depth = read, rows, max_depth

    def child(self, resource: ResourceId) -> StackId:
        """Return the nested stack of a resource."""
        row = self._rows.get(resource)
        return StackId((row.physical_id if row else None) or child_of(resource))

    async def ask(self, resource_id: ResourceId, step: Nest, key: OperationId) -> Asked | None:
        """Return what asks for an action; None when there is no nested stack to act on."""
        resource = self._rows[resource_id]
        child = self.child(resource_id)
        there = await self._world.store.stack(child)
        if step.action in ("CREATE", "ADOPT") and there is None:
            return self._birth(resource, step, key, child)
        if there is None:
            if step.action in ("DELETE", "ABANDON"):
                return None
            said = "its nested stack has just been deleted; the next update makes a new one"
            raise VerbFailed(said, kind="NotFound")
        if there.action == "SUSPEND" and step.action in ("CREATE", "UPDATE"):
            said = f"its nested stack {child} is suspended; resume that one first"
            raise VerbFailed(said, kind="NotSupported")
        action = "UPDATE" if step.action == "CREATE" else step.action
        return self._change(resource, step, key, there, action)

    async def halt(self, row: ResourceRow) -> Asked | None:
        """Return what cancels an action of a nested stack that a former operation asked for.

        None when it is not at work, or on its way out anyway.
        """
        child = self.child(row.id)
        key = operation_of(row.id, f"cancel for {self._operation.id}", 0)
        current = (await self._world.store.currents([child])).get(child)
        if current is None or current == key:
            return Asked(key, child) if current else None
        stack = await self._world.store.stack(child)
        if stack is None or stack.action not in _CANCELLABLE:
            return None
        made = self._request(stack, key, stack.action, stack.definition, Nest(stack.action))
        return Asked(key, child, (PutOperation(replace(made, options={"cancel": True})),))

    async def rested(self, child: StackId, stopping: Callable[[], bool]) -> bool:
        """Wait for the end of what somebody else asked of a nested stack, such as scaling.

        False when the waiting was stopped.
        """
        while current := (await self._world.store.currents([child])).get(child):
            while await self._endings.of(current) is None:
                if stopping():
                    return False
        return True

    async def ended(self, operation: OperationId, stopping: Callable[[], bool]) -> bool:
        """Wait for the end of an operation; False when the waiting was stopped.

        Raises VerbFailed when it failed, with what its own resource said.
        """
        while not stopping():
            ending = await self._endings.of(operation)
            if ending is None:
                continue
            if ending.state == DONE:
                return True
            said = _SAID.fullmatch(ending.reason)
            if said is None:
                raise VerbFailed(ending.reason or "its nested stack failed", kind="StackFailed")
            raise VerbFailed(said["text"], kind=said["kind"])
        return False

    async def look(self, step: Inside, reveal: Reveal) -> Reply:
        """Look into a nested stack; ``reveal`` reads attributes of a member."""
        family = await self._world.store.family(StackId(step.item))
        if family is None or family.definition is None:
            return NOTHING
        types = self._world.types
        compiled = self._read(family.stack, family.definition)
        attributes = await _attributes(step, family, types, reveal) if step.attributes else {}
        return told_of(step, family, compiled, types, attributes)

    def _birth(self, resource: ResourceRow, step: Nest, key: OperationId, child: StackId) -> Asked:
        made = self._definition(resource, step)
        parent, now = self._stack, self._world.clock.now()
        row = StackRow(
            id=child,
            name=here(parent, resource).name,
            project=parent.project,
            action=step.action,
            status=IN_PROGRESS,
            reason=f"Stack {step.action} started",
            definition=made.id,
            owner=parent.id,
            root=parent.root or parent.id,
            parent_resource=resource.name,
            disable_rollback=True,
            timeout_mins=step.minutes or parent.timeout_mins,
            credentials=parent.credentials,
            stack_user_project=parent.stack_user_project,
            user_id=parent.user_id,
            username=parent.username,
            created_at=now,
        )
        writes: list[Write] = [
            PutDefinition(made),
            PutStack(row),
            PutOperation(self._request(row, key, step.action, made.id, step)),
            self._event(row, step.action),
            ChangeResource(resource.id, {"physical_id": child}),
        ]
        if step.action == "ADOPT":
            given = resource.data[INSIDE]
            compiled = self._read(row, made)
            rows = adopted(row, key, compiled, given, now, self._world.chance.id)
            writes += [PutResource(one) for one in rows]
        return Asked(key, child, tuple(writes))

    def _change(
        self, resource: ResourceRow, step: Nest, key: OperationId, child: StackRow, action: str
    ) -> Asked:
        options = {"abandon": True} if action == "ABANDON" else {}
        if action == "UPDATE" and self._operation.options.get("converge"):
            options = {"converge": True}
        action = "DELETE" if action == "ABANDON" else action
        fields: dict[str, Any] = {
            "action": action,
            "status": IN_PROGRESS,
            "reason": f"Stack {action} started",
            "updated_at": self._world.clock.now(),
        }
        writes: list[Write] = []
        definition: str | None = None if action == "DELETE" else child.definition
        if action == "UPDATE":
            made = self._definition(resource, step)
            settled = child.status == COMPLETE or child.action == "CREATE"
            definition = made.id
            fields["definition"] = made.id
            fields["previous_definition"] = (
                child.definition if settled else child.previous_definition
            )
            writes.append(PutDefinition(made))
        writes += [
            PutOperation(
                replace(self._request(child, key, action, definition, step), options=options)
            ),
            ChangeStack(child.id, fields),
            self._event(child, action),
        ]
        return Asked(key, child.id, tuple(writes))

    def _definition(self, resource: ResourceRow, step: Nest) -> DefinitionRow:
        compiled = self._compiled
        assert compiled is not None  # noqa: S101 - what is deleted asks for no definition
        made = definition_of(compiled, resource.name, step)
        if compiled.nesting.depth >= self._max_depth:
            said = f"Recursion depth exceeds {self._max_depth}."
            raise VerbFailed(said, kind="RequestLimitExceeded")
        return DefinitionRow(
            id=self._world.chance.id(),
            template=made.template,
            files=made.files,
            environment=made.environment,
        )

    def _request(
        self, child: StackRow, key: OperationId, action: str, definition: str | None, step: Nest
    ) -> OperationRow:
        now, deadline = self._world.clock.now(), self._operation.deadline
        if step.minutes:
            deadline = min(deadline, now + timedelta(minutes=step.minutes))
        return OperationRow(
            id=key,
            stack=child.id,
            action=action,
            state="PENDING",
            definition=definition,
            requested_at=now,
            deadline=deadline,
            request_id=self._operation.request_id,
            credentials=self._operation.credentials,
        )

    def _event(self, child: StackRow, action: str) -> PutEvent:
        return PutEvent(
            EventRow(
                id=EventId(self._world.chance.id()),
                stack=child.id,
                resource=None,
                resource_name=child.name,
                resource_type=STACK_TYPE,
                physical_id=child.id,
                action=action,
                status=IN_PROGRESS,
                reason=f"Stack {action} started",
                request_id=self._operation.request_id,
                created_at=self._world.clock.now(),
            )
        )


async def _attributes(
    step: Inside, family: Family, types: Mapping[str, type[Resource]], reveal: Reveal
) -> dict[str, dict[str, Any]]:
    """Read attributes of every member, live; those that can't be told are left out."""

    async def read(row: ResourceRow) -> tuple[str, Mapping[str, Any]]:
        cls = types.get(row.real_type or row.type)
        if cls is None or row.physical_id is None:
            return row.name, {}
        try:
            values = standing(family.stack, row, cls)
            asked = asked_of(cls, step.attributes)
            return row.name, await reveal(row.id, values.reveal(row.physical_id, asked))
        except Fault:
            return row.name, {}

    found: dict[str, dict[str, Any]] = {name: {} for name in step.attributes}
    members = members_of(family.resources).values()
    for member, values in await asyncio.gather(*(read(row) for row in members)):
        for name, value in values.items():
            found[name][member] = value
    return found
