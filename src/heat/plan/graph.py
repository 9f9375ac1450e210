"""Order in a graph of names."""

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush


class Cycle(Exception):
    """The graph has a loop; ``names`` are its members in order."""

    def __init__(self, names: list[str]) -> None:
        super().__init__(" -> ".join(names))
        self.names = names


def ordered(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """Return the names so that each comes after all it needs; ties keep the given order."""
    position = {name: index for index, name in enumerate(needs)}
    waiting: dict[str, int] = {}
    followers: dict[str, list[str]] = {}
    for name, wanted in needs.items():
        inside = {other for other in wanted if other in position}
        waiting[name] = len(inside)
        for other in inside:
            followers.setdefault(other, []).append(name)
    ready = [position[name] for name, count in waiting.items() if not count]
    heapify(ready)
    names = list(needs)
    found: list[str] = []
    while ready:
        name = names[heappop(ready)]
        found.append(name)
        for follower in followers.get(name, ()):
            waiting[follower] -= 1
            if not waiting[follower]:
                heappush(ready, position[follower])
    if len(found) < len(names):
        raise Cycle(_loop(needs, set(names) - set(found)))
    return found


def _loop(needs: Mapping[str, Iterable[str]], left: set[str]) -> list[str]:
    name = min(left)
    seen: list[str] = []
    while name not in seen:
        seen.append(name)
        name = min(other for other in needs[name] if other in left)
    return [*seen[seen.index(name) :], name]
