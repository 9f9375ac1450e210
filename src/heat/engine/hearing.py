"""What verbs wait to hear: one look at the store serves all that wait, each second or on call.

A message that something came only hastens the next look; what was said is in the store.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from heat.base.ids import ResourceId, StackId
from heat.engine.rounds import Rounds
from heat.store.rows import SignalRow

Pause = tuple[ResourceId, str]
"""A resource, and the verb under which the journal has its pause."""


class Inbox(Protocol):
    """The part of the store that waiting needs."""

    async def addressed(self, stack: StackId, reference: str) -> ResourceId | None:
        """Return the resource of a stack with this physical id, or else with this name."""
        ...

    async def signals(
        self, resources: Collection[ResourceId]
    ) -> Mapping[ResourceId, Sequence[SignalRow]]:
        """Return what was said to resources."""
        ...

    async def cleared(self, pauses: Collection[Pause]) -> frozenset[Pause]:
        """Return those of the pauses that have ended."""
        ...


class Hearing:
    """Looks for signals and ended pauses, for all verbs of one engine together."""

    def __init__(self, inbox: Inbox, interval: float = 1.0) -> None:
        silence: Mapping[ResourceId, Sequence[SignalRow]] = {}
        ended: frozenset[Pause] = frozenset()
        self._signals = Rounds(inbox.signals, silence, interval)
        self._pauses = Rounds(inbox.cleared, ended, interval)

    def call(self) -> None:
        """Say that something may have come."""
        self._signals.call()
        self._pauses.call()

    async def signals(self, resource: ResourceId) -> Sequence[SignalRow]:
        """Return what was said to a resource, as the next look finds it."""
        seen = await self._signals.ask(resource)
        return seen.get(resource, ())

    async def ended(self, pause: Pause) -> bool:
        """Tell whether a pause has ended, as the next look finds it."""
        return pause in await self._pauses.ask(pause)
