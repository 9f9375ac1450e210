"""The addresses of things, made from the host that the request came to."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode


class Links:
    """Addresses below one base: ``http://host:8004/v1``."""

    def __init__(self, base: str) -> None:
        self._base = base
        self._known: dict[str, str] = {}

    def stack(self, stack: Mapping[str, Any]) -> str:
        """Return the address of a stack."""
        # The resources of a list are all of the same few stacks.
        if (known := self._known.get(stack["id"])) is None:
            parts = (stack["project"], "stacks", stack["stack_name"], stack["id"])
            known = "/".join((self._base, *(quote(part, safe="") for part in parts)))
            self._known[stack["id"]] = known
        return known


def resource_below(stack: str, name: str) -> str:
    """Return the address of a resource below that of its stack."""
    return f"{stack}/resources/{_quoted(name)}"


# A list of events has each name several times, and lists are read again and again.
@lru_cache(4096)
def _quoted(name: str) -> str:
    return quote(name, safe="")


def link(href: str, rel: str = "self") -> dict[str, str]:
    """Return a link."""
    return {"href": href, "rel": rel}


def following(url: str, params: Mapping[str, Any], marker: str) -> dict[str, str]:
    """Return the link to the next page of a list."""
    pairs: list[tuple[str, str]] = []
    for name, value in params.items():
        if name != "marker":
            pairs += [(name, item) for item in (value if isinstance(value, list) else [value])]
    return link(f"{url}?{urlencode([*pairs, ('marker', marker)])}", "next")


def with_links(entry: Mapping[str, Any], links: Iterable[dict[str, str]]) -> dict[str, Any]:
    """Return an entry with its links in front."""
    return {"links": list(links), **entry}
