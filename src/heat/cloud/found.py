"""What names were found to stand for, kept for a while for those who ask again."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

Key = tuple[str, ...]

LASTING = 60.0
"""Seconds."""
MOST = 10000
"""Names that are remembered at once."""


class Found:
    """Remembers for some seconds; thread-safe. That nothing was found is not remembered."""

    def __init__(
        self, seconds: float = LASTING, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds, self._clock = seconds, clock
        self._known: OrderedDict[Key, tuple[str, float]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> str | None:
        """Return what was found not long ago."""
        with self._lock:
            found, until = self._known.get(key, ("", self._clock()))
            return found if self._clock() < until else None

    def put(self, key: Key, found: str) -> None:
        """Remember from now on."""
        with self._lock:
            self._known[key] = found, self._clock() + self._seconds
            self._known.move_to_end(key)
            if len(self._known) > MOST:
                self._known.popitem(last=False)
