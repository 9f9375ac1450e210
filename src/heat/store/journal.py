"""The journal: the steps of the verbs that run on a stack's resources."""

from collections.abc import Iterable

from sqlalchemy import select

from heat.base.ids import ResourceId, StackId
from heat.store.database import Database
from heat.store.rows import JournalRow
from heat.store.shapes import JOURNAL
from heat.store.tables import journal

_C = journal.c
_ORDER = (_C.resource, _C.verb, _C.sequence)


def of_stack(db: Database, stack: StackId) -> list[JournalRow]:
    """Return the steps of a stack: by resource, by verb, in sequence."""
    query = select(*JOURNAL.columns).where(_C.stack == stack).order_by(*_ORDER)
    return JOURNAL.read_all(db, db.read(lambda connection: connection.execute(query).all()))


def of_resources(db: Database, resources: Iterable[ResourceId]) -> list[JournalRow]:
    """Return the steps of some resources, in the same order."""
    wanted = sorted(set(resources))
    query = select(*JOURNAL.columns).where(_C.resource.in_(wanted)).order_by(*_ORDER)
    return JOURNAL.read_all(db, db.read(lambda connection: connection.execute(query).all()))
