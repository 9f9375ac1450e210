"""Posts messages to many places, side by side, to each one in the order in which they came.

Any of them may be slow, or gone for good. So each has a bounded queue; one post at a time is under
way to it, and who failed last shares half of the threads with the like of it, so that the others
need not wait for it. What is tried again waits without a thread.
"""

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Generic, TypeVar

from heat.base.errors import Fault, Temporary
from heat.store.shapes import to_json

_log = logging.getLogger(__name__)

THREADS = 8
"""Posts that are under way at the same time."""
TOGETHER = 20
"""Messages of one post: queues take no more."""
LARGEST = 200_000
"""Bytes of a post; queues take 256 KiB unless their operator says otherwise."""
MOST = 64 << 20
MOST_OF_ONE = 4 << 20
"""Bytes that wait in all, and for one place; what is more is left out."""
PAUSES = (1.0, 4.0)
"""Seconds before a post that did not get through is tried again."""

K = TypeVar("K", bound=Hashable)

Messages = Sequence[dict[str, Any]]


@dataclass
class _Outlet:
    """One place: what waits for it, and how it fared."""

    waiting: deque[tuple[dict[str, Any], int]] = field(
        default_factory=deque[tuple[dict[str, Any], int]]
    )
    size: int = 0
    left_out: int = 0
    busy: bool = False
    again: int = 0
    """How many messages the last post had, if it is to be tried again as it was."""
    failures: int = 0
    ready: float = 0.0
    """When it may be tried next."""

    def batch(self) -> list[dict[str, Any]]:
        """Return the messages of the next post."""
        if self.again:
            return [message for message, _ in islice(self.waiting, self.again)]
        some, size = list[dict[str, Any]](), 0
        for message, length in self.waiting:
            if some and (len(some) == TOGETHER or size + length > LARGEST):
                break
            some.append(message)
            size += length
        return some

    def drop(self, count: int) -> int:
        """Let the oldest messages go; return their size."""
        size = sum(self.waiting.popleft()[1] for _ in range(count))
        self.size -= size
        return size


class Posting(Generic[K]):
    """Posts what it is given until it is closed; ``post`` raises a Fault when that fails."""

    def __init__(
        self,
        post: Callable[[K, Messages], None],
        pauses: Sequence[float] = PAUSES,
        threads: int = THREADS,
    ) -> None:
        self._post, self._pauses, self._most = post, pauses, threads
        self._outlets: OrderedDict[K, _Outlet] = OrderedDict()
        self._size = 0
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._idle = self._troubled = 0
        self._closing = False

    def put(self, place: K, messages: Messages) -> None:
        """Take messages for a place, and come back at once."""
        with self._changed:
            outlet = self._outlets.setdefault(place, _Outlet())
            for message in messages:
                length = len(to_json(message))
                if outlet.size + length > MOST_OF_ONE or self._size + length > MOST:
                    outlet.left_out += 1
                    continue
                outlet.waiting.append((message, length))
                outlet.size += length
                self._size += length
            if not outlet.waiting:
                self._leave(place, outlet)
            self._grow()
            self._changed.notify()

    def close(self, seconds: float) -> None:
        """Post what waits, each once more, as far as that goes in time."""
        end = time.monotonic() + seconds
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _grow(self) -> None:
        """Begin another thread, if there is work and none that waits for it."""
        if self._idle or len(self._threads) == self._most or self._closing:
            return
        now = time.monotonic()
        if not any(self._may(outlet, now) for outlet in self._outlets.values()):
            return
        thread = threading.Thread(target=self._run, name=f"posts-{len(self._threads)}", daemon=True)
        thread.start()
        self._threads.append(thread)
        self._idle += 1

    def _run(self) -> None:
        while (found := self._take()) is not None:
            place, outlet, some = found
            fault: Fault | None = None
            troubled = outlet.failures > 0
            try:
                self._post(place, some)
            except Fault as refusal:
                fault = refusal
            except Exception:  # noqa: BLE001 - the outermost loop: one place may not end it
                _log.exception("%d messages could not be posted", len(some))
            with self._changed:
                self._settle(place, outlet, len(some), fault)
                self._troubled -= troubled
                self._idle += 1
                self._changed.notify_all()

    def _take(self) -> tuple[K, _Outlet, list[dict[str, Any]]] | None:
        """Wait for a place that may be posted to; return nothing when all is over."""
        with self._changed:
            while True:
                now = time.monotonic()
                for place, outlet in self._outlets.items():
                    if self._may(outlet, now):
                        outlet.busy = True
                        self._troubled += outlet.failures > 0
                        self._idle -= 1
                        # The others come first the next time.
                        self._outlets.move_to_end(place)
                        self._grow()
                        return place, outlet, outlet.batch()
                if self._closing and not any(not o.busy for o in self._outlets.values()):
                    return None
                later = [o.ready for o in self._outlets.values() if not o.busy and o.ready > now]
                self._changed.wait(min(later) - now if later else None)

    def _may(self, outlet: _Outlet, now: float) -> bool:
        if outlet.busy or not outlet.waiting:
            return False
        if outlet.failures and self._troubled >= max(1, self._most // 2):
            return False
        return self._closing or outlet.ready <= now

    def _settle(self, place: K, outlet: _Outlet, count: int, fault: Fault | None) -> None:
        """Take note of how a post went."""
        outlet.busy = False
        again = isinstance(fault, Temporary) and not self._closing
        if again and outlet.failures < len(self._pauses):
            outlet.ready = time.monotonic() + self._pauses[outlet.failures]
            outlet.failures, outlet.again = outlet.failures + 1, count
            return
        outlet.again = 0
        self._size -= outlet.drop(count)
        if fault is None:
            outlet.failures, outlet.ready = 0, 0.0
        else:
            _log.warning("%d events for %s could not be told: %s", count, place, fault)
            if self._pauses:
                # What comes next is tried once, after the longest pause.
                outlet.failures = len(self._pauses)
                outlet.ready = time.monotonic() + self._pauses[-1]
        if not outlet.waiting:
            self._leave(place, outlet)

    def _leave(self, place: K, outlet: _Outlet) -> None:
        """Forget a place for which nothing waits."""
        if outlet.left_out:
            _log.warning("%d events for %s were left out", outlet.left_out, place)
        del self._outlets[place]
