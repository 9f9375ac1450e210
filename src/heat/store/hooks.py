"""Hooks at which resources pause: steps in the journal that wait for a user's word.

A pause is a journal entry without an answer, written by the driver; whoever clears the hook
answers it, and needs no lease for that.
"""

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select, update

from heat.base.ids import ResourceId, StackId
from heat.store.database import Database
from heat.store.rows import EventRow, JournalRow
from heat.store.shapes import EVENT, JOURNAL
from heat.store.statements import any_of, insert_new
from heat.store.tables import event as event_table
from heat.store.tables import journal

_C = journal.c
PREFIX = "hook:"
"""How the verbs of these entries begin; the hook's name and the operation's id follow."""
_PAUSED = (
    select(*JOURNAL.columns)
    .where(_C.stack.in_(any_of("stacks")), _C.verb.like(f"{PREFIX}%"), _C.answered.is_(False))
    .order_by(_C.intent_at)
)
_UNANSWERED = select(_C.resource, _C.verb).where(
    _C.resource.in_(any_of("resources")), _C.verb.like(f"{PREFIX}%"), _C.answered.is_(False)
)


def verb_of(hook: str, operation: str) -> str:
    """Return the verb under which the journal has a hook of an operation."""
    return f"{PREFIX}{hook}:{operation}"


def hook_of(verb: str) -> str:
    """Return the name of the hook."""
    return verb.removeprefix(PREFIX).split(":", 1)[0]


def paused(db: Database, stacks: Iterable[StackId]) -> list[JournalRow]:
    """Return the pauses of stacks that nobody has ended."""
    said = {"stacks": sorted(set(stacks))}
    return JOURNAL.read_all(db, db.read(lambda c: c.execute(_PAUSED, said).all()))


def cleared(
    db: Database, waits: Sequence[tuple[ResourceId, str]]
) -> frozenset[tuple[ResourceId, str]]:
    """Return those of the pauses, as resource and verb, that have ended."""
    if not waits:
        return frozenset()
    said = {"resources": sorted({resource for resource, _ in waits})}
    left = {(row[0], row[1]) for row in db.read(lambda c: c.execute(_UNANSWERED, said).all())}
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
