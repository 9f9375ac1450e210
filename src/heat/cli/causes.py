"""Why an operation failed: from the events and rows of a stack to causes with their cures."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from heat.cli.progress import Key, Progress

_KIND = re.compile(r"^(\w+): (?=resources[.\[]|\S)")
_PATH = re.compile(r"^resources[.\[][^:]*: ")
_STATUS = re.compile(r" ?\(HTTP (\d+)\)")
_REQUEST_ID = re.compile(r" ?\(Request-ID: ([^)\s]+)\)")
_REQUEST = re.compile(r" ?\[([\w-]+): ([A-Z]+ [^\]]+)\]")
_OWN_WORDS = re.compile(r"^Resource [A-Z]+ failed: ")


@dataclass(frozen=True)
class Said:
    """The words of a failure, taken apart."""

    words: str
    kind: str = ""
    status: int = 0
    request_id: str = ""
    service: str = ""
    request: str = ""


@dataclass(frozen=True)
class Cause:
    """One thing that failed by itself."""

    key: Key
    path: str
    type: str
    status: str
    time: str
    said: Said

    @property
    def cure(self) -> str:
        """Return what to do about it, as far as the words tell."""
        return cure(self.said).replace("TYPE", self.type or "TYPE")


@dataclass(frozen=True)
class Failed:
    """One operation that failed: its causes, the first one first."""

    status: str
    reason: str
    action: str
    causes: tuple[Cause, ...]
    stacks: Mapping[str, Key]
    """The resource that each nested stack belongs to."""


def diagnose(
    name: str,
    stack: Mapping[str, Any],
    rows: Iterable[Mapping[str, Any]],
    events: Iterable[Mapping[str, Any]],
) -> Failed | None:
    """Return what failed in the last operation, whose events are given in their order."""
    progress = Progress(name, str(stack["id"]))
    progress.see_stack(stack)
    progress.see_resources(rows)
    events = list(events)
    progress.see_places(events)
    times: dict[Key, tuple[str, str]] = {}
    for event in events:
        progress.see_event(event, 0.0)
        status = str(event.get("resource_status") or "")
        if status.endswith("_FAILED"):
            key = (progress.stack_of(event)[1], str(event["resource_name"]))
            times.setdefault(key, (status, str(event.get("event_time") or "")))
    leaves = progress.leaves()
    action = progress.action or progress.status.partition("_")[0]
    undone = progress.status.startswith("ROLLBACK_")
    if not undone and not progress.status.endswith("_FAILED"):
        return None
    causes: list[Cause] = []
    for key, words in leaves:
        member = progress.members.get(key)
        status, time = times.get(key, (member.status if member else "", ""))
        path = f"{progress.path_of(key[0])}.{key[1]}"
        causes.append(Cause(key, path, member.type if member else "", status, time, parse(words)))
    if not causes:
        own = parse(progress.reason)
        causes.append(Cause((progress.id, ""), name, "", progress.status, "", own))
    return Failed(progress.status, progress.reason, action, tuple(causes), progress.nested)


def parse(words: str) -> Said:
    """Take the words of a failure apart."""
    rest = _OWN_WORDS.sub("", words)
    kind = ""
    if found := _KIND.match(rest):
        kind, inner = found[1], rest[found.end() :]
        # Only what stands before a path is the kind of the error; else it is the cloud's word.
        rest, kind = (_PATH.sub("", inner), kind) if _PATH.match(inner) else (rest, "")
    status, identity, request = (
        pattern.search(rest) for pattern in (_STATUS, _REQUEST_ID, _REQUEST)
    )
    for pattern in (_STATUS, _REQUEST_ID, _REQUEST):
        rest = pattern.sub("", rest)
    return Said(
        rest.strip(),
        kind,
        int(status[1]) if status else 0,
        identity[1] if identity else "",
        request[1] if request else "",
        request[2] if request else "",
    )


def cure(said: Said) -> str:
    """Return what to do about a failure, as far as its words tell."""
    text = f"{said.kind} {said.words}".casefold()
    for words, statuses, advice in _CURES:
        if said.status in statuses or any(word in text for word in words):
            return advice
    return ""


def passing(said: Said) -> bool:
    """Tell whether the same may go well later, with nothing changed in the template."""
    text = f"{said.kind} {said.words}".casefold()
    return said.status >= 500 or said.status == 429 or any(word in text for word in _PASSING)


_PASSING = ("quota", "overlimit", "no valid host", "timed out", "timeout", "unavailable")
_CURES: tuple[tuple[tuple[str, ...], tuple[int, ...], str], ...] = (
    (
        ("quota", "overlimit", "exceeds the"),
        (413,),
        "delete what is not needed, ask for a higher quota, or ask for less in the template",
    ),
    (
        ("no valid host", "not enough hosts"),
        (),
        "choose a smaller flavor or another availability zone, or ask the operator for room",
    ),
    (
        ("waitconditiontimeout",),
        (),
        "see in the server's console why no signal came; the property timeout sets how long",
    ),
    (
        ("timed out", "timeout"),
        (408,),
        "see what it waited for; if it only needs longer, give --timeout MINUTES",
    ),
    (
        ("unauthorized",),
        (401,),
        "the stack's own login no longer works: update the stack as a user who may do this",
    ),
    (("forbidden", "policy"), (403,), "ask for a role that may do this, or leave it out"),
    (("notfound", "not found", "could not be found"), (404,), "name something that is there"),
    (
        ("conflict", "in use", "already exists"),
        (409,),
        "something else uses it or has its name: let go of that, or choose another",
    ),
    (
        (),
        (500, 502, 503, 504),
        "the cloud's service was not well: try again; its operator needs the request id",
    ),
    (
        ("notsupported", "not supported"),
        (),
        "this can't be done: leave it as it was, or have it made anew under another name",
    ),
    (
        ("badrequest", "invalid"),
        (400,),
        "compare the properties with what the cloud says; heat resource-type show TYPE tells them",
    ),
)
