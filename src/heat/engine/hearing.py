"""What verbs wait to hear: one look at the store serves all that wait, each second or on call.

A message that something came only hastens the next look; what was said is in the store.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from heat.base.errors import Unavailable
from heat.base.ids import ResourceId, StackId
from heat.store.rows import SignalRow

_log = logging.getLogger(__name__)

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
        self._inbox, self._interval = inbox, interval
        self._resources: set[ResourceId] = set()
        self._pauses: set[Pause] = set()
        self._called = asyncio.Event()
        self._look: asyncio.Task[_Seen] | None = None

    def call(self) -> None:
        """Say that something may have come."""
        self._called.set()

    async def signals(self, resource: ResourceId) -> Sequence[SignalRow]:
        """Return what was said to a resource, as the next look finds it."""
        self._resources.add(resource)
        seen = await self._next()
        return seen.signals.get(resource, ())

    async def ended(self, pause: Pause) -> bool:
        """Tell whether a pause has ended, as the next look finds it."""
        self._pauses.add(pause)
        seen = await self._next()
        return pause in seen.ended

    async def _next(self) -> "_Seen":
        if self._look is None:
            self._look = asyncio.create_task(self._after_a_while())
        # One that is cancelled must not take the look away from the others.
        return await asyncio.shield(self._look)

    async def _after_a_while(self) -> "_Seen":
        try:
            async with asyncio.timeout(self._interval):
                await self._called.wait()
        except TimeoutError:
            pass
        self._called.clear()
        resources, self._resources = self._resources, set()
        pauses, self._pauses = self._pauses, set()
        self._look = None
        try:
            return _Seen(
                await self._inbox.signals(resources) if resources else {},
                await self._inbox.cleared(pauses) if pauses else frozenset(),
            )
        except Unavailable as away:
            _log.warning("The database is away; looking for signals again later: %s", away)
            return _Seen({}, frozenset())


class _Seen:
    """What one look found."""

    def __init__(
        self, signals: Mapping[ResourceId, Sequence[SignalRow]], ended: frozenset[Pause]
    ) -> None:
        self.signals, self.ended = signals, ended
