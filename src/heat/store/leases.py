"""Leases: which engine may drive which stack, and with which epoch.

A row stays when its lease is released: the epoch must go on growing, for it fences out whoever
held the lease before. All times are the database's.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select, update

from heat.base.ids import EngineId, StackId
from heat.store.database import Database
from heat.store.operations import CURRENT
from heat.store.rows import LeaseRow
from heat.store.shapes import LEASE
from heat.store.statements import insert_new
from heat.store.tables import lease, operation, stack
from heat.store.types import EARLIEST, Now

_C = lease.c
NESTED = 256
"""How many nested stacks one claim takes at most."""


def claim(
    db: Database,
    engine: EngineId,
    term: timedelta,
    limit: int,
    prefer: Sequence[StackId] = (),
    *,
    held: Collection[StackId] | None = None,
) -> list[LeaseRow]:
    """Take the leases of stacks that have work and no driver.

    Preferred stacks come first, then those waiting longest, the projects in turn. Nested
    stacks come on top of the limit: somebody waits for them, who may hold all the room. ``held``
    names the stacks that the engine drives: when given, leases in its own name that it does
    not know of (a claim whose answer was lost) are taken anew; else they have to expire.
    """

    def work(connection: Connection) -> list[LeaseRow]:
        roots = connection.execute(_waiting(engine, limit, prefer, held)).all() if limit > 0 else []
        nested = connection.execute(_waiting(engine, NESTED, prefer, held, nested=True)).all()
        found = [*nested, *roots]
        if not found:
            return []
        order = list(dict.fromkeys(row[0] for row in found))
        missing = {row[0] for row in found if row[1] is None}
        never = {"engine": "", "epoch": 0, "expires_at": EARLIEST}
        insert_new(connection, lease, [{"stack": key, **never} for key in sorted(missing)])
        free = select(_C.stack).where(_C.stack.in_(order), _free(engine, held)).order_by(_C.stack)
        # Rows that another engine is claiming are left to it.
        got = set(connection.scalars(free.with_for_update(skip_locked=True)))
        below = {row[0] for row in nested}
        mine = [key for key in order if key in got and key in below][:NESTED]
        mine += [key for key in order if key in got and key not in below][: max(limit, 0)]
        if not mine:
            return []
        taken = {"engine": engine, "epoch": _C.epoch + 1, "expires_at": Now(term)}
        connection.execute(update(lease).where(_C.stack.in_(mine)).values(taken))
        rows = connection.execute(select(*LEASE.columns).where(_C.stack.in_(mine))).all()
        by_stack = {row.stack: row for row in LEASE.read_all(db, rows)}
        return [by_stack[key] for key in mine]

    # An engine with nothing to do looks often: that must be cheap, and lock nothing.
    return db.write(work) if _is_work(db, held or ()) else []


def renew(
    db: Database, engine: EngineId, stacks: Mapping[StackId, int], term: timedelta
) -> frozenset[StackId]:
    """Prolong the leases (stack and epoch) that are still the engine's, and tell which are."""
    if not stacks:
        return frozenset()

    def work(connection: Connection) -> frozenset[StackId]:
        query = select(_C.stack, _C.epoch).where(_C.stack.in_(sorted(stacks)), _C.engine == engine)
        found = connection.execute(query.order_by(_C.stack).with_for_update()).all()
        still = [key for key, epoch in found if stacks[key] == epoch]
        if still:
            longer = update(lease).where(_C.stack.in_(still)).values(expires_at=Now(term))
            connection.execute(longer)
        return frozenset(still)

    return db.write(work)


def release(
    db: Database, engine: EngineId, held: Mapping[StackId, int] | Iterable[StackId]
) -> None:
    """Give leases back: any engine may claim them at once.

    With epochs named, a lease that has another one by now stays as it is.
    """
    keys = sorted(set(held))
    if not keys:
        return
    query = update(lease).where(_C.stack.in_(keys), _C.engine == engine)
    if isinstance(held, Mapping):
        query = query.where(or_(*(and_(_C.stack == key, _C.epoch == held[key]) for key in keys)))
    db.write(lambda connection: connection.execute(query.values(engine="", expires_at=EARLIEST)))


def of(db: Database, stack_id: StackId) -> LeaseRow | None:
    """Return the lease of a stack, expired or not; None while nobody has claimed it yet."""
    query = select(*LEASE.columns).where(_C.stack == stack_id)
    found = db.read(lambda connection: connection.execute(query).one_or_none())
    return None if found is None else LEASE.read(db, found)


def _is_work(db: Database, held: Collection[StackId]) -> bool:
    query = select(operation.c.id).where(operation.c.state.in_(CURRENT)).limit(1)
    if held:
        query = query.where(operation.c.stack.not_in(sorted(held)))
    return db.read(lambda connection: connection.execute(query).first()) is not None


def _free(engine: EngineId, held: Collection[StackId] | None) -> ColumnElement[bool]:
    expired = _C.expires_at <= Now()
    if held is None:
        return expired
    return and_(or_(expired, _C.engine == engine), _C.stack.not_in(sorted(held)))


def _waiting(
    engine: EngineId,
    limit: int,
    prefer: Sequence[StackId],
    held: Collection[StackId] | None,
    *,
    nested: bool = False,
) -> Select[StackId, StackId | None]:
    """Find stacks to claim; some more than wanted, for others may be faster."""
    free = or_(_C.stack.is_(None), _free(engine, held))
    if held:
        free = and_(free, operation.c.stack.not_in(sorted(held)))
    turn = func.row_number().over(
        partition_by=stack.c.project, order_by=(operation.c.requested_at, operation.c.stack)
    )
    waiting = (
        select(operation.c.stack, _C.stack.label("leased"), operation.c.requested_at)
        .add_columns(turn.label("turn"))
        .join(stack, stack.c.id == operation.c.stack)
        .outerjoin(lease, _C.stack == operation.c.stack)
        .where(operation.c.state.in_(CURRENT), free)
        .where(stack.c.owner.is_not(None) if nested else stack.c.owner.is_(None))
        .subquery()
    )
    rank: list[ColumnElement[Any]] = [waiting.c.turn, waiting.c.requested_at, waiting.c.stack]
    if prefer:
        rank.insert(0, case((waiting.c.stack.in_(sorted(prefer)), 0), else_=1))
    query = select(waiting.c.stack, waiting.c.leased).order_by(*rank)
    return query.limit(2 * limit + 16)
