"""One engine: claims stacks that have work, drives them, renews their leases, lets them go.

Messages only wake it up; what there is to do is in the store, and is looked for every few
seconds anyway.
"""

import asyncio
import logging

from heat.base.errors import Unavailable
from heat.base.ids import StackId
from heat.engine.committer import Committer
from heat.engine.compiling import Compilations
from heat.engine.drive import Drive, Shared
from heat.engine.endings import Endings
from heat.engine.hearing import Hearing
from heat.engine.lease import Lease, Lost, Superseded
from heat.engine.ports import Settings, World
from heat.engine.sweeping import sweep
from heat.store.rows import LeaseRow

_log = logging.getLogger(__name__)


class Worker:
    """Drives stacks, many at once, on one event loop."""

    def __init__(self, world: World, settings: Settings | None = None, engine_id: str = "") -> None:
        self._world, self._settings = world, settings or Settings()
        self.engine_id = engine_id
        self._hearing, self._endings = Hearing(world.store), Endings(world.store)
        compilations = Compilations(world.types)
        self._shared = Shared(self._hearing, self._endings, self._hint, compilations)
        self._committer = Committer(world.store)
        self._leases: dict[StackId, Lease] = {}
        self._drives: dict[StackId, Drive] = {}
        self._tasks: dict[StackId, asyncio.Task[None]] = {}
        self._nested: set[StackId] = set()
        self._hints: set[StackId] = set()
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False
        self.released: list[StackId] = []
        """The stacks that were let go for the stop, which others may take at once."""

    def wake(self, stack: StackId) -> None:
        """Say that a stack may have work; from any thread, at any time."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._hint, stack)

    def stop(self) -> None:
        """End gracefully: finish commits in flight, give the leases back; from any thread."""
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(self._stop)

    async def run(self) -> None:
        """Work until stopped."""
        self._loop = asyncio.get_running_loop()
        committing = asyncio.create_task(self._committer.run())
        renewing = asyncio.create_task(self._renew())
        comparing = asyncio.create_task(self._compare_all())
        sweeping = asyncio.create_task(sweep(self._world, self._settings))
        background = (committing, renewing, comparing, sweeping)
        # Without these an engine would hold its leases and do nothing, or the wrong thing.
        for task in background:
            task.add_done_callback(lambda _: self._stop())
        try:
            while not self._stopping:
                self._wake.clear()
                await self._claim()
                await self._rest()
        finally:
            await self._wind_up()
            for task in background:
                task.cancel()
            ends = await asyncio.gather(*background, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    async def _wind_up(self) -> None:
        """Let verbs in flight reach their next step; each drive then gives its lease back.

        What is still in the middle of a request after that keeps its lease until that expires,
        so that nobody searches for the request's work before it is done.
        """
        self._stopping = True
        for drive in self._drives.values():
            drive.supersede()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()), timeout=self._settings.settle_time)
        left = list(self._tasks.values())
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _hint(self, stack: StackId) -> None:
        self._hints.add(stack)
        self._hearing.call()
        self._wake.set()

    def _stop(self) -> None:
        self._stopping = True
        self._wake.set()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(self._settings.scan_interval):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _claim(self) -> None:
        """Take what there is to do, as far as there is room; notice what was superseded."""
        hints, self._hints = self._hints, set()
        room = self._settings.stacks_at_once - len(self._leases.keys() - self._nested)
        loop = asyncio.get_running_loop()
        try:
            if held := hints & self._drives.keys():
                await self._compare(held)
            asked = loop.time()
            prefer = [stack for stack in hints if stack not in self._leases]
            for row in await self._world.store.claim(room, prefer, list(self._leases)):
                self._take(row, asked + self._settings.lease_term)
        except Unavailable as away:
            _log.warning("The database is away; looking again later: %s", away)

    def _take(self, row: LeaseRow, until: float) -> None:
        lease = Lease(row.stack, row.epoch, self._committer, self._settings.lease_term, until)
        self._leases[row.stack] = lease
        self._tasks[row.stack] = asyncio.create_task(self._drive(lease))

    async def _drive(self, lease: Lease) -> None:
        """Drive a stack as long as it has a current operation, then give its lease back."""
        stack, cancelled = lease.stack, False
        drive: Drive | None = None
        try:
            while not lease.lost and not self._stopping:
                loaded = await self._world.store.load(stack)
                if loaded is None:
                    break
                drive = Drive(self._world, self._settings, lease, loaded, self._shared)
                self._drives[stack] = drive
                if loaded.stack.owner is not None:
                    self._nested.add(stack)
                try:
                    await drive.run()
                    self._endings.call()
                    if self._settings.max_events:
                        await self._world.store.trim(stack, self._settings.max_events)
                except Superseded:
                    continue  # by what is current now: look again
                except Lost:
                    break
        except asyncio.CancelledError:
            cancelled = True
            raise
        except Unavailable as away:
            _log.warning("Stack %s is left to the next claim: %s", stack, away)
        except Exception:  # noqa: BLE001 - the outermost loop: the stack must not be lost
            _log.exception("Stack %s could not be driven; it will be tried again", stack)
            await self._pause_or_end(drive)
        finally:
            self._drives.pop(stack, None)
            self._tasks.pop(stack, None)
            try:
                if not lease.lost and not cancelled:
                    await self._release({stack: lease.epoch})
                    if self._stopping:
                        self.released.append(stack)
            finally:
                # A lease that nobody drives must not be renewed.
                self._leases.pop(stack, None)
                self._nested.discard(stack)
                self._wake.set()

    async def _pause_or_end(self, drive: Drive | None) -> None:
        """Wait before the next try to drive a stack; past the deadline there is none."""
        try:
            if drive is not None and drive.is_overdue:
                await drive.give_up()
                return
        except Lost:
            return
        except Exception:  # noqa: BLE001 - see above
            _log.exception("The end of an operation could not be written down either")
        await asyncio.sleep(self._settings.scan_interval)

    async def _release(self, stacks: dict[StackId, int]) -> None:
        try:
            await self._world.store.release(stacks)
        except Unavailable as away:
            _log.warning("Leases end by themselves: %s", away)

    async def _renew(self) -> None:
        """Keep the leases alive, and drop those that went to another engine."""
        loop = asyncio.get_running_loop()
        term = self._settings.lease_term
        while True:
            await asyncio.sleep(term / 3)
            held = {stack: lease for stack, lease in self._leases.items() if not lease.lost}
            if not held:
                continue
            asked = loop.time()
            try:
                still = await self._world.store.renew({s: lease.epoch for s, lease in held.items()})
            except Unavailable as away:
                _log.warning("Leases could not be renewed: %s", away)
                continue
            for stack, lease in held.items():
                if stack in still:
                    lease.renewed(asked + term)
                elif self._leases.get(stack) is lease:
                    _log.warning("Stack %s is driven by another engine now", stack)
                    lease.lose()
                    if drive := self._drives.get(stack):
                        drive.supersede()

    async def _compare_all(self) -> None:
        """Notice what was superseded by a request whose message was lost."""
        while True:
            await asyncio.sleep(self._settings.lease_term / 3)
            if self._drives:
                await self._compare(set(self._drives))

    async def _compare(self, stacks: set[StackId]) -> None:
        """Tell the drives whose operation is not the current one any more."""
        current = await self._world.store.currents(stacks)
        for stack in stacks:
            drive = self._drives.get(stack)
            if drive is not None and current.get(stack) != drive.operation.id:
                drive.supersede()
