"""``Fn::ForEach``: writes out what a template says once for each value of a list.

``Fn::ForEach::LOOP: [NAME, [VALUE...], {KEY: BODY}]`` stands in a map and puts one entry into it
for each value, with the value in the place of ``${NAME}`` (``&{NAME}``: its letters and digits)
and of ``{Ref: NAME}``. It works on the template's map before anything is compiled, so that all
the rest of the language sees ordinary entries. A list that comes from parameters waits for them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from heat.base.errors import Invalid
from heat.base.json import Path
from heat.base.problems import Problem
from heat.base.unknown import Unknown
from heat.template.codes import problem
from heat.template.functions.shapes import describe

PREFIX = "Fn::ForEach::"
MAX_WRITTEN = 200_000
_SECTIONS = ("Conditions", "Resources", "Outputs")
_LIKE = f"write {PREFIX}LOOP: [NAME, [VALUE...], {{KEY: BODY}}]"


@dataclass
class Expansion:
    """A template's map with its loops written out.

    ``origins`` leads from the path of an entry to where the template wrote it; ``waiting`` are
    the sections with loops whose values are not known yet: these loops are left out.
    """

    raw: Mapping[str, Any]
    origins: dict[Path, Path] = field(default_factory=dict[Path, Path])
    problems: list[Problem] = field(default_factory=list[Problem])
    waiting: set[str] = field(default_factory=set[str])


def expand(raw: Mapping[str, Any], values: Callable[[Any, Path], Any]) -> Expansion:
    """Write all loops out; ``values`` computes what a loop runs over, and raises Invalid."""
    expansion = Expansion(raw)
    writing = _Writing(expansion, values)
    try:
        written = {
            name: writing.walk(raw[name], (name,), (name,)) for name in _SECTIONS if name in raw
        }
    except _TooMuch as much:
        detail = f"the loops come to more than {MAX_WRITTEN} values"
        expansion.problems.append(problem("H215", much.at, detail, "use shorter lists"))
        written = {name: {} for name in _SECTIONS if name in raw}
        expansion.waiting |= set(written)
    expansion.raw = {**raw, **written}
    return expansion


def written(raw: Any, at: Path) -> Any:  # noqa: ARG001
    """Return the values of a loop whose list is written out; Unknown for any other."""
    parts = raw if isinstance(raw, list) else [raw]
    return Unknown() if any(isinstance(part, dict | list) for part in parts) else raw


class _TooMuch(Exception):
    def __init__(self, at: Path) -> None:
        super().__init__()
        self.at = at


class _Writing:
    """One walk over a template's map."""

    def __init__(self, expansion: Expansion, values: Callable[[Any, Path], Any]) -> None:
        self.expansion, self.values = expansion, values
        parameters: Any = expansion.raw.get("Parameters")
        self.parameters: set[str] = set(parameters) if isinstance(parameters, dict) else set()
        self.size = 0
        self.told: set[Path] = set()

    def walk(self, value: Any, new: Path, old: Path) -> Any:
        """Return a value without loops; it stands at ``new`` and was written at ``old``."""
        if isinstance(value, list):
            return [self.walk(part, (*new, n), (*old, n)) for n, part in enumerate(value)]
        if not isinstance(value, dict):
            return value
        into: dict[str, Any] = {}
        for key, part in value.items():
            if key.startswith(PREFIX):
                self._loop(part, into, new, (*old, key))
            else:
                self._put(key, part, into, new, (*old, key))
        return into

    def _put(self, key: str, value: Any, into: dict[str, Any], new: Path, old: Path) -> None:
        if key in into:
            self._wrong(old, f"a loop makes a second {key!r}", "use ${NAME} in its key")
            return
        into[key] = self.walk(value, (*new, key), old)

    def _loop(self, raw: Any, into: dict[str, Any], new: Path, old: Path) -> None:
        if not isinstance(raw, list) or len(raw) != 3:
            self._wrong(old, "a loop is a list of three", _LIKE)
            return
        name, over, body = raw
        if not isinstance(name, str) or not name or not isinstance(body, dict):
            self._wrong(old, "a loop has a name for its values, and a map as its body", _LIKE)
            return
        if name in self.parameters:
            self._wrong((*old, 0), f"{name} is a parameter", "give the loop's values another name")
            return
        for word in self._words(over, (*old, 1)):
            for key, part in body.items():
                filled = self._fill(part, name, word, (*old, 2))
                if key.startswith(PREFIX):
                    self._loop(filled, into, new, (*old, 2, key))
                    continue
                made = _filled(key, name, word)
                self.expansion.origins.setdefault((*new, made), (*old, 2, key))
                self._put(made, filled, into, new, (*old, 2, key))

    def _words(self, over: Any, at: Path) -> list[str]:
        try:
            values = self.values(over, at)
        except Invalid as invalid:
            self.expansion.problems += invalid.problems
            values = Unknown()
        if isinstance(values, Unknown):
            self.expansion.waiting.add(str(at[0]))
            return []
        if not isinstance(values, list):
            self._wrong(at, f"a loop runs over a list, not {describe(values)}", _LIKE)
            return []
        words: list[str] = []
        for value in values:
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                self._wrong(at, f"a loop's value must be text, not {describe(value)}", _LIKE)
            elif "${" in str(value) or "&{" in str(value):
                # It would be read as a part of the template.
                self._wrong(at, "a loop's value may not hold a placeholder", "take it out")
            else:
                words.append(str(value))
        return words

    def _fill(self, value: Any, name: str, word: str, at: Path) -> Any:
        """Put a value in the place of its name."""
        self.size += 1
        if self.size > MAX_WRITTEN:
            raise _TooMuch(at)
        if isinstance(value, str):
            return _filled(value, name, word)
        if isinstance(value, list):
            return [self._fill(part, name, word, at) for part in value]
        if isinstance(value, dict):
            if value == {"Ref": name}:
                return word
            return {
                _filled(key, name, word): self._fill(part, name, word, at)
                for key, part in value.items()
            }
        return value

    def _wrong(self, at: Path, detail: str, cure: str) -> None:
        # What is wrong with a loop is wrong each time; within another loop, many times.
        loop = tuple(step for step in at if str(step).startswith(PREFIX))
        if loop not in self.told:
            self.told.add(loop)
            self.expansion.problems.append(problem("H215", at, detail, cure))


def _filled(text: str, name: str, word: str) -> str:
    plain = "".join(letter for letter in word if letter.isalnum())
    return text.replace(f"${{{name}}}", word).replace(f"&{{{name}}}", plain)
