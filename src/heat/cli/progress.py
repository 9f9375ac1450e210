"""What is known of an operation under way: members and their states, from rows and events."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import unquote, urlsplit

from heat.cli.estimate import EVERY, ONCE, SOON, Durations, Key, Task, Work, remaining


@dataclass(frozen=True)
class Member:
    """A resource as it was last heard of; ``began`` and ``ended`` are the watcher's own seconds."""

    key: Key
    type: str = ""
    status: str = "INIT_COMPLETE"
    reason: str = ""
    physical_id: str = ""
    began: float | None = None
    ended: float | None = None
    needed_by: tuple[str, ...] = ()
    """The members of its stack that need it."""

    @property
    def name(self) -> str:
        """Return the resource's name."""
        return self.key[1]

    @property
    def waiting(self) -> bool:
        """Tell whether nothing was done to it yet."""
        return self.status.startswith("INIT_")

    @property
    def working(self) -> bool:
        """Tell whether something is being done to it."""
        return self.status.endswith("_IN_PROGRESS")

    @property
    def failed(self) -> bool:
        """Tell whether what was last done to it failed."""
        return self.status.endswith("_FAILED")

    @property
    def settled(self) -> bool:
        """Tell whether it is as it shall be."""
        return not (self.waiting or self.working or self.failed)

    def elapsed(self, now: float) -> float | None:
        """Return how long the last thing took, or has taken until now."""
        if self.began is None:
            return None
        return (now if self.ended is None else self.ended) - self.began


@dataclass(frozen=True)
class Line:
    """An event as a line of a log."""

    time: str
    path: str
    status: str
    reason: str

    def __str__(self) -> str:
        """Write it."""
        return f"{self.time} [{self.path}]: {self.status}  {self.reason}".rstrip()


@dataclass
class Progress:
    """Everything heard so far of one stack and the stacks nested in it."""

    name: str
    id: str
    started: float = 0.0
    status: str = ""
    reason: str = ""
    members: dict[Key, Member] = field(default_factory=dict[Key, Member])
    nested: dict[str, Key] = field(default_factory=dict[str, Key])
    failures: dict[Key, str] = field(default_factory=dict[Key, str])
    lines: deque[Line] = field(default_factory=lambda: deque[Line](maxlen=50))
    told: bool = False
    """Whether the stack itself was heard of."""
    action: str = ""
    """The action that it was first heard to begin."""
    durations: Durations = field(default_factory=Durations)
    tasks: dict[Task, tuple[float, float | None]] = field(
        default_factory=dict[Task, tuple[float, float | None]]
    )
    """When each thing began, and ended."""
    plan: Mapping[Task, Member] | None = None
    """What an update comes to, if that is known."""

    def see_stack(self, stack: Mapping[str, Any]) -> None:
        """Take note of the stack's own state."""
        self.status = str(stack.get("stack_status") or "")
        self.reason = str(stack.get("stack_status_reason") or "")

    def see_resources(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Take note of a list of resources."""
        for row in rows:
            key = (self.stack_of(row)[1], str(row["resource_name"]))
            before = self.members.get(key, Member(key))
            status = str(row.get("resource_status") or before.status)
            self.members[key] = replace(
                before,
                type=str(row.get("resource_type") or before.type),
                status=status,
                reason=str(row.get("resource_status_reason") or ""),
                physical_id=str(row.get("physical_resource_id") or ""),
                needed_by=tuple(row.get("required_by") or ()),
            )
            if href := link(row, "nested"):
                self.nested[ids_of(href)[1]] = key

    def see_plan(self, changes: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
        """Take note of what an update will do, as its preview tells."""
        self.plan = {
            (member.key, action): member
            for change, actions in _ACTIONS.items()
            for member in map(_planned, changes.get(change) or ())
            for action in actions
        }

    def see_event(self, event: Mapping[str, Any], now: float) -> Line:
        """Take note of an event at the moment it happened; return its line."""
        stack_name, stack_id = self.stack_of(event)
        name = str(event["resource_name"])
        status = str(event.get("resource_status") or "")
        reason = str(event.get("resource_status_reason") or "")
        physical_id = str(event.get("physical_resource_id") or "")
        of_stack = name == stack_name and physical_id == stack_id
        if of_stack:
            if stack_id == self.id:
                self.told = True
                if not self.action:
                    self.action = status.partition("_")[0]
                    self.started = min(self.started, now)
        elif not status.startswith("SIGNAL_"):
            self._change((stack_id, name), status, reason, physical_id, now)
        path = self.path_of(stack_id, stack_name)
        line = Line(
            str(event.get("event_time") or ""),
            path if of_stack else f"{path}.{name}",
            status,
            reason,
        )
        self.lines.append(line)
        return line

    def see_places(self, events: Iterable[Mapping[str, Any]]) -> None:
        """Learn where stacks belong that are gone by now, whose rows tell it no more."""
        told = [(self.stack_of(event)[1], event) for event in events]
        stacks = {stack_id for stack_id, _ in told}
        for stack_id, event in told:
            child = str(event.get("physical_resource_id") or "")
            if child in stacks and child not in (stack_id, self.id):
                self.nested.setdefault(child, (stack_id, str(event["resource_name"])))

    def knows(self, event: Mapping[str, Any]) -> bool:
        """Tell whether an event is of a member that was listed."""
        member = self.members.get((self.stack_of(event)[1], str(event["resource_name"])))
        return member is not None and bool(member.type)

    def places(self, event: Mapping[str, Any]) -> bool:
        """Tell whether it is known where the stack of an event belongs."""
        stack_id = self.stack_of(event)[1]
        return stack_id == self.id or stack_id in self.nested

    def path_of(self, stack_id: str, stack_name: str = "") -> str:
        """Return the way from the outermost stack to one nested in it."""
        steps = self.steps_of(stack_id, stack_name)
        return ".".join([self.name, *steps])

    def steps_of(self, stack_id: str, stack_name: str = "") -> list[str]:
        """Return the resources that lead to a nested stack; its name where that is not known."""
        steps: list[str] = []
        while stack_id != self.id:
            key = self.nested.get(stack_id)
            if key is None or len(steps) > 20:
                return [stack_name or stack_id, *reversed(steps)]
            steps.append(key[1])
            stack_id = key[0]
        return steps[::-1]

    def tree(self) -> list[tuple[int, Member]]:
        """Return the members with their depth, each before those nested in it."""
        inside: dict[str, list[Member]] = {}
        for member in list(self.members.values()):
            inside.setdefault(member.key[0], []).append(member)
        child_of = {key: stack for stack, key in list(self.nested.items())}
        found: list[tuple[int, Member]] = []

        def walk(stack_id: str, depth: int) -> None:
            for member in sorted(inside.pop(stack_id, ()), key=_counted):
                found.append((depth, member))
                if (child := child_of.get(member.key)) is not None:
                    walk(child, depth + 1)

        walk(self.id, 0)
        for stack_id in list(inside):
            walk(stack_id, 1)
        return found

    def count(self) -> tuple[int, int]:
        """Return how many members are where they shall be, and how many there are."""
        members = list(self.members.values())
        if self.status.startswith("DELETE_"):
            return sum(m.status == "DELETE_COMPLETE" for m in members), len(members)
        return sum(m.settled for m in members), len(members)

    def remaining(self, now: float) -> float | None:
        """Return the seconds that are probably left, if that can be told."""
        if now - self.started < SOON or not self.status.endswith("_IN_PROGRESS"):
            return None
        return remaining(self._works(now), self.durations)

    def _works(self, now: float) -> Iterator[Work]:
        """Yield what the operation consists of, as far as that is known."""
        action = self.status.partition("_")[0]
        members, heard = dict(self.members), dict(self.tasks)
        found: dict[Task, Member] = {}
        if action in EVERY:
            found = {(key, action): member for key, member in members.items()}
        elif action == "UPDATE" and self.plan is not None:
            there = {self.id, *self.nested}
            found = {task: new for task, new in self.plan.items() if task[0][0] in there}
            found |= {(key, "CREATE"): new for key, new in members.items() if new.waiting}
            found |= {task: members[task[0]] for task in heard if task[0] in members}
        for task, member in found.items():
            began, ended = heard.get(task, (None, None))
            # Rows tell it of what was over before watching began.
            told = action in ONCE and member.status in (f"{action}_COMPLETE", f"{action}_FAILED")
            over = ended is not None or told
            gone = None if began is None else now - began
            kind, needed_by = member.type, member.needed_by
            yield Work(task, kind, needed_by, self.nested.get(task[0][0]), gone, over)

    def reasons(self) -> list[tuple[str, str]]:
        """Return what failed at the bottom of it: the path and the words of each leaf."""
        return [(f"{self.path_of(key[0])}.{key[1]}", words) for key, words in self.leaves()]

    def leaves(self) -> list[tuple[Key, str]]:
        """Return the members that failed by themselves with their words, the first one first."""
        found: dict[Key, str] = dict(self.failures)
        for member in self.members.values():
            if member.failed:
                found.setdefault(member.key, member.reason)
        with_failures = {stack_id for stack_id, _ in found}
        for stack_id, key in self.nested.items():
            if stack_id in with_failures:
                found.pop(key, None)
        own = [(key, words) for key, words in found.items() if "ancelled" not in words]
        return own or list(found.items())

    def key_of(self, row: Mapping[str, Any]) -> Key:
        """Return the key of the member that a row or an event is of."""
        return self.stack_of(row)[1], str(row["resource_name"])

    def stack_of(self, row: Mapping[str, Any]) -> tuple[str, str]:
        """Return the name and id of the stack that a row or an event is of."""
        href = link(row, "stack")
        return ids_of(href) if href else (self.name, self.id)

    def _change(self, key: Key, status: str, reason: str, physical_id: str, now: float) -> None:
        before = self.members.get(key, Member(key))
        action, _, state = status.partition("_")
        if state == "IN_PROGRESS":
            self.tasks[key, action] = now, None
        elif (key, action) in self.tasks:
            began = self.tasks[key, action][0]
            self.tasks[key, action] = began, now
            if state == "COMPLETE" and before.type:
                self.durations.learn(action, before.type, now - began)
        if status.endswith("_FAILED"):
            self.failures[key] = reason
        if status.startswith("DELETE_") and before.physical_id not in ("", physical_id):
            return  # it is gone that was replaced; the member of that name lives on
        working = status.endswith("_IN_PROGRESS")
        self.members[key] = replace(
            before,
            status=status,
            reason=reason,
            physical_id=physical_id,
            began=now if working else before.began,
            ended=None if working else now,
        )


_ACTIONS = {
    "updated": ("UPDATE",),
    "replaced": ("CREATE", "DELETE"),
    "added": ("CREATE",),
    "deleted": ("DELETE",),
}
"""What each kind of change consists of."""


def _planned(entry: Mapping[str, Any]) -> Member:
    key = (str(entry["stack_identity"]["stack_id"]), str(entry["resource_name"]))
    return Member(key, str(entry["resource_type"]), needed_by=tuple(entry["required_by"]))


def _counted(member: Member) -> int:
    """Let the members of a group follow each other as their numbers do."""
    return int(member.name) if member.name.isdecimal() else -1


def link(row: Mapping[str, Any], rel: str) -> str:
    """Return one of the links of a row, or nothing."""
    return next((str(e["href"]) for e in row.get("links") or () if e.get("rel") == rel), "")


def ids_of(href: str) -> tuple[str, str]:
    """Return the name and id of the stack that an address is of."""
    words = urlsplit(href).path.partition("/stacks/")[2].split("/")
    return unquote(words[0]), unquote(words[1]) if len(words) > 1 else ""
