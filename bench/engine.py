"""Counts what the engine asks of its database, and what it costs: one process, no cloud, no bus.

    bench/engine.py [--database URL] [--profile] [WORKLOAD-N ...]

Statements are counted as a server hears them; what drivers send row by row counts as often. The
database is a file of SQLite unless another, empty one is named.
"""

import argparse
import cProfile
import pstats
import resource
import tempfile
import time
from collections import Counter
from typing import Any

from sqlalchemy import Engine, event
from stackbench import t_chain, t_layered, t_wait, t_wide

from heat.cloud.settings import CloudSettings
from heat.engine.ports import Settings
from heat.main.node import Node, Wants
from heat.operations.context import Context
from heat.operations.services import Limits
from heat.operations.table import run
from heat.store.database import Database
from heat.store.migrations import create

WORKLOADS = ("wide-50", "wide-200", "wide-1000", "chain-100", "wait-50")
WHO = Context(project="demo", user_id="u", username="alice", roles=("member",))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("workloads", nargs="*", default=WORKLOADS)
    parser.add_argument("--database")
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = given.database or f"sqlite:///{folder}/heat.db"
        db, watching = Database(url), Database(url)
        create(db)
        counts: Counter[str] = Counter()
        for engine in {db.engine, db._reader}:  # noqa: SLF001
            count(engine, counts)
        everything = Limits(max_resources_per_stack=-1, max_template_size=1 << 30)
        wants = Wants(CloudSettings("http://127.0.0.1:1/v3"), Settings(trusts=False), everything)
        node = Node(db, wants)
        node.start()
        print("| workload | phase | wall s | CPU ms a resource | statements | commits | RSS MB |")
        print("| --- | --- | --- | --- | --- | --- | --- |")
        for name in given.workloads:
            cycle(Watched(node, watching, counts), name, profiled=given.profile)
        node.close()


class Watched:
    """An engine whose stacks are waited for with another connection than its own."""

    def __init__(self, node: Node, db: Database, counts: Counter[str]) -> None:
        self.node, self.db, self.counts = node, db, counts

    def ask(self, name: str, **request: Any) -> Any:
        from heat.operations.table import OPERATIONS

        return run(self.node.services, name, WHO, OPERATIONS[name].request(**request))

    def settle(self, stack: str) -> None:
        from heat.store import stacks

        while (row := stacks.get(self.db, stack)) is not None and row.status == "IN_PROGRESS":
            time.sleep(0.05)
        assert row is None or row.status == "COMPLETE", row


def cycle(engine: Watched, name: str, *, profiled: bool) -> None:
    kind, size = name.split("-")
    template = {"wide": t_wide, "chain": lambda n: t_chain(n, "a"), "wait": lambda n: t_wait(n, 2),
                "layered": lambda n: t_layered(n, "a")}[kind](int(size))  # fmt: skip
    stack = ""

    def make() -> None:
        nonlocal stack
        stack = engine.ask("create_stack", stack_name=name, template=template)["id"]

    def again() -> None:
        engine.ask("update_stack", stack=stack, template=template)

    def drop() -> None:
        engine.ask("delete_stack", stack=stack)

    for phase, act in (("create", make), ("no-op update", again), ("delete", drop)):
        time.sleep(0.5)
        engine.counts.clear()
        wall, cpu = time.perf_counter(), time.process_time()
        if profiled:
            taken = cProfile.Profile()
            taken.enable()
        act()
        engine.settle(stack)
        spent, used = time.perf_counter() - wall, time.process_time() - cpu
        asked, commits = (engine.counts[what] / int(size) for what in ("statements", "commits"))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"| {name} | {phase} | {spent:.2f} | {used / int(size) * 1e3:.2f} | {asked:.2f} | "
            f"{commits:.2f} | {peak:.0f} |",
            flush=True,
        )
        if profiled:
            taken.disable()
            pstats.Stats(taken).sort_stats("tottime").print_stats(30)


def count(engine: Engine, counts: Counter[str]) -> None:
    """Count what goes to the database over an engine."""

    def before(_c: Any, _cursor: Any, sql: str, given: Any, _context: Any, many: bool) -> None:
        together = not many or sql.lstrip().upper().startswith("INSERT")
        counts["statements"] += 1 if together else len(given)

    def commit(_connection: Any) -> None:
        counts["statements"] += 1
        counts["commits"] += 1

    event.listen(engine, "before_cursor_execute", before)
    event.listen(engine, "commit", commit)


if __name__ == "__main__":
    main()
