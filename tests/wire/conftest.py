"""A whole Heat as its own process, and the unmodified clients beside it."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
BIN = Path(sys.executable).parent

# Who runs the tests in the background of a shell has interrupts ignored, and so has every program
# that they start, which some of them interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Dev:
    """`heat dev` in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ready = folder / "ready"
        ready.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [
                *(BIN / "heat", "dev", "--state-dir", folder / "state"),
                *("--ready-file", ready, "--port-base", "0"),
            ],
            stdout=subprocess.DEVNULL,
            env=without_cloud(),
        )
        deadline = time.monotonic() + 60
        while not ready.exists():
            assert self.process.poll() is None, "heat dev ended"
            assert time.monotonic() < deadline, "heat dev is not ready"
            time.sleep(0.05)
        lines = (folder / "state/env").read_text().splitlines()
        self.variables = dict(line.split("=", 1) for line in lines)

    def run(self, *command: object, code: int = 0) -> str:
        """Run a client's command, as the user demo, and return what it prints."""
        done = subprocess.run(
            [BIN / str(command[0]), *map(str, command[1:])],
            env={**without_cloud(), **self.variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == code, (command, done.stdout, done.stderr)
        return done.stdout if code == 0 else done.stderr

    def ask(self, *command: object) -> Any:
        """Run a command that prints JSON."""
        return json.loads(self.run(*command, "-f", "json"))

    def end(self) -> int:
        """End it as a supervisor would."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)  # verbs have 30 s to their next step, requests 15


def without_cloud() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("OS_", "HEAT_"))}


@pytest.fixture(scope="session")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dev]:
    running = Dev(tmp_path_factory.mktemp("dev"))
    yield running
    running.end()
