"""Regular expressions of users: they mean what Python's own mean, and end in bounded time.

A backtracking matcher can take ages over a few characters, and the standard library's can't be
stopped. The ``regex`` package backtracks in the same way but heeds a timeout. It also knows more
syntax than the standard library; those few spellings are written so that it takes them literally.
"""

import re
from functools import lru_cache
from typing import Any, Protocol, cast

TIMEOUT = 0.5
"""Seconds of processor time that one match may take."""
MAX_PATTERN = 10_000
_REPEATS = re.compile(r"\{(\d*,\d*|\d+)\}")


class TooSlow(ValueError):
    """A pattern and a text take each other more time than allowed."""

    def __init__(self, pattern: str) -> None:
        shown = pattern if len(pattern) <= 80 else f"{pattern[:80]}..."
        super().__init__(
            f"the pattern {shown!r} takes too long to match: write it without repeats inside of "
            "repeats, such as (a+)+"
        )


class Match(Protocol):
    """What was found."""

    def end(self) -> int:
        """Return where it ends."""
        ...


class Pattern:
    """A compiled pattern; its methods raise TooSlow."""

    def __init__(self, text: str, compiled: Any) -> None:
        self.text, self._compiled = text, compiled

    def match(self, value: str) -> Match | None:
        """Find the pattern at the start of a text."""
        return cast("Match | None", self.run("match", value))

    def matches_all(self, value: str) -> bool:
        """Tell whether the first way to match covers the whole text."""
        found = self.match(value)
        return found is not None and found.end() == len(value)

    def run(self, method: str, *given: Any, **more: Any) -> Any:
        """Call a method of the compiled pattern."""
        try:
            return getattr(self._compiled, method)(*given, **more, timeout=TIMEOUT)
        except TimeoutError:
            raise TooSlow(self.text) from None


@lru_cache(maxsize=512)
def compile_pattern(text: str, flags: int = 0) -> Pattern:
    """Compile a pattern; raises ValueError that says what is wrong with it."""
    if len(text) > MAX_PATTERN:
        raise ValueError(f"it has {len(text)} characters; {MAX_PATTERN} are allowed")
    import regex  # takes long, and few templates have a pattern

    plain = _as_python_reads(text)
    try:
        re.compile(plain, flags)
        return Pattern(text, regex.compile(plain, flags | regex.VERSION0, cache_pattern=False))
    except (re.error, regex.error, OverflowError) as error:
        raise ValueError(f"the pattern is not a regular expression: {error}") from None
    except (RecursionError, MemoryError):
        raise ValueError("the pattern is not a regular expression: it nests too deeply") from None


def _as_python_reads(text: str) -> str:
    """Escape what would be more than the standard library takes it for.

    Outside of a set that is a brace that no repeat begins with; inside, a bracket (which may
    begin a class by name) and doubled operators (which may combine sets).
    """
    written: list[str] = []
    at, in_set, first = 0, False, False
    while at < len(text):
        here = text[at]
        if here == "\\":
            # A name of a character keeps its braces.
            end = text.find("}", at) + 1 if text.startswith("\\N{", at) else 0
            end = end or at + 2
            written.append(text[at:end])
            at, first = end, False
            continue
        if in_set:
            if here == "]" and not first:
                in_set = False
            elif here == "[" or (here in "&|~" and text[at : at + 2] == here * 2):
                written.append("\\")
            first = here == "^" and text[at - 1] == "[" and first
        elif here == "[":
            in_set = first = True
        elif here == "{" and not _REPEATS.match(text, at):
            written.append("\\")
        written.append(here)
        at += 1
    return "".join(written)
