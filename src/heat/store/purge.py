"""Takes deleted stacks out for good, with all that was theirs alone."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Column, ColumnElement, Connection, Table, delete, or_, select

from heat.base.ids import ProjectId
from heat.store import tables
from heat.store.database import Database
from heat.store.tables import credentials, definition, operation, raw_files, raw_template, stack
from heat.store.types import Now

_OF_STACK: Sequence[Table] = (
    tables.stack_tag,
    tables.operation,
    tables.lease,
    tables.resource,
    tables.journal,
    tables.signal,
    tables.event,
    tables.snapshot,
    tables.export,
    tables.imported,
)


def purge_deleted(
    db: Database, older_than: timedelta, project: ProjectId | None = None, batch: int = 20
) -> int:
    """Remove the stacks that were deleted longer ago than that; return how many went.

    Each ``batch`` of stacks is a transaction of its own, so that nobody waits long.
    """
    old: list[ColumnElement[bool]] = [stack.c.deleted_at <= Now(-older_than)]
    if project is not None:
        old.append(stack.c.project == project)
    ids = select(stack.c.id).where(*old).order_by(stack.c.deleted_at, stack.c.id).limit(batch)

    def work(connection: Connection) -> int:
        gone = sorted(connection.scalars(ids.with_for_update()))
        if gone:
            _remove(connection, gone)
        return len(gone)

    total = 0
    while found := db.write(work):
        total += found
    return total


def _remove(connection: Connection, stacks: Sequence[str]) -> None:
    """Remove stacks and, unless another stack or operation still needs them, what they name."""
    own = select(stack.c.credentials, stack.c.definition, stack.c.previous_definition)
    asked = select(operation.c.credentials, operation.c.definition)
    named: list[Sequence[str | None]] = [
        *connection.execute(own.where(stack.c.id.in_(stacks))).all(),
        *connection.execute(asked.where(operation.c.stack.in_(stacks))).all(),
    ]
    owners = {row[0] for row in named if row[0]}
    definitions = {key for row in named for key in row[1:] if key}
    connection.execute(delete(stack).where(stack.c.id.in_(stacks)))
    for table in _OF_STACK:
        connection.execute(delete(table).where(table.c.stack.in_(stacks)))
    users = (stack.c.definition, stack.c.previous_definition, operation.c.definition)
    loose = _loose(connection, definition.c.id, definitions, users)
    contents = select(definition.c.template, definition.c.files).where(definition.c.id.in_(loose))
    bodies = connection.execute(contents).all()
    _delete(connection, definition.c.id, loose)
    for body, used, names in (
        (raw_template, definition.c.template, {row[0] for row in bodies}),
        (raw_files, definition.c.files, {row[1] for row in bodies}),
    ):
        _delete(connection, body.c.id, _loose(connection, body.c.id, names, (used,)))
    holders = (stack.c.credentials, operation.c.credentials)
    _delete(connection, credentials.c.id, _loose(connection, credentials.c.id, owners, holders))


def _loose(
    connection: Connection, key: Column[str], ids: set[str], users: Sequence[Column[str]]
) -> list[str]:
    """Return those of the ids that no column names any more."""
    if not ids:
        return []
    named = or_(*(key.in_(select(user).where(user.in_(sorted(ids)))) for user in users))
    query = select(key).where(key.in_(sorted(ids)), ~named)
    return sorted(connection.scalars(query))


def _delete(connection: Connection, key: Column[str], ids: Sequence[str]) -> None:
    if ids:
        connection.execute(delete(key.table).where(key.in_(ids)))
