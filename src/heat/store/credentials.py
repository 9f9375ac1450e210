"""On whose behalf the cloud is called; the secrets are encrypted at rest."""

from sqlalchemy import bindparam, delete, select

from heat.store.database import Database
from heat.store.rows import CredentialsRow
from heat.store.shapes import CREDENTIALS
from heat.store.statements import put as put_row
from heat.store.tables import credentials

_BY_ID = select(*CREDENTIALS.columns).where(credentials.c.id == bindparam("key"))


def get(db: Database, credentials_id: str) -> CredentialsRow | None:
    """Return the credentials, decrypted."""
    said = {"key": credentials_id}
    found = db.read(lambda connection: connection.execute(_BY_ID, said).one_or_none())
    return None if found is None else CREDENTIALS.read(db, found)


def put(db: Database, row: CredentialsRow) -> None:
    """Keep credentials, in place of those with the same id."""
    values = CREDENTIALS.write(db, row)
    db.write(lambda connection: put_row(connection, credentials, values))


def drop(db: Database, credentials_id: str) -> None:
    """Forget credentials."""
    query = delete(credentials).where(credentials.c.id == credentials_id)
    db.write(lambda connection: connection.execute(query))
