"""Filters, sorts and pages lists of images."""

from collections.abc import Callable, Sequence
from typing import Any

from devcloud.glance.state import BASE
from devcloud.kernel.listing import limit_of, ordered, page, text
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused

SORT_KEYS = (
    "name",
    "status",
    "container_format",
    "disk_format",
    "size",
    "id",
    "created_at",
    "updated_at",
)
PAGING = {"limit", "marker", "sort", "sort_key", "sort_dir", "member_status", "visibility"}
PAGE = 25
"""How many images there are on a page when nobody asks for another number."""
MOST = 1000
COMPARED: dict[str, Callable[[str, str], bool]] = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
}


def select(call: Call, rows: Sequence[Row]) -> tuple[list[Row], str | None]:
    """Return the images of the page asked for, and the marker of the next."""
    chosen = [row for row in by_visibility(call, rows) if matches(call, row)]
    keys, directions = sorting(call)
    if not directions or directions[-1] == "desc":
        # Times are whole seconds; of one second the later image is the newer.
        chosen.reverse()
    chosen = ordered(chosen, keys, directions, default="desc")
    marker = call.arg("marker")
    if marker is not None and all(row["id"] != marker for row in chosen):
        raise Refused(400, f"No image found with ID {marker}")
    limit = PAGE if call.arg("limit") is None else limit_of(call.request.query, most=MOST)
    found, more = page(chosen, limit, marker)
    return found, found[-1]["id"] if more and found else None


def by_visibility(call: Call, rows: Sequence[Row]) -> list[Row]:
    """Keep the images of a visibility; community images of others show up only when asked for."""
    wanted = call.arg("visibility")
    if wanted not in {None, "all", "public", "private", "shared", "community"}:
        raise Refused(400, f"Invalid visibility value: {wanted}")
    mine = call.token.project_id
    if wanted is None:
        return [row for row in rows if row["visibility"] != "community" or row["owner"] == mine]
    return [row for row in rows if wanted in {"all", row["visibility"]}]


def matches(call: Call, row: Row) -> bool:
    """Say whether an image passes every filter of the query."""
    hidden = call.arg("os_hidden")
    if row["os_hidden"] != (hidden is not None and hidden.lower() == "true"):
        return False
    return all(
        passes(row, name, values)
        for name, values in call.request.query.items()
        if name not in PAGING and name != "os_hidden"
    )


def passes(row: Row, name: str, values: list[str]) -> bool:
    """Say whether an image passes one filter."""
    if name == "tag":
        return set(values) <= set(row["tags"])
    if name in {"size_min", "size_max"}:
        return within(row, name, values[0])
    value = text(row.get(name))
    wanted = values[0]
    if name in {"created_at", "updated_at"}:
        return compare_times(value, wanted)
    if wanted.startswith("in:"):
        return value in unquoted(wanted[3:])
    if name not in BASE and name not in row:
        return False
    if name == "protected":
        return value == wanted.lower()
    return value == wanted


def within(row: Row, name: str, bound: str) -> bool:
    """Compare an image's size."""
    if not bound.isdigit():
        raise Refused(400, "Unable to filter on a range with a non-numeric value.")
    size: Any = row["size"] or 0
    return bool(size >= int(bound) if name == "size_min" else size <= int(bound))


def compare_times(value: str, wanted: str) -> bool:
    """Compare a time with what "gt:2026-01-01T00:00:00Z" asks for."""
    operator, colon, bound = wanted.partition(":")
    if not colon or operator not in COMPARED:
        operator, bound = "eq", wanted
    return COMPARED[operator](value, bound)


def unquoted(names: str) -> list[str]:
    """Split the names of an "in:" filter; one in quotes may hold a comma."""
    found: list[str] = []
    rest = names
    while rest:
        if rest.startswith('"') and '"' in rest[1:]:
            name, _, rest = rest[1:].partition('"')
            rest = rest.removeprefix(",")
        else:
            name, _, rest = rest.partition(",")
        found.append(name)
    return found


def sorting(call: Call) -> tuple[list[str], list[str]]:
    """Return the sort keys and directions; newest first unless asked otherwise."""
    if call.arg("sort"):
        pairs = [part.partition(":") for part in (call.arg("sort") or "").split(",")]
        keys = [name.strip() for name, _, _ in pairs]
        directions = [direction.strip() or "desc" for _, _, direction in pairs]
    else:
        keys = call.args("sort_key") or ["created_at"]
        directions = call.args("sort_dir")
        directions = directions * len(keys) if len(directions) == 1 else directions
    for key in keys:
        if key not in SORT_KEYS:
            raise Refused(
                400,
                f"Invalid sort key: {key}. It must be one of the following: "
                f"{', '.join(SORT_KEYS)}.",
            )
    for direction in directions:
        if direction not in {"asc", "desc"}:
            raise Refused(400, f"Invalid sort direction: {direction}")
    return keys, directions
