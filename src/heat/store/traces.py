"""What the database still knows of resources and trusts, of deleted stacks too."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from sqlalchemy import select

from heat.base.ids import ProjectId, ResourceId, StackId
from heat.store.database import Database
from heat.store.operations import IS_CURRENT
from heat.store.rows import CredentialsRow, ResourceRow
from heat.store.shapes import CREDENTIALS, RESOURCE
from heat.store.tables import event, operation, resource, stack

K = TypeVar("K", bound=str)
_AT_ONCE = 500
_BEGINNINGS = (("CREATE", "IN_PROGRESS"), ("INIT", "COMPLETE"))


class Trace(Struct, frozen=True, kw_only=True):
    """What is known of one resource.

    ``ids`` are the objects that its row and its events name. Only where its events are ``whole``,
    from its beginning to its deletion, can it be told that it never knew of another object.
    """

    row: ResourceRow | None
    is_busy: bool
    type: str
    ids: frozenset[str]
    is_deleted: bool
    is_whole: bool


class Owner(Struct, frozen=True):
    """A root stack that may have trusts."""

    stack: StackId
    project: ProjectId
    is_deleted: bool


def of_resources(db: Database, keys: Collection[ResourceId]) -> dict[ResourceId, Trace]:
    """Return what is known of resources; those never heard of are left out."""
    found: dict[ResourceId, Trace] = {}
    for some in _parts(sorted(set(keys))):
        found |= _traces(db, some)
    return found


def recorded(db: Database, objects: Collection[str]) -> set[str]:
    """Return which of these objects any resource stands for."""
    found: set[str] = set()
    for some in _parts(sorted(set(objects))):
        found |= _stood_for(db, some)
    return found


def objects(
    db: Database, types: Collection[str], project: ProjectId | None = None
) -> list[tuple[ResourceRow, ProjectId]]:
    """Return the complete resources of live stacks, of these types, that have an object."""
    query = (
        select(stack.c.project, *RESOURCE.columns)
        .join(stack, stack.c.id == resource.c.stack)
        .where(stack.c.deleted_at.is_(None), resource.c.physical_id.is_not(None))
        .where(resource.c.status == "COMPLETE", resource.c.action.not_in(("INIT", "DELETE")))
        .where(resource.c.type.in_(sorted(types)))
    )
    if project is not None:
        query = query.where(stack.c.project == project)
    rows = db.read(lambda connection: connection.execute(query).all())
    return [(RESOURCE.read(db, row[1:]), row[0]) for row in rows]


def owners(db: Database) -> list[Owner]:
    """Return all root stacks, deleted or not."""
    query = select(stack.c.id, stack.c.project, stack.c.deleted_at).where(stack.c.owner.is_(None))
    rows = db.read(lambda connection: connection.execute(query).all())
    return [Owner(row[0], row[1], row[2] is not None) for row in rows]


def secrets(db: Database) -> list[CredentialsRow]:
    """Return all credentials, decrypted."""
    query = select(*CREDENTIALS.columns)
    return CREDENTIALS.read_all(db, db.read(lambda connection: connection.execute(query).all()))


def _stood_for(db: Database, objects: Sequence[str]) -> set[str]:
    query = select(resource.c.physical_id).where(resource.c.physical_id.in_(objects))
    return set(db.read(lambda connection: connection.scalars(query).all()))


def _traces(db: Database, keys: Sequence[ResourceId]) -> dict[ResourceId, Trace]:
    rows = db.read(
        lambda c: c.execute(select(*RESOURCE.columns).where(resource.c.id.in_(keys))).all()
    )
    known = {row.id: row for row in RESOURCE.read_all(db, rows)}
    current = select(operation.c.stack).where(
        operation.c.stack.in_(sorted({row.stack for row in known.values()})),
        IS_CURRENT,
    )
    busy = set(db.read(lambda connection: connection.scalars(current).all()))
    named = (event.c.resource, event.c.resource_type, event.c.physical_id)
    told = select(*named, event.c.action, event.c.status).where(event.c.resource.in_(keys))
    lines: dict[ResourceId, list[Mapping[str, Any]]] = {}
    ordered = told.order_by(event.c.number)
    for line in db.read(lambda connection: connection.execute(ordered).mappings().all()):
        lines.setdefault(line["resource"], []).append(dict(line))
    return {key: _trace(known.get(key), lines.get(key, []), busy) for key in known.keys() | lines}


def _trace(
    row: ResourceRow | None, events: Sequence[Mapping[str, Any]], busy: Collection[StackId]
) -> Trace:
    states = [(told["action"], told["status"]) for told in events]
    own = [row.physical_id] if row is not None else []
    return Trace(
        row=row,
        is_busy=row is not None and row.stack in busy,
        type=row.type if row is not None else str(events[0]["resource_type"]),
        ids=frozenset(str(key) for key in [*own, *(told["physical_id"] for told in events)] if key),
        is_deleted=row is None and states[-1:] == [("DELETE", "COMPLETE")],
        is_whole=bool(states) and states[0] in _BEGINNINGS,
    )


def _parts(keys: Sequence[K]) -> Iterator[Sequence[K]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]
