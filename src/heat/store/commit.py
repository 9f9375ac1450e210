"""The group commit: the writes of many stacks in one transaction, each fenced by its lease."""

import logging
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import SQLAlchemyError

from heat.base.ids import EngineId, OperationId, StackId
from heat.store.database import Database
from heat.store.effects import effect_of
from heat.store.operations import CURRENT
from heat.store.rows import Batch, ChangeOperation, PutOperation
from heat.store.tables import lease, operation, stack

_log = logging.getLogger(__name__)

Broken = Callable[[Batch, Exception], None]


def commit(
    db: Database, engine: EngineId, batches: Sequence[Batch], broken: Broken | None = None
) -> list[bool]:
    """Commit the batches whose fence holds, all at once, and tell which those are.

    A batch is refused when its stack's lease is another engine's or has another epoch by now,
    or when it names an operation that is no longer the stack's current one. A batch that the
    database can't take (a duplicate name, a text too long) is refused alone: it is logged and
    passed to ``broken`` with the reason.
    """
    if not batches:
        return []
    try:
        return _together(db, engine, batches)
    except (SQLAlchemyError, TypeError, ValueError) as error:
        if len(batches) > 1:
            return [commit(db, engine, [batch], broken)[0] for batch in batches]
        reason = getattr(error, "orig", None) or error
        _log.error("The writes of stack %s can't be kept: %s", batches[0].stack, reason)
        if broken is not None:
            broken(batches[0], error)
        return [False]


def _together(db: Database, engine: EngineId, batches: Sequence[Batch]) -> list[bool]:
    mark = f"{db.random.getrandbits(128):032x}"
    tried: list[list[bool]] = []

    def work(connection: Connection) -> list[bool]:
        if tried and _took_effect(connection, batches, tried[-1], mark):
            return tried[-1]
        accepted = _accept(connection, engine, batches)
        good = [batch for batch, yes in zip(batches, accepted, strict=True) if yes]
        if good:
            marked = update(lease).where(lease.c.stack.in_(sorted({b.stack for b in good})))
            connection.execute(marked.values(mark=mark))
            effect_of(db, good).apply(connection, db)
        tried.append(accepted)
        return accepted

    return db.write(work)


def _took_effect(
    connection: Connection, batches: Sequence[Batch], accepted: Sequence[bool], mark: str
) -> bool:
    """Tell, when a COMMIT got no answer, whether it was carried out."""
    stacks = sorted({b.stack for b, yes in zip(batches, accepted, strict=True) if yes})
    query = select(lease.c.stack).where(lease.c.stack.in_(stacks), lease.c.mark == mark)
    return connection.execute(query.limit(1)).one_or_none() is not None


def _accept(connection: Connection, engine: EngineId, batches: Sequence[Batch]) -> list[bool]:
    """Check the fences, and hold what they rest on until the transaction ends."""
    stacks = sorted({batch.stack for batch in batches})
    leases = select(lease.c.stack, lease.c.epoch).where(
        lease.c.stack.in_(stacks), lease.c.engine == engine
    )
    found = connection.execute(leases.order_by(lease.c.stack).with_for_update()).all()
    epochs: dict[StackId, int] = {row[0]: row[1] for row in found}
    held = [epochs.get(batch.stack) == batch.epoch for batch in batches]
    guarded = {
        batch.stack
        for batch, yes in zip(batches, held, strict=True)
        if yes and batch.operation is not None
    }
    current = _current(connection, sorted(guarded)) if guarded else {}
    accepted: list[bool] = []
    for batch, yes in zip(batches, held, strict=True):
        fits = yes and batch.operation in {None, current.get(batch.stack)}
        accepted.append(fits)
        if fits:
            _follow(current, batch)
    return accepted


def _current(connection: Connection, stacks: Sequence[StackId]) -> dict[StackId, OperationId]:
    """Return the current operations, and keep others from superseding them."""
    locked = select(stack.c.id).where(stack.c.id.in_(stacks)).order_by(stack.c.id)
    connection.execute(locked.with_for_update()).all()
    query = select(operation.c.stack, operation.c.id).where(
        operation.c.stack.in_(stacks), operation.c.state.in_(CURRENT)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _follow(current: dict[StackId, OperationId], batch: Batch) -> None:
    """Let the batches after this one see its operations."""
    for write in batch.writes:
        if isinstance(write, PutOperation):
            current[write.row.stack] = write.row.id
        elif isinstance(write, ChangeOperation) and (
            write.fields.get("state", "RUNNING") not in CURRENT
            and current.get(batch.stack) == write.id
        ):
            del current[batch.stack]
