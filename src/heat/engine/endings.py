"""How operations on other stacks end: one look at the store for all who wait, or at once.

An engine that ended an operation says so itself; of what other engines ended the store tells.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol

from heat.base.ids import OperationId
from heat.engine.rounds import Rounds

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
        nothing: Mapping[OperationId, Ending] = {}
        self._rounds = Rounds(records.endings, nothing, interval)

    def call(self) -> None:
        """Say that an operation ended."""
        self._rounds.call()

    async def of(self, operation: OperationId) -> Ending | None:
        """Return how an operation ended, as the next look finds it; None while it goes on."""
        seen = await self._rounds.ask(operation)
        return seen.get(operation)
