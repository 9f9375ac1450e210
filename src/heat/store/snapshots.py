"""Snapshots of stacks."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select, delete, func, select, update

from heat.base.ids import StackId
from heat.store.database import Database
from heat.store.rows import SnapshotRow
from heat.store.shapes import SNAPSHOT
from heat.store.statements import any_of, insert_new
from heat.store.tables import snapshot

_C = snapshot.c
_CUTTING_OFF = (
    update(snapshot)
    .where(_C.stack.in_(any_of("stacks")), _C.status == "IN_PROGRESS")
    .values(status="FAILED", reason="Another action came in between")
)


def insert(connection: Connection, db: Database, row: SnapshotRow) -> None:
    """Keep a new snapshot, within a transaction."""
    insert_new(connection, snapshot, [SNAPSHOT.write(db, row)])


def begin_deletion(connection: Connection, key: str) -> None:
    """Say of a snapshot that it is being deleted, within a transaction."""
    query = update(snapshot).where(_C.id == key)
    connection.execute(query.values(action="DELETE", status="IN_PROGRESS", reason=""))


def drop(db: Database, key: str) -> None:
    """Remove a snapshot that holds nothing in the cloud."""
    db.write(lambda connection: connection.execute(delete(snapshot).where(_C.id == key)))


def get(db: Database, stack: StackId, key: str) -> SnapshotRow | None:
    """Return a snapshot of a stack."""
    found = _all(db, _select().where(_C.stack == stack, _C.id == key))
    return found[0] if found else None


def of_stack(db: Database, stack: StackId) -> list[SnapshotRow]:
    """Return the snapshots of a stack, oldest first."""
    return _all(db, _select().where(_C.stack == stack).order_by(_C.created_at, _C.id))


def count(db: Database, stack: StackId) -> int:
    """Return how many snapshots a stack has."""
    query = select(func.count()).select_from(snapshot).where(_C.stack == stack)
    return db.read(lambda connection: connection.scalars(query).one())


def cut_off(connection: Connection, stacks: Sequence[str]) -> None:
    """Fail what is being done to snapshots in favour of newer operations on their stacks."""
    connection.execute(_CUTTING_OFF, {"stacks": list(stacks)})


def _select() -> Select[Any]:
    return select(*SNAPSHOT.columns)


def _all(db: Database, query: Select[Any]) -> list[SnapshotRow]:
    return SNAPSHOT.read_all(db, db.read(lambda connection: connection.execute(query).all()))
