"""The group commit: whatever stacks have to write at one moment goes in one transaction."""

import asyncio
import logging
from collections.abc import Sequence

from heat.base.errors import Unavailable
from heat.engine.ports import Store
from heat.store.rows import Batch, Verdict

_log = logging.getLogger(__name__)

LARGEST = 500  # batches in one transaction; more wait for the next


class Committer:
    """Collects batches while a transaction is under way, then writes them together.

    While the database is away, batches wait: nothing is lost, and the fences still tell
    whether the engine may write once it is back.
    """

    def __init__(self, store: Store, retry_after: float = 0.5) -> None:
        self._store = store
        self._retry_after = retry_after
        self._waiting: list[tuple[Batch, asyncio.Future[Verdict]]] = []
        self._some = asyncio.Event()

    async def commit(self, batch: Batch) -> Verdict:
        """Write a batch, and tell what became of it."""
        done: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._waiting.append((batch, done))
        self._some.set()
        return await done

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._some.wait()
            # One turn of the loop lets what became ready together be written together.
            await asyncio.sleep(0)
            taken, self._waiting = self._waiting[:LARGEST], self._waiting[LARGEST:]
            if not self._waiting:
                self._some.clear()
            if not taken:
                continue
            try:
                verdicts = await self._write([batch for batch, _ in taken])
            except Exception as error:
                for _, done in taken:
                    if not done.done():
                        done.set_exception(error)
                raise
            for (_, done), said in zip(taken, verdicts, strict=True):
                if not done.done():
                    done.set_result(said)

    async def _write(self, batches: Sequence[Batch]) -> list[Verdict]:
        while True:
            try:
                return await self._store.commit(batches)
            except Unavailable as away:
                _log.warning("The database is away, %d writes wait: %s", len(batches), away)
                await asyncio.sleep(self._retry_after)
