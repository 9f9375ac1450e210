"""Lets time change rows lazily: a row knows until when it is busy and what it becomes then.

A busy row carries "_until" (a stamp) and "_then" (a status, or several fields to set). Nobody
watches the clock: whoever reads the row settles it first.
"""

from datetime import UTC, datetime
from typing import Any

from devcloud.kernel.store import Row, Table

GONE = "_gone"
"""As `then`: the row is removed when its time has come."""


def stamp(moment: datetime) -> str:
    """Return a moment as text of fixed width, so that texts compare as moments do."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> datetime:
    """Return the moment that a stamp says."""
    return datetime.fromisoformat(text)


def begin(row: Row, until: datetime, then: str | dict[str, Any], **now: Any) -> None:
    """Set the fields `now`, and have the row become `then` when `until` has come."""
    row.update(now)
    row["_until"] = stamp(until)
    row["_then"] = then


def settle(row: Row, now: datetime) -> bool:
    """Bring a row up to the present; True when it changed.

    A row whose `then` was GONE is marked with `row["_gone"] = True`.
    """
    until = row.get("_until")
    if until is None or until > stamp(now):
        return False
    del row["_until"]
    then = row.pop("_then")
    if then == GONE:
        row[GONE] = True
    elif isinstance(then, dict):
        row.update(then)
    else:
        row["status"] = then
    return True


def settled(table: Table, row: Row | None, now: datetime) -> Row | None:
    """Settle a row of a table and keep the outcome; None when it is gone."""
    if row is None:
        return None
    if settle(row, now):
        if row.get(GONE):
            table.pop(row["id"])
            return None
        table.put(row)
    return row


def visible(row: Row) -> Row:
    """Return a copy without the private keys."""
    return {key: value for key, value in row.items() if not key.startswith("_")}
