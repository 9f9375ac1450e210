"""The schema's versions: bring a database to the newest, or tell which one it has."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from heat.store.database import Database
from heat.store.tables import metadata


def migrate(db: Database) -> None:
    """Bring the schema to the newest version, step by step."""

    def work(connection: Connection) -> None:
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")

    db.write(work)


def create(db: Database) -> None:
    """Make the newest schema at once in an empty database: quick, for memory and tests."""

    def work(connection: Connection) -> None:
        if inspect(connection).has_table("stack"):
            return
        metadata.create_all(connection, checkfirst=False)
        MigrationContext.configure(connection).stamp(ScriptDirectory.from_config(_config()), "head")

    db.write(work)


def version(db: Database) -> str | None:
    """Return the version of the schema, None for an empty database."""
    return db.read(lambda connection: MigrationContext.configure(connection).get_current_revision())


def newest() -> str | None:
    """Return the version that this code needs."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config
