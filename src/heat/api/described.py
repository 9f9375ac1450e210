"""What a handler takes and answers, said once: requests are read by it, the document shows it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import FieldInfo, fields

H = TypeVar("H", bound=Callable[..., Any])


@dataclass(frozen=True)
class Described:
    """What a request may say, and what is answered.

    ``query`` is a type whose own fields are parameters of the query, but for those that come
    from elsewhere (``but``); ``filters`` are further parameters, which may come again and again.
    ``answer`` is the type of the body that is sent back; None means ``null``. It may also
    come bit by bit, as a stream of another kind (``streams``).
    """

    query: type[Struct] | None = None
    but: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    body: type[Struct] | None = None
    status: int = 200
    answer: Any = None
    streams: str = ""

    def parameters(self) -> tuple[FieldInfo, ...]:
        """Return the fields of the query."""
        return () if self.query is None else _parameters(self.query, self.but)


@cache
def _parameters(query: type[Struct], but: tuple[str, ...]) -> tuple[FieldInfo, ...]:
    base = query.__mro__[1]
    inherited = base.__struct_fields__ if issubclass(base, Struct) else ()
    other = {*inherited, *but, "filters"}
    return tuple(field for field in fields(query) if field.name not in other)


_KNOWN: dict[Callable[..., Any], Described] = {}


def takes(
    *,
    query: type[Struct] | None = None,
    but: tuple[str, ...] = (),
    filters: tuple[str, ...] = (),
    body: type[Struct] | None = None,
    status: int = 200,
    answer: Any = None,
    streams: str = "",
) -> Callable[[H], H]:
    """Say what a handler takes and answers."""

    def describe(handler: H) -> H:
        _KNOWN[handler] = Described(query, but, filters, body, status, answer, streams)
        return handler

    return describe


def described(handler: Callable[..., Any]) -> Described:
    """Return what was said of a handler."""
    return _KNOWN.get(handler, Described())
