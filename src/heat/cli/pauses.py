"""The pauses at hooks, read from the events that tell of them."""

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from heat.cli.progress import link

_PAUSED = re.compile(r"paused until Hook (\S+) is cleared")
_CLEARED = re.compile(r"^Hook (\S+) is cleared")


def open_pauses(events: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the pauses that nobody has ended, from events with the oldest first."""
    open_now: dict[tuple[str, str], dict[str, Any]] = {}
    for event in events:
        reason = event.get("resource_status_reason") or ""
        below = "/stacks/" + urlsplit(link(event, "resource")).path.partition("/stacks/")[2]
        if paused := _PAUSED.search(reason):
            told = {**event, "hook": paused[1], "path": below, "stack_name": below.split("/")[2]}
            open_now[below, paused[1]] = told
        elif cleared := _CLEARED.match(reason):
            open_now.pop((below, cleared[1]), None)
    return list(open_now.values())
