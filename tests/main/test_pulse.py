"""A database that keeps silent is noticed; one that is away is not taken for silent."""

import threading

import pytest
from tests.chaos.stage import wait_for

from heat.base.errors import Unavailable
from heat.main.pulse import Pulse


class Silent:
    """A database of which nothing is heard until it is closed."""

    def __init__(self, *, says: bool, after: float | None = None) -> None:
        self.asked, self._says, self._closed = 0, says, threading.Event()
        self._after = after

    def read(self, _work: object) -> None:
        self.asked += 1
        if not self._says:
            self._closed.wait(self._after)
        if self._says or self._after is not None:
            raise Unavailable("It is away.")

    def close(self) -> None:
        self._closed.set()


@pytest.mark.parametrize("says", [False, True])
def test_silence_is_noticed_and_absence_is_not_silence(says: bool) -> None:
    database = Silent(says=says)
    pulse = Pulse(database, interval=0.5, longest=0.5)  # type: ignore[arg-type]
    try:
        if says:
            wait_for(lambda: database.asked > 3)
        else:
            wait_for(pulse.is_stalled)
        assert pulse.is_stalled() is not says
    finally:
        pulse.close()


def test_a_connection_that_never_comes_about_is_silence() -> None:
    database = Silent(says=False, after=1)
    pulse = Pulse(database, interval=0.5, longest=1)  # type: ignore[arg-type]
    try:
        wait_for(lambda: pulse.is_stalled() and database.asked > 2)
    finally:
        pulse.close()
