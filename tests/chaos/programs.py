"""Our programs as processes that can be killed, ended and started again."""

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from tests.wire.conftest import BIN, without_cloud
from tests.wire.test_kill import children

ENDING = 90.0


class Program:
    """A command of ours and its arguments, and the process that runs it just now."""

    def __init__(self, log: Path, name: str, *arguments: object) -> None:
        self._log, self._command = log, [str(BIN / name), *map(str, arguments)]
        self._process: subprocess.Popen[bytes] | None = None
        self.codes: list[int] = []
        """What it ended with, each time that it was told to."""

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def workers(self) -> list[int]:
        return sorted(children(self.pid)) if self.pid is not None else []

    def start(self) -> None:
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, stdout=output, stderr=output, env=without_cloud()
            )

    def kill(self, *, workers: bool = False) -> None:
        """Kill the process, and those below it if they are to go at the same moment."""
        process = self._process
        if process is None:
            return
        for pid in (process.pid, *(self.workers() if workers else ())):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        self._process = None

    def end(self) -> float:
        """End it as an operator would; returns the seconds that it took."""
        process, began = self._process, time.monotonic()
        if process is None:
            return 0.0
        process.send_signal(signal.SIGTERM)
        try:
            self.codes.append(process.wait(ENDING))
        except subprocess.TimeoutExpired:
            self.kill(workers=True)
            self.codes.append(-signal.SIGKILL)
        self._process = None
        return time.monotonic() - began
