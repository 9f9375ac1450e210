"""Software configs: what is to be done on servers, kept for a project."""

from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import Connection, Select, delete, func, select

from heat.base.ids import ProjectId
from heat.store.database import Database
from heat.store.pages import Order, after
from heat.store.rows import ConfigRow
from heat.store.shapes import CONFIG
from heat.store.statements import insert_new
from heat.store.tables import software_config as table

_C = table.c
_NEWEST = Order(((_C.created_at, False), (_C.id, False)))


class Listed(Struct, frozen=True, kw_only=True):
    """A config as lists have it."""

    id: str
    project: ProjectId
    name: str
    group_name: str
    created_at: Any


def get(db: Database, key: str, project: ProjectId | None = None) -> ConfigRow | None:
    """Return a config, of this project if one is given."""
    return of_ids(db, [key], project).get(key)


def of_ids(
    db: Database, keys: Iterable[str], project: ProjectId | None = None
) -> dict[str, ConfigRow]:
    """Return those of the configs that are there, of this project if one is given."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    query: Select[Any] = select(*CONFIG.columns).where(_C.id.in_(wanted))
    if project is not None:
        query = query.where(_C.project == project)
    found = db.read(lambda connection: connection.execute(query).all())
    return {row.id: row for row in CONFIG.read_all(db, found)}


def listing(
    db: Database,
    project: ProjectId | None = None,
    *,
    limit: int | None = None,
    marker: str | None = None,
) -> Sequence[Listed]:
    """Return a page of the configs of a project, or of all, newest first."""
    names = Listed.__struct_fields__
    query = select(*(_C[name] for name in names)).order_by(*_NEWEST.by())
    if project is not None:
        query = query.where(_C.project == project)
    if marker is not None:
        query = query.where(after(db, _C.id, marker, _NEWEST))
    if limit is not None:
        query = query.limit(limit)
    found = db.read(lambda connection: connection.execute(query).all())
    return [Listed(**dict(zip(names, row, strict=True))) for row in found]


def count(db: Database, project: ProjectId) -> int:
    """Return how many configs a project has."""
    query = select(func.count()).select_from(table).where(_C.project == project)
    return db.read(lambda connection: connection.scalars(query).one())


def put(db: Database, row: ConfigRow) -> None:
    """Keep a new config."""
    db.write(lambda connection: insert(connection, [CONFIG.write(db, row)]))


def insert(connection: Connection, values: Sequence[dict[str, Any]]) -> None:
    """Keep new configs, given as column values, within a transaction."""
    insert_new(connection, table, values)


def remove(connection: Connection, project: ProjectId, keys: Iterable[str]) -> None:
    """Forget configs of a project, within a transaction."""
    connection.execute(delete(table).where(_C.project == project, _C.id.in_(sorted(keys))))


def drop(db: Database, row: ConfigRow) -> None:
    """Forget a config."""
    db.write(lambda connection: remove(connection, row.project, [row.id]))
