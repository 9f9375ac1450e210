"""What never changes, kept for those that ask again."""

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


def _one(_: object) -> int:
    return 1


class Kept(Generic[K, V]):
    """What never changes, made once for all that ask; what is used least lately is forgotten.

    All that is kept weighs no more than ``most``; the newest stays however much it weighs.
    """

    def __init__(self, most: int, weigh: Callable[[V], int] = _one) -> None:
        self._most, self._weigh = most, weigh
        self._weight = 0
        self._known: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._known)

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return what a key stands for."""
        with self._lock:
            if (known := self._known.get(key)) is not None:
                self._known.move_to_end(key)
                return known
        made = make()
        with self._lock:
            if (other := self._known.get(key)) is not None:
                return other  # made at the same time
            self._known[key] = made
            self._weight += self._weigh(made)
            while self._weight > self._most and len(self._known) > 1:
                self._weight -= self._weigh(self._known.popitem(last=False)[1])
        return made
