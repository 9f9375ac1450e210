"""Tells whether the message broker can be reached, without waiting for the library to find out.

That library waits for a broker as long as it takes, which is right for an engine and wrong for
a caller who waits for an answer.
"""

import socket
import threading
import time
from collections.abc import Sequence

Place = tuple[str, int]


class Broker:
    """The places where a broker listens; one that answers will do."""

    def __init__(
        self, places: Sequence[Place], patience: float = 2.0, lasting: float = 1.0
    ) -> None:
        self._places, self._patience, self._lasting = tuple(places), patience, lasting
        self._turn = threading.Lock()
        self._looked, self._found = float("-inf"), True

    @property
    def is_there(self) -> bool:
        """Whether it can be reached; what was found holds for a moment, for all who ask."""
        with self._turn:
            if time.monotonic() - self._looked > self._lasting:
                self._found = not self._places or any(map(self._answers, self._places))
                self._looked = time.monotonic()
            return self._found

    def _answers(self, place: Place) -> bool:
        try:
            socket.create_connection(place, timeout=self._patience).close()
        except OSError:
            return False
        return True
