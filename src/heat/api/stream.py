"""Events as they happen: a stream of server-sent events, which a client can take up again."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from msgspec.structs import replace

from heat.api.answering import Answer
from heat.api.answers import of_resources
from heat.api.asking import Asking
from heat.api.described import takes
from heat.api.handlers import EVENT_FILTERS, event_entry
from heat.api.handlers import list_events as list_at_once
from heat.api.streams import Streams
from heat.base.errors import Fault, Unavailable
from heat.operations.members import ListEvents
from heat.store.shapes import to_json

KIND = "text/event-stream"
ASIDE = "heat.aside"
"""What a server that can spare a thread for a stream says so with, in the environment."""
PAGE = 200
SEEN = 2000
OVERLAP = 50
"""Events that are read again at each look: engines write at once, and their clocks differ."""


@takes(
    query=ListEvents,
    but=("resource",),
    filters=EVENT_FILTERS,
    answer=of_resources.Events,
    streams=KIND,
)
def list_events(asking: Asking) -> Answer:
    """List what happened to a stack; with `Accept: text/event-stream` go on as it happens."""
    if KIND not in (asking.http.get_header("Accept") or ""):
        return list_at_once(asking)
    streams = asking.streams
    look = _Look(asking)
    first = look.more()
    aside = asking.http.env.get(ASIDE)
    leave = streams.enter(aside)
    if leave is None:
        raise Unavailable(
            f"There are {streams.limit(aside)} streams of events already, as many as this service "
            "keeps; list the events again and again instead."
        )
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return Answer(headers=headers, kind=KIND, stream=_Stream(_flow(streams, look, first), leave))


class _Stream:
    """A flow of bytes that gives its place back, whether it began or not."""

    def __init__(self, flow: Iterator[bytes], leave: Callable[[], None]) -> None:
        self._flow, self._leave, self._open = flow, leave, True

    def __iter__(self) -> Iterator[bytes]:
        return self._flow

    def close(self) -> None:
        """Let another client have the place; the server calls this at the end, always."""
        if self._open:
            self._open = False
            self._leave()


class _Look:
    """Reads the events that a client has not got yet, oldest first."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking
        query = asking.query
        last = asking.http.get_header("Last-Event-ID") or query.text("marker")
        self._known: deque[str] = deque([last] if last else [], SEEN)
        self._request = query.read(
            ListEvents,
            **asking.stack,
            filters=query.among(*EVENT_FILTERS),
            limit=PAGE,
            sort_keys=("event_time",),
            sort_dir="asc",
            marker=None,
        )

    def more(self) -> list[dict[str, Any]]:
        """Return the next page of them."""
        known = self._known
        back = known[-min(OVERLAP, len(known))] if known else None
        found = self._page(back)
        fresh = [entry for entry in found if entry["id"] not in known]
        if not fresh and len(found) == PAGE:
            fresh = self._page(known[-1])
        known.extend(entry["id"] for entry in fresh)
        return fresh

    def _page(self, marker: str | None) -> list[dict[str, Any]]:
        found = self._asking.ask("list_events", replace(self._request, marker=marker))
        root = self._asking.links.stack(found["stack"]) if self._request.nested_depth else None
        return [event_entry(self._asking, entry, root) for entry in found["events"]]


def _flow(streams: Streams, look: _Look, fresh: list[dict[str, Any]]) -> Iterator[bytes]:
    began = quiet_since = time.monotonic()
    yield b"retry: 1000\n\n"
    while True:
        if fresh:
            yield b"".join(_written(entry) for entry in fresh)
            quiet_since = time.monotonic()
        elif streams.ended.wait(streams.interval):
            return
        now = time.monotonic()
        if now - began >= streams.lifetime:
            return
        if now - quiet_since >= streams.heartbeat:
            yield b": still here\n\n"
            quiet_since = now
        try:
            fresh = look.more()
        except Unavailable:
            fresh = []
        except Fault:
            return  # the client hears why when it asks again


def _written(entry: dict[str, Any]) -> bytes:
    return b"id: %s\nevent: event\ndata: %s\n\n" % (entry["id"].encode(), to_json(entry))
