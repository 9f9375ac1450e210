"""Times reads of the native API in process: lists of 200 stacks, a stack of 500 resources.

    bench/api.py [--rpc]

``--rpc`` packs requests and answers as messages do, without a bus between.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests/api"))

import falcon.testing
from heat import resources
from heat.api.app import application
from heat.rpc.wire import answer, pack, unpack
from heat.store.database import Database
from heat.store.migrations import create
from wire import Wire

STACKS, RESOURCES = 200, 500


def main() -> None:
    resources.load()
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{folder}/heat.db")
        create(db)
        wire = Wire(db)
        if "--rpc" in sys.argv:
            wire._client = falcon.testing.TestClient(
                application(lambda n, c, r: unpack(answer(wire.services, n, pack(c, r))))
            )
        for n in range(STACKS):
            wire.create(f"s{n}")
        path = large(wire)
        for name, url in {
            f"list of {STACKS} stacks": "/stacks",
            f"stack of {RESOURCES} resources": path,
            f"list of {RESOURCES} resources": f"{path}/resources",
            f"one resource of {RESOURCES}": f"{path}/resources/r7",
            f"metadata of one of {RESOURCES}": f"{path}/resources/r7/metadata",
        }.items():
            measure(wire, name, url)
        db.close()


def large(wire: Wire) -> str:
    kind = "OS::Heat::RandomString"
    parts = {f"r{n}": {"type": kind, "properties": {"length": 8}} for n in range(RESOURCES)}
    outputs = {"o": {"value": {"get_attr": ["r0", "value"]}}}
    template = {"heat_template_version": "2016-10-14", "resources": parts, "outputs": outputs}
    stack_id = wire.create("big", template)
    wire.settle(stack_id)
    for name in parts:
        wire.made(
            stack_id, name, kind, attributes={"value": "x" * 16}, properties={"length": 8}
        )
    return f"/stacks/big/{stack_id}"


def measure(wire: Wire, name: str, url: str, times: int = 40) -> None:
    size = len(wire.ask("GET", url).content)
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        assert wire.ask("GET", url).status_code == 200
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    shown = [statistics.median(taken) * 1e3 for taken in (walls, cpus)]
    print(f"| {name} | {size} | {shown[0]:.1f} | {shown[1]:.1f} |")


if __name__ == "__main__":
    main()
