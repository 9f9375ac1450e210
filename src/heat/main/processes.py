"""Runs a number of processes, starts one again that died, and ends them all on a signal."""

import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType

_log = logging.getLogger(__name__)

GRACE = 60.0
"""Seconds that processes have to end by themselves."""
PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds between a death and a new start, so that what can't start does not spin."""

LASTING = 10.0
"""Seconds after which a process counts as one that could start; whatever ended it came later."""

_above: list[int] = []
"""Whose child this process is, and so on: a parent may die before its child can ask for it."""

_LONGEST = 8000  # characters of a reason; a pipe holds them without a reader


@dataclass(frozen=True)
class Child:
    """A running process, and the pipe in which it says at its end what it died of."""

    pid: int
    place: int
    last_words: int
    began: float


def supervise(count: int, work: Callable[[], None]) -> None:
    """Run the work in that many processes until SIGTERM or SIGINT.

    ``work`` is called in each; it sees to its own end on SIGTERM.
    """
    ending: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        ending.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    places = [Place() for _ in range(count)]
    children: set[Child] = set()
    told = ""
    while not ending:
        now = time.monotonic()
        for index, place in enumerate(places):
            if place.is_due(now):
                place.start_at = None
                children.add(_fork(work, index))
        for died, reason in _reap(children):
            pause = places[died.place].lost(died, time.monotonic())
            if reason != told:
                _log.error("Process %d died: %s", died.pid, reason)
            told = reason
            _log.info("Another takes the place of process %d in %.0f s", died.pid, pause)
        time.sleep(0.2)
    _end(children)


class Place:
    """One of the processes that are to run: when it starts next, and how often it died young."""

    def __init__(self) -> None:
        self.start_at: float | None = 0.0
        self._failures = 0

    def is_due(self, now: float) -> bool:
        """Tell whether a process is to be started here."""
        return self.start_at is not None and now >= self.start_at

    def lost(self, child: Child, now: float) -> float:
        """Take note that the process died, and return how long the place stays empty."""
        self._failures = 0 if now - child.began >= LASTING else self._failures + 1
        pause = PAUSES[min(max(self._failures, 1), len(PAUSES)) - 1]
        self.start_at = now + pause
        return pause


def until_ended(is_well: Callable[[], bool] = lambda: True) -> None:
    """Wait for SIGTERM or SIGINT, which a supervised process holds back.

    The death of the parent is an end too, and so is not being well any more.
    """
    parent = _above[-1] if _above else os.getppid()
    ends = {signal.SIGTERM, signal.SIGINT}
    while os.getppid() == parent and is_well():
        said = signal.sigtimedwait(ends, 1.0)
        # A process that stood still meanwhile (SIGSTOP, a debugger) gets an answer that nobody
        # wrote: whatever lay there in memory.
        if said is not None and said.si_signo in ends:
            return


def _fork(work: Callable[[], None], place: int) -> Child:
    sys.stdout.flush()
    sys.stderr.flush()
    reading, writing = os.pipe()
    # A signal that comes before the child is ready waits for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    parent = os.getpid()
    pid = os.fork()
    if pid:
        os.close(writing)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
        return Child(pid, place, reading, time.monotonic())
    code = 1
    try:
        _above.append(parent)
        os.close(reading)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        work()
        code = 0
    except Exception:  # noqa: BLE001 - a forked process must not go on as its parent
        # The supervisor tells it, once for all that die of the same.
        os.write(writing, traceback.format_exc()[-_LONGEST:].encode())
    finally:
        os._exit(code)


def _reap(children: set[Child]) -> list[tuple[Child, str]]:
    """Take out the processes that have died, and tell what of."""
    died: list[tuple[Child, str]] = []
    for child in list(children):
        pid, status = os.waitpid(child.pid, os.WNOHANG)
        if pid:
            children.remove(child)
            died.append((child, _reason(child, status)))
    return died


def _reason(child: Child, status: int) -> str:
    os.set_blocking(child.last_words, False)
    try:
        # A process of its own that it left behind may hold the pipe open.
        said = os.read(child.last_words, 4 * _LONGEST).decode(errors="replace")
    except BlockingIOError:
        said = ""
    finally:
        os.close(child.last_words)
    code = os.waitstatus_to_exitcode(status)
    return said or (f"killed by signal {-code}" if code < 0 else f"ended with status {code}")


def _end(children: set[Child]) -> None:
    for child in children:
        os.kill(child.pid, signal.SIGTERM)
    until = time.monotonic() + GRACE
    while children and time.monotonic() < until:
        _reap(children)
        time.sleep(0.05)
    for child in children:
        os.kill(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)
