"""Leases: which engine may drive which stack, and with which epoch.

A row stays when its lease is released: the epoch must go on growing, for it fences out whoever
held the lease before. All times are the database's.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Update,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)

from heat.base.ids import EngineId, StackId
from heat.store.database import Database
from heat.store.operations import IS_CURRENT
from heat.store.rows import LeaseRow
from heat.store.shapes import LEASE
from heat.store.stalled import end_stalled
from heat.store.statements import any_of, insert_new
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
    said: Mapping[str, Any] = {
        "engine": engine,
        "prefer": sorted(prefer),
        "held": sorted(held or ()),
    }

    def look(connection: Connection, many: int, *, nested: bool) -> Sequence[Any]:
        query = _waiting(prefers=bool(prefer), knows=held is not None, nested=nested)
        # Some more than wanted, for others may be faster.
        return connection.execute(query, {**said, "many": 2 * many + 16}).all()

    locked: list[StackId] = []

    def work(connection: Connection) -> list[LeaseRow]:
        roots = look(connection, limit, nested=False) if limit > 0 else []
        nested = look(connection, NESTED, nested=True)
        found = [*nested, *roots]
        if not found:
            return []
        order = list(dict.fromkeys(row[0] for row in found))
        missing = {row[0] for row in found if row[1] is None}
        never = {"engine": "", "epoch": 0, "expires_at": EARLIEST}
        insert_new(connection, lease, [{"stack": key, **never} for key in sorted(missing)])
        # Rows that another engine is claiming are left to it.
        free = _locked(knows=held is not None)
        got = set(connection.scalars(free, {**said, "stacks": order}))
        locked.extend(key for key in order if key not in got)
        below = {row[0] for row in nested}
        mine = [key for key in order if key in got and key in below][:NESTED]
        mine += [key for key in order if key in got and key not in below][: max(limit, 0)]
        if not mine:
            return []
        connection.execute(_taking(term), {"by": engine, "stacks": mine})
        rows = connection.execute(_OF_STACKS, {"stacks": mine}).all()
        by_stack = {row.stack: row for row in LEASE.read_all(db, rows)}
        return [by_stack[key] for key in mine]

    # An engine with nothing to do looks often: that must be cheap, and lock nothing.
    is_work = _is_work(knows=held is not None, holds=bool(held))
    if db.read(lambda connection: connection.execute(is_work, said).first()) is None:
        return []
    rows = db.write(work)
    if locked:
        end_stalled(db)
    return rows


def renew(
    db: Database, engine: EngineId, stacks: Mapping[StackId, int], term: timedelta
) -> frozenset[StackId]:
    """Prolong the leases (stack and epoch) that are still the engine's, and tell which are."""
    if not stacks:
        return frozenset()

    def work(connection: Connection) -> frozenset[StackId]:
        mine = {"stacks": sorted(stacks), "engine": engine}
        found = connection.execute(HELD, mine).all()
        still = [key for key, epoch in found if stacks[key] == epoch]
        if still:
            connection.execute(_prolonging(term), {"stacks": still})
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


def turn(db: Database, engine: EngineId, key: str, interval: timedelta) -> bool:
    """Take the turn at a chore that one engine does once in each interval; False if it is taken."""

    def work(connection: Connection) -> bool:
        never = {"stack": key, "engine": engine, "epoch": 0, "expires_at": EARLIEST}
        insert_new(connection, lease, [never])
        taken = {"engine": engine, "epoch": _C.epoch + 1, "expires_at": Now(interval)}
        free = update(lease).where(_C.stack == key, _C.expires_at <= Now())
        return connection.execute(free.values(taken)).rowcount == 1

    return db.write(work)


def of(db: Database, stack_id: StackId) -> LeaseRow | None:
    """Return the lease of a stack, expired or not; None while nobody has claimed it yet."""
    query = select(*LEASE.columns).where(_C.stack == stack_id)
    found = db.read(lambda connection: connection.execute(query).one_or_none())
    return None if found is None else LEASE.read(db, found)


# Statements are made once: putting one together takes longer than the database does.

_OF_STACKS = select(*LEASE.columns).where(_C.stack.in_(any_of("stacks")))
HELD = (
    select(_C.stack, _C.epoch)
    .where(_C.stack.in_(any_of("stacks")), _C.engine == bindparam("engine"))
    .order_by(_C.stack)
    .with_for_update()
)
"""The epochs of those of the ``stacks`` that the ``engine`` holds, locked."""


@lru_cache
def _taking(term: timedelta) -> Update:
    taken = {"engine": bindparam("by"), "epoch": _C.epoch + 1, "expires_at": Now(term)}
    return update(lease).where(_C.stack.in_(any_of("stacks"))).values(taken)


@lru_cache
def _prolonging(term: timedelta) -> Update:
    return update(lease).where(_C.stack.in_(any_of("stacks"))).values(expires_at=Now(term))


@cache
def _locked(*, knows: bool) -> Select[StackId]:
    free = select(_C.stack).where(_C.stack.in_(any_of("stacks")), _free(knows=knows))
    return free.order_by(_C.stack).with_for_update(skip_locked=True)


@cache
def _is_work(*, knows: bool, holds: bool) -> Select[str]:
    to_drive = or_(_C.stack.is_(None), _free(knows=knows, holds=holds))
    query = select(operation.c.id).outerjoin(lease, _C.stack == operation.c.stack)
    query = query.where(IS_CURRENT, to_drive)
    if holds:
        query = query.where(operation.c.stack.not_in(any_of("held")))
    return query.limit(1)


def _free(*, knows: bool, holds: bool = True) -> ColumnElement[bool]:
    expired = _C.expires_at <= Now()
    if not knows:
        return expired
    free = or_(expired, _C.engine == bindparam("engine"))
    return and_(free, _C.stack.not_in(any_of("held"))) if holds else free


@cache
def _waiting(*, prefers: bool, knows: bool, nested: bool) -> Select[StackId, StackId | None]:
    """Find stacks to claim."""
    free = or_(_C.stack.is_(None), _free(knows=knows))
    if knows:
        free = and_(free, operation.c.stack.not_in(any_of("held")))
    turn = func.row_number().over(
        partition_by=stack.c.project, order_by=(operation.c.requested_at, operation.c.stack)
    )
    waiting = (
        select(operation.c.stack, _C.stack.label("leased"), operation.c.requested_at)
        .add_columns(turn.label("turn"))
        .join(stack, stack.c.id == operation.c.stack)
        .outerjoin(lease, _C.stack == operation.c.stack)
        .where(IS_CURRENT, free)
        .where(stack.c.owner.is_not(None) if nested else stack.c.owner.is_(None))
        .subquery()
    )
    rank: list[ColumnElement[Any]] = [waiting.c.turn, waiting.c.requested_at, waiting.c.stack]
    if prefers:
        rank.insert(0, case((waiting.c.stack.in_(any_of("prefer")), 0), else_=1))
    query = select(waiting.c.stack, waiting.c.leased).order_by(*rank)
    return query.limit(bindparam("many"))
