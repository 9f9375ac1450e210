"""From the bytes of a request to a JSON object, whoever sends them and whatever they hold."""

import json
import re
from typing import Any, TypeVar

import falcon
import msgspec
from msgspec import Struct

from heat.api.faults import bad_request, not_json
from heat.base.errors import Invalid

T = TypeVar("T", bound=Struct)

DEPTH = 100
"""Levels of lists and maps in a body: as many as a template may have."""


def body(request: falcon.Request, limit: int, *, kinds: bool = True) -> dict[str, Any]:
    """Return the JSON object that was sent; {} when there is none.

    With ``kinds`` it must be said to be JSON, or text, or nothing.
    """
    text = _read(request, limit)
    if not text.strip():
        return {}
    kind = (request.content_type or "").partition(";")[0].strip().lower()
    if kinds and kind not in _KINDS:
        raise bad_request(
            f"The body of the request is said to be {kind[:80]}; send JSON, as application/json."
        )
    try:
        decoded = msgspec.json.decode(text)
        json.loads(text, object_pairs_hook=_refuse_twice)
    except RecursionError:
        raise _too_deep() from None
    except (msgspec.MsgspecError, ValueError):
        raise not_json(text) from None
    if decoded is None:
        return {}
    if not isinstance(decoded, dict):
        raise bad_request("The body of the request must be a JSON object.")
    _check(decoded)
    return decoded


_KINDS = ("", "application/json", "text/plain")


def typed(given: dict[str, Any], kind: type[T]) -> T:
    """Return a body as a value of its type; says which member does not fit, and what would."""
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise bad_request(_in_words(str(error))) from None


def _read(request: falcon.Request, limit: int) -> bytes:
    length = request.content_length
    if length is not None and length > limit:
        raise _too_large(limit)
    # In chunks there is no length; the server says whether the stream has an end of its own.
    ends = length is None and request.env.get("wsgi.input_terminated")
    stream: Any = request.stream if ends else request.bounded_stream
    text: bytes = stream.read(limit + 1)
    if len(text) > limit:
        raise _too_large(limit)
    return text


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise bad_request(f"The body of the request has {twice[:80]!r} twice in one object.")
    return found


def _check(decoded: Any) -> None:
    """Refuse what no database keeps, and what is nested too deeply."""
    level = [decoded]
    for _ in range(DEPTH):
        below: list[Any] = []
        for value in level:
            match value:
                case dict():
                    below += value.keys()
                    below += value.values()
                case list():
                    below += value
                case str() if "\0" in value:
                    raise bad_request("A text of the request holds the character U+0000.")
                case _:
                    pass
        if not below:
            return
        level = below
    raise _too_deep()


def _too_deep() -> Invalid:
    return bad_request(f"The body of the request has more than {DEPTH} levels of lists and maps.")


def _too_large(limit: int) -> Invalid:
    return Invalid(
        f"The request is larger than the {limit} bytes allowed.", kind="RequestLimitExceeded"
    )


_WORDS = {
    "str": "text",
    "object": "a map",
    "array": "a list",
    "int": "an integer",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
}
_SAID = re.compile(
    r"Expected `(?P<wanted>[^`]+)`, got `(?P<got>[^`]+)`(?: - at `\$\.?(?P<at>.*)`)?"
)
_SIZED = re.compile(
    r"Expected `(?P<kind>\w+)` of length (?P<sign><=|>=) (?P<count>\d+) - at `\$\.(?P<at>.*)`"
)


def _in_words(message: str) -> str:
    """Say what a decoder complains of as somebody would who does not know the decoder."""
    if found := _SAID.fullmatch(message):
        wanted = [_WORDS.get(word, word) for word in found["wanted"].split(" | ")]
        at = re.sub(r"\[\.\.\.\]$", "", found["at"] or "") or "The body"
        inside = "each entry of " if (found["at"] or "").endswith("[...]") else ""
        got = _WORDS.get(found["got"], found["got"])
        return f"{inside}{at} must be {' or '.join(w for w in wanted if w != 'null')}, not {got}."
    if size := _SIZED.fullmatch(message):
        most = "at most" if size["sign"] == "<=" else "at least"
        things = "characters" if size["kind"] == "str" else "entries"
        return f"{size['at']} must have {most} {size['count']} {things}."
    if missing := re.search(r"missing required field `([^`]+)`", message):
        return f"{missing[1]} is missing in the body of the request: give it."
    if unknown := re.search(r"contains unknown field `([^`]+)`", message):
        return f"{unknown[1]} is not known in the body of this request: take it out."
    return message
