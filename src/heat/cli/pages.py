"""Reads lists to their end, a page at a time."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from heat.cli.client import Client

PAGE = 500


def pages(
    client: Client,
    path: str,
    key: str,
    query: Mapping[str, Any] | None = None,
    limit: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the entries of a list, no more than ``limit`` of them."""
    asked = dict(query or {})
    left = limit
    while left is None or left > 0:
        size = PAGE if left is None else min(PAGE, left)
        found = client.get(path, asked | {"limit": size})
        rows: list[dict[str, Any]] = found[key]
        yield from rows if left is None else rows[:left]
        following = _following(found)
        if not rows or (following is None and len(rows) < size):
            return
        asked["marker"] = following or rows[-1]["id"]
        if left is not None:
            left -= len(rows)


def _following(found: Mapping[str, Any]) -> str | None:
    """Return the marker of the next page, where the service names one."""
    for link in found.get("links") or ():
        if link.get("rel") == "next":
            return next(iter(parse_qs(urlsplit(link["href"]).query).get("marker") or ()), None)
    return None
