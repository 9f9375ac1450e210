"""Hooks at which resources pause: steps in the journal that wait for a user's word.

A pause is a journal entry without an answer, written by the driver; whoever clears the hook
answers it, and needs no lease for that.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, or_, select, update

from heat.base.ids import ResourceId, StackId
from heat.store.database import Database
from heat.store.rows import EventRow, JournalRow
from heat.store.shapes import EVENT, JOURNAL
from heat.store.statements import insert_new
from heat.store.tables import event as event_table
from heat.store.tables import journal

_C = journal.c
PREFIX = "hook:"
"""How the verbs of these entries begin; the hook's name and the operation's id follow."""


def verb_of(hook: str, operation: str) -> str:
    """Return the verb under which the journal has a hook of an operation."""
    return f"{PREFIX}{hook}:{operation}"


def hook_of(verb: str) -> str:
    """Return the name of the hook."""
    return verb.removeprefix(PREFIX).split(":", 1)[0]


def paused(db: Database, stacks: Iterable[StackId]) -> list[JournalRow]:
    """Return the pauses of stacks that nobody has ended."""
    query = select(*JOURNAL.columns).where(
        _C.stack.in_(sorted(set(stacks))), _C.verb.like(f"{PREFIX}%"), _C.answered.is_(False)
    )
    return JOURNAL.read_all(db, db.read(lambda c: c.execute(query.order_by(_C.intent_at)).all()))


def cleared(
    db: Database, waits: Sequence[tuple[ResourceId, str]]
) -> frozenset[tuple[ResourceId, str]]:
    """Return those of the pauses, as resource and verb, that have ended."""
    if not waits:
        return frozenset()
    given = or_(*((_C.resource == resource) & (_C.verb == verb) for resource, verb in waits))
    query = select(_C.resource, _C.verb).where(given, _C.answered.is_(False))
    left = {(row[0], row[1]) for row in db.read(lambda c: c.execute(query).all())}
    return frozenset(wait for wait in waits if wait not in left)


def clear(db: Database, pause: JournalRow, event: EventRow) -> bool:
    """End a pause and tell of it; False when somebody else has."""

    def work(connection: Connection) -> bool:
        found = (_C.resource == pause.resource, _C.verb == pause.verb, _C.answered.is_(False))
        answer = {"reply": JOURNAL.value(db, "reply", {}), "answered": True}
        ended = connection.execute(update(journal).where(*found).values(answer)).rowcount
        if ended:
            insert_new(connection, event_table, [EVENT.write(db, event)])
        return bool(ended)

    return db.write(work)
