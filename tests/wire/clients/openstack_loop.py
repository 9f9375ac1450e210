"""Run commands of `openstack` one after the other in this process, since it is slow to start.

Each line of input is a list of words; each line of output the exit code and what was printed.
"""

import json
import logging
import os
import sys
import tempfile
import traceback
from typing import Any, TextIO


def main() -> None:
    with (
        os.fdopen(os.dup(1), "w") as answers,
        tempfile.TemporaryFile("w+") as output,
        tempfile.TemporaryFile("w+") as errors,
    ):
        # Some commands write to the output that was there when they were imported.
        os.dup2(output.fileno(), 1)
        os.dup2(errors.fileno(), 2)
        for line in sys.stdin:
            code = run(json.loads(line))
            answer = {"code": code, "output": taken(1, output), "errors": taken(2, errors)}
            print(json.dumps(answer), file=answers, flush=True)


def run(words: list[str]) -> Any:
    from openstackclient import shell

    try:
        return shell.main(words)
    except SystemExit as ended:
        return ended.code
    except Exception:  # noqa: BLE001 - the tests want to know of it
        traceback.print_exc()
        return -1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        # Each shell adds a handler of its own.
        logging.getLogger().handlers.clear()


def taken(number: int, file: TextIO) -> str:
    """Return what was written, and forget it."""
    file.seek(0)
    written = file.read()
    os.ftruncate(number, 0)
    os.lseek(number, 0, os.SEEK_SET)
    return written


if __name__ == "__main__":
    main()
