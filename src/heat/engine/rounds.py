"""One look at the store for all who wait, each second or on call.

A call only hastens the next look; what there is to see is in the store.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from heat.base.errors import Unavailable

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
_log = logging.getLogger(__name__)


class Rounds(Generic[K, V]):
    """Looks for all that is asked about between two looks; sees ``nothing`` without a database."""

    def __init__(
        self, look: Callable[[set[K]], Awaitable[V]], nothing: V, interval: float = 1.0
    ) -> None:
        self._look, self._nothing, self._interval = look, nothing, interval
        self._wanted: set[K] = set()
        self._called = asyncio.Event()
        self._next: asyncio.Task[V] | None = None

    def call(self) -> None:
        """Say that there may be something to see."""
        self._called.set()

    async def ask(self, key: K) -> V:
        """Return what the next look sees, of this and of what others ask about."""
        self._wanted.add(key)
        if self._next is None:
            self._next = asyncio.create_task(self._after_a_while())
        # One that is cancelled must not take the look away from the others.
        return await asyncio.shield(self._next)

    async def _after_a_while(self) -> V:
        try:
            async with asyncio.timeout(self._interval):
                await self._called.wait()
        except TimeoutError:
            pass
        self._called.clear()
        wanted, self._wanted = self._wanted, set()
        self._next = None
        try:
            return await self._look(wanted)
        except Unavailable as away:
            _log.warning("The database is away; looking again later: %s", away)
            return self._nothing
