"""Virtual time: an event loop that jumps to its next timer instead of sleeping."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

T = TypeVar("T")

START = datetime(2026, 1, 1, tzinfo=UTC)

_REAL_PATIENCE = 10.0
"""How long, in real seconds, a loop without timers waits for its threads."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop whose time passes only when there is nothing else to do."""

    def __init__(self) -> None:
        self._virtual = 0.0
        super().__init__(_JumpingSelector(self.advance))

    def time(self) -> float:
        """Return the virtual time, in seconds since the loop was made."""
        return self._virtual

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._virtual += seconds


class LoopClock:
    """The time of day as a loop has it, virtual or not."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop | None = None, start: datetime = START
    ) -> None:
        self._loop, self._start = loop, start

    def now(self) -> datetime:
        """Return the present moment."""
        loop = self._loop or asyncio.get_running_loop()
        return self._start + timedelta(seconds=loop.time())


def run_virtual(main: Callable[[], Coroutine[Any, Any, T]], *, seconds: float = 1e6) -> T:
    """Run a coroutine function on a virtual loop, for so many virtual seconds at most."""

    async def limited() -> T:
        async with asyncio.timeout(seconds):
            return await main()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(limited())


class _JumpingSelector(selectors.DefaultSelector):
    def __init__(self, advance: Callable[[float], None]) -> None:
        super().__init__()
        self._advance = advance

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Report what is ready now; else the time is that of the next timer."""
        if timeout is None:
            ready = super().select(_REAL_PATIENCE)
            if not ready:
                raise RuntimeError("The loop has nothing left to wait for, and still runs.")
            return ready
        ready = super().select(0)
        if not ready and timeout > 0:
            self._advance(timeout)
        return ready
