"""A whole engine on virtual time: SQLite in memory, the local cloud in process."""

import asyncio
from collections import Counter
from datetime import timedelta
from random import Random
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import select

from devcloud.assembly import build as build_cloud
from devcloud.kernel.settings import Settings as LocalSettings
from devcloud.kernel.web import Request
from heat import resources
from heat.base.ids import EngineId, OperationId, StackId
from heat.cloud.credentials import Credentials
from heat.cloud.settings import CloudSettings, StackDomain, Trustee
from heat.engine.ports import Settings, World
from heat.engine.stores import ThreadedStore
from heat.engine.worker import Worker
from heat.plugin.registry import TYPES
from heat.store import definitions, events, operations, stacks
from heat.store import resources as recorded
from heat.store.database import Database
from heat.store.events import EventQuery
from heat.store.migrations import create
from heat.store.rows import (
    ChangeStack,
    CredentialsRow,
    DefinitionRow,
    OperationRow,
    StackRow,
)
from heat.store.tables import stack as stack_table
from heat.template.load import load
from heat.testing.clock import START, LoopClock, run_virtual
from heat.testing.cloud import Answer, DispatchCloud, Latency

BASE = "http://devcloud"
resources.load()

KINDS = {
    "network.network",
    "network.subnet",
    "network.port",
    "network.router",
    "network.security_group",
    "network.floatingip",
    "compute.server",
    "compute.keypair",
    "volume.volume",
}


class SeededChance:
    def __init__(self, seed):
        self.random = Random(seed)

    def id(self):
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def hex(self, size):
        return self.random.randbytes(size).hex()

    def spread(self, seconds):
        return seconds * self.random.uniform(0.5, 1.5)


class Mortal:
    """Passes calls on until its engine dies: then nothing it does has an effect any more."""

    def __init__(self, inner, life):
        self._inner, self._life = inner, life

    def __getattr__(self, name):
        inner = getattr(self._inner, name)
        if name not in ("commit", "send", "make_trust", "drop_trust", "of_users"):
            if not asyncio.iscoroutinefunction(inner):
                return inner

            async def breathe(*args, **kwargs):
                await self._life.breathe()
                return await inner(*args, **kwargs)

            return breathe

        async def step(*args, **kwargs):
            await self._life.step()  # dies before it takes effect
            result = await inner(*args, **kwargs)
            await self._life.step()  # dies after it took effect, before it is known
            return result

        return step


class Life:
    """Counts the steps of an engine, and ends it at a given one."""

    def __init__(self, steps=None, pause=None):
        self.left, self.taken, self.died = steps, 0, asyncio.Event()
        self.pause_at, self.pause = pause or (None, 0)
        self._awake = asyncio.Event()
        self._awake.set()

    @property
    def is_paused(self):
        return not self._awake.is_set()

    async def breathe(self):
        await self._awake.wait()

    async def step(self):
        self.taken += 1
        if self.taken == self.pause_at:
            self._awake.clear()
            asyncio.get_running_loop().call_later(self.pause, self._awake.set)
        await self.breathe()
        if self.left is not None and self.taken > self.left:
            self.died.set()
            await asyncio.Event().wait()


class Place:
    """A store, a cloud, and engines that come and go."""

    def __init__(self, seed=0, latency=0.0, times=None, answering=0.0, users=False, **local):
        loop = asyncio.get_running_loop()
        self.clock, self.chance = LoopClock(), SeededChance(seed)
        self.requests = []
        self.local = LocalSettings(latency=times or {}, **local)
        self.cloud = build_cloud(
            clock=lambda: START + timedelta(seconds=loop.time()), settings=self.local
        )
        self.db = Database(None, clock=self.clock)
        create(self.db)
        trustee = Trustee("heat", self.local.password, user_domain_name="Default")
        self.port = DispatchCloud(
            CloudSettings(
                f"{BASE}/identity/v3",
                trustee=trustee,
                stack_domain=StackDomain(
                    domain_name="heat", admin="heat_domain_admin", password=self.local.password
                )
                if users
                else None,
            ),
            self._dispatch,
            latency=lambda _: Latency(before=latency, after=answering),
        )
        self.settings = Settings(lease_term=15, scan_interval=5)
        self.before = self.objects()
        self.user = self._login()
        self._workers = []

    def _dispatch(self, method, url, headers, body):
        self.requests.append((method, url.removeprefix(BASE)))
        reply = self.cloud.dispatch(Request.of(method, url, headers=headers, raw=body))
        return Answer(reply.status, reply.headers, reply.raw or b"", reply.delay, reply.lost)

    def _login(self, user="demo", project=None):
        domain = {"name": "Default"}
        body = {
            "auth": {
                "identity": {
                    "methods": ["password"],
                    "password": {
                        "user": {"name": user, "domain": domain, "password": self.local.password}
                    },
                },
                "scope": {"project": {"name": project or user, "domain": domain}},
            }
        }
        url = f"{BASE}/identity/v3/auth/tokens"
        reply = self._dispatch(
            "POST", url, {"content-type": "application/json"}, msgspec.json.encode(body)
        )
        token = msgspec.json.decode(reply.body)["token"]
        names = {name.lower(): value for name, value in reply.headers.items()}
        return Credentials(
            user_id=token["user"]["id"],
            username=user,
            project=token["project"]["id"],
            roles=tuple(role["name"] for role in token["roles"]),
            token=names["x-subject-token"],
        )

    def objects(self):
        """Return the ids of what is in the cloud, by kind."""
        found = {}
        for kind in KINDS:
            rows = self.cloud.store.table(kind).all()
            found[kind] = {
                row["id"]
                for row in rows
                if row.get("name") != "default" and row.get("status") != "deleting"
            }
        return found

    def made(self):
        """Count what is in the cloud beyond its first content."""
        counts = Counter()
        for kind, ids in self.objects().items():
            if new := len(ids - self.before.get(kind, set())):
                counts[kind] = new
        return dict(counts)

    def start(self, name="engine", steps=None, pause=None):
        """Start an engine; it dies after so many steps, or pauses at (a step, for seconds)."""
        life = Life(steps, pause)
        term = timedelta(seconds=self.settings.lease_term)
        store = ThreadedStore(self.db, EngineId(name), term, threads=0)
        world = World(
            store=Mortal(store, life),
            cloud=Mortal(self.port, life),
            clock=self.clock,
            chance=self.chance,
            types=TYPES,
        )
        worker = Worker(world, self.settings, name)
        worker.life = life
        worker.task = asyncio.create_task(worker.run())
        self._workers.append(worker)
        return worker

    async def kill(self, worker):
        """Drop an engine with all it has in memory; its store and cloud hear no more of it."""
        worker.life.left = 0
        worker.task.cancel()
        for task in list(worker._tasks.values()):
            task.cancel()
        await asyncio.wait([worker.task], timeout=1)

    async def cut_off(self, action, template, steps=None, after=None):
        """Begin an operation whose engine dies after so many steps; returns the stack's id.

        Where not every number of steps is reached, it dies ``after`` so many seconds.
        """
        engine = self.start("first", steps)
        stack = self.ask(action, template)
        await (engine.life.died.wait() if after is None else asyncio.sleep(after))
        await self.kill(engine)
        return stack

    async def outlived(self, engine, stack):
        """Wait for the stack's end; when the engine dies on the way, another takes over."""
        done = asyncio.create_task(self.settled(stack, seconds=2000))
        died = asyncio.create_task(engine.life.died.wait())
        await asyncio.wait({done, died}, return_when=asyncio.FIRST_COMPLETED)
        if died.done():
            await self.kill(engine)
            self.start("second")
        died.cancel()
        return await done

    async def close(self):
        for worker in self._workers:
            worker.life.left = 0
            worker.task.cancel()
        await asyncio.wait([w.task for w in self._workers], timeout=1)
        await self.port.close()

    def ask(self, action, template=None, stack=None, *, parameters=None, **more):
        """Accept an operation, as a request would; returns the stack's id."""
        now = self.clock.now()
        definition = None
        if template is not None:
            definition = DefinitionRow(
                id=self.chance.id(),
                template=dict(load(template).raw),
                files=more.pop("files", {}),
                environment={**more.pop("environment", {}), "parameters": parameters or {}},
            )
            definitions.put(self.db, definition)
        fields = {
            "action": action,
            "status": "IN_PROGRESS",
            "reason": f"Stack {action} started",
        }
        timeout = timedelta(seconds=more.pop("timeout", 3600))
        previous = None
        if stack is None:
            stack = StackId(self.chance.id())
            credentials = CredentialsRow(
                id=self.chance.id(),
                user_id=self.user.user_id,
                username="demo",
                project=self.user.project,
                secret=self.user.to_secret(),
            )
            row = StackRow(
                id=stack,
                name=more.pop("name", "app"),
                project=self.user.project,
                definition=definition.id,
                credentials=credentials.id,
                created_at=now,
                disable_rollback=not more.pop("rollback", False),
                **fields,
            )
        else:
            old = stacks.get(self.db, stack)
            credentials, previous = None, old.definition
            if definition is not None:
                fields |= {"definition": definition.id}
            if "rollback" in more:
                fields |= {"disable_rollback": not more.pop("rollback")}
            row = ChangeStack(stack, fields)
        operations.accept(
            self.db,
            operation=OperationRow(
                id=OperationId(self.chance.id()),
                stack=stack,
                action=action,
                state="PENDING",
                definition=definition.id if definition else None,
                requested_at=now,
                deadline=now + timeout,
                credentials=(
                    credentials.id if credentials else stacks.get(self.db, stack).credentials
                ),
                options={"previous": previous},
                request_id=more.pop("request_id", ""),
            ),
            stack=row,
            credentials=credentials,
        )
        for worker in self._workers:
            worker.wake(stack)
        return stack

    async def done(self, action, template=None, stack=None, **more):
        """Accept an operation and wait for its good end; returns the stack's id."""
        stack = self.ask(action, template, stack, **more)
        row = await self.settled(stack)
        assert (row.action, row.status) == (action, "COMPLETE"), row.reason
        return stack

    async def settled(self, stack, seconds=600):
        """Wait until the stack is at rest; returns its row."""
        async with asyncio.timeout(seconds):
            while True:
                row = stacks.get(self.db, stack, deleted=True)
                if row.status != "IN_PROGRESS" and operations.current(self.db, stack) is None:
                    return row
                await asyncio.sleep(0.5)

    def stacks(self):
        """Return every stack, nested ones too, that is there."""
        with self.db.engine.connect() as connection:
            query = select(stack_table.c.id).where(stack_table.c.deleted_at.is_(None))
            return [stacks.get(self.db, key) for key in connection.scalars(query).all()]

    def rows(self, stack):
        return {row.name: row for row in recorded.of_stack(self.db, stack)}

    def told(self, stack):
        """Return the events of a stack, in the order in which they were written."""
        newest_first = events.listing(self.db, EventQuery(stacks=[stack]))
        return list(reversed(newest_first))

    def events(self, stack):
        return [f"{e.resource_name} {e.action}_{e.status}" for e in self.told(stack)]


@pytest.fixture
def world():
    """Return a function that runs ``main(place)`` on virtual time."""

    def run(main, seconds=20000, **options):
        async def whole():
            place = Place(**options)
            try:
                return await main(place)
            finally:
                await place.close()

        return run_virtual(whole, seconds=seconds)

    return run


@pytest.fixture
def town(world):
    """Return a function that runs ``main(place)`` where users of stacks have a domain."""

    def run(main, **options):
        return world(main, users=True, **options)

    return run
