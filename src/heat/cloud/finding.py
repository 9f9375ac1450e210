"""From a name or an id to the id of exactly one object."""

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from heat.base.errors import Permanent
from heat.plugin.steps import Call, Finder, Reply

Send = Callable[[Call], Reply]

_NOT_AN_ID = (400, 403, 404)
"""What services answer to an id that is none: malformed, hidden, or unknown."""

_PAGE = 1000


def find(send: Send, finder: Finder, value: str) -> str:
    """Return the id of the one object with this id, else with this name."""
    refused: Permanent | None = None
    item_id = _item_id(finder, value)
    if finder.by_name_only and finder.lists:
        if any(True for _ in _named(send, finder, value, None)):
            return value
    elif "/" not in item_id:
        try:
            path = f"{finder.path}/{quote(item_id, safe='')}"
            item = _unwrapped(finder, send(_get(finder, path)))
        except Permanent as fault:
            if fault.status not in _NOT_AN_ID:
                raise
            refused = fault
        else:
            return value if finder.by_name_only else str(item.get(finder.id_field, value))
    if finder.by_name_only:
        raise missing(finder, value)
    found = {str(item[finder.id_field]) for item in _named(send, finder, value, refused)}
    if len(found) > 1:
        raise ambiguous(finder, value, found)
    if not found:
        raise missing(finder, value)
    return found.pop()


def missing(finder: Finder, value: str) -> Permanent:
    """Return the fault for what is not there."""
    return Permanent(
        f"The {_kind(finder)} ({value}) could not be found.",
        service=finder.service,
        request=f"GET {finder.path}",
        status=404,
        kind="EntityNotFound",
    )


def ambiguous(finder: Finder, value: str, found: set[str]) -> Permanent:
    """Return the fault for a name that more than one object has."""
    return Permanent(
        f"More than one {_kind(finder)} has the name {value}: {', '.join(sorted(found))}. "
        "Give the id of one of them.",
        service=finder.service,
        request=f"GET {finder.path}",
        status=409,
        kind="PhysicalResourceNameAmbiguity",
    )


def _named(
    send: Send, finder: Finder, value: str, refused: Permanent | None
) -> Iterator[dict[str, Any]]:
    query = dict(finder.query)
    if finder.name_filter:
        query[finder.name_field] = _name_pattern(finder, value)
    else:
        query["limit"] = str(_PAGE)
    path = finder.lists or finder.path
    while True:
        try:
            reply = send(_get(finder, path, query))
        except Permanent as fault:
            # Who may neither see the item nor list its kind is told of the item.
            raise (refused if refused and refused.status == fault.status else fault) from None
        items: list[dict[str, Any]] = list(reply.get(finder.plural) or ())
        yield from (item for item in items if item.get(finder.name_field) == value)
        if finder.name_filter or len(items) < _PAGE:
            return
        query["marker"] = str(items[-1][finder.id_field])


def _item_id(finder: Finder, value: str) -> str:
    # Barbican calls its objects by their addresses; the endpoint is known already.
    return value.rsplit("/", 1)[-1] if finder.service == "key-manager" else value


def _name_pattern(finder: Finder, value: str) -> str:
    # Nova takes the name of a server as a regular expression, anchored nowhere.
    if finder.service == "compute" and finder.path == "/servers":
        return f"^{re.escape(value)}$"
    return value


def _unwrapped(finder: Finder, reply: Reply) -> Reply:
    return reply if finder.bare else reply.get(finder.key) or {}


def _get(finder: Finder, path: str, query: dict[str, str] | None = None) -> Call:
    return Call(finder.service, "GET", path, query=query or {}, microversion=finder.microversion)


def _kind(finder: Finder) -> str:
    return finder.label or finder.key.replace("_", " ").title()
