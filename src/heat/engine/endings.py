"""How operations on other stacks end: one look at the store for all who wait, or at once.

An engine that ended an operation says so itself; of what other engines ended the store tells.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol

from heat.base.errors import Unavailable
from heat.base.ids import OperationId

_log = logging.getLogger(__name__)

DONE, FAILED, SUPERSEDED = "DONE", "FAILED", "SUPERSEDED"


class Ending(NamedTuple):
    """How an operation ended: its state, and the reason of a failure."""

    state: str
    reason: str = ""


class Records(Protocol):
    """The part of the store that waiting needs."""

    async def endings(self, operations: Collection[OperationId]) -> Mapping[OperationId, Ending]:
        """Return how operations ended; those that go on are left out.

        One that was superseded ends as the last one of its stack does.
        """
        ...


class Endings:
    """Looks for the ends of operations, for all verbs of one engine together."""

    def __init__(self, records: Records, interval: float = 1.0) -> None:
        self._records, self._interval = records, interval
        self._wanted: set[OperationId] = set()
        self._called = asyncio.Event()
        self._look: asyncio.Task[Mapping[OperationId, Ending]] | None = None

    def call(self) -> None:
        """Say that an operation ended."""
        self._called.set()

    async def of(self, operation: OperationId) -> Ending | None:
        """Return how an operation ended, as the next look finds it; None while it goes on."""
        self._wanted.add(operation)
        if self._look is None:
            self._look = asyncio.create_task(self._after_a_while())
        # One that is cancelled must not take the look away from the others.
        seen = await asyncio.shield(self._look)
        return seen.get(operation)

    async def _after_a_while(self) -> Mapping[OperationId, Ending]:
        try:
            async with asyncio.timeout(self._interval):
                await self._called.wait()
        except TimeoutError:
            pass
        self._called.clear()
        wanted, self._wanted = self._wanted, set()
        self._look = None
        try:
            return await self._records.endings(wanted)
        except Unavailable as away:
            _log.warning("The database is away; looking for ended operations later: %s", away)
            return {}
