"""The journal: the steps of the verbs that run on a stack's resources."""

from collections.abc import Iterable

from sqlalchemy import bindparam, select

from heat.base.ids import ResourceId, StackId
from heat.store.database import Database
from heat.store.rows import JournalRow
from heat.store.shapes import JOURNAL
from heat.store.tables import journal

_C = journal.c
_ORDER = (_C.resource, _C.verb, _C.sequence)
_OF_STACK = select(*JOURNAL.columns).where(_C.stack == bindparam("key")).order_by(*_ORDER)


def of_stack(db: Database, stack: StackId) -> list[JournalRow]:
    """Return the steps of a stack: by resource, by verb, in sequence."""
    found = db.read(lambda connection: connection.execute(_OF_STACK, {"key": stack}).all())
    return JOURNAL.read_all(db, found)


def of_resources(db: Database, resources: Iterable[ResourceId]) -> list[JournalRow]:
    """Return the steps of some resources, in the same order."""
    wanted = sorted(set(resources))
    query = select(*JOURNAL.columns).where(_C.resource.in_(wanted)).order_by(*_ORDER)
    return JOURNAL.read_all(db, db.read(lambda connection: connection.execute(query).all()))
