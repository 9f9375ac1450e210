"""How an operation ends: the one commit in which it, its stack and what was cut off say so."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from heat.base.errors import Fault, Temporary
from heat.base.ids import OperationId
from heat.engine import acting, exporting, reasons, saving
from heat.engine.lease import Lease
from heat.engine.ports import Loaded, Settings, World
from heat.engine.record import COMPLETE, FAILED, IN_PROGRESS, Teller
from heat.engine.scene import Scene
from heat.engine.trusting import Trusts
from heat.engine.users import Users
from heat.plan import actions
from heat.store.rows import (
    ChangeOperation,
    ChangeStack,
    OperationRow,
    PutDeployment,
    PutOperation,
    ResourceRow,
    Write,
)

ROLLS_BACK = ("CREATE", "UPDATE", "ADOPT", "RESTORE")


class Closing:
    """The ends that the operation of one stack may have."""

    def __init__(
        self,
        world: World,
        settings: Settings,
        lease: Lease,
        loaded: Loaded,
        trusts: Trusts,
        users: Users,
    ) -> None:
        self._world, self._settings, self._lease = world, settings, lease
        self._users = users
        self._stack, self._operation, self._trusts = loaded.stack, loaded.operation, trusts
        self._teller = Teller(world, loaded.stack, loaded.operation)

    @property
    def goes_back(self) -> bool:
        """Whether a failure of the operation is followed by a rollback."""
        return self._operation.action in ROLLS_BACK and not self._stack.disable_rollback

    async def complete(self, scene: Scene) -> None:
        """End an operation that did all it was for; raises VerbFailed when it must not end so."""
        action, stack = self._operation.action, self._stack
        reason = f"Stack {action} completed successfully"
        writes: list[Write] = [
            ChangeOperation(self._operation.id, {"state": "DONE"}),
            *saving.at_end(scene, COMPLETE, reason),
        ]
        if action == "DELETE_SNAPSHOT":
            await self._commit(writes)
            return
        if action == "CHECK" and acting.unsupported(scene):
            reason += ". 'CHECK' not fully supported (see resources)"
        state = self._state(action, COMPLETE, reason)
        if action == "DELETE":
            try:
                await self._users.end()
                writes += await self._trusts.end()
            except Temporary as away:
                await self.fail_early(away, ())
                return
            state["deleted_at"] = self._world.clock.now()
        elif action not in actions.ACTIONS:
            if self._operation.definition is not None:
                state["definition"] = self._operation.definition
            state["previous_definition"] = None
        if action not in actions.ACTIONS:
            writes += await exporting.at_end(scene)
        writes += [ChangeStack(stack.id, state), self._teller.stack(action, COMPLETE, reason)]
        await self._commit(writes)

    async def fail(self, scene: Scene, reason: str, *, gives_way: bool = False) -> None:
        """End an operation that failed, and go back if that is wanted.

        What gives way to that is not told to have failed: the way back goes on with it.
        """
        rows = [] if gives_way else list(scene.rows.values())
        writes: list[Write] = [
            *self._stopped(rows, reason),
            *await self._given_up(rows, reason),
            self._failed(reason),
            *saving.at_end(scene, FAILED, reason),
            *self._told(reason),
            *self._going_back(reason),
        ]
        await self._commit(writes)

    async def fail_early(self, fault: Fault, rows: Iterable[ResourceRow]) -> None:
        """End an operation that can't begin or be kept, and go back if that is wanted."""
        reason = f"{reasons.kind(fault)}: {fault}"
        await self._commit(
            [
                *self._stopped(rows, reason),
                self._failed(reason),
                *self._told(reason),
                *saving.cut_off(self._operation, reason),
                *self._going_back(reason),
            ]
        )

    async def cancel(self, rows: Iterable[ResourceRow], reason: str) -> None:
        """End an operation that was cancelled, of whose stack that was said before."""
        rows = list(rows)
        given_up = await self._given_up(rows, reason)
        await self._commit([*self._stopped(rows, reason), *given_up, self._failed(reason)])

    async def end_deleted(self) -> None:
        """End an operation that a parent asked for while somebody else deleted the stack."""
        end: dict[str, Any] = {"state": "DONE"}
        if self._operation.action != "DELETE":
            reason = "the stack was deleted at the same moment; the next update makes a new one"
            end = {"state": "FAILED", "reason": reason}
        said = "Stack DELETE completed successfully"
        gone = {"action": "DELETE", "status": COMPLETE, "reason": said}
        await self._commit(
            [ChangeOperation(self._operation.id, end), ChangeStack(self._stack.id, gone)]
        )

    def told(self, action: str, status: str, reason: str) -> list[Write]:
        """Return the writes that give the stack a state and tell of it."""
        changed = ChangeStack(self._stack.id, self._state(action, status, reason))
        return [changed, self._teller.stack(action, status, reason)]

    async def _commit(self, writes: Iterable[Write]) -> None:
        await self._lease.commit(*writes, operation=self._operation.id)

    def _failed(self, reason: str) -> ChangeOperation:
        return ChangeOperation(self._operation.id, {"state": "FAILED", "reason": reason})

    def _told(self, reason: str) -> list[Write]:
        """Say that the stack failed; deleting a snapshot of it is no action of its own."""
        action = self._operation.action
        return [] if action == "DELETE_SNAPSHOT" else self.told(action, FAILED, reason)

    def _state(self, action: str, status: str, reason: str) -> dict[str, Any]:
        state: dict[str, Any] = {"action": action, "status": status, "reason": reason}
        # Clients take a stack with an update time for one that was updated.
        return (
            state
            if action in ("CREATE", "ADOPT")
            else state | {"updated_at": self._world.clock.now()}
        )

    def _stopped(self, rows: Iterable[ResourceRow], reason: str) -> list[Write]:
        """Say of resources that were cut off in the middle that they failed."""
        writes: list[Write] = []
        for row in rows:
            if row.status == IN_PROGRESS:
                said = f"{row.action} aborted: {reason}"
                writes += self._teller.resource(row, row.action, FAILED, said)[1]
        return writes

    async def _given_up(self, rows: Iterable[ResourceRow], reason: str) -> list[Write]:
        """Say of deployments, too, that nobody waits for their servers any more."""
        going = [row.id for row in rows if row.status == IN_PROGRESS]
        found = [await self._world.store.deployment(key, self._stack.project) for key in going]
        fields = {"status": FAILED, "reason": reason, "updated_at": self._world.clock.now()}
        waiting = [one for one in found if one is not None and one.status == IN_PROGRESS]
        return [PutDeployment(replace(one, **fields)) for one in waiting]

    def _going_back(self, reason: str) -> list[Write]:
        """Go back to the previous desired state, which is nothing for a stack that never was."""
        if not self.goes_back:
            return []
        stack, now = self._stack, self._world.clock.now()
        minutes = stack.timeout_mins
        seconds = minutes * 60 if minutes else self._settings.action_timeout
        options: dict[str, Any] = {"because": reason}
        if self._operation.action == "ADOPT":
            options["abandon"] = True  # all objects were there before
        operation = OperationRow(
            id=OperationId(self._world.chance.id()),
            stack=stack.id,
            action="ROLLBACK",
            state="PENDING",
            definition=self._operation.options.get("previous"),
            requested_at=now,
            deadline=now + timedelta(seconds=seconds),
            request_id=self._operation.request_id,
            credentials=self._operation.credentials,
            options=options,
        )
        started = f"Stack ROLLBACK started: {reason}"
        return [PutOperation(operation), *self.told("ROLLBACK", IN_PROGRESS, started)]
