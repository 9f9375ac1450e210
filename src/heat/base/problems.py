"""What can be wrong with what a user sent, as data: never raised, always collected."""

from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache

from heat.base.json import Path, shown


@dataclass(frozen=True)
class Place:
    """A position in a text: lines and columns count from 1."""

    file: str
    line: int
    column: int
    text: str = ""

    def __str__(self) -> str:
        """Write it the way editors and compilers do."""
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Problem:
    """One thing wrong.

    ``summary`` is a few words, the same each time, with no user's name in it; ``detail`` is a
    sentence about this very case; ``cure`` says what to do. ``at`` is the path in the document
    (``("resources", "db", "properties", "flavor")``). ``kind`` is the error type that clients of
    the REST API see. ``code`` is stable and documented. ``where`` names the document, and
    ``place`` the position in it, once known.
    """

    summary: str
    at: Path = ()
    detail: str = ""
    cure: str = ""
    code: str = "H700"
    kind: str = "StackValidationFailed"
    where: str = "template"
    place: Place | None = None

    def under(self, *path: str | int) -> "Problem":
        """Return the same problem, seen from further up."""
        return replace(self, at=(*path, *self.at))

    def __str__(self) -> str:
        """Write it on one line."""
        parts = [f"{self.place}: " if self.place else "", self.summary]
        parts += [f": {shown(self.at)}"] if self.at else []
        parts += [f": {self.detail}"] if self.detail else []
        parts += [f" ({self.cure})"] if self.cure else []
        return "".join(parts)

    def shown(self) -> str:
        """Write it as a reader wants it: position, source line with a caret, cure."""
        if self.place is None or not self.place.text:
            return str(self)
        place = self.place
        margin = f"  {place.line} | "
        caret = " " * (len(margin) - 2 + place.column - 1) + "^"
        return f"{self}\n{margin}{place.text}\n  {caret}"


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems as a reader meets them: text by text, by position, each once."""
    found = list(dict.fromkeys(problems))
    documents = {where: n for n, where in enumerate(dict.fromkeys(p.where for p in found))}
    files = {
        file: n for n, file in enumerate(dict.fromkeys(p.place.file for p in found if p.place))
    }

    def key(problem: Problem) -> tuple[int, int, int, int]:
        place = problem.place
        file, line, column = (files[place.file], place.line, place.column) if place else (0, 0, 0)
        return documents[problem.where], file, line, column

    return sorted(found, key=key)


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """Return a cure that names the closest of the known words, or an empty text."""
    close = closest(name, known)
    return f"did you mean {close!r}?" if close is not None else ""


def closest(name: object, known: Iterable[str]) -> str | None:
    """Return the known word that a name is closest to, if it is close to any."""
    words, text = tuple(known), str(name)
    if len(text) > _LONGEST:
        return None
    near = words if len(words) <= _FEW else _neighbours(text, words)
    if close := get_close_matches(text, near, n=1, cutoff=0.6):
        return close[0]
    return {word.casefold(): word for word in near}.get(text.casefold())


_LONGEST, _FEW, _EACH_SIDE = 60, 50, 5
"""Comparing takes long: ten thousand misspelt names among as many others would take minutes."""


def _neighbours(text: str, words: tuple[str, ...]) -> list[str]:
    """Return the words that begin like a text, that end like it, and those that only shout it."""
    forwards, backwards, folded = _ordered(words)
    found = [*_around(text, forwards), *(word[::-1] for word in _around(text[::-1], backwards))]
    found += folded.get(text.casefold(), ())
    return list(dict.fromkeys(found))


def _around(text: str, ordered: Sequence[str]) -> Sequence[str]:
    at = bisect(ordered, text)
    return ordered[max(0, at - _EACH_SIDE) : at + _EACH_SIDE]


@lru_cache(maxsize=8)
def _ordered(
    words: tuple[str, ...],
) -> tuple[Sequence[str], Sequence[str], Mapping[str, tuple[str, ...]]]:
    """Order words by their beginnings and by their ends; kept, for names are misspelt in flocks."""
    folded = {word.casefold(): (word,) for word in words}
    return sorted(words), sorted(word[::-1] for word in words), folded
