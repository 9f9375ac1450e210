"""How long an operation has still to go, from how long the like of it took.

What an operation consists of are its works: an action on a member each. How they wait for each
other tells the longest way to the end; what goes on side by side takes no time of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from graphlib import CycleError, TopologicalSorter
from typing import Any

Key = tuple[str, str]
"""A stack's id and a resource's name."""
Task = tuple[Key, str]
"""A member and the action that comes to it."""

EVERY = ("CREATE", "DELETE", "SUSPEND", "RESUME", "CHECK", "SNAPSHOT")
"""The actions that come to every member; what an update comes to, its plan says."""
ONCE = ("CREATE", "DELETE")
"""Those that come to a member no more than once."""
BACKWARDS = ("DELETE", "SUSPEND")
"""The actions that begin with what nothing else needs."""
SOON = 2.0
"""Seconds before which nothing is foretold."""
LEAST = 0.5
"""Seconds that are not worth telling."""
OVERDUE = 2.0
"""As many times as long as usual may something take before nobody can tell when it will end."""


@dataclass
class Durations:
    """How long each action took for each type of resource."""

    sums: dict[tuple[str, str], tuple[float, int]] = field(
        default_factory=dict[tuple[str, str], tuple[float, int]]
    )

    def learn(self, action: str, kind: str, seconds: float) -> None:
        """Take note of one."""
        total, count = self.sums.get((action, kind), (0.0, 0))
        self.sums[action, kind] = total + seconds, count + 1

    def expected(self, action: str, kind: str) -> float | None:
        """Return the mean; None for a type to which that never happened."""
        total, count = self.sums.get((action, kind), (0.0, 0))
        return total / count if count else None

    def learn_from(
        self, events: Iterable[tuple[Key, Mapping[str, Any]]], types: Mapping[Key, str]
    ) -> None:
        """Take note of what happened before, oldest first, to members of these types."""
        begun: dict[Task, datetime] = {}
        for key, event in events:
            action, _, status = str(event["resource_status"]).partition("_")
            try:
                moment = datetime.fromisoformat(str(event["event_time"]))
            except ValueError:
                continue
            if status == "IN_PROGRESS":
                begun[key, action] = moment
            elif status == "COMPLETE" and key in types and (key, action) in begun:
                seconds = (moment - begun.pop((key, action))).total_seconds()
                self.learn(action, types[key], seconds)


@dataclass(frozen=True)
class Work:
    """One thing that an operation has to do, or has done."""

    task: Task
    type: str
    needed_by: tuple[str, ...] = ()
    """The members of the same stack that need this one."""
    within: Key | None = None
    """The resource that its stack belongs to, if that is nested."""
    gone: float | None = None
    """Seconds since it began."""
    over: bool = False

    @property
    def stack(self) -> str:
        """Return the id of its stack."""
        return self.task[0][0]

    @property
    def backwards(self) -> bool:
        """Tell whether it waits for what needs its member."""
        return self.task[1] in BACKWARDS

    def left(self, durations: Durations) -> float | None:
        """Return the seconds that it needs by itself; None if that can't be told."""
        if self.over:
            return 0.0
        usual = durations.expected(self.task[1], self.type)
        gone = self.gone or 0.0
        if usual is None or gone > max(OVERDUE * usual, SOON):
            return None
        return max(usual - gone, 0.0)


def remaining(works: Iterable[Work], durations: Durations) -> float | None:
    """Return the seconds until all is done; None when that can't be told, or is no time."""
    by_task = {work.task: work for work in works}
    holders = {work.within for work in by_task.values()}
    graph = _graph(by_task)
    ends: dict[_Point, float] = {}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError:
        return None
    for point in order:
        word, what = point
        earlier = max((ends[other] for other in graph.get(point, ())), default=0.0)
        if word == _BEGINS:
            work = by_task[what]
            ends[point] = 0.0 if work.over or work.gone is not None else earlier
        elif word == _ENDS:
            work = by_task[what]
            # What stands for a nested stack takes as long as what is in that.
            own = 0.0 if work.task[0] in holders else work.left(durations)
            if own is None:
                return None
            ends[point] = max(earlier, ends[_BEGINS, what] + own)
        else:
            ends[point] = earlier
    seconds = max(ends.values(), default=0.0)
    return seconds if seconds >= LEAST else None


_Point = tuple[str, Any]
_BEGINS, _ENDS, _MADE = "begins", "ends", "made"
"""When a task begins and ends, and when all of a stack is made that an update makes."""


def _graph(by_task: Mapping[Task, Work]) -> dict[_Point, set[_Point]]:
    """Return what each point in time comes after."""
    graph: dict[_Point, set[_Point]] = {}
    tasks: dict[Key, list[Task]] = {}
    for task in by_task:
        tasks.setdefault(task[0], []).append(task)
        graph[_BEGINS, task] = set()
        graph[_ENDS, task] = {(_BEGINS, task)}
    for task, work in by_task.items():
        made = (_MADE, work.stack)
        if work.backwards:
            # Only in an update is there both: what is let go goes when all else is done.
            graph[_BEGINS, task].add(made)
            graph.setdefault(made, set())
        else:
            graph.setdefault(made, set()).add((_ENDS, task))
        for name in work.needed_by:
            for other in tasks.get((work.stack, name), ()):
                if by_task[other].backwards != work.backwards:
                    continue
                first, then = (other, task) if work.backwards else (task, other)
                graph[_BEGINS, then].add((_ENDS, first))
        for holder in tasks.get(work.within, ()) if work.within else ():
            graph[_BEGINS, task].add((_BEGINS, holder))
            graph[_ENDS, holder].add((_ENDS, task))
    return graph
