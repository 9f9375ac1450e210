"""In what steps a group of members changes, so many at a time. Pure arithmetic."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from heat.plugin.resource import failed
from heat.plugin.steps import Steps


class Batch(NamedTuple):
    """The members that stand after a step, and those of them that are as wanted by then."""

    members: tuple[str, ...]
    updated: frozenset[str]


def batches(
    present: Sequence[str], names: Sequence[str], target: int, most: int, in_service: int
) -> Iterator[Batch]:
    """Yield the steps from the present members to ``target`` ones that are all as wanted.

    ``names`` are the names that members may have, in order, more than enough of them. At most
    ``most`` members change in a step; at least ``in_service`` that do not change stand beside
    them, so that the group may grow for a while. New members come as wanted; old ones change
    from the last to the first.
    """
    current = list(present)
    updated: set[str] = set()
    while True:
        goal = names[:target]
        left = target - len(updated & set(goal))
        if left <= 0 and current == list(goal):
            return
        least = min(in_service, target, len(current))
        batch = min(most, max(left, 0))
        size = batch + max(min(len(current), target - batch), least)
        members = list(names[:size])
        fresh = [name for name in members if name not in current][:batch]
        old = [name for name in reversed(members) if name in current and name not in updated]
        updated |= {*fresh, *(name for name in members if name not in current)}
        updated |= set(old[: max(batch - len(fresh), 0)])
        updated &= set(members)
        current = members
        yield Batch(tuple(members), frozenset(updated))


def allow_pauses(steps: int, pause: float, timeout: float) -> Steps[None]:
    """Fail at once where the pauses between steps alone would outlast the action."""
    total = max(steps - 1, 0) * pause
    if timeout and total >= timeout:
        said = (
            f"The pauses of the update policy, {pause:g} s between each two of {steps} batches, "
            f"come to {total:g} s, and the stack's action may take {timeout:g} s in all; make the "
            "batches larger, the pauses shorter, or the stack's timeout longer."
        )
        yield from failed(said, "ValueError")
