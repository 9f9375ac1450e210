"""How many streams of events a process keeps at once, and how they live."""

from collections.abc import Callable
from threading import Event, Lock

Aside = Callable[[], Callable[[], None]]
"""Takes a stream's thread out of those that other requests need; what it returns puts it back."""


class Streams:
    """How many streams there may be at once, and how they live; times in seconds.

    A stream has a thread. Where the server can put others in their place, there may be as many
    as ``beside``; elsewhere only ``most``, so that threads are left for other requests. All
    together look for events at most ``looks`` times a second. A stream ends after its
    ``lifetime``; its client comes again, with a token that is still good. All end soon after
    ``ended`` is set.
    """

    def __init__(
        self,
        most: int = 8,
        beside: int = 200,
        *,
        interval: float = 1.0,
        looks: float = 20.0,
        heartbeat: float = 15.0,
        lifetime: float = 300.0,
    ) -> None:
        self._most, self._beside = most, beside
        self._interval, self._looks = interval, looks
        self.heartbeat, self.lifetime = heartbeat, lifetime
        self.ended = Event()
        self._lock, self._open = Lock(), 0

    @property
    def interval(self) -> float:
        """How long a stream waits before it looks again."""
        return max(self._interval, self._open / self._looks)

    def limit(self, aside: Aside | None) -> int:
        """Return how many there may be."""
        return self._most if aside is None else self._beside

    def enter(self, aside: Aside | None) -> Callable[[], None] | None:
        """Take a place; returns what gives it back, or None when there is none."""
        with self._lock:
            if self._open >= self.limit(aside):
                return None
            self._open += 1
        come_back = aside() if aside is not None else lambda: None

        def leave() -> None:
            come_back()
            with self._lock:
                self._open -= 1

        return leave
