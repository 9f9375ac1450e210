"""Runs a number of processes, starts one again that died, and ends them all on a signal."""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from types import FrameType

_log = logging.getLogger(__name__)

GRACE = 60.0
PAUSE = 1.0
"""Seconds between a death and a new start, so that what can't start does not spin."""


def supervise(count: int, work: Callable[[], None]) -> None:
    """Run the work in that many processes until SIGTERM or SIGINT.

    ``work`` is called in each; it sees to its own end on SIGTERM.
    """
    ending: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        ending.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    children = {_fork(work) for _ in range(count)}
    while not ending:
        for died in _reap(children):
            _log.error("Process %d died; another takes its place", died)
            children.discard(died)
            time.sleep(PAUSE)
            if not ending:
                children.add(_fork(work))
        time.sleep(0.2)
    _end(children)


def until_ended(is_well: Callable[[], bool] = lambda: True) -> None:
    """Wait for SIGTERM or SIGINT, which a supervised process holds back.

    The death of the parent is an end too, and so is not being well any more.
    """
    parent = os.getppid()
    while os.getppid() == parent and is_well():
        if signal.sigtimedwait({signal.SIGTERM, signal.SIGINT}, 1.0) is not None:
            return


def _fork(work: Callable[[], None]) -> int:
    sys.stdout.flush()
    sys.stderr.flush()
    # A signal that comes before the child is ready waits for it.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGINT})
        return child
    code = 1
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        work()
        code = 0
    except Exception:  # noqa: BLE001 - a forked process must not go on as its parent
        _log.exception("This process can't go on")
    finally:
        os._exit(code)


def _reap(children: set[int]) -> list[int]:
    return [child for child in children if os.waitpid(child, os.WNOHANG)[0]]


def _end(children: set[int]) -> None:
    for child in children:
        os.kill(child, signal.SIGTERM)
    until = time.monotonic() + GRACE
    while children and time.monotonic() < until:
        children -= set(_reap(children))
        time.sleep(0.05)
    for child in children:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
