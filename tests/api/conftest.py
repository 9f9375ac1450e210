"""The application over a store in memory, with nobody driving the stacks."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from heat import resources
from heat.store.database import Database
from heat.store.migrations import create

sys.path.insert(0, str(Path(__file__).parent))

from wire import Wire

resources.load()


@pytest.fixture
def db() -> Iterator[Database]:
    database = Database("sqlite://")
    create(database)
    yield database
    database.close()


@pytest.fixture
def wire(db: Database) -> Wire:
    return Wire(db)
