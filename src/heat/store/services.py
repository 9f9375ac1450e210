"""The engines that run, as they report themselves."""

from collections.abc import Iterable

from sqlalchemy import delete, select

from heat.store.database import Database
from heat.store.rows import ServiceRow
from heat.store.shapes import SERVICE
from heat.store.statements import put
from heat.store.tables import service


def report(db: Database, row: ServiceRow) -> None:
    """Say that a service is alive."""
    values = SERVICE.write(db, row)
    db.write(lambda connection: put(connection, service, values))


def listing(db: Database) -> list[ServiceRow]:
    """Return the services, by host."""
    query = select(*SERVICE.columns).order_by(service.c.host, service.c.created_at, service.c.id)
    return SERVICE.read_all(db, db.read(lambda connection: connection.execute(query).all()))


def drop(db: Database, ids: Iterable[str]) -> None:
    """Forget services."""
    gone = delete(service).where(service.c.id.in_(sorted(set(ids))))
    db.write(lambda connection: connection.execute(gone))
