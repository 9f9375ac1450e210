"""A supervisor keeps its processes alive, and takes them along when it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from heat.main.processes import Child, Place

PROGRAM = """
import os, sys, time
from pathlib import Path
from heat.main.processes import supervise, until_ended

def work():
    path = Path(sys.argv[1]) / str(os.getpid())
    path.touch()
    until_ended()
    path.unlink()

supervise(2, work)
"""


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(tmp_path)]) as process:
        yield process
        process.kill()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_process_that_died_is_replaced_and_all_end_together(supervisor, tmp_path: Path) -> None:
    def pids() -> set[int]:
        return {int(path.name) for path in tmp_path.iterdir()}

    until(lambda: len(pids()) == 2)
    first, second = pids()
    os.kill(first, signal.SIGKILL)
    until(lambda: len(pids()) == 3)
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(20) == 0
    # Each took its file away at its end but the one that was killed.
    assert pids() == {first}
    with pytest.raises(ProcessLookupError):
        os.kill(second, 0)


def test_a_process_ends_whose_parent_died_before_it_was_ready(tmp_path: Path) -> None:
    slow = PROGRAM.replace(
        "    until_ended()",
        "    above = os.getppid()\n    while os.getppid() == above: time.sleep(0.05)\n"
        "    until_ended()",
    )
    with subprocess.Popen([sys.executable, "-c", slow, str(tmp_path)]) as process:
        until(lambda: len(list(tmp_path.iterdir())) == 2)
        process.kill()
    until(lambda: not list(tmp_path.iterdir()))


def test_a_process_that_stood_still_goes_on(supervisor, tmp_path: Path) -> None:
    until(lambda: len(list(tmp_path.iterdir())) == 2)
    frozen = int(next(tmp_path.iterdir()).name)
    os.kill(frozen, signal.SIGSTOP)
    time.sleep(1.2)  # longer than it waits for a signal at a time
    os.kill(frozen, signal.SIGCONT)
    time.sleep(0.5)
    assert (tmp_path / str(frozen)).exists()
    supervisor.send_signal(signal.SIGTERM)
    assert supervisor.wait(20) == 0


HOPELESS = """
import logging, sys
from pathlib import Path
from heat.main.processes import supervise

def work():
    with Path(sys.argv[1]).open("a") as told:
        told.write("started\\n")
    raise LookupError("no configuration")

logging.basicConfig(level=logging.ERROR)
supervise(1, work)
"""


def test_what_it_died_of_is_told_once(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    starts.touch()
    command = [sys.executable, "-c", HOPELESS, str(starts)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            until(lambda: starts.read_text().count("started") == 3)
        finally:
            process.terminate()
            _, told = process.communicate(timeout=20)
    assert told.count(b"died") == 1
    assert told.count(b"LookupError: no configuration") == 1


def test_a_process_that_can_not_start_is_given_ever_more_time() -> None:
    place, child = Place(), Child(1, 0, -1, 100.0)
    assert [place.lost(child, 101.0) for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    assert not place.is_due(130.0)
    assert place.is_due(131.0)
    assert place.lost(child, 500.0) == 1
    assert place.lost(child, 101.0) == 1
