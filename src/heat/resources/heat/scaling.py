"""How large a group becomes, and in what steps its members change. Pure arithmetic."""

from base64 import b32encode
from collections.abc import Collection, Iterator, Sequence
from hashlib import blake2b
from itertools import count, islice
from math import ceil, floor
from typing import NamedTuple

CHANGE, EXACT, PERCENT = (
    "change_in_capacity",
    "exact_capacity",
    "percent_change_in_capacity",
)


class Round(NamedTuple):
    """The members that stand after a step, and those of them that are still as they were."""

    members: tuple[str, ...]
    outdated: frozenset[str]


def adjusted(size: int, kind: str, by: float, least: int | None = None) -> int:
    """Return the size that an adjustment leads to, before any limits.

    A part of a member counts as a whole one only when there is nothing else; ``least`` is the
    smallest step of a percentage.
    """
    if kind == EXACT:
        return int(by)
    return size + (_percent(size * by / 100, least) if kind == PERCENT else int(by))


def _percent(step: float, least: int | None) -> int:
    if step and least and abs(step) < least:
        return least if step > 0 else -least
    away = abs(step) < 1
    return ceil(step) if (step > 0) == away else floor(step)


def within(size: int, lowest: int, highest: int) -> int:
    """Return the size nearest to the wanted one that the limits allow."""
    return max(lowest, min(size, highest))


def fresh_names(seed: str) -> Iterator[str]:
    """Yield names that nobody else has, the same again from the same seed."""
    for number in count():
        made = blake2b(f"{seed} {number}".encode(), digest_size=8).digest()
        yield b32encode(made).decode().lower()[:12]


def resized(members: Sequence[str], size: int, fresh: Iterator[str]) -> list[str]:
    """Return so many members: the first ones go, new ones come last."""
    kept = members[max(len(members) - size, 0) :]
    return [*kept, *islice(fresh, size - len(kept))]


def rounds(
    members: Sequence[str],
    outdated: Collection[str],
    most: int,
    in_service: int,
    fresh: Iterator[str],
) -> Iterator[Round]:
    """Yield the steps after which no member is outdated, and there are as many as before.

    At most ``most`` members change in a step, the first ones first; at least ``in_service`` that
    do not change stand beside them, so that the group may grow for a while. What is too many in
    the end goes: outdated members before others.
    """
    target, current = len(members), list(members)
    left = [name for name in members if name in outdated]
    while left or len(current) != target:
        least = min(in_service, target, len(current))
        batch = min(most, max(target - (len(current) - len(left)), 0))
        size = batch + max(min(len(current), target - batch), least)
        made = list(islice(fresh, max(size - len(current), 0)))
        surplus = max(len(current) - size, 0)
        going = [*left, *(name for name in current if name not in left)][:surplus]
        left = [name for name in left if name not in going][max(batch - len(made), 0) :]
        current = [name for name in [*current, *made] if name not in going]
        yield Round(tuple(current), frozenset(left))
