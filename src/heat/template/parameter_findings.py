"""Collects what is wrong with the definition of one parameter."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from heat.base.json import Path
from heat.base.problems import closest, did_you_mean
from heat.template.parameters import ParameterSchema, convert, wrong

T = TypeVar("T")


class Wrong(Exception):
    """One thing wrong in a parameter's definition; ``at`` is within it."""

    def __init__(self, detail: str, cure: str = "", at: Path = ()) -> None:
        super().__init__(detail)
        self.detail, self.cure, self.at = detail, cure, at


class Unsound(Exception):
    """All that is wrong in a parameter's definition."""

    def __init__(self, wrong: Sequence[Wrong]) -> None:
        super().__init__("; ".join(one.detail for one in wrong))
        self.wrong = tuple(wrong)


class Findings:
    """One definition under examination; raises Unsound at once when it is no map.

    ``newer`` are keys that came later, and the first version that has them.
    """

    def __init__(
        self, name: str, raw: Any, keys: Sequence[str], newer: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.wrong: list[Wrong] = []
        self._missed: list[str] = []
        if not isinstance(raw, dict):
            cure = f"write {keys[0]}: TYPE below it, indented"
            raise Unsound([Wrong(f"the parameter {name} must be a map", cure)])
        for key in raw:
            if key not in keys:
                meant = closest(key, keys)
                self._missed += [meant] if meant else []
                cure = did_you_mean(key, keys) or f"the keys are {', '.join(keys)}"
                if newer and key in newer:
                    cure = f"the first version that has it is {newer[key]}"
                self.wrong.append(Wrong(f"{name}: the key {key!r} is unknown", cure, (key,)))

    def attempt(self, read: Callable[[], T], otherwise: T) -> T:
        """Read a part; one that is missing as its key is misspelt was told."""
        try:
            return read()
        except Wrong as found:
            if found.at or not self._missed:
                self.wrong.append(found)
            return otherwise

    def sound(self, schema: ParameterSchema, default: str) -> ParameterSchema:
        """Return what was read; raises Unsound. ``default`` is the key of the default."""
        if not self.wrong:
            self.attempt(lambda: _check_default(schema, default), None)
        if self.wrong:
            raise Unsound(self.wrong)
        return schema


def _check_default(schema: ParameterSchema, key: str) -> None:
    """Refuse a default that breaks a constraint.

    One of the wrong type is wrong only where it is used, but for what can't be a list.
    """
    if schema.default is None:
        return
    cure = "give a default that the parameter allows, or none"
    try:
        value = convert(schema.type, schema.default)
    except ValueError as error:
        if schema.type != "comma_delimited_list":
            return
        raise Wrong(f"the default of {schema.name} is wrong: {error}", cure, (key,)) from None
    if (said := wrong(schema, value)) is not None:
        if schema.hidden:
            detail = f"the default of the hidden parameter {schema.name} breaks a constraint"
            raise Wrong(detail, cure)
        raise Wrong(f"the default of {schema.name} breaks a constraint: {said}", cure, (key,))
