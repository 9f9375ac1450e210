"""The world of one simulation: a store, a cloud, and its engines."""

import asyncio
import contextvars
import json
import logging
import pickle
import sqlite3
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from uuid import UUID

import msgspec
from tests.sim.engines import FrailDatabase, FrailStore, Life, MortalCloud, MortalStore
from tests.sim.points import STACK, Tally
from tests.sim.prepared import Prepared

from devcloud.assembly import build as build_cloud
from devcloud.kernel.faults import Rule
from devcloud.kernel.settings import Settings as LocalSettings
from devcloud.kernel.store import Store
from devcloud.kernel.web import Request
from devcloud.nova import keypairs
from heat import resources
from heat.base.ids import EngineId
from heat.cloud.settings import CloudSettings, Polling, StackDomain, Trustee
from heat.engine.ports import Settings, World
from heat.engine.worker import Worker
from heat.operations.context import Context
from heat.operations.services import Limits, Services
from heat.plugin.registry import TYPES
from heat.store import operations
from heat.store.migrations import create
from heat.testing.clock import LoopClock
from heat.testing.cloud import Answer, Latency

BASE = "http://devcloud"
START = datetime(2090, 1, 1, tzinfo=UTC)
"""Later than any machine's clock, which keystoneauth asks whether a token has ended."""

_MORE = (
    "identity.trust", "identity.user", "identity.project", "identity.credential", "image.image",
    "object-store.container", "object-store.object",
)  # fmt: skip
_LESS = ("compute.deleted", "compute.quota", "volume.quota", "network.quota")
"""What tables are looked at besides those of networks, servers and volumes, and which are not."""

resources.load()
keypairs.new_pair = cache(keypairs.new_pair)  # to find primes takes longer than most scenarios


class Chance:
    def __init__(self, seed):
        self.random = Random(seed)

    def id(self):
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def hex(self, size):
        return self.random.randbytes(size).hex()

    def spread(self, seconds):
        return seconds * self.random.uniform(0.5, 1.5)


class Universe:
    def __init__(self, scenario, watch):
        loop = asyncio.get_running_loop()
        self.scenario, self.watch = scenario, watch
        self.random = Random(f"universe {scenario.seed}")
        self.clock, self.chance = LoopClock(start=START), Chance(f"ids {scenario.seed}")
        self.counts, self.tally = Counter(), Tally()
        self.next_commit = self.next_write = None
        self.away_until = self.late_until = 0.0
        self.closing = False
        self.changed = asyncio.Event()
        self.roots, self.past, self.exports = {}, [], {}
        self.answers, self.look = scenario.answers, 60.0
        self.hooked = any(act.environment for act in scenario.acts)
        self.given, self.adopted, self.spoilt = set(), set(), set()
        self.vanished = {}
        """What somebody deleted behind the engine's back, and when."""
        self.workers = []
        self._never = loop.create_future()
        self.local = LocalSettings(latency=dict(scenario.slow))
        self.cloud = build_cloud(
            _filled(),
            clock=lambda: START + timedelta(seconds=loop.time()),
            random=Random(f"cloud {scenario.seed}"),
            settings=self.local,
        )
        self.db = _database()
        self.user = self._login()
        self.theirs = self._network()
        self.base = self.objects()
        self.settings = Settings(lease_term=15, scan_interval=5)
        trustee = Trustee("heat", self.local.password, user_domain_name="Default")
        domain = StackDomain(
            domain_name="heat", admin="heat_domain_admin", password=self.local.password
        )
        self.way = CloudSettings(
            f"{BASE}/identity/v3",
            trustee=trustee,
            stack_domain=domain if scenario.users else None,
            # Whoever waits till the deadline sees the same each time.
            polling=Polling(delays=(0.1, 0.25, 0.5, 1.0, 2.0, 2.0, 2.0, 10.0)),
        )
        self.services = Services(
            db=self.db,
            client=None,
            clock=self.clock,
            new_id=self.chance.id,
            wake=self.wake,
            limits=Limits(
                stack_action_timeout=1800, enable_stack_adopt=True, enable_stack_abandon=True
            ),
        )
        for rule in scenario.faults:
            self.cloud.faults.add(Rule(**rule))
        self._troubles = {}
        for trouble in scenario.troubles:
            self._troubles.setdefault(trouble.at, []).append(trouble)
        for _ in range(scenario.engines):
            self.start()

    def heal(self):
        """End all faults, and do what operators do about what is left of them.

        Who waits for a word has it soon: somebody who deletes a stack is there to clear hooks.
        """
        self.answers, self.look = 1.0, 2.0 if self.hooked else 60.0
        self.cloud.faults.clear()
        self._troubles.clear()
        self.next_commit = self.next_write = None
        self.away_until = self.late_until = 0.0
        for row in self.cloud.store.table("compute.server").all():
            if row.get("task_state") and "_until" not in row:
                row["task_state"] = None
        for row in self.cloud.store.table("volume.volume").all():
            if row["status"] == "creating" and "_until" not in row:
                row["status"] = "error"
            if row["status"] == "error_extending":
                row["status"] = "in-use" if row.get("attachments") else "available"

    async def forever(self):
        await asyncio.shield(self._never)

    def befall(self, life, trouble, point, stack):
        """Let trouble come over an engine."""
        if self.closing or life.dead:
            return
        self.counts[trouble.kind] += 1
        name = trouble.kind
        if name == "pause":
            beyond = trouble.seconds > self.settings.lease_term
            name = "pause past the lease" if beyond else "pause within the lease"
        self.tally.hit(name, point, self._operation(stack), life.name)
        match trouble.kind:
            case "kill" if not life.paused:
                life.die()
                self._replace_in(trouble.seconds)
            case "pause":
                life.pause(trouble.seconds)
            case "away":
                self.away_until = asyncio.get_running_loop().time() + trouble.seconds
            case "late":
                self.late_until = asyncio.get_running_loop().time() + trouble.seconds
            case "commit-refused" | "commit-lost" | "commit-repeated":
                self.next_commit = trouble.kind
            case "write-refused" | "write-lost" | "write-repeated":
                self.next_write = trouble.kind.replace("write", "commit")
            case "stop":
                worker = next(w for w in self.workers if w.life is life)
                worker.stop()
                self._replace_in(trouble.seconds)

    def _operation(self, stack):
        current = operations.current(self.db, stack) if stack else None
        return current and current.id

    def _replace_in(self, seconds):
        # What the dying engine was about must not be what the new one goes by.
        asyncio.get_running_loop().call_later(seconds, self._another, context=contextvars.Context())

    def _another(self):
        if not self.closing:
            self.start()

    def start(self):
        """Start an engine."""
        name = f"engine-{len(self.workers)}"
        life = Life(self, self._troubles, name)
        term = timedelta(seconds=self.settings.lease_term)
        store = FrailStore(self.db, EngineId(name), term, threads=0, universe=self)
        ahead = self.scenario.ahead[len(self.workers) % 3] if self.scenario.ahead else 0.0
        clock = LoopClock(start=START + timedelta(seconds=ahead))
        cloud = MortalCloud(
            self.way,
            self._dispatch,
            clock=clock,
            life=life,
            latency=self._latency,
            random=Random(f"polls {self.scenario.seed} {name}"),
        )
        world = World(
            store=MortalStore(store, life, self),
            cloud=cloud,
            clock=clock,
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
        self._count_faults(struck, method)
        return Answer(reply.status, reply.headers, reply.raw or b"", reply.delay, reply.lost)

    def _struck(self):
        return [(a.rule.action, a.struck) for a in self.cloud.faults._rules.values()]

    def _count_faults(self, before, method):
        for (action, old), armed in zip(before, self.cloud.faults._rules.values(), strict=False):
            if armed.struck == old or self.closing:
                continue
            self.counts[f"fault {action}"] += armed.struck - old
            looks = method in ("GET", "HEAD")
            at = "a request that looks" if looks else f"a {method} request"
            told = f"{action} {armed.rule.status}" if action == "refuse" else action
            self.tally.hit(f"cloud: {told}", at, self._operation(STACK.get()), None)

    def committed(self, batches, engine):
        self.tally.ended(batches, engine)
        for batch in batches:
            self.watch.committed(batch)
        self.changed.set()

    def objects(self):
        """Return the ids of what is in the cloud, by kind; what nova and neutron keep is theirs."""
        found = {}
        for kind, table in self.cloud.store.tables().items():
            service = kind.split(".")[0]
            if service not in ("network", "compute", "volume") and kind not in _MORE:
                continue
            if kind in _LESS:
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

    def all_roots(self):
        """Return all stacks that users ever had."""
        return [*self.past, *self.roots.values()]

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

    def _network(self):
        """Make a network that no stack made, which templates name as an external resource."""
        headers = {"content-type": "application/json", "x-auth-token": self.user.token}
        body = json.dumps({"network": {"name": "theirs"}}).encode()
        url = f"{BASE}/network/v2.0/networks"
        reply = self.cloud.dispatch(Request.of("POST", url, headers=headers, raw=body))
        made = msgspec.json.decode(reply.raw)["network"]
        return dict(self.cloud.store.table("network.network").get(made["id"]))

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
def _first_content():
    """Return what a new cloud is filled with."""
    cloud = build_cloud(clock=lambda: START, random=Random("first content"))
    rows = {kind: table.all() for kind, table in cloud.store.tables().items()}
    return pickle.dumps(rows), dict(cloud.store.blobs._memory)


def _filled():
    rows, blobs = _first_content()
    store = Store()
    for kind, kept in pickle.loads(rows).items():
        for row in kept:
            store.table(kind).put(row)
    store.blobs._memory.update(blobs)
    return store


@cache
def _pattern():
    """Return an empty database, and the one that every scenario works in.

    It is one for all, because statements are compiled once for a database.
    """
    db = FrailDatabase(None, clock=LoopClock(start=START))
    create(db)
    empty = sqlite3.connect(":memory:", check_same_thread=False)
    db.plain.backup(empty)
    db.always = Prepared(db.always)
    return empty, db


def _database():
    empty, db = _pattern()
    empty.backup(db.plain)
    db.random, db.fate = Random(0), None
    return db


class Records(logging.Handler):
    """Keeps what is logged."""

    def __init__(self):
        super().__init__(logging.INFO)
        self.all = []

    def emit(self, record):
        self.all.append(record)
