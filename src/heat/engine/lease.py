"""The right to drive a stack, as its driver holds it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from heat.base.errors import Fault
from heat.base.ids import OperationId, StackId
from heat.cloud.wire import MAY_LEAVE, Withheld
from heat.engine.committer import Committer
from heat.store.rows import Batch, Verdict, Write

R = TypeVar("R")


class Lost(Exception):
    """The lease went to another engine: whoever meets this stops, and writes nothing more."""


class Superseded(Lost):
    """The operation is not the stack's current one any more; the lease is still there."""


class Unkept(Fault):
    """The database can't take the writes. What it said may hold secrets: the log has it."""

    kind = "DatabaseError"

    def __init__(self) -> None:
        super().__init__("what came of it can't be kept in the database; see the engine's log")


class Lease:
    """A claimed stack: commits are fenced by its epoch, acts need enough of its term left."""

    def __init__(
        self, stack: StackId, epoch: int, committer: Committer, term: float, until: float
    ) -> None:
        self.stack, self.epoch = stack, epoch
        self._committer, self._term = committer, term
        self._until = until
        # The same clock in every thread; it goes on while this process stands still.
        self._time = asyncio.get_running_loop().time
        self._lost = False
        self._renewed = asyncio.Event()

    @property
    def lost(self) -> bool:
        """Whether the lease is known to be gone."""
        return self._lost

    def renewed(self, until: float) -> None:
        """Take note of a renewal; ``until`` is in the loop's time, a lower bound."""
        self._until = until
        self._renewed.set()

    def lose(self) -> None:
        """Take note that the lease is gone."""
        self._lost = True
        self._renewed.set()

    async def ask(self, send: Callable[[], Awaitable[R]]) -> R:
        """Ask the cloud for something while the stack is surely this engine's; raises Lost.

        That is looked at again just before anything leaves, in whatever thread: this process may
        have stood still meanwhile. What did not leave waits for the lease to be renewed.
        """
        while True:
            await self.hold()
            token = MAY_LEAVE.set(self._is_sure)
            try:
                return await send()
            except Withheld:
                continue
            finally:
                MAY_LEAVE.reset(token)

    def _is_sure(self) -> bool:
        return not self._lost and self._until - self._time() > self._term / 6

    async def hold(self) -> None:
        """Return when enough of the term is left for a request to the cloud; raises Lost."""
        while not self._lost and self._until - self._time() < self._term / 3:
            self._renewed.clear()
            await self._renewed.wait()
        if self._lost:
            raise Lost

    async def commit(self, *writes: Write, operation: OperationId | None = None) -> None:
        """Write all or nothing; raises Lost when the fence refuses it, Unkept when it breaks.

        With an operation named, it is Superseded when a newer one has come.
        """
        if self._lost:
            raise Lost
        batch = Batch(stack=self.stack, epoch=self.epoch, writes=writes, operation=operation)
        match await self._committer.commit(batch):
            case Verdict.TAKEN:
                return
            case Verdict.FENCED:
                self._lost = True
                raise Lost
            case Verdict.SUPERSEDED:
                raise Superseded
            case Verdict.BROKEN:
                raise Unkept
