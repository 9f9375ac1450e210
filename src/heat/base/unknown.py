"""A value that is not known before the cloud has made something."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Unknown:
    """Stands for a value, or a part of one, that depends on resources not made yet.

    ``of`` names what it waits for, as a reader would write it: ``server.first_address``.
    """

    of: frozenset[str] = frozenset()

    def __or__(self, other: "Unknown") -> "Unknown":
        """Return a value that waits for both."""
        return Unknown(self.of | other.of)

    def __str__(self) -> str:
        """Show it as plans do."""
        return f"(known after: {', '.join(sorted(self.of)) or 'apply'})"


_PLAIN = frozenset((str, int, float, bool, type(None), bytes))


def unknowns(value: Any) -> Unknown | None:
    """Collect what a value, at any depth, still waits for; None when all of it is known."""
    found: Unknown | None = None
    left = [value]
    while left:
        part = left.pop()
        if type(part) in _PLAIN:
            continue
        if isinstance(part, Unknown):
            found = part if found is None else found | part
        elif isinstance(part, Mapping):
            left.extend(part.values())
        elif isinstance(part, Sequence) and not isinstance(part, str | bytes):
            left.extend(part)
    return found
