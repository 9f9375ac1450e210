"""The unmodified `openstack` command, as the tests speak to it."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.wire.conftest import without_cloud

LOOP = Path(__file__).with_name("openstack_loop.py")


class OpenStack:
    """One process that runs the commands; the first argument is the command's whole name."""

    def __init__(self, variables: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, LOOP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**without_cloud(), "PYTHONWARNINGS": "ignore", **variables},
            text=True,
        )

    def __call__(self, command: str, *words: object, code: int = 0) -> str:
        """Return what a command prints: its output, or its complaint when it is to fail."""
        self.begin(command, *words)
        return self.ended(code)

    def ask(self, command: str, *words: object) -> Any:
        """Return the answer of a command that prints JSON."""
        printed = self(command, *words, "-f", "json")
        # What --wait prints comes before.
        lines = printed.splitlines(keepends=True)
        at = next(n for n, line in enumerate(lines) if line[:1] in ("{", "["))
        return json.loads("".join(lines[at:]))

    def begin(self, command: str, *words: object) -> None:
        """Start a command that goes on by itself."""
        assert self._process.stdin is not None
        self._said = (command, words)
        self._process.stdin.write(json.dumps([*command.split(), *map(str, words)]) + "\n")
        self._process.stdin.flush()

    def interrupt_after(self, seconds: float) -> None:
        """Press Ctrl-C."""
        time.sleep(seconds)
        self._process.send_signal(signal.SIGINT)

    def ended(self, code: int = 0) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"openstack ended during {self._said}"
        answer = json.loads(line)
        assert answer["code"] == code, (self._said, answer)
        return answer["output"] if code == 0 else answer["errors"]

    def until(self, stack: str, status: str, seconds: float = 60) -> Any:
        """Wait for what is done to a stack to end, and so; return what is shown of it."""
        deadline = time.monotonic() + seconds
        while (shown := self.ask("stack show", stack))["stack_status"].endswith("_IN_PROGRESS"):
            assert time.monotonic() < deadline, shown
            time.sleep(0.1)
        assert shown["stack_status"] == status, shown["stack_status_reason"]
        return shown

    def gone(self, *stacks: str) -> None:
        """Delete stacks, and wait until none is left."""
        self("stack delete", *stacks, "-y")
        self.nothing_of(*stacks)

    def nothing_of(self, *stacks: str, seconds: float = 60) -> None:
        """Wait until stacks are no more."""
        deadline = time.monotonic() + seconds
        while any({*stacks} & {*row.values()} for row in self.ask("stack list", "--hidden")):
            assert time.monotonic() < deadline, f"{stacks} are not gone"
            time.sleep(0.1)

    def end(self) -> None:
        self._process.communicate(timeout=60)


def rows(answer: list[dict[str, Any]], column: str) -> list[Any]:
    return [row[column] for row in answer]
