"""The group commit: the writes of many stacks in one transaction, each fenced by its lease."""

import logging
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, select, update

from heat.base.errors import Unavailable
from heat.base.ids import EngineId, OperationId, StackId
from heat.store.database import Database
from heat.store.effects import effect_of
from heat.store.leases import HELD
from heat.store.operations import CURRENT, IS_CURRENT
from heat.store.rows import Batch, ChangeOperation, PutOperation, Verdict
from heat.store.statements import any_of
from heat.store.tables import lease, operation, stack

_log = logging.getLogger(__name__)

Fence = tuple[StackId, int]
"""A stack and the epoch of the lease that may write on it."""

_MARKING = update(lease).where(lease.c.stack.in_(any_of("stacks"))).values(mark=bindparam("with"))
_HOLDING = (
    update(lease)
    .where(
        lease.c.stack == bindparam("key"),
        lease.c.engine == bindparam("by"),
        lease.c.epoch == bindparam("at"),
    )
    .values(mark=bindparam("with"))
)
_LOCKING = (
    select(stack.c.id)
    .where(stack.c.id.in_(any_of("stacks")))
    .order_by(stack.c.id)
    .with_for_update()
)
_CURRENT = select(operation.c.stack, operation.c.id).where(
    operation.c.stack.in_(any_of("stacks")), IS_CURRENT
)


class Attempt:
    """What was tried of a group of batches so far; with it a group may be committed again.

    When a COMMIT got no answer, the mark on the leases tells whether it was carried out.
    """

    def __init__(self) -> None:
        self.mark = ""
        self.tried: list[Verdict] | None = None
        self.ended: list[Verdict] | None = None
        self.parts: list[Attempt] | None = None


def commit(
    db: Database, engine: EngineId, batches: Sequence[Batch], attempt: Attempt | None = None
) -> list[Verdict]:
    """Commit the batches whose fence holds, all at once, and tell what became of each.

    A batch that the database can't take (a duplicate name, a text too long) is refused alone,
    and the reason is logged. Whoever commits the same batches again, because the database was
    away, gives the ``attempt`` of the first time again.
    """
    attempt = attempt or Attempt()
    if not batches or attempt.ended is not None:
        return attempt.ended or []
    try:
        if attempt.parts is None:
            attempt.ended = _together(db, engine, batches, attempt)
    except Unavailable:
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one batch is its own
        if len(batches) == 1:
            reason = getattr(error, "orig", None) or error
            _log.error("The writes of stack %s can't be kept: %s", batches[0].stack, reason)
            attempt.ended = [Verdict.BROKEN]
        else:
            attempt.parts = [Attempt() for _ in batches]
    if attempt.parts is not None:
        pairs = zip(batches, attempt.parts, strict=True)
        attempt.ended = [commit(db, engine, [batch], part)[0] for batch, part in pairs]
    return attempt.ended or []


def _together(
    db: Database, engine: EngineId, batches: Sequence[Batch], attempt: Attempt
) -> list[Verdict]:
    attempt.mark = attempt.mark or f"{db.random.getrandbits(128):032x}"

    def work(connection: Connection) -> list[Verdict]:
        tried = attempt.tried
        if tried and _took_effect(connection, batches, tried, attempt.mark):
            return tried
        verdicts = _judge(connection, _held(connection, engine, batches, attempt.mark), batches)
        good = _taken(batches, verdicts)
        if good:
            effect_of(db, good).apply(connection, db)
        attempt.tried = verdicts
        return verdicts

    return db.write(work)


def _taken(batches: Sequence[Batch], verdicts: Sequence[Verdict]) -> list[Batch]:
    return [b for b, said in zip(batches, verdicts, strict=True) if said is Verdict.TAKEN]


def _took_effect(
    connection: Connection, batches: Sequence[Batch], verdicts: Sequence[Verdict], mark: str
) -> bool:
    """Tell, when a COMMIT got no answer, whether it was carried out."""
    stacks = sorted({batch.stack for batch in _taken(batches, verdicts)})
    query = select(lease.c.stack).where(lease.c.stack.in_(stacks), lease.c.mark == mark)
    return connection.execute(query.limit(1)).one_or_none() is not None


def _held(
    connection: Connection, engine: EngineId, batches: Sequence[Batch], mark: str
) -> set[Fence]:
    """Return which fences hold; the leases are marked, and locked until the transaction ends."""
    fences = {(batch.stack, batch.epoch) for batch in batches}
    if len(fences) == 1:
        ((key, epoch),) = fences
        said = {"key": key, "by": engine, "at": epoch, "with": mark}
        return fences if connection.execute(_HOLDING, said).rowcount else set()
    stacks = sorted({stack for stack, _ in fences})
    found = connection.execute(HELD, {"stacks": stacks, "engine": engine}).all()
    held = fences & {(row[0], row[1]) for row in found}
    if held:
        connection.execute(_MARKING, {"stacks": sorted({key for key, _ in held}), "with": mark})
    return held


def _judge(
    connection: Connection, fences: Collection[Fence], batches: Sequence[Batch]
) -> list[Verdict]:
    """Tell what becomes of each batch, and hold what that rests on until the transaction ends."""
    held = [(batch.stack, batch.epoch) in fences for batch in batches]
    guarded = {
        batch.stack
        for batch, yes in zip(batches, held, strict=True)
        if yes and batch.operation is not None
    }
    current = _current(connection, sorted(guarded)) if guarded else {}
    verdicts: list[Verdict] = []
    for batch, yes in zip(batches, held, strict=True):
        if not yes:
            verdicts.append(Verdict.FENCED)
        elif batch.operation not in {None, current.get(batch.stack)}:
            verdicts.append(Verdict.SUPERSEDED)
        else:
            verdicts.append(Verdict.TAKEN)
            _follow(current, batch)
    return verdicts


def _current(connection: Connection, stacks: Sequence[StackId]) -> dict[StackId, OperationId]:
    """Return the current operations, and keep others from superseding them."""
    wanted = {"stacks": stacks}
    connection.execute(_LOCKING, wanted).all()
    return {row[0]: row[1] for row in connection.execute(_CURRENT, wanted)}


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
