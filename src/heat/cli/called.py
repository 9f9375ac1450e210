"""How this command was called, so that what a hint tells can be typed."""

import os
import re
import sys
from functools import cache
from pathlib import Path

_NEXT = "stack|template|lint|hook|resource-type|service|software-config|software-deployment|dev|-"
_COMMAND = re.compile(rf"(?<![\w./-])heat(?= (?:{_NEXT}))")


def as_called(text: str) -> str:
    """Write the command in a text as the user wrote it: ``heat`` only where a shell finds it so."""
    return _COMMAND.sub(lambda _: spelling(sys.argv[0], os.get_exec_path()), text)


@cache
def _found(folders: tuple[str, ...]) -> Path | None:
    found = (Path(folder, "heat") for folder in folders)
    return next((path for path in found if os.access(path, os.X_OK)), None)


def spelling(called: str, folders: list[str]) -> str:
    """Return what a shell that looks into these folders understands."""
    path = Path(called)
    if path.name != "heat" or path.parent == Path():
        return "heat"
    known = _found(tuple(folders))
    if known is not None and known.samefile(path):
        return "heat"
    near = os.path.relpath(path)
    return called if near.startswith("..") else near
