"""Software deployments: which config is done on which server, and what came of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, func, or_, select, update

from heat.base.ids import ProjectId
from heat.store.database import Database
from heat.store.rows import DeploymentRow
from heat.store.shapes import DEPLOYMENT
from heat.store.statements import insert_new
from heat.store.tables import software_deployment as table

_C = table.c


def get(db: Database, key: str, project: ProjectId | None = None) -> DeploymentRow | None:
    """Return a deployment; with a project only one that belongs to it or to its stack users."""
    found = _all(db, [_C.id == key, *_of(project)])
    return found[0] if found else None


def listing(
    db: Database, project: ProjectId | None, server: str | None = None
) -> list[DeploymentRow]:
    """Return the deployments of a project, or of all, and of a server if one is given."""
    conditions = _of(project)
    if server is not None:
        conditions.append(_C.server == server)
    return _all(db, conditions)


def count(db: Database, project: ProjectId) -> int:
    """Return how many deployments a project has."""
    query = select(func.count()).select_from(table).where(_C.project == project)
    return db.read(lambda connection: connection.scalars(query).one())


def uses(db: Database, config: str) -> bool:
    """Tell whether a deployment uses a config."""
    query = select(_C.id).where(_C.config == config).limit(1)
    return db.read(lambda connection: connection.execute(query).first()) is not None


def put(db: Database, row: DeploymentRow) -> None:
    """Keep a new deployment, or change the one that is there to this."""
    db.write(lambda connection: write(connection, [DEPLOYMENT.write(db, row)]))


def write(connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
    """Keep or change many, given as column values, within a transaction."""
    for values in rows:
        later = {k: v for k, v in values.items() if k not in ("id", "project", "created_at")}
        mine = (_C.id == values["id"], _C.project == values["project"])
        if not connection.execute(update(table).where(*mine).values(**later)).rowcount:
            insert_new(connection, table, [{**values, "updated_at": None}])


def remove(connection: Connection, project: ProjectId, keys: Iterable[str]) -> None:
    """Forget deployments of a project, within a transaction."""
    connection.execute(delete(table).where(_C.project == project, _C.id.in_(sorted(keys))))


def drop(db: Database, row: DeploymentRow) -> None:
    """Forget a deployment."""
    db.write(lambda connection: remove(connection, row.project, [row.id]))


def _of(project: ProjectId | None) -> list[ColumnElement[bool]]:
    if project is None:
        return []
    return [or_(_C.project == project, _C.stack_user_project == project)]


def _all(db: Database, conditions: Sequence[ColumnElement[bool]]) -> list[DeploymentRow]:
    query = select(*DEPLOYMENT.columns).where(*conditions).order_by(_C.created_at, _C.id)
    return DEPLOYMENT.read_all(db, db.read(lambda connection: connection.execute(query).all()))
