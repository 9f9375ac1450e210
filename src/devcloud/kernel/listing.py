"""Filters, sorts and pages lists, as far as the services agree on how."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from devcloud.kernel.store import Row
from devcloud.kernel.web import Refused, Request


def matching(
    rows: Iterable[Row], query: Mapping[str, list[str]], fields: Iterable[str]
) -> list[Row]:
    """Keep the rows whose fields have one of the values asked for."""
    wanted = [(name, set(query[name])) for name in fields if name in query]
    if not wanted:
        return list(rows)
    return [row for row in rows if all(text(row.get(name)) in values for name, values in wanted)]


def text(value: Any) -> str:
    """Return a value as a query argument spells it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def ordered(
    rows: Iterable[Row], keys: Sequence[str], directions: Sequence[str] = (), default: str = "asc"
) -> list[Row]:
    """Sort by several keys; a direction is "asc" or "desc", and None sorts first."""
    result = list(rows)
    for position in reversed(range(len(keys))):
        direction = directions[position] if position < len(directions) else default
        result.sort(key=sort_value(keys[position]), reverse=direction == "desc")
    return result


def sort_value(key: str) -> Callable[[Row], tuple[bool, str, Any]]:
    """Return a sort key that copes with missing values and mixed types."""

    def value(row: Row) -> tuple[bool, str, Any]:
        found = row.get(key)
        if found is None:
            return (False, "", "")
        number = isinstance(found, (int, float))
        return (True, "number" if number else "text", found if number else str(found))

    return value


def page(
    rows: Sequence[Row], limit: int | None, marker: str | None, *, missing: Refused | None = None
) -> tuple[list[Row], bool]:
    """Return the page after the marker, and whether more rows follow it."""
    start = 0
    if marker is not None:
        for position, row in enumerate(rows):
            if row["id"] == marker:
                start = position + 1
                break
        else:
            raise missing or Refused(400, f"marker [{marker}] not found")
    end = len(rows) if limit is None else start + limit
    return list(rows[start:end]), end < len(rows)


def limit_of(
    query: Mapping[str, list[str]], *, most: int | None = None, message: str | None = None
) -> int | None:
    """Return the limit asked for, at most `most`; None means no limit."""
    values = query.get("limit")
    if not values:
        return most
    try:
        limit = int(values[0])
    except ValueError:
        raise Refused(400, message or "limit param must be an integer") from None
    if limit < 0:
        raise Refused(400, message or "limit param must be positive")
    return limit if most is None else min(limit, most)


def link_after(request: Request, path: str, marker: str) -> str:
    """Return the URL of the next page: this request's query with another marker."""
    query = {name: values for name, values in request.query.items() if name != "marker"}
    return f"{request.base}{path}?{urlencode(query | {'marker': [marker]}, doseq=True)}"
