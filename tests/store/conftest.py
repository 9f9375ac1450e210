"""A database of each kind, empty for every test."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from heat.store.database import Database
from heat.store.migrations import create
from heat.store.tables import metadata

sys.path.insert(0, str(Path(__file__).parent))

from store_rows import Hands

SERVERS = {"postgresql": "HEAT_TEST_POSTGRESQL_URL", "mariadb": "HEAT_TEST_MARIADB_URL"}


def url_of(kind: str) -> str:
    if not (url := os.environ.get(SERVERS[kind])):
        pytest.skip(f"{SERVERS[kind]} is not set")
    return url


@pytest.fixture(params=["memory", "file", "postgresql", "mariadb"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def url(kind: str, tmp_path) -> str:
    match kind:
        case "memory":
            return "sqlite://"
        case "file":
            return f"sqlite:///{tmp_path}/heat.db"
        case _:
            return url_of(kind)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def db(url: str, hands: Hands) -> Iterator[Database]:
    database = Database(url, clock=hands)
    empty(database)
    create(database)
    yield database
    database.close()


def empty(database: Database) -> None:
    def work(connection) -> None:
        metadata.drop_all(connection)
        connection.execute(text("DROP TABLE IF EXISTS alembic_version"))

    database.write(work)
