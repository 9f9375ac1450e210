"""How much a template may ask for while its values are computed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from heat.template.expressions import Bad

MAX_MADE_TEXT = 4 * 1024 * 1024
"""Characters of a text that one call makes."""
MAX_MADE_VALUES = 200_000
"""Values that one call makes, those in lists and maps included."""
MAX_NUMBER_BITS = 10_000


@dataclass
class QueryLimits:
    """What an operator may set: items that one iteration goes over, and bytes of one value."""

    iterators: int = 200
    memory: int = 10_000


QUERIES: Final = QueryLimits()
"""The limits of queries in this process; heat.conf's section [yaql] sets them at its start."""


def check_text(sizes: Iterable[int]) -> None:
    """Refuse to make a text of parts that have these sizes."""
    if (size := sum(sizes)) > MAX_MADE_TEXT:
        raise Bad(
            f"the text it makes would have {size} characters; {MAX_MADE_TEXT} are allowed",
            "make it of less",
            code="H304",
        )


def check_values(count: int) -> None:
    """Refuse to make this many values."""
    if count > MAX_MADE_VALUES:
        raise Bad(
            f"it would make {count} values; {MAX_MADE_VALUES} are allowed",
            "make it of less",
            code="H304",
        )


def size_of(value: Any) -> tuple[int, int]:
    """Return how many values there are in one, itself included, and how many characters."""
    count, characters, left = 0, 0, [value]
    while left:
        part = left.pop()
        count += 1
        if isinstance(part, str):
            characters += len(part)
        elif isinstance(part, dict):
            characters += sum(map(len, part))
            left += part.values()
        elif isinstance(part, list):
            left += part
    return count, characters
