"""Engines of a simulation, which die, stand still or lose the database between any two steps."""

import asyncio
from contextvars import ContextVar
from functools import cached_property
from types import SimpleNamespace
from urllib.parse import urlencode

from requests import Session
from tests.sim.points import STACK, around, written

from heat.base.errors import Unavailable
from heat.engine.stores import ThreadedStore
from heat.store.database import Database
from heat.store.rows import Verdict
from heat.testing.cloud import DispatchCloud

MARGIN = 3.0
"""A request is under way for less than the rest of a lease at which it is still sent."""

_LOOKS = ContextVar("_LOOKS", default=True)
_LEASES = ("claim", "renew", "release", "turn")


class Life:
    """The steps of one engine: at some it dies, or stands still for a while."""

    def __init__(self, universe, troubles, name):
        self.universe, self.troubles, self.name = universe, troubles, name
        self.dead = self.closed = self.paused = False
        self.steps = 0
        self._awake = asyncio.Event()
        self._awake.set()

    async def step(self, point, stack=None):
        if self.closed:
            raise asyncio.CancelledError
        self.steps += 1
        for trouble in self.troubles.pop(self.steps, ()):
            self.universe.befall(self, trouble, point, stack or STACK.get())
        while not self._awake.is_set() and not self.dead:
            await self._awake.wait()
        if self.dead:
            await self.universe.forever()

    def pause(self, seconds):
        self.paused = True
        self._awake.clear()
        asyncio.get_running_loop().call_later(seconds, self._awake.set)

    def die(self):
        self.dead = True
        self._awake.set()


class FrailDatabase(Database):
    """A database that is away for one write, before or after that took effect.

    What reached it, and had no answer, it may be given once more.

    There is one connection for good, and nobody queues up: all that asks is on one thread.
    """

    fate = None
    lost = False
    """Whether the last write took effect, and its answer was lost."""

    @cached_property
    def plain(self):
        """The connection of the driver."""
        return self.always.connection.driver_connection

    @cached_property
    def always(self):
        return self.engine.connect()

    def read(self, work):
        return work(self.always)

    def write(self, work):
        fate, self.fate, self.lost = self.fate, None, False
        if fate == "commit-refused":
            raise Unavailable("The database is away, as asked for.")
        result = self._change(work)
        if fate == "commit-repeated":
            result = self._change(work)
        if fate == "commit-lost":
            self.lost = True
            raise Unavailable("The answer of the database was lost, as asked for.")
        return result

    def _change(self, work):
        self.plain.execute("BEGIN IMMEDIATE")
        try:
            result = work(self.always)
        except BaseException:
            self.plain.execute("ROLLBACK")
            raise
        self.plain.execute("COMMIT")
        return result


class FrailStore(ThreadedStore):
    """A store whose database is away for a while, or takes its time."""

    fate = None
    """What becomes of the next commit."""
    lost_answer = False

    def __init__(self, *args, universe, **more):
        super().__init__(*args, **more)
        self._universe = universe

    async def _in(self, pool, work):
        if asyncio.get_running_loop().time() < self._universe.away_until:
            raise Unavailable("The database is away, as asked for.")
        await self._late()
        db, universe = self._db, self._universe
        db.fate, db.lost = self.fate or universe.next_write, False
        try:
            return work()
        finally:
            if db.fate is None:  # it wrote
                self.fate = universe.next_write = None
            lost, db.fate = db.lost, None
            await self._late()
            self.lost_answer = lost

    async def _late(self):
        universe = self._universe
        if asyncio.get_running_loop().time() < universe.late_until:
            await asyncio.sleep(universe.random.choice((0.1, 1, 4, 9)))

    def lost(self, batches):
        """Return what became of a commit that had no answer; None when it did not take effect."""
        known, attempt = self._unsure
        return attempt.tried if known is batches and self.lost_answer else None


class MortalStore:
    """A store whose every function begins and ends with a step of its engine."""

    def __init__(self, inner, life, universe):
        self._inner, self._life, self._universe = inner, life, universe
        self._told = None

    def __getattr__(self, name):
        inner = getattr(self._inner, name)
        leases = name in _LEASES
        point = "while it claims, renews or gives back leases" if leases else "while it reads"

        async def run(*args):
            if name == "load":
                STACK.set(args[0])
            await self._life.step(point)
            result = await inner(*args)
            await self._life.step(point)
            return result

        setattr(self, name, run)
        return run

    async def commit(self, batches):
        universe, life = self._universe, self._life
        kind, stack = written(batches)
        await life.step(around(kind, "before"), stack)
        self._inner.fate, universe.next_commit = universe.next_commit, None
        try:
            verdicts = await self._inner.commit(batches)
        except Unavailable:
            self._tell(batches, self._inner.lost(batches))
            raise
        for verdict in verdicts:
            universe.counts[f"verdict {verdict.name}"] += 1
        self._tell(batches, verdicts)
        await life.step(around(kind, "after"), stack)
        return verdicts

    def _tell(self, batches, verdicts):
        """Say what took effect, once: also when no engine will ever hear of it."""
        if verdicts and batches is not self._told:
            self._told = batches
            taken = [b for b, v in zip(batches, verdicts, strict=True) if v is Verdict.TAKEN]
            self._universe.committed(taken, self._life.name)


class Direct(Session):
    """Takes requests to an adapter without what the way over a wire would need."""

    def __init__(self, adapter):
        super().__init__()
        self._adapter = adapter

    def request(self, method, url, headers=None, params=None, data=None, **_):
        asked = url if not params else f"{url}{'&' if '?' in url else '?'}{urlencode(params)}"
        return self._adapter.send(
            SimpleNamespace(method=method, url=asked, headers=headers or {}, body=data)
        )


class MortalCloud(DispatchCloud):
    """The way of one engine to the cloud, with a step before and after each request."""

    def __init__(self, *args, life, **more):
        super().__init__(*args, **more)
        self._life = life
        self.client.sessions._session.session = Direct(self._adapter)

    async def send(self, call, who, **more):
        _LOOKS.set(call.reads)
        return await super().send(call, who, **more)

    async def _timed(self, latency, work):
        looks = _LOOKS.get()
        looking = "while it looks at the cloud"
        await self._life.step(looking if looks else "before a request is sent")
        if latency.before:
            await asyncio.sleep(latency.before)
        if self._life.dead and latency.after < MARGIN / 6:
            await self._life.step("")  # the request died with its sender; else it was on its way
        if not looks and latency.before:
            await self._life.step("while a request is under way")
        self._adapter.delay = 0.0
        try:
            return work()
        finally:
            if latency.after + self._adapter.delay:
                await asyncio.sleep(latency.after + self._adapter.delay)
            known = "a request took effect, its answer is not known"
            await self._life.step(looking if looks else known)
