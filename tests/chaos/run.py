"""One run: users at work, havoc about them, and a table of what came of it."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.count import Count, count, objects
from tests.chaos.havoc import Havoc
from tests.chaos.lives import Users
from tests.chaos.site import Site, site
from tests.chaos.watch import Watch


@dataclass(frozen=True)
class Plan:
    """How much of it."""

    database: str = "postgresql"
    stacks: int = 50
    at_once: int = 12
    keep: int = 15
    pause: float = 4.0
    seed: int = 1
    acts: tuple[str, ...] = ()


@dataclass
class Result:
    """What came of it."""

    plan: Plan
    users: Users
    havoc: Havoc
    watch: Watch
    count: Count
    left: dict[str, int]
    seconds: float
    memory: list[int]
    load: tuple[float, float, float]
    unexpected: list[str]

    @property
    def wrong(self) -> list[str]:
        """What must not have been."""
        codes = {code for code in self.users.answers if code >= 500 and code != 503}
        return [
            *self.users.wrong,
            *self.havoc.wrong,
            *(f"answered {code}" for code in codes),
            *(f"orphan: {one}" for one in self.count.orphans),
            *(f"missing: {one}" for one in self.count.missing),
            *(f"duplicate: {one}" for one in self.count.duplicates),
            *(f"told twice: {one}" for one in self.count.told_twice),
            *(f"left after all is deleted: {kind} {n}" for kind, n in self.left.items()),
            *self.unexpected,
        ]

    def lines(self) -> Iterator[str]:
        """Yield the table."""
        plan, users = self.plan, self.users
        rows: dict[str, object] = {
            "database, seed": f"{plan.database}, {plan.seed}",
            "load of the machine": " ".join(f"{one:.1f}" for one in self.load),
            "stacks": plan.stacks,
            **dict(sorted(self.havoc.done.items())),
            **{f"stacks {what}": n for what, n in sorted(users.done.items())},
            "answers": ", ".join(f"{n} x {code}" for code, n in sorted(users.answers.items())),
            "slowest answer": f"{users.slowest:.1f} s",
            "slowest 503": f"{users.slowest_refusal:.1f} s",
            "seconds": f"{self.seconds:.0f}",
            "orphans": len(self.count.orphans),
            "missing": len(self.count.missing),
            "duplicates": len(self.count.duplicates),
            "told twice": len(self.count.told_twice),
            "left after deletion": sum(self.left.values()),
            "kill to next commit": self.watch.shown_takeovers(),
            "the same, undisturbed": self.watch.shown_undisturbed(),
            "kill to claim, undisturbed": self.watch.shown_claims(),
            "longest without an event": f"{self.watch.longest_pause:.1f} s",
            "memory of engines": ", ".join(f"{one} MB" for one in self.memory),
        }
        for name, value in rows.items():
            yield f"{name:<28} {value}"
        for one in self.wrong:
            yield f"WRONG: {one}"


def run(folder: Path, plan: Plan) -> Result:
    """Run it to its end; what is wrong is in the result."""
    with site(folder, plan.database) as here:
        before, empty = objects(here), here.heat.objects()
        users = Users(here, plan.stacks, plan.at_once, plan.seed, plan.keep)
        watch = Watch(here.database_url)
        havoc = Havoc(here, watch, plan.seed, plan.pause, plan.acts)
        began, load = time.monotonic(), os.getloadavg()
        for part in (watch, users, havoc):
            part.start()
        while users.are_busy:
            time.sleep(0.5)
        seconds = time.monotonic() - began
        watch.busy = False
        havoc.end()
        users.ask("GET", "/stacks")  # an answer means that all is back
        counted = count(here, users, before)
        delete_all(users)
        watch.end()
        return Result(
            plan=plan,
            users=users,
            havoc=havoc,
            watch=watch,
            count=counted,
            left=left(here, empty),
            seconds=seconds,
            memory=[resident(pid) for pid in here.workers()],
            load=load,
            unexpected=tracebacks(here),
        )


def delete_all(users: Users) -> None:
    """Delete what was kept, and what failed."""
    _, said = users.ask("GET", "/stacks")
    rows = said["stacks"]
    for row in rows:
        users.ask("DELETE", f"/stacks/{row['stack_name']}/{row['id']}")
    end = time.monotonic() + 120
    while users.ask("GET", "/stacks")[1]["stacks"] and time.monotonic() < end:
        time.sleep(0.5)


def left(here: Site, empty: dict[str, int]) -> dict[str, int]:
    """Return what the cloud holds more than before.

    It makes the security group of a project that nobody had asked for any itself.
    """
    now = here.heat.objects()
    return {
        kind: n - empty.get(kind, 0)
        for kind, n in now.items()
        if n != empty.get(kind, 0) and not kind.startswith("network.security_group")
    }


def resident(pid: int) -> int:
    """Return the memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) // 1024
    return 0


def tracebacks(here: Site) -> list[str]:
    """Return what no engine should have said."""
    marks = ("could not be driven", "The engine ended", "can't be kept", "failed inside")
    return [line[:300] for line in here.logs().splitlines() if any(m in line for m in marks)]
