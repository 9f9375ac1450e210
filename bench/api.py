"""Times reads of the native API in process: lists of 200 stacks, a stack of 500 resources.

    bench/api.py [--rpc] [--profile READ] [--database URL]

``--rpc`` packs requests and answers as messages do, without a bus between. ``--profile`` shows
where the time of one read goes. The database is a file of SQLite unless another, empty one is
named.
"""

import argparse
import cProfile
import pstats
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/api"))

import falcon.testing

from heat import resources
from heat.api.app import application
from heat.rpc.local import Local
from heat.rpc.wire import answer, pack, unpack
from heat.store import events
from heat.store.database import Database
from heat.store.migrations import create
from heat.store.rows import EventRow, ResourceRow
from wire import Wire

STACKS, RESOURCES = 200, 500
WHO = {"X-Project-Id": "demo", "X-Roles": "member,reader", "X-User-Id": "id-alice"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rpc", action="store_true")
    parser.add_argument("--profile")
    parser.add_argument("--database")
    given = parser.parse_args()
    resources.load()
    with tempfile.TemporaryDirectory() as folder:
        db = Database(given.database or f"sqlite:///{folder}/heat.db")
        create(db)
        wire = Wire(db)
        reads = fill(wire)
        call = Local(wire.services).call
        if given.rpc:
            call = lambda n, c, r: unpack(answer(wire.services, n, pack(c, r)))  # noqa: E731
        client = falcon.testing.TestClient(application(call))
        for name, url in reads.items():
            ask = asking(client, url)
            if given.profile is None:
                measure(name, ask)
            elif name == given.profile:
                profile(ask)
        db.close()


def fill(wire: Wire) -> dict[str, str]:
    """Make the stacks, and return what is read by its name."""
    for n in range(STACKS):
        wire.create(f"s{n}")
    path = large(wire)
    return {
        "stack_list": "/stacks",
        "stack_show": path,
        "resource_list": f"{path}/resources",
        "resource_show": f"{path}/resources/r7",
        "metadata": f"{path}/resources/r7/metadata",
        "event_list": f"{path}/events",
        "event_list_50": f"{path}/events?limit=50",
        "template": f"{path}/template",
        "types": "/resource_types",
    }


def large(wire: Wire) -> str:
    kind = "OS::Heat::RandomString"
    parts = {f"r{n}": {"type": kind, "properties": {"length": 8}} for n in range(RESOURCES)}
    outputs = {"o": {"value": {"get_attr": ["r0", "value"]}}}
    template = {"heat_template_version": "2016-10-14", "resources": parts, "outputs": outputs}
    stack_id = wire.create("big", template)
    wire.settle(stack_id)
    for name in parts:
        said = {"attributes": {"value": "x" * 16}, "properties": {"length": 8}}
        happened(wire.db, wire.made(stack_id, name, kind, **said))
    return f"/stacks/big/{stack_id}"


def happened(db: Database, row: ResourceRow) -> None:
    """Tell of a creation."""
    told = [
        EventRow(
            id=str(uuid.uuid4()), stack=row.stack, resource=row.id, resource_name=row.name,
            resource_type=row.type, physical_id=row.physical_id, action="CREATE", status=status,
            reason="state changed", request_id="req-1", created_at=row.created_at,
            properties=row.properties,
        )
        for status in ("IN_PROGRESS", "COMPLETE")
    ]  # fmt: skip
    events.put(db, told)


def asking(client: falcon.testing.TestClient, url: str) -> Callable[[], bytes]:
    def ask() -> bytes:
        answer = client.simulate_get(f"/v1/demo{url}", headers=WHO)
        assert answer.status_code == 200, answer.text
        return answer.content

    return ask


def measure(name: str, ask: Callable[[], bytes], times: int = 40) -> None:
    size = len(ask())
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        ask()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    shown = [statistics.median(taken) * 1e3 for taken in (walls, cpus)]
    print(f"| {name} | {size} | {shown[0]:.1f} | {shown[1]:.1f} |", flush=True)


def profile(ask: Callable[[], bytes], times: int = 40) -> None:
    ask()
    with cProfile.Profile() as taken:
        for _ in range(times):
            ask()
    pstats.Stats(taken).sort_stats("tottime").print_stats(50)


if __name__ == "__main__":
    main()
