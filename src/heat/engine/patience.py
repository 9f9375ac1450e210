"""Waits while a service of the cloud is away: restarting, overloaded, or out of reach."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from heat.base.errors import Temporary
from heat.engine.ports import Settings, World

R = TypeVar("R")


class Stopped(Exception):
    """The operation ended before the verb; what it did is written down."""


class Patience:
    """The pauses between the tries of one request; they grow, and end some day."""

    def __init__(
        self, world: World, settings: Settings, stopping: Callable[[], bool] = lambda: False
    ) -> None:
        self._world, self._settings, self._stopping = world, settings, stopping
        self._first = world.clock.now()
        self.tries = 0

    @property
    def is_left(self) -> bool:
        """Whether a service that is away may come back in time."""
        waited = (self._world.clock.now() - self._first).total_seconds()
        return waited < self._settings.cloud_patience

    async def pause(self) -> None:
        """Wait before the next try; raises Stopped when nobody wants it any more."""
        settings = self._settings
        delay = min(settings.retry_delay * 2**self.tries, settings.retry_delay_max)
        self.tries += 1
        await asyncio.sleep(self._world.chance.spread(delay))
        if self._stopping():
            raise Stopped

    async def outlast(self, ask: Callable[[], Awaitable[R]]) -> R:
        """Ask for what may be asked for twice until there is an answer; Temporary at the end."""
        while True:
            try:
                return await ask()
            except Temporary:
                if not self.is_left:
                    raise
                await self.pause()
