"""Resources as recorded: of a stack, by name, by the id of what stands in the cloud."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, case, func, or_, select

from heat.base.ids import ProjectId, ResourceId, StackId
from heat.store import lines
from heat.store.database import Database
from heat.store.rows import ResourceRow, StackRow
from heat.store.shapes import RESOURCE, STACK
from heat.store.statements import any_of, insert_new
from heat.store.tables import resource, stack

_C = resource.c

_OLDEST = (_C.created_at, _C.name, _C.id)

# Of several rows with one name, the one that is not replaced, not being deleted, and newest.
_BEST = (
    case((_C.replaced_by.is_(None), 0), else_=1),
    case((_C.action == "DELETE", 1), else_=0),
    _C.created_at.desc(),
    _C.id,
)

_OF_STACKS = select(*RESOURCE.columns).where(_C.stack.in_(any_of("stacks"))).order_by(*_OLDEST)
_NAMED = (
    select(*RESOURCE.columns)
    .where(_C.stack == bindparam("key"), _C.name.in_(any_of("names")))
    .order_by(*_OLDEST)
)
_WITHIN = (
    select(*STACK.columns, *RESOURCE.columns)
    .outerjoin_from(stack, resource, and_(_C.stack == stack.c.id, _C.name == bindparam("named")))
    .where(stack.c.id == bindparam("key"))
)
_REQUIRING = (
    select(_C.name)
    .where(_C.stack == bindparam("key"), _C.requires.like(bindparam("required")))
    .order_by(*_OLDEST)
)


def of_stack(db: Database, stack_id: StackId) -> list[ResourceRow]:
    """Return all rows of a stack, oldest first; replaced and replacing ones among them."""
    return of_stacks(db, [stack_id])


def lines_of(db: Database, stack_id: StackId) -> list[ResourceRow]:
    """Return all rows of a stack, oldest first, with what lists show of them."""
    query = select(lines.RESOURCES.column).where(_C.stack == stack_id).order_by(*_OLDEST)
    found = db.read(lambda connection: connection.scalars(query).all())
    return lines.RESOURCES.read_all(db, found)


def named(db: Database, stack_id: StackId, names: Iterable[str]) -> list[ResourceRow]:
    """Return the rows of a stack with some names, oldest first."""
    wanted = sorted(set(names))
    if not wanted:
        return []
    said = {"key": stack_id, "names": wanted}
    found = db.read(lambda connection: connection.execute(_NAMED, said).all())
    return RESOURCE.read_all(db, found)


def within(db: Database, stack_id: StackId, name: str) -> tuple[StackRow | None, list[ResourceRow]]:
    """Return a stack, also a deleted one, and its rows with a name, oldest first."""
    said = {"key": stack_id, "named": name}
    found = db.read(lambda connection: connection.execute(_WITHIN, said).all())
    if not found:
        return None, []
    mine = len(STACK.columns)
    rows = [row[mine:] for row in found if row[mine] is not None]
    read = RESOURCE.read_all(db, rows)
    # One or two: for a database to put them in order takes longer than to find them.
    return STACK.read(db, found[0][:mine]), sorted(read, key=_age)


def _age(row: ResourceRow) -> tuple[datetime, str]:
    return row.created_at, row.id


def requiring(db: Database, stack_id: StackId, resource_id: ResourceId) -> list[str]:
    """Return the names of the resources of a stack that require one, oldest first."""
    said = {"key": stack_id, "required": f'%"{resource_id}"%'}
    found = db.read(lambda connection: connection.scalars(_REQUIRING, said).all())
    return list(dict.fromkeys(found))


def of_stacks(db: Database, stacks: Iterable[StackId]) -> list[ResourceRow]:
    """Return all rows of stacks, oldest first."""
    said = {"stacks": sorted(set(stacks))}
    found = db.read(lambda connection: connection.execute(_OF_STACKS, said).all())
    return RESOURCE.read_all(db, found)


def get(db: Database, resource_id: ResourceId) -> ResourceRow | None:
    """Return a resource."""
    return _first(db, _select().where(_C.id == resource_id))


def by_name(db: Database, stack_id: StackId, name: str) -> ResourceRow | None:
    """Return the live resource of that name; the best one while it is being replaced."""
    return _first(db, _select().where(_C.stack == stack_id, _C.name == name).order_by(*_BEST))


def addressed(db: Database, stack_id: StackId, reference: str) -> ResourceId | None:
    """Return the resource of a stack with this physical id, or else with this name."""
    found = _first(
        db,
        _select()
        .where(_C.stack == stack_id, or_(_C.physical_id == reference, _C.name == reference))
        .order_by(case((_C.physical_id == reference, 0), else_=1), *_BEST),
    )
    return None if found is None else found.id


def by_physical_id(
    db: Database, physical_id: str, project: ProjectId | None = None
) -> list[ResourceRow]:
    """Return the resources of live stacks that stand for a cloud object, best first."""
    query = _select().join(stack, stack.c.id == _C.stack)
    query = query.where(_C.physical_id == physical_id, stack.c.deleted_at.is_(None))
    if project is not None:
        query = query.where(stack.c.project == project)
    return _all(db, query.order_by(*_BEST))


def counts(db: Database, stacks: Iterable[StackId]) -> dict[StackId, int]:
    """Return how many rows each of the stacks has."""
    wanted = sorted(set(stacks))
    query = select(_C.stack, func.count()).where(_C.stack.in_(wanted)).group_by(_C.stack)
    found: dict[StackId, int] = {
        row[0]: row[1] for row in db.read(lambda c: c.execute(query).all())
    }
    return {key: found.get(key, 0) for key in wanted}


def count_tree(db: Database, root: StackId) -> int:
    """Return how many rows a root stack and all live stacks below it have."""
    below = or_(stack.c.id == root, stack.c.root == root)
    family = select(stack.c.id).where(below, stack.c.deleted_at.is_(None))
    query = select(func.count()).where(_C.stack.in_(family))
    return db.read(lambda connection: connection.scalars(query).one())


def with_any(db: Database, stacks: Iterable[StackId]) -> list[StackId]:
    """Return those of the stacks that have resources."""
    query = select(_C.stack).where(_C.stack.in_(sorted(stacks))).distinct()
    return db.read(lambda connection: list(connection.scalars(query.order_by(_C.stack))))


def _select() -> Select[Any]:
    return select(*RESOURCE.columns)


def _first(db: Database, query: Select[Any]) -> ResourceRow | None:
    found = db.read(lambda connection: connection.execute(query.limit(1)).one_or_none())
    return None if found is None else RESOURCE.read(db, found)


def _all(db: Database, query: Select[Any]) -> list[ResourceRow]:
    return RESOURCE.read_all(db, db.read(lambda connection: connection.execute(query).all()))


def insert(connection: Connection, db: Database, rows: Iterable[ResourceRow]) -> None:
    """Write new rows, within a transaction."""
    insert_new(connection, resource, [RESOURCE.write(db, row) for row in rows])
