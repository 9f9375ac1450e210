"""Events: what happened, newest first, in pages; and no more of it than a stack may keep."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Column, ColumnElement, bindparam, delete, func, select

from heat.base.errors import Invalid
from heat.base.ids import EventId, StackId
from heat.store import lines
from heat.store.database import Database
from heat.store.pages import Order, after
from heat.store.rows import EventRow
from heat.store.shapes import EVENT
from heat.store.statements import insert_new
from heat.store.tables import event

_C = event.c
_SORTS: Mapping[str, Column[Any]] = {
    name: _C[name] for name in ("resource_type", "resource_name", "action", "status")
} | {"created_at": _C.number}
"""In time is in the order of writing: who reads on from an event must miss none, and what took
long to be written has an earlier time than its neighbours."""
_FILTERS: Mapping[str, Column[Any]] = {
    name: _C[name]
    for name in (
        "id", "action", "status", "resource", "resource_name", "resource_type", "physical_id",
        "request_id",
    )
}  # fmt: skip

_OLDEST = (
    select(_C.number)
    .where(_C.stack == bindparam("key"))
    .order_by(_C.number.desc())
    .offset(bindparam("keep"))
    .limit(1)
)


class EventQuery(Struct, frozen=True, kw_only=True):
    """Which events of which stacks to list, in which order; the newest first unless told.

    A ``brief`` list goes without the properties of the resources.
    """

    stacks: Sequence[StackId]
    filters: Mapping[str, Sequence[Any]] = {}
    limit: int | None = None
    marker: EventId | None = None
    sort_keys: Sequence[str] = ()
    sort_dirs: Sequence[str] = ()
    brief: bool = False


def tell(db: Database, row: EventRow) -> None:
    """Write down something that happened by itself, with nothing else that changes."""
    db.write(lambda connection: insert_new(connection, event, [EVENT.write(db, row)]))


def listing(db: Database, query: EventQuery) -> list[EventRow]:
    """Return a page of events."""
    newest = Order(((_C.number, False),))
    order = newest
    if query.sort_keys:
        order = Order.of(_SORTS, query.sort_keys, query.sort_dirs, (_C.number, True))
    shown = lines.EVENTS_WITHOUT_PROPERTIES if query.brief else lines.EVENTS
    found = select(shown.column).where(*_conditions(query)).order_by(*order.by())
    if query.marker is not None:
        found = found.where(after(db, _C.id, query.marker, order))
    if query.limit is not None:
        found = found.limit(query.limit)
    return shown.read_all(db, db.read(lambda connection: connection.scalars(found).all()))


def get(db: Database, event_id: EventId) -> EventRow | None:
    """Return an event."""
    query = select(*EVENT.columns).where(_C.id == event_id)
    found = db.read(lambda connection: connection.execute(query).one_or_none())
    return None if found is None else EVENT.read(db, found)


def properties(db: Database, row: EventRow) -> Mapping[str, Any]:
    """Return the properties that a resource had at an event: those told last until then."""
    if row.properties or row.resource is None:
        return row.properties
    until = select(_C.number).where(_C.id == row.id).scalar_subquery()
    told = select(*EVENT.columns).where(
        _C.stack == row.stack, _C.resource == row.resource, _C.number < until, _C.properties != "{}"
    )
    newest = told.order_by(_C.number.desc()).limit(1)
    found = db.read(lambda connection: connection.execute(newest).one_or_none())
    return {} if found is None else EVENT.read(db, found).properties


def count(db: Database, query: EventQuery) -> int:
    """Return how many events a query finds on all its pages."""
    found = select(func.count()).select_from(event).where(*_conditions(query))
    return db.read(lambda connection: connection.scalars(found).one())


def put(db: Database, rows: Sequence[EventRow]) -> None:
    """Tell of something that is not part of a commit; events already there stay as they are."""
    values = [EVENT.write(db, row) for row in rows]
    db.write(lambda connection: insert_new(connection, event, values))


def purge(db: Database, stack: StackId, keep: int) -> int:
    """Remove the oldest events of a stack beyond a number; return how many went."""
    said = {"key": stack, "keep": keep}
    last = db.read(lambda connection: connection.scalars(_OLDEST, said).one_or_none())
    if last is None:
        return 0
    gone = delete(event).where(_C.stack == stack, _C.number <= last)
    return db.write(lambda connection: connection.execute(gone).rowcount)


def _conditions(query: EventQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [_C.stack.in_(list(query.stacks))]
    for name, values in query.filters.items():
        if name not in _FILTERS:
            raise Invalid(f"Events can't be filtered by {name!r}.")
        conditions.append(_FILTERS[name].in_(list(values)))
    return conditions
