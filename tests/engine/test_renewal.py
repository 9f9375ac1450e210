"""Leases are renewed however busy the engine is."""

import asyncio
import threading
from datetime import timedelta

from heat.base.ids import EngineId, StackId
from heat.engine.stores import ThreadedStore
from heat.store import leases
from heat.store.database import Database
from heat.store.migrations import create
from heat.store.rows import LeaseRow
from heat.store.shapes import LEASE
from heat.store.tables import lease

TERM = timedelta(seconds=60)
HELD = StackId("3a1f5f2e-5d55-4a0c-8d0b-6b1c2f3a4d5e")


async def test_renewals_wait_for_no_other_work(tmp_path):
    db = Database(f"sqlite:///{tmp_path}/heat.db")
    create(db)
    row = LeaseRow(stack=HELD, engine=EngineId("me"), epoch=1, expires_at=db.now())
    db.write(lambda connection: connection.execute(lease.insert(), [LEASE.write(db, row)]))
    store = ThreadedStore(db, EngineId("me"), TERM)
    held = threading.Event()
    busy = [asyncio.create_task(store._run(held.wait)) for _ in range(8)]
    try:
        async with asyncio.timeout(10):
            assert await store.renew({HELD: 1}) == {HELD}
        assert not any(task.done() for task in busy)
        assert leases.of(db, HELD).expires_at > row.expires_at + TERM / 2
    finally:
        held.set()
        await asyncio.gather(*busy)
        store.close()
        db.close()
