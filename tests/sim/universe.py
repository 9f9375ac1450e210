"""The world of one simulation: a store, a cloud, and engines that come, go and stand still."""

import asyncio
import json
import logging
import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from uuid import UUID

import msgspec

from devcloud.assembly import build as build_cloud
from devcloud.kernel.faults import Rule
from devcloud.kernel.settings import Settings as LocalSettings
from devcloud.kernel.web import Request
from heat import resources
from heat.base.errors import Unavailable
from heat.base.ids import EngineId
from heat.cloud.settings import CloudSettings, Trustee
from heat.engine.ports import Settings, World
from heat.engine.stores import ThreadedStore
from heat.engine.worker import Worker
from heat.operations.context import Context
from heat.operations.services import Limits, Services
from heat.plugin.registry import TYPES
from heat.store.database import Database
from heat.store.migrations import create
from heat.store.rows import Verdict
from heat.testing.clock import LoopClock
from heat.testing.cloud import Answer, DispatchCloud, Latency

BASE = "http://devcloud"
START = datetime(2090, 1, 1, tzinfo=UTC)
"""Later than any machine's clock, which keystoneauth asks whether a token has ended."""
MARGIN = 3.0
"""A request is under way for less than the rest of a lease at which it is still sent."""

resources.load()


class Chance:
    def __init__(self, seed):
        self.random = Random(seed)

    def id(self):
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def hex(self, size):
        return self.random.randbytes(size).hex()

    def spread(self, seconds):
        return seconds * self.random.uniform(0.5, 1.5)


class Life:
    """The steps of one engine: at some it dies, or stands still for a while."""

    def __init__(self, universe, troubles):
        self.universe, self.troubles = universe, troubles
        self.dead = self.closed = False
        self.paused = False
        self.steps = 0
        self._awake = asyncio.Event()
        self._awake.set()

    async def step(self):
        if self.closed:
            raise asyncio.CancelledError
        self.steps += 1
        for trouble in self.troubles.pop(self.steps, ()):
            self.universe.befall(self, trouble)
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
    """A database that is away for one write, before or after that took effect."""

    fate = None

    def write(self, work):
        fate, self.fate = self.fate, None
        if fate == "commit-refused":
            raise Unavailable("The database is away, as asked for.")
        result = super().write(work)
        if fate == "commit-lost":
            raise Unavailable("The answer of the database was lost, as asked for.")
        return result


class MortalStore:
    """A store whose every function begins and ends with a step of its engine."""

    def __init__(self, inner, life, universe):
        self._inner, self._life, self._universe = inner, life, universe

    def __getattr__(self, name):
        inner = getattr(self._inner, name)

        async def run(*args):
            await self._life.step()
            result = await inner(*args)
            await self._life.step()
            return result

        setattr(self, name, run)
        return run

    async def commit(self, batches):
        await self._life.step()
        self._universe.db.fate, self._universe.next_commit = self._universe.next_commit, None
        verdicts = await self._inner.commit(batches)
        taken = [b for b, v in zip(batches, verdicts, strict=True) if v is Verdict.TAKEN]
        for verdict in verdicts:
            self._universe.counts[f"verdict {verdict.name}"] += 1
        self._universe.committed(taken)
        await self._life.step()
        return verdicts


class MortalCloud(DispatchCloud):
    """The way of one engine to the cloud, with a step before and after each request."""

    def __init__(self, *args, life, **more):
        super().__init__(*args, **more)
        self._life = life

    async def _timed(self, latency, work):
        await self._life.step()
        await asyncio.sleep(latency.before)
        if self._life.dead and latency.after < MARGIN / 6:
            await self._life.step()  # the request died with its sender; else it was on its way
        self._adapter.delay = 0.0
        try:
            return work()
        finally:
            await asyncio.sleep(latency.after + self._adapter.delay)
            await self._life.step()


class Universe:
    def __init__(self, scenario, watch):
        loop = asyncio.get_running_loop()
        self.scenario, self.watch = scenario, watch
        self.random = Random(f"universe {scenario.seed}")
        self.clock, self.chance = LoopClock(start=START), Chance(f"ids {scenario.seed}")
        self.counts = Counter()
        self.next_commit = None
        self.closing = False
        self.workers = []
        self._never = loop.create_future()
        self.local = LocalSettings(latency=dict(scenario.slow))
        self.cloud = build_cloud(
            clock=lambda: START + timedelta(seconds=loop.time()),
            random=Random(f"cloud {scenario.seed}"),
            settings=self.local,
        )
        self.db = _database()
        self.base = self.objects()
        self.settings = Settings(lease_term=15, scan_interval=5)
        trustee = Trustee("heat", self.local.password, user_domain_name="Default")
        self.way = CloudSettings(f"{BASE}/identity/v3", trustee=trustee)
        self.user = self._login()
        self.services = Services(
            db=self.db,
            client=None,
            clock=self.clock,
            new_id=self.chance.id,
            wake=self.wake,
            limits=Limits(stack_action_timeout=1800),
        )
        for rule in scenario.faults:
            self.cloud.faults.add(Rule(**rule))
        self._troubles = {}
        for trouble in scenario.troubles:
            self._troubles.setdefault(trouble.at, []).append(trouble)
        for _ in range(scenario.engines):
            self.start()

    def heal(self):
        """End all faults; what the cloud would never get ready is marked as failed."""
        self.cloud.faults.clear()
        self._troubles.clear()
        self.next_commit = None
        for row in self.cloud.store.table("volume.volume").all():
            if row["status"] == "creating" and "_until" not in row:
                row["status"] = "error"

    async def forever(self):
        await asyncio.shield(self._never)

    def befall(self, life, trouble):
        """Let trouble come over an engine."""
        if self.closing:
            return
        self.counts[trouble.kind] += 1
        match trouble.kind:
            case "kill" if not life.paused:
                life.die()
                asyncio.get_running_loop().call_later(trouble.seconds, self._another)
            case "pause":
                life.pause(trouble.seconds)
            case "commit-refused" | "commit-lost":
                self.next_commit = trouble.kind
            case "stop":
                worker = next(w for w in self.workers if w.life is life)
                worker.stop()
                asyncio.get_running_loop().call_later(trouble.seconds, self._another)

    def _another(self):
        if not self.closing:
            self.start()

    def start(self):
        """Start an engine."""
        name = f"engine-{len(self.workers)}"
        life = Life(self, self._troubles)
        term = timedelta(seconds=self.settings.lease_term)
        store = ThreadedStore(self.db, EngineId(name), term, threads=0)
        cloud = MortalCloud(
            self.way,
            self._dispatch,
            life=life,
            latency=self._latency,
            random=Random(f"polls {self.scenario.seed} {name}"),
        )
        world = World(
            store=MortalStore(store, life, self),
            cloud=cloud,
            clock=self.clock,
            chance=self.chance,
            types=TYPES,
        )
        worker = Worker(world, self.settings, name)
        worker.life, worker.cloud = life, cloud
        worker.task = asyncio.create_task(worker.run())
        self.workers.append(worker)

    def wake(self, stack):
        for worker in self.workers:
            for _ in range(self._times()):
                worker.wake(stack)

    def _times(self):
        wakes = self.scenario.wakes
        return int(wakes) + (self.random.random() < wakes % 1)

    def _latency(self, _call):
        most = self.scenario.latency
        if not most:
            return Latency()
        return Latency(self.random.uniform(0, most), self.random.uniform(0, most))

    def _dispatch(self, method, url, headers, body):
        struck = self._struck()
        reply = self.cloud.dispatch(Request.of(method, url, headers=headers, raw=body))
        if method == "POST" and reply.status < 300:
            self.watch.made(url, reply.raw or b"", self)
        if not self.closing:
            self.counts["requests"] += 1
        self._count_faults(struck)
        return Answer(reply.status, reply.headers, reply.raw or b"", reply.delay, reply.lost)

    def _struck(self):
        return [(a.rule.action, a.struck) for a in self.cloud.faults._rules.values()]

    def _count_faults(self, before):
        for (action, old), armed in zip(before, self.cloud.faults._rules.values(), strict=False):
            self.counts[f"fault {action}"] += armed.struck - old

    def committed(self, batches):
        for batch in batches:
            self.watch.committed(batch)

    def objects(self):
        """Return the ids of what is in the cloud, by kind; what nova and neutron keep is theirs."""
        found = {}
        for kind, table in self.cloud.store.tables().items():
            service = kind.split(".")[0]
            if service not in ("network", "compute", "volume") and kind != "identity.trust":
                continue
            if kind in ("compute.deleted", "compute.quota", "volume.quota", "network.quota"):
                continue
            found[kind] = {
                str(row["id"]): row
                for row in table.all()
                if row.get("name") != "default" and not row.get("deleted_at")
            }
        groups = found.get("network.security_group", {})
        rules = found.get("network.security_group_rule", {})
        found["network.security_group_rule"] = {
            key: row for key, row in rules.items() if row["security_group_id"] in groups
        }
        return found

    def made(self):
        """Return what is in the cloud beyond its first content."""
        return {
            (kind, key): row
            for kind, rows in self.objects().items()
            for key, row in rows.items()
            if key not in self.base.get(kind, {})
        }

    def _login(self):
        domain = {"name": "Default"}
        password = {"user": {"name": "demo", "domain": domain, "password": self.local.password}}
        body = {
            "auth": {
                "identity": {"methods": ["password"], "password": password},
                "scope": {"project": {"name": "demo", "domain": domain}},
            }
        }
        url = f"{BASE}/identity/v3/auth/tokens"
        reply = self.cloud.dispatch(
            Request.of(
                "POST",
                url,
                headers={"content-type": "application/json"},
                raw=json.dumps(body).encode(),
            )
        )
        token = msgspec.json.decode(reply.raw)["token"]
        names = {name.lower(): value for name, value in reply.headers.items()}
        return Context(
            user_id=token["user"]["id"],
            username="demo",
            project=token["project"]["id"],
            roles=tuple(role["name"] for role in token["roles"]),
            token=names["x-subject-token"],
        )

    async def close(self):
        self.closing = True
        for worker in self.workers:
            worker.life.closed = True
            worker.life._awake.set()
        tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=5)
        for worker in self.workers:
            worker.cloud.client.sessions.close()


@cache
def _pattern():
    """Return an empty database, and the one that every scenario works in.

    It is one for all, because statements are compiled once for a database.
    """
    db = FrailDatabase(None, clock=LoopClock(start=START))
    create(db)
    empty = sqlite3.connect(":memory:", check_same_thread=False)
    with db.engine.connect() as connection:
        connection.connection.driver_connection.backup(empty)
    return empty, db


def _database():
    empty, db = _pattern()
    with db.engine.connect() as connection:
        empty.backup(connection.connection.driver_connection)
    db.random, db.fate = Random(0), None
    return db


class Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.all = []

    def emit(self, record):
        self.all.append(record)
