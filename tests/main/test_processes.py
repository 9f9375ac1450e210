"""A supervisor keeps its processes alive, and takes them along when it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PROGRAM = """
import os, sys
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
    deadline = time.monotonic() + 20
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
