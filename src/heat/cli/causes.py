"""What became of the last operation of a stack: from its events and rows to what failed, and why.

While it goes on, what it waits for is told as well.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heat.cli.cures import cure
from heat.cli.estimate import Key
from heat.cli.pauses import open_pauses
from heat.cli.progress import Progress, link
from heat.cli.said import Said, parse


@dataclass(frozen=True)
class Cause:
    """One thing that failed by itself; ``undoing`` if it did when all was to be as before."""

    key: Key
    path: str
    type: str
    status: str
    time: str
    said: Said
    physical_id: str = ""
    undoing: bool = False
    event: str = ""
    """The address of the event that told of it."""

    @property
    def cure(self) -> str:
        """Return what to do about it, as far as the words tell."""
        return cure(self.said, self.status.partition("_")[0], self.type)


@dataclass(frozen=True)
class Work:
    """One thing that goes on, or pauses at a hook."""

    path: str
    steps: tuple[str, ...]
    """The names that lead to it within the stack."""
    type: str
    status: str
    since: str
    hook: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """The last operation: its causes if it failed, the first one first; its work if it goes on."""

    name: str
    status: str
    reason: str
    action: str
    began: str
    causes: tuple[Cause, ...]
    work: tuple[Work, ...]
    timeout: int | None
    """Minutes that an operation may take."""
    stacks: Mapping[str, Key]
    """The resource that each nested stack belongs to."""

    @property
    def running(self) -> bool:
        """Tell whether the operation goes on."""
        return self.status.endswith("_IN_PROGRESS")


def diagnose(
    name: str,
    stack: Mapping[str, Any],
    rows: Iterable[Mapping[str, Any]],
    events: Sequence[Mapping[str, Any]],
) -> Diagnosis:
    """Return what became of the last operation, whose events are given in their order."""
    progress = Progress(name, str(stack["id"]))
    progress.see_stack(stack)
    progress.see_resources(rows)
    progress.see_places(events)
    heard = _Heard()
    for event in events:
        progress.see_event(event, 0.0)
        heard.listen(progress, event)
    action = progress.action or progress.status.partition("_")[0]
    return Diagnosis(
        progress.name,
        progress.status,
        progress.reason,
        action,
        str(events[0].get("event_time") or "") if events else "",
        tuple(_causes(progress, heard, action)),
        tuple(_work(progress, heard, events)) if progress.status.endswith("_IN_PROGRESS") else (),
        stack.get("timeout_mins"),
        progress.nested,
    )


class _Heard:
    """When what was heard first failed, or began."""

    def __init__(self) -> None:
        self.failed: dict[Key, tuple[str, str, bool, str]] = {}
        self.began: dict[Key, str] = {}
        self.undoing = False
        self.own_failure = False

    def listen(self, progress: Progress, event: Mapping[str, Any]) -> None:
        status, time = str(event.get("resource_status") or ""), str(event.get("event_time") or "")
        key = (progress.stack_of(event)[1], str(event["resource_name"]))
        own = event.get("physical_resource_id") == progress.id
        if status.endswith("_FAILED"):
            self.own_failure = self.own_failure or own
            self.failed.setdefault(key, (status, time, self.undoing, link(event, "self")))
        elif status.endswith("_IN_PROGRESS"):
            self.began[key] = time
            self.undoing = self.undoing or (own and status == "ROLLBACK_IN_PROGRESS")


def _causes(progress: Progress, heard: _Heard, action: str) -> Iterable[Cause]:
    undone = progress.status.startswith("ROLLBACK_")
    failed = progress.status.endswith("_FAILED")
    # Who is marked as unhealthy is so in a stack that is well.
    leaves = progress.leaves()
    for key, words in leaves:
        member = progress.members.get(key)
        unheard = (member.status if member else "", "", False, "")
        status, time, undoing, event = heard.failed.get(key, unheard)
        path = f"{progress.path_of(key[0])}.{key[1]}"
        kind, physical_id = (member.type, member.physical_id) if member else ("", "")
        yield Cause(key, path, kind, status, time, parse(words), physical_id, undoing, event)
    if leaves or not (undone or failed):
        return
    said = parse(progress.reason)
    if undone and not heard.own_failure:
        said = Said(f"the {action.lower()} was cancelled")
    yield Cause((progress.id, ""), progress.name, "", progress.status, "", said)


def _work(progress: Progress, heard: _Heard, events: Sequence[Mapping[str, Any]]) -> Iterable[Work]:
    """Yield what goes on by itself: not what only waits for something within it."""
    busy: dict[Key, str] = {}
    for pause in open_pauses(events):
        key = (progress.stack_of(pause)[1], str(pause["resource_name"]))
        heard.began[key] = str(pause.get("event_time") or "")
        busy[key] = str(pause["hook"])
    for key, member in progress.members.items():
        if member.working:
            busy.setdefault(key, "")
    within = {key[0] for key in busy}
    outer = {key for stack_id, key in progress.nested.items() if stack_id in within}
    for key, hook in busy.items():
        if key in outer:
            continue
        known = progress.members.get(key)
        steps = (*progress.steps_of(key[0]), key[1])
        yield Work(
            ".".join((progress.name, *steps)),
            steps,
            known.type if known else "",
            known.status if known else "",
            heard.began.get(key, ""),
            hook,
        )
