"""The store as the engine uses it: every function in a thread of its own pool, or at once."""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

from heat.base.errors import Unavailable
from heat.base.ids import EngineId, OperationId, ProjectId, ResourceId, StackId
from heat.engine.endings import Ending
from heat.engine.hearing import Pause
from heat.engine.kept import Kept
from heat.engine.ports import Family, Loaded
from heat.store import commit as group
from heat.store import (
    configs,
    credentials,
    definitions,
    deployments,
    exports,
    hooks,
    journal,
    leases,
    operations,
    resources,
    signals,
    snapshots,
    stacks,
)
from heat.store import events as told
from heat.store.database import Database
from heat.store.operations import ended
from heat.store.rows import (
    Batch,
    ConfigRow,
    DeploymentRow,
    EventRow,
    ExportRow,
    LeaseRow,
    ResourceRow,
    SignalRow,
    StackRow,
    Verdict,
)

T = TypeVar("T")
_log = logging.getLogger(__name__)

RETRY_AFTER = 0.5
"""Seconds between looks at a database that is away."""

OF_SNAPSHOTS = ("SNAPSHOT", "DELETE_SNAPSHOT", "DELETE")


class ThreadedStore:
    """A database behind a few threads; without threads, for simulations, it answers at once."""

    def __init__(
        self, db: Database, engine: EngineId, term: timedelta, *, threads: int = 4
    ) -> None:
        self._db, self._engine, self._term = db, engine, term
        self._pool = ThreadPoolExecutor(threads, "store") if threads else None
        # Whatever else there is to do, leases are renewed in time.
        self._leases = ThreadPoolExecutor(1, "leases") if threads else None
        self._beside = db.beside() if threads else db
        self._unsure: tuple[Sequence[Batch], group.Attempt] | None = None
        # Many nested stacks ask for the same, which is of a size with their parent's template.
        self._secrets = Kept[str, Sequence[Any]](128)

    def close(self) -> None:
        """Let go of the threads."""
        for pool in (self._pool, self._leases):
            if pool is not None:
                pool.shutdown(wait=False, cancel_futures=True)
        if self._beside is not self._db:
            self._beside.close()

    async def _read(self, work: Callable[[], T]) -> T:
        """Read for a stack that is driven, which waits while the database is away."""
        while True:
            try:
                return await self._run(work)
            except Unavailable as away:
                _log.warning("The database is away, a look at it waits: %s", away)
                await asyncio.sleep(RETRY_AFTER)

    async def _run(self, work: Callable[[], T]) -> T:
        return await self._in(self._pool, work)

    async def _in(self, pool: ThreadPoolExecutor | None, work: Callable[[], T]) -> T:
        if pool is None:
            return work()
        return await asyncio.get_running_loop().run_in_executor(pool, work)

    async def claim(
        self, limit: int, prefer: Sequence[StackId], held: Collection[StackId]
    ) -> list[LeaseRow]:
        """Take the leases of stacks that have work and no driver."""
        return await self._run(
            lambda: leases.claim(self._db, self._engine, self._term, limit, prefer, held=held)
        )

    async def renew(self, held: Mapping[StackId, int]) -> frozenset[StackId]:
        """Prolong leases, and tell which are still held."""
        return await self._in(
            self._leases, lambda: leases.renew(self._beside, self._engine, held, self._term)
        )

    async def turn(self, key: str, interval: timedelta) -> bool:
        """Tell whether it is this engine's turn to do what one engine does now and then."""
        return await self._run(lambda: leases.turn(self._db, self._engine, key, interval))

    async def ask(self, work: Callable[[Database], T]) -> T:
        """Ask the database something else, without holding the engine up."""
        return await self._run(lambda: work(self._db))

    async def release(self, held: Mapping[StackId, int]) -> None:
        """Give leases back, unless they have another epoch by now."""
        await self._run(lambda: leases.release(self._db, self._engine, held))

    async def load(self, stack: StackId) -> Loaded | None:
        """Read a stack and its current operation; None when it has none."""
        return await self._read(lambda: self._load(stack))

    def _load(self, stack: StackId) -> Loaded | None:
        db = self._db
        operation = operations.current(db, stack)
        row = stacks.get(db, stack, deleted=True) if operation is not None else None
        if operation is None or row is None:
            return None
        return Loaded(
            stack=row,
            operation=operation,
            definition=definitions.get(db, operation.definition) if operation.definition else None,
            resources=resources.of_stack(db, stack),
            journal=journal.of_stack(db, stack),
            credentials=credentials.get(db, operation.credentials)
            if operation.credentials
            else None,
            exports=(exported := exports.of_project(db, row.project)),
            imports=exports.imports(db, stack) if exported else frozenset(),
            snapshots=snapshots.of_stack(db, stack) if operation.action in OF_SNAPSHOTS else (),
            environment=_environment(db, row) if operation.action == "DELETE" else None,
            hidden=self._hidden_above(row),
        )

    def _hidden_above(self, row: StackRow) -> list[Any]:
        """Return what hidden parameters hold of all stacks above, by now and before."""
        found: list[Any] = []
        while row.owner is not None:
            above = stacks.get(self._db, StackId(row.owner), deleted=True)
            if above is None:
                break
            row = above
            for key in (row.definition, row.previous_definition):
                found += self._secrets_of(key) if key is not None else ()
        return found

    def _secrets_of(self, key: str) -> Sequence[Any]:
        def read() -> Sequence[Any]:
            definition = definitions.get(self._db, key)
            return () if definition is None else definitions.secrets(definition)

        return self._secrets.get(key, read)

    async def trim(self, stack: StackId, events: int) -> None:
        """Forget the oldest events of a stack beyond a number."""
        await self._run(lambda: told.purge(self._db, stack, events))

    async def stack(self, key: StackId) -> StackRow | None:
        """Read a stack that is not deleted."""
        return await self._read(lambda: stacks.get(self._db, key))

    async def family(self, stack: StackId) -> Family | None:
        """Read a stack, deleted or not, with its definition and resources."""
        return await self._read(lambda: self._family(stack))

    def _family(self, stack: StackId) -> Family | None:
        row = stacks.get(self._db, stack)
        if row is None:
            return None
        return Family(
            stack=row,
            definition=definitions.get(self._db, row.definition),
            resources=resources.of_stack(self._db, stack),
        )

    async def exports(self, project: ProjectId) -> Mapping[str, ExportRow]:
        """Return what is exported in a project, by name."""
        return await self._read(lambda: exports.of_project(self._db, project))

    async def importers(
        self,
        project: ProjectId,
        names: Collection[str],
        besides: StackId,
        root: StackId | None = None,
    ) -> Mapping[str, list[str]]:
        """Return who imports what has these names, besides a stack and those below it."""
        return await self._read(
            lambda: exports.importers(self._db, project, names, besides=besides, root=root)
        )

    async def count_tree(self, root: StackId) -> int:
        """Return how many resources a root stack has with all below it."""
        return await self._read(lambda: resources.count_tree(self._db, root))

    async def there(self, stack_ids: Collection[StackId]) -> frozenset[StackId]:
        """Return those of the stacks that are not deleted."""
        return frozenset(await self._read(lambda: stacks.many(self._db, stack_ids)))

    async def endings(self, operations: Collection[OperationId]) -> Mapping[OperationId, Ending]:
        """Return how operations ended; those that go on are left out."""
        found = await self._run(lambda: ended(self._db, operations))
        return {key: Ending(state, reason) for key, (state, reason) in found.items()}

    async def currents(self, stacks: Collection[StackId]) -> Mapping[StackId, OperationId]:
        """Return the current operations of stacks."""
        found = await self._read(lambda: operations.currents(self._db, stacks))
        return {stack: row.id for stack, row in found.items()}

    async def resource(self, key: ResourceId) -> ResourceRow | None:
        """Return a resource row."""
        return await self._read(lambda: resources.get(self._db, key))

    async def say(self, row: SignalRow, event: EventRow) -> None:
        """Write down what was said, and tell of it; raises Conflict when its number is taken."""
        await self._run(lambda: signals.deliver(self._db, row, event))

    async def config(self, key: str, project: ProjectId) -> ConfigRow | None:
        """Return a software config of a project."""
        return await self._read(lambda: configs.get(self._db, key, project))

    async def deployment(self, key: str, project: ProjectId) -> DeploymentRow | None:
        """Return a software deployment of a project."""
        return await self._read(lambda: deployments.get(self._db, key, project))

    async def recorded(self, physical_ids: Collection[str]) -> frozenset[str]:
        """Return those of the ids that some resource row names."""

        def look() -> frozenset[str]:
            return frozenset(key for key in physical_ids if resources.by_physical_id(self._db, key))

        return await self._read(look)

    async def addressed(self, stack: StackId, reference: str) -> ResourceId | None:
        """Return the resource of a stack with this physical id, or else with this name."""
        return await self._read(lambda: resources.addressed(self._db, stack, reference))

    async def signals(
        self, resources: Collection[ResourceId]
    ) -> Mapping[ResourceId, Sequence[SignalRow]]:
        """Return what was said to resources."""
        return await self._read(lambda: signals.of_resources(self._db, resources))

    async def cleared(self, pauses: Collection[Pause]) -> frozenset[Pause]:
        """Return those of the pauses that have ended."""
        return await self._run(lambda: hooks.cleared(self._db, list(pauses)))

    async def commit(self, batches: Sequence[Batch]) -> list[Verdict]:
        """Commit what the fences let through, and tell what became of each.

        The same batches again, after the database was away, are committed once.
        """
        known, attempt = self._unsure or (None, None)
        if attempt is None or known is not batches:
            attempt = group.Attempt()
        self._unsure = batches, attempt
        work = partial(group.commit, self._db, self._engine, batches, attempt)
        verdicts = await self._run(work)
        self._unsure = None
        return verdicts


def _environment(db: Database, row: StackRow) -> Mapping[str, Any] | None:
    found = definitions.get(db, row.definition)
    return found.environment if found else None
