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


def unknowns(value: Any) -> Unknown | None:
    """Collect what a value, at any depth, still waits for; None when all of it is known."""
    found: Unknown | None = None
    match value:
        case Unknown():
            return value
        case str() | bytes():
            return None
        case Mapping():
            parts: Any = value.values()  # pyright: ignore[reportUnknownMemberType]
        case Sequence():
            parts = value  # pyright: ignore[reportUnknownVariableType]
        case _:
            return None
    for part in parts:
        if (waits := unknowns(part)) is not None:
            found = waits if found is None else found | waits
    return found
