"""Stacks: one by id or name, and many by filters, in pages."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from msgspec import Struct
from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from heat.base.errors import Invalid
from heat.base.ids import ProjectId, StackId
from heat.store import lines
from heat.store.database import Database
from heat.store.pages import Order, after
from heat.store.rows import StackRow
from heat.store.shapes import STACK
from heat.store.tables import stack, stack_tag

_C = stack.c
_SORTS: Mapping[str, Column[Any]] = {
    name: _C[name] for name in ("name", "status", "action", "created_at", "updated_at", "id")
}
_FILTERS: Mapping[str, ColumnElement[Any]] = {
    **{
        name: _C[name]
        for name in (
            "id", "name", "project", "action", "status", "reason", "owner", "root", "username",
            "user_id", "disable_rollback", "timeout_mins", "stack_user_project", "parent_resource",
        )
    },
    "state": _C.action + literal("_") + _C.status,
}  # fmt: skip
_BY_ID = {
    True: select(*STACK.columns).where(_C.id == bindparam("key")),
    False: select(*STACK.columns).where(_C.id == bindparam("key"), _C.deleted_at.is_(None)),
}
_BELOW = (
    select(*STACK.columns)
    .where(or_(_C.id == bindparam("key"), _C.root == bindparam("key")))
    .order_by(_C.created_at, _C.id)
)
_TREE = {True: _BELOW, False: _BELOW.where(_C.deleted_at.is_(None))}


class StackQuery(Struct, frozen=True, kw_only=True):
    """Which stacks to list, in which order.

    ``filters`` maps a field of StackRow, or ``state`` for a status alone or joined to its action by
    ``_``, to the values it may have. Stacks with one of the ``hidden_tags`` are left out. Without
    ``sort_keys`` the newest comes first; ``sort_dirs`` are ``asc`` or ``desc``, one a key.
    """

    project: ProjectId | None = None
    filters: Mapping[str, Sequence[Any]] = {}
    tags: Sequence[str] = ()
    tags_any: Sequence[str] = ()
    not_tags: Sequence[str] = ()
    not_tags_any: Sequence[str] = ()
    hidden_tags: Sequence[str] = ()
    show_deleted: bool = False
    show_nested: bool = False
    limit: int | None = None
    marker: StackId | None = None
    sort_keys: Sequence[str] = ()
    sort_dirs: Sequence[str] = ()


def get(db: Database, stack_id: StackId, *, deleted: bool = False) -> StackRow | None:
    """Return a stack; one that is deleted only on demand."""
    query, said = _BY_ID[deleted], {"key": stack_id}
    found = db.read(lambda connection: connection.execute(query, said).one_or_none())
    return None if found is None else STACK.read(db, found)


def many(db: Database, ids: Iterable[StackId], *, deleted: bool = False) -> dict[StackId, StackRow]:
    """Return those of the stacks that exist."""
    wanted = sorted(set(ids))
    if not wanted:
        return {}
    return {row.id: row for row in _all(db, _select(deleted).where(_C.id.in_(wanted)))}


def by_name(db: Database, project: ProjectId, name: str) -> StackRow | None:
    """Return the live stack of that name, a root stack if there is one."""
    query = _select(False).where(_C.project == project, _C.name == name)
    return _first(db, query.order_by(case((_C.owner.is_(None), 0), else_=1), _C.created_at.desc()))


def by_identity(db: Database, project: ProjectId | None, identity: str) -> StackRow | None:
    """Return the stack with that id (also when deleted), or else the live one of that name.

    Those of a project are its own and the one whose users it has, its own first. Without a
    project, stacks of every project are searched.
    """
    mine = []
    if project is not None:
        mine = [or_(_C.project == project, _C.stack_user_project == project)]
    by_id, named = _C.id == identity, and_(_C.name == identity, _C.deleted_at.is_(None))
    query = _select(True).where(or_(by_id, named), *mine)
    own = case((_C.project == project, 0), else_=1)
    best = (case((by_id, 0), (_C.owner.is_(None), 1), else_=2), own, _C.created_at.desc())
    return _first(db, query.order_by(*best))


def children(db: Database, owner: StackId) -> list[StackRow]:
    """Return the live stacks directly below a stack."""
    return _all(db, _select(False).where(_C.owner == owner).order_by(_C.created_at, _C.id))


def changed_at(db: Database, top: StackId) -> datetime | None:
    """Return when a stack, or one of the live stacks below it, was changed last."""
    alive = _C.deleted_at.is_(None)
    own = select(_C.id, _C.created_at, _C.updated_at).where(_C.id == top, alive)
    family = own.cte("family", recursive=True)
    below = select(_C.id, _C.created_at, _C.updated_at).where(_C.owner == family.c.id, alive)
    family = family.union_all(below)
    query = select(func.max(family.c.created_at), func.max(family.c.updated_at))
    moments = db.read(lambda connection: connection.execute(query).one())
    return max((moment for moment in moments if moment is not None), default=None)


def tree(db: Database, root: StackId, *, deleted: bool = False) -> list[StackRow]:
    """Return a root stack and all stacks below it, oldest first."""
    said = {"key": root}
    found = db.read(lambda connection: connection.execute(_TREE[deleted], said).all())
    return STACK.read_all(db, found)


def listing(db: Database, query: StackQuery) -> list[StackRow]:
    """Return a page of stacks, with what lists show of them."""
    order = _order(query)
    found = select(lines.STACKS.column).where(*_conditions(query)).order_by(*order.by())
    if query.marker is not None:
        found = found.where(after(db, _C.id, query.marker, order))
    if query.limit is not None:
        found = found.limit(query.limit)
    return lines.STACKS.read_all(db, db.read(lambda c: c.scalars(found).all()))


def count(db: Database, query: StackQuery) -> int:
    """Return how many stacks a query finds on all its pages."""
    found = select(func.count()).select_from(stack).where(*_conditions(query))
    return db.read(lambda connection: connection.scalars(found).one())


def count_live(db: Database, project: ProjectId) -> int:
    """Return how many live root stacks a project has."""
    return count(db, StackQuery(project=project))


def write(connection: Connection, db: Database, row: StackRow) -> None:
    """Insert a stack, within a transaction."""
    live = row.owner is None and row.deleted_at is None
    values = STACK.write(db, row) | {"live_name": row.name if live else None}
    connection.execute(insert(stack), values)
    _tag(connection, row.id, row.tags)


def change(
    connection: Connection,
    db: Database,
    stack_id: StackId,
    fields: Mapping[str, Any],
    *conditions: ColumnElement[bool],
) -> bool:
    """Set fields of a stack, within a transaction: its revision grows; tell if it was found."""
    query = _update(_columns(fields), gone=_gone(fields)).where(*conditions)
    done = connection.execute(query, _given(db, stack_id, fields, 1))
    if done.rowcount == 1 and "tags" in fields:
        _tag_anew(connection, stack_id, fields["tags"])
    return done.rowcount == 1


def change_many(
    connection: Connection,
    db: Database,
    changes: Mapping[StackId, Mapping[str, Any]],
    steps: Mapping[StackId, int],
) -> None:
    """Set fields of stacks, within a transaction: the revision of each grows by its steps.

    The rows are locked in the order of their ids first, for the statements don't keep it.
    """
    groups: dict[tuple[tuple[str, ...], bool], list[dict[str, Any]]] = {}
    for key, fields in changes.items():
        same = groups.setdefault((_columns(fields), _gone(fields)), [])
        same.append(_given(db, key, fields, steps[key]))
    if len(groups) > 1 and db.locks_rows:
        locked = select(_C.id).where(_C.id.in_(sorted(changes))).order_by(_C.id)
        connection.execute(locked.with_for_update()).all()
    for (columns, gone), given in groups.items():
        given.sort(key=lambda values: values["key"])
        connection.execute(_update(columns, gone=gone), given)
    for key, fields in changes.items():
        if "tags" in fields:
            _tag_anew(connection, key, fields["tags"])


@cache
def _update(columns: tuple[str, ...], *, gone: bool) -> Update:
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
    values["revision"] = _C.revision + bindparam("steps", type_=BigInteger())
    if gone:
        values["live_name"] = null()
    elif "name" in columns:
        name = bindparam("new_name", type_=_C.name.type)
        values["live_name"] = case((_C.live_name.is_(None), null()), else_=name)
    return update(stack).where(_C.id == bindparam("key")).values(values)


def _given(
    db: Database, stack_id: StackId, fields: Mapping[str, Any], steps: int
) -> dict[str, Any]:
    values = STACK.change(db, fields)
    given = {f"new_{name}": values[name] for name in _columns(fields)}
    return given | {"key": stack_id, "steps": steps}


def _columns(fields: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(sorted(fields.keys() - {"revision"}))


def _gone(fields: Mapping[str, Any]) -> bool:
    return fields.get("deleted_at") is not None


def _tag_anew(connection: Connection, stack_id: StackId, tags: Iterable[str]) -> None:
    connection.execute(delete(stack_tag).where(stack_tag.c.stack == stack_id))
    _tag(connection, stack_id, tags)


def _tag(connection: Connection, stack_id: StackId, tags: Iterable[str]) -> None:
    rows = [{"stack": stack_id, "tag": tag} for tag in dict.fromkeys(tags)]
    if rows:
        connection.execute(insert(stack_tag), rows)


def _select(deleted: bool) -> Select[Any]:
    query = select(*STACK.columns)
    return query if deleted else query.where(_C.deleted_at.is_(None))


def _first(db: Database, query: Select[Any]) -> StackRow | None:
    found = db.read(lambda connection: connection.execute(query.limit(1)).one_or_none())
    return None if found is None else STACK.read(db, found)


def _all(db: Database, query: Select[Any]) -> list[StackRow]:
    return STACK.read_all(db, db.read(lambda connection: connection.execute(query).all()))


def _order(query: StackQuery) -> Order:
    if not query.sort_keys:
        return Order(((_C.created_at, False), (_C.id, False)))
    return Order.of(_SORTS, query.sort_keys, query.sort_dirs, (_C.id, True))


def _conditions(query: StackQuery) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if query.project is not None:
        conditions.append(_C.project == query.project)
    if not query.show_deleted:
        conditions.append(_C.deleted_at.is_(None))
    if not query.show_nested:
        conditions.append(_C.owner.is_(None))
    for name, values in query.filters.items():
        if name not in _FILTERS:
            raise Invalid(f"Stacks can't be filtered by {name!r}.")
        fits = _FILTERS[name].in_(list(values))
        conditions.append(or_(fits, _C.status.in_(list(values))) if name == "state" else fits)
    if query.tags:
        conditions.append(_with_all(query.tags))
    if query.tags_any:
        conditions.append(_with_any(query.tags_any))
    if query.not_tags:
        conditions.append(~_with_all(query.not_tags))
    if shut := {*query.not_tags_any, *query.hidden_tags}:
        conditions.append(~_with_any(sorted(shut)))
    return conditions


def _with_any(tags: Sequence[str]) -> ColumnElement[bool]:
    return _C.id.in_(select(stack_tag.c.stack).where(stack_tag.c.tag.in_(list(tags))))


def _with_all(tags: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(_with_any([tag]) for tag in dict.fromkeys(tags)))
