"""How long an operation has still to go, from how long the like of it took."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from heat.cli.progress import Member

COUNTABLE = ("CREATE", "DELETE", "SUSPEND", "RESUME", "CHECK", "SNAPSHOT")
"""The actions that come to every member; which an update comes to is not known here."""
SOON = 2.0
"""Seconds before which nothing is foretold."""


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
        """Return the mean for a type, or for the action where the type is new."""
        found = self.sums.get((action, kind))
        if found is not None:
            return found[0] / found[1]
        same = [value for (known, _), value in self.sums.items() if known == action]
        count = sum(many for _, many in same)
        return sum(total for total, _ in same) / count if count else None

    def learn_from(self, events: Iterable[Mapping[str, Any]], types: Mapping[str, str]) -> None:
        """Take note of what happened before, oldest first, to resources of these types."""
        begun: dict[tuple[str, str], datetime] = {}
        for event in events:
            name = str(event["resource_name"])
            action, _, status = str(event["resource_status"]).partition("_")
            try:
                moment = datetime.fromisoformat(str(event["event_time"]))
            except ValueError:
                continue
            if status == "IN_PROGRESS":
                begun[name, action] = moment
            elif status == "COMPLETE" and name in types and (name, action) in begun:
                seconds = (moment - begun.pop((name, action))).total_seconds()
                self.learn(action, types[name], seconds)


def remaining(
    members: Iterable["Member"], status: str, durations: Durations, elapsed: float, now: float
) -> float | None:
    """Return the seconds an operation has probably still to go; None when that can't be told."""
    action, _, state = status.partition("_")
    if action not in COUNTABLE or state != "IN_PROGRESS" or elapsed < SOON:
        return None
    done = left = longest = 0.0
    for member in members:
        usual = durations.expected(action, member.type)
        if usual is None:
            return None
        if member.status == f"{action}_COMPLETE":
            done += usual
        elif not member.failed:
            gone = member.elapsed(now) if member.working else None
            own = max(usual - (gone or 0.0), 0.0)
            left += own
            longest = max(longest, own)
    # As much goes on side by side as did until now; no less than the longest one is left.
    return max(left * elapsed / done, longest) if done > 0 else None
