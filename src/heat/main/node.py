"""One engine put together: database, cloud, worker, and the operations that callers ask for."""

import asyncio
import logging
import os
import socket
import threading
import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta

from heat import resources
from heat.base.clock import WallClock
from heat.base.errors import Unavailable
from heat.base.garbage import look_seldom
from heat.base.ids import EngineId, StackId
from heat.cloud.client import Client
from heat.cloud.found import Found
from heat.cloud.port import AsyncCloud
from heat.cloud.sessions import Sessions
from heat.cloud.settings import CloudSettings
from heat.engine.chance import SystemChance
from heat.engine.notices import Emit, Notices
from heat.engine.ports import Settings as EngineSettings
from heat.engine.ports import World
from heat.engine.stores import ThreadedStore
from heat.engine.worker import Worker
from heat.operations.policy import Policy
from heat.operations.services import Limits, Services
from heat.plugin.registry import TYPES
from heat.store import services as reports
from heat.store.database import Database
from heat.store.rows import ServiceRow

_log = logging.getLogger(__name__)

REPORT_INTERVAL = 60
"""Seconds between words that this engine lives, for `openstack orchestration service list`."""
STOPPING = 35.0
"""Seconds for requests to the cloud that are under way, and for giving leases back."""


@dataclass(frozen=True)
class Wants:
    """How an engine is to be, as plain values."""

    cloud: CloudSettings
    engine: EngineSettings = field(default_factory=EngineSettings)
    limits: Limits = field(default_factory=Limits)
    policy: Policy = field(default_factory=Policy)
    revision: str = "unknown"


class Node:
    """An engine that works in a thread of its own until it is closed."""

    def __init__(self, db: Database, wants: Wants, emit: Emit | None = None) -> None:
        look_seldom()
        resources.load()
        self.engine_id = EngineId(str(uuid.uuid4()))
        self._db, self._wants = db, wants
        self._sessions = Sessions(wants.cloud)
        self._client = Client(self._sessions)
        self._store = ThreadedStore(db, self.engine_id, timedelta(seconds=wants.engine.lease_term))
        self._notices = Notices(db, self._client, emit)
        self._closing = threading.Event()
        self._started = threading.Event()
        self._worker: Worker | None = None
        self.services = Services(
            db=db,
            client=self._client,
            clock=WallClock(),
            wake=self.wake,
            limits=wants.limits,
            found=Found(wants.limits.found_lasting),
            policy=wants.policy,
            revision=wants.revision,
        )
        self._threads = [
            threading.Thread(target=self._work, name="engine", daemon=True),
            threading.Thread(target=self._report, name="report", daemon=True),
        ]

    def start(self) -> None:
        """Begin to work."""
        self._notices.start()
        for thread in self._threads:
            thread.start()
        self._started.wait()

    def wake(self, stack: StackId) -> None:
        """Say that a stack may have work."""
        if self._worker is not None:
            self._worker.wake(stack)

    @property
    def is_alive(self) -> bool:
        """Tell whether the engine still works."""
        return self._threads[0].is_alive()

    def stop(self) -> Collection[StackId]:
        """Stop working; returns the stacks that were let go in the middle of something."""
        self._closing.set()
        if self._worker is None:
            return ()
        self._worker.stop()
        self._threads[0].join(timeout=STOPPING)
        return self._worker.released

    def close(self) -> None:
        """Stop working, give the leases back, let go of every connection."""
        self.stop()
        for thread in self._threads:
            thread.join(timeout=30)
        self._notices.close()
        self._store.close()
        self._sessions.close()

    def _work(self) -> None:
        try:
            asyncio.run(self._run())
        except Exception:  # noqa: BLE001 - the outermost loop: whoever supervises starts anew
            _log.exception("The engine ended")
        finally:
            self._started.set()

    async def _run(self) -> None:
        cloud = AsyncCloud(self._client)
        world = World(
            store=self._store,
            cloud=cloud,
            clock=WallClock(),
            chance=SystemChance(),
            types=TYPES,
        )
        self._worker = Worker(world, self._wants.engine, self.engine_id)
        asyncio.get_running_loop().call_soon(self._started.set)
        try:
            await self._worker.run()
        finally:
            await cloud.close()

    def _report(self) -> None:
        """Write down now and then that this engine runs."""
        began = WallClock().now()
        while not self._closing.is_set():
            row = ServiceRow(
                id=self.engine_id,
                host=f"{socket.gethostname()}:{os.getpid()}",
                binary="heat-engine",
                engine=self.engine_id,
                report_interval=REPORT_INTERVAL,
                created_at=began,
                updated_at=WallClock().now(),
            )
            try:
                reports.report(self._db, row)
            except Unavailable:
                _log.warning("This engine could not be reported")
            self._closing.wait(REPORT_INTERVAL)
        try:
            reports.drop(self._db, [self.engine_id])
        except Unavailable:
            _log.warning("This engine is listed until its report is old")
