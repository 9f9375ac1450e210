"""How much a template may make while its values are computed.

A few lines can ask for more than any machine holds: lists crossed with lists, texts put into
texts. So functions say what they are about to make: each call may make only so much, and so may
all calls of one value together. What is only handed on, such as a parameter, is not counted.
"""

from dataclasses import dataclass
from typing import Any, Final

from heat.template.expressions import Bad, Scope

MAX_TEXT = 4 * 1024 * 1024
"""Characters of a text that one call makes."""
MAX_VALUES = 200_000
"""Values that one call makes, those in lists and maps included."""
VALUE_WORK = 16
"""How many characters a value counts for."""
MAX_NUMBER_BITS = 10_000


@dataclass
class QueryLimits:
    """What an operator may set: items that one iteration goes over, and bytes of one value."""

    iterators: int = 200
    memory: int = 10_000


QUERIES: Final = QueryLimits()
"""The limits of queries in this process; heat.conf's section [yaql] sets them at its start."""


def make_text(scope: Scope, characters: int) -> None:
    """Count a text that is about to be made; raises Bad when it is too much."""
    if characters > MAX_TEXT:
        _refuse(f"the text would have {characters} characters; {MAX_TEXT} are allowed")
    work(scope, characters)


def make_values(scope: Scope, values: int) -> None:
    """Count values that are about to be made; raises Bad when they are too many."""
    if values > MAX_VALUES:
        _refuse(f"it would make {values} values; {MAX_VALUES} are allowed")
    work(scope, values * VALUE_WORK)


def work(scope: Scope, amount: int) -> None:
    """Count work that costs as much as a text of so many characters."""
    scope.budget.left -= amount
    if scope.budget.left < 0:
        _refuse("the calls in this value make too much together")


def count_values(value: Any) -> int:
    """Return how many values there are in one, itself included."""
    count, left = 0, [value]
    while left:
        part = left.pop()
        count += 1
        if isinstance(part, dict):
            left += part.values()
        elif isinstance(part, list):
            left += part
    return count


def _refuse(detail: str) -> None:
    raise Bad(detail, "make it of shorter texts and lists", code="H304")
