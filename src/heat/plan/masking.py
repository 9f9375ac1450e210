"""What may be told of values: nothing that is secret, and nothing that hidden parameters hold."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from heat.plugin.resource import Resource

HIDDEN = "******"
SHORT = 4
"""Texts below this length are hidden only where they are all of a value: others would tell them."""


class Mask:
    """Hides some values, wherever they stand in others."""

    def __init__(self, secrets: Iterable[Any] = ()) -> None:
        self._texts = frozenset(text for secret in secrets for text in _texts(secret))
        found = (text for text in self._texts if len(text) >= SHORT)
        self._parts = sorted(found, key=len, reverse=True)

    def __or__(self, other: "Mask") -> "Mask":
        """Return what hides the values of both."""
        return self if not other._texts else Mask((*self._texts, *other._texts))

    def __call__(self, value: Any) -> Any:
        """Return a value without what is to be hidden."""
        if not self._texts:
            return value
        match value:
            case str():
                return self._text(value)
            case Mapping():
                given: Mapping[Any, Any] = value
                return {self(key): self(item) for key, item in given.items()}
            case list() | tuple():
                return [self(item) for item in cast("Sequence[Any]", value)]
            case int() | float() if not isinstance(value, bool) and str(value) in self._texts:
                return HIDDEN
            case _:
                return value

    def properties(self, cls: type[Resource] | None, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the properties of a resource without what is to be hidden."""
        declared = cls.__by_public__ if cls is not None else {}
        secret = {name for name, prop in declared.items() if prop.secret}
        return {
            name: HIDDEN if name in secret and value is not None else self(value)
            for name, value in given.items()
        }

    def _text(self, value: str) -> str:
        if value in self._texts:
            return HIDDEN
        for part in self._parts:
            value = value.replace(part, HIDDEN)
        return value


NOTHING_HIDDEN = Mask()


def _texts(value: Any) -> Iterator[str]:
    """Return the texts in a value; whether something is true is no secret."""
    match value:
        case str() if value:
            yield value
        case bool():
            return
        case int() | float():
            yield str(value)
        case Mapping():
            given: Mapping[Any, Any] = value
            for item in given.values():
                yield from _texts(item)
        case list() | tuple():
            for item in cast("Sequence[Any]", value):
                yield from _texts(item)
        case _:
            return
