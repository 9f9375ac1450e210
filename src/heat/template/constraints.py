"""What the value of a parameter must satisfy."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from heat.base.json import Json
from heat.template.patterns import compile_pattern

CustomCheck: TypeAlias = Callable[[str, Json], str | None]
"""Given a constraint's name and a value, says what is wrong with it, or None."""


def _limits(least: Any, most: Any) -> str:
    given = {"min": least, "max": most}
    return ", ".join(f"{name}: {value}" for name, value in given.items() if value is not None)


def _bounds(least: float | None, most: float | None) -> str:
    if least is not None and most is not None:
        return f"between {least} and {most}"
    return f"at least {least}" if least is not None else f"at most {most}"


@dataclass(frozen=True)
class Length:
    """A number of characters, entries or keys."""

    least: int | None = None
    most: int | None = None
    description: str = ""

    def wrong(self, value: Any) -> str | None:
        """Say what is wrong with a value."""
        if not hasattr(value, "__len__"):
            return "its length can't be told"
        size = len(value)
        if (self.least is not None and size < self.least) or (
            self.most is not None and size > self.most
        ):
            return f"its length is {size}; it must be {_bounds(self.least, self.most)}"
        return None


@dataclass(frozen=True)
class Range:
    """A number's bounds."""

    least: float | None = None
    most: float | None = None
    description: str = ""

    def wrong(self, value: Any) -> str | None:
        """Say what is wrong with a value."""
        if (self.least is not None and value < self.least) or (
            self.most is not None and value > self.most
        ):
            return f"{value} is out of range ({_limits(self.least, self.most)})"
        return None


@dataclass(frozen=True)
class Modulo:
    """A number that is ``offset`` more than a multiple of ``step``."""

    step: int
    offset: int
    description: str = ""

    def wrong(self, value: Any) -> str | None:
        """Say what is wrong with a value."""
        # fmod would keep the sign of the value; the language has Python's remainder.
        if value % self.step == self.offset:
            return None
        return f"{value} is not a multiple of {self.step} with an offset of {self.offset}"


@dataclass(frozen=True)
class AllowedValues:
    """One of these; for a list, every entry is one of these."""

    values: tuple[Any, ...]
    description: str = ""
    written: tuple[Any, ...] = ()

    def wrong(self, value: Any) -> str | None:
        """Say what is wrong with a value."""
        given: Sequence[Any] = value if isinstance(value, list) else [value]
        if all(part in self.values for part in given):
            return None
        allowed = ", ".join(str(v) for v in self.values)
        return f"{value!r} is not an allowed value; allowed are {allowed}"


@dataclass(frozen=True)
class AllowedPattern:
    """Text that a regular expression matches as a whole."""

    pattern: str
    description: str = ""

    def wrong(self, value: Any) -> str | None:
        """Say what is wrong with a value; raises TooSlow."""
        if isinstance(value, str) and compile_pattern(self.pattern).matches_all(value):
            return None
        return f"{value!r} does not match the pattern {self.pattern!r}"


@dataclass(frozen=True)
class Custom:
    """A check by name that somebody else makes: that an image exists, say."""

    name: str
    description: str = ""
    written: Json = None


Constraint: TypeAlias = Length | Range | Modulo | AllowedValues | AllowedPattern | Custom


def number(value: Any) -> int | float:
    """Read a number, or text that is one; raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("it is not a number")  # noqa: TRY004 - one sort of error for all
    if isinstance(value, str) and "_" in value:
        raise ValueError(f"{value!r} is not a number")
    if isinstance(value, int):
        return value
    try:
        return int(value) if isinstance(value, str) else _whole(value)
    except ValueError:
        pass
    try:
        found = float(value)
    except ValueError:
        raise ValueError(f"{value!r} is not a number") from None
    if not math.isfinite(found):
        raise ValueError(f"{value!r} is not a finite number")
    return found


def _whole(value: float) -> float:
    if not math.isfinite(value):
        raise ValueError("it is not a finite number")
    return value
