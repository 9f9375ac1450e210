"""What the stacks of a project export to each other, and which of them import it."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select

from heat.base.ids import ProjectId, StackId
from heat.store.database import Database
from heat.store.rows import ExportRow
from heat.store.shapes import EXPORT
from heat.store.tables import export, imported, stack

_C = export.c
_OF_PROJECT = select(*EXPORT.columns).where(_C.project == bindparam("key"))


def of_project(db: Database, project: ProjectId) -> dict[str, ExportRow]:
    """Return all that is exported in a project, by name."""
    found = db.read(lambda c: c.execute(_OF_PROJECT, {"key": project}).all())
    return {row.name: row for row in EXPORT.read_all(db, found)}


def imports(db: Database, key: StackId) -> frozenset[str]:
    """Return the names that a stack imports."""
    query = select(imported.c.name).where(imported.c.stack == key)
    return frozenset(db.read(lambda connection: connection.scalars(query).all()))


def importers(
    db: Database,
    project: ProjectId,
    names: Collection[str],
    *,
    besides: StackId,
    root: StackId | None = None,
) -> dict[str, list[str]]:
    """Return for each of the names the stacks that import it, but for one and those below it.

    Those that are deleted together with it, by its ``root``, do not count either.
    """
    if not names:
        return {}
    query = (
        select(imported.c.name, stack.c.name)
        .join(stack, stack.c.id == imported.c.stack)
        .where(imported.c.project == project, imported.c.name.in_(sorted(names)))
        .where(stack.c.deleted_at.is_(None), stack.c.id != besides)
        .where(stack.c.root.is_(None) | (stack.c.root != besides))
    )
    if root is not None:
        going = select(stack.c.id).where(
            stack.c.id == root, stack.c.action == "DELETE", stack.c.status == "IN_PROGRESS"
        )
        query = query.where(stack.c.root.is_(None) | stack.c.root.not_in(going))
    found: dict[str, list[str]] = {}
    for name, who in db.read(lambda connection: connection.execute(query).all()):
        found.setdefault(name, []).append(who)
    return found


def put(connection: Connection, db: Database, key: StackId, rows: Iterable[ExportRow]) -> None:
    """Let a stack export this and nothing else; a name of another stack's breaks the write."""
    connection.execute(delete(export).where(_C.stack == key))
    values: list[Mapping[str, Any]] = [EXPORT.write(db, row) for row in rows]
    if values:
        connection.execute(insert(export), values)


def put_imports(
    connection: Connection, project: ProjectId, key: StackId, names: Collection[str]
) -> None:
    """Let a stack import this and nothing else."""
    connection.execute(delete(imported).where(imported.c.stack == key))
    values = [{"project": project, "name": name, "stack": key} for name in sorted(names)]
    if values:
        connection.execute(insert(imported), values)
