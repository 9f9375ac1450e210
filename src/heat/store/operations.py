"""Operations: a request is accepted in one transaction with all it changes."""

from collections.abc import Callable, Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, Select, insert, literal_column, select, update
from sqlalchemy.exc import IntegrityError

from heat.base.errors import Conflict, NotFound
from heat.base.ids import OperationId, StackId
from heat.store import definitions, snapshots, stacks
from heat.store.database import Database
from heat.store.rows import (
    ChangeStack,
    CredentialsRow,
    DefinitionRow,
    EventRow,
    OperationRow,
    StackRow,
)
from heat.store.shapes import CREDENTIALS, EVENT, OPERATION
from heat.store.statements import any_of, insert_new, put
from heat.store.tables import credentials as credentials_table
from heat.store.tables import event as event_table
from heat.store.tables import operation as operation_table
from heat.store.tables import stack as stack_table

CURRENT = ("PENDING", "RUNNING")
_C = operation_table.c
# A list of constants; one of values would be put together again each time a statement is run.
IS_CURRENT = _C.state.in_([literal_column(f"'{state}'") for state in CURRENT])
_CURRENTS = (
    select(*OPERATION.columns)
    .where(_C.stack.in_(any_of("stacks")), IS_CURRENT)
    .order_by(_C.requested_at)
)
_SUPERSEDING = (
    update(operation_table)
    .where(_C.stack.in_(any_of("stacks")), IS_CURRENT)
    .values(state="SUPERSEDED")
)

_STATES = select(_C.id, _C.stack, _C.state, _C.reason).where(_C.id.in_(any_of("keys")))
_STATES_OF_STACKS = (
    select(_C.id, _C.stack, _C.state, _C.reason)
    .where(_C.stack.in_(any_of("stacks")), _C.state != "SUPERSEDED")
    .order_by(_C.requested_at, _C.id)
)


def accept(
    db: Database,
    *,
    operation: OperationRow,
    stack: StackRow | ChangeStack,
    definition: DefinitionRow | None = None,
    credentials: CredentialsRow | None = None,
    events: Sequence[EventRow] = (),
    expect_revision: int | None = None,
    also: Callable[[Connection], None] | None = None,
) -> None:
    """Accept a request: it supersedes the stack's current operation.

    What is to be done ``also`` is a part of the same transaction.
    ``stack`` is a StackRow for a new stack, or the changes to one that is there. Raises
    Conflict (kind StackExists) when the name is in use, Conflict when the stack is no longer
    at the expected revision, NotFound when it is gone.
    """

    def work(connection: Connection) -> None:
        if isinstance(stack, StackRow):
            stacks.write(connection, db, stack)
        else:
            _change(connection, db, stack, expect_revision)
        if definition is not None:
            definitions.insert(connection, db, definition)
        if credentials is not None:
            put(connection, credentials_table, CREDENTIALS.write(db, credentials))
        supersede(connection, [operation.stack])
        connection.execute(insert(operation_table), OPERATION.write(db, operation))
        insert_new(connection, event_table, [EVENT.write(db, event) for event in events])
        if also is not None:
            also(connection)

    try:
        db.write(work)
    except (IntegrityError, Conflict) as error:
        # When the answer to a first COMMIT was lost, the repetition ran into its own rows.
        if get(db, operation.id) is not None:
            return
        if isinstance(error, IntegrityError) and isinstance(stack, StackRow):
            holder = stacks.by_name(db, stack.project, stack.name)
            if stack.owner is None and holder is not None and holder.owner is None:
                raise Conflict(
                    f"The Stack ({stack.name}) already exists.", kind="StackExists"
                ) from None
        raise


def get(db: Database, operation_id: OperationId) -> OperationRow | None:
    """Return an operation."""
    found = _all(db, _select().where(_C.id == operation_id))
    return found[0] if found else None


def current(db: Database, stack: StackId) -> OperationRow | None:
    """Return the operation that a stack is waiting for or at, if any."""
    return currents(db, [stack]).get(stack)


def currents(db: Database, stacks: Iterable[StackId]) -> dict[StackId, OperationRow]:
    """Return the operations that stacks are waiting for or at."""
    wanted = sorted(set(stacks))
    if not wanted:
        return {}
    rows = db.read(lambda connection: connection.execute(_CURRENTS, {"stacks": wanted}).all())
    return {row.stack: row for row in OPERATION.read_all(db, rows)}


def of_stack(db: Database, stack: StackId) -> list[OperationRow]:
    """Return all operations of a stack, oldest first."""
    return _all(db, _select().where(_C.stack == stack).order_by(_C.requested_at, _C.id))


def newest(db: Database, stack: StackId, request_id: str | None = None) -> OperationRow | None:
    """Return the operation of a stack that was asked for last, or last by one request."""
    query = _select().where(_C.stack == stack).order_by(_C.requested_at.desc(), _C.id).limit(1)
    found = _all(db, query if request_id is None else query.where(_C.request_id == request_id))
    return found[0] if found else None


def ended(db: Database, ids: Iterable[OperationId]) -> dict[OperationId, tuple[str, str]]:
    """Return the state and the reason in which operations ended; those that go on are left out.

    One that was superseded ends as the last operation of its stack does; one that nobody knows
    any more, with its stack, is done.
    """
    wanted = sorted(set(ids))
    if not wanted:
        return {}

    def look(connection: Connection) -> dict[OperationId, tuple[str, str]]:
        rows = connection.execute(_STATES, {"keys": wanted}).all()
        found = {row[0]: (row[2], row[3]) for row in rows if row[2] not in CURRENT}
        followed = {row[0]: row[1] for row in rows if row[2] == "SUPERSEDED"}
        if followed:
            last: dict[StackId, tuple[str, str]] = {}
            # By the clocks of hosts, one that was superseded may seem newer than what followed it.
            of = sorted(set(followed.values()))
            for row in connection.execute(_STATES_OF_STACKS, {"stacks": of}):
                last[row[1]] = (row[2], row[3])
            found |= {key: last[stack] for key, stack in followed.items()}
        ends: dict[OperationId, tuple[str, str]] = dict.fromkeys(
            set(wanted) - {row[0] for row in rows}, ("DONE", "")
        )
        return ends | {key: end for key, end in found.items() if end[0] not in CURRENT}

    return db.read(look)


def supersede(connection: Connection, stacks: Sequence[StackId]) -> None:
    """End the current operations of stacks in favour of newer ones, within a transaction."""
    connection.execute(_SUPERSEDING, {"stacks": list(stacks)})
    snapshots.cut_off(connection, stacks)


def _change(
    connection: Connection, db: Database, change: ChangeStack, expect_revision: int | None
) -> None:
    conditions: list[ColumnElement[bool]] = [stack_table.c.deleted_at.is_(None)]
    if expect_revision is not None:
        conditions.append(stack_table.c.revision == expect_revision)
    if stacks.change(connection, db, change.id, change.fields, *conditions):
        return
    there = select(stack_table.c.deleted_at).where(stack_table.c.id == change.id)
    found = connection.execute(there).one_or_none()
    if found is None or found[0] is not None:
        raise NotFound(f"The Stack ({change.id}) could not be found.")
    raise Conflict(
        f"The Stack ({change.id}) has changed in the meantime; look at it and try again."
    )


def _select() -> Select[tuple[object, ...]]:
    return select(*OPERATION.columns)


def _all(db: Database, query: Select[tuple[object, ...]]) -> list[OperationRow]:
    return OPERATION.read_all(db, db.read(lambda connection: connection.execute(query).all()))
