"""Runs scenarios, and makes one that fails as small as it gets."""

import asyncio
import contextvars
import logging
import time
import traceback
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from tests.sim import invariants
from tests.sim.asking import answer, ask
from tests.sim.scenario import Act, Scenario, draw
from tests.sim.universe import Records, Universe
from tests.sim.watch import Watch

from heat.base.errors import Fault
from heat.store import operations, resources, stacks
from heat.testing.clock import VirtualLoop

SLACK = 240.0
"""Beyond its deadline an operation may take the settle time, a takeover and slow answers."""
LONGEST = 30000.0


class Task(asyncio.Task):
    """A task with a number: sets of them have an order that does not hang on addresses."""

    numbers = 0

    def __init__(self, *args, **more):
        Task.numbers += 1
        self._number = Task.numbers
        super().__init__(*args, **more)

    def __hash__(self):
        return self._number

    def __eq__(self, other):
        return self is other


class Loop(VirtualLoop):
    def __init__(self):
        super().__init__()
        Task.numbers = 0
        self.set_task_factory(lambda loop, coro, **more: Task(coro, loop=loop, **more))


@dataclass
class Report:
    scenario: Scenario
    broken: list[str] = field(default_factory=list)
    counts: Counter = field(default_factory=Counter)
    table: Counter = field(default_factory=Counter)
    trail: str = ""


def simulate(seed):
    """Run the scenario of a seed; AssertionError says what went wrong, and how to see it again."""
    scenario = draw(seed)
    report = attempt(scenario)
    if report.broken:
        raise AssertionError(explain(shrink(report), report))
    return report


def run(scenario):
    """Run a scenario that was pasted."""
    report = attempt(scenario)
    assert not report.broken, "\n".join(report.broken)


def explain(small, first):
    told = "\n".join(f"  {line}" for line in first.broken[:8])
    less = "\n".join(f"  {line}" for line in small.broken[:8])
    return (
        f"seed {first.scenario.seed}:\n{told}\n\nas small as it gets:\n{less}\n"
        f"{small.scenario}\n\nA test to paste:\n\n{small.scenario.code()}"
    )


def shrink(report, seconds=60.0):
    """Leave out whatever can be left out, as long as the same kind of thing goes wrong."""
    end = time.monotonic() + seconds
    kinds = _kinds(report)
    progress = True
    while progress and time.monotonic() < end:
        progress = False
        for smaller in report.scenario.smaller():
            if time.monotonic() > end:
                break
            tried = attempt(smaller)
            if _kinds(tried) & kinds:
                report, progress = tried, True
                break
    return report


def _kinds(report):
    return {line.split(":")[0] for line in report.broken}


def attempt(scenario):
    """Run a scenario and return what came of it."""
    report = Report(scenario)
    records = Records()
    log = logging.getLogger("heat")
    before = log.level, log.propagate
    log.addHandler(records)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        with asyncio.Runner(loop_factory=Loop) as runner:
            runner.run(_whole(scenario, report, records))
    finally:
        log.removeHandler(records)
        log.setLevel(before[0])
        log.propagate = before[1]
    return report


async def _whole(scenario, report, records):
    drafts = [act.template.get("resources", {}) for act in scenario.acts if act.template]
    watch = Watch({n for draft in drafts for n, one in draft.items() if "deletion_policy" in one})
    universe = Universe(scenario, watch)
    generated = set()
    try:
        async with asyncio.timeout(LONGEST):
            await _play(universe, scenario, report, generated)
    except TimeoutError:
        report.broken.append("stuck: the simulation came to no end")
    finally:
        await universe.close()
    report.broken += watch.broken
    report.counts += universe.counts
    report.counts["creates"] += watch.creates
    report.counts["steps"] += sum(worker.life.steps for worker in universe.workers)
    for record in records.all:
        if record.exc_info or record.levelno >= logging.ERROR:
            trace = record.exc_info and repr(record.exc_info[1])
            report.broken.append(f"log: {record.getMessage()} {trace or ''}")
    report.table += universe.tally.sums(lambda key: operations.get(universe.db, key), report.broken)


async def _play(universe, scenario, report, generated):
    async with asyncio.TaskGroup() as users:
        for stack in dict.fromkeys(act.stack for act in scenario.acts):
            mine = [act for act in scenario.acts if act.stack == stack]
            users.create_task(_one_user(universe, mine, report))
    await asyncio.sleep(max(act.twice or 0.0 for act in scenario.acts) + 0.1)
    await _all_rest(universe, report)
    _look(universe, report, generated)
    if report.broken:
        return
    universe.heal()
    if all(w.life.dead or w.task.done() for w in universe.workers):
        universe.start()
    # What an engine that stood still made without knowing better, it clears away by itself.
    await asyncio.sleep(200 if universe.counts["pause"] else 1)
    for _ in range(4):
        # What others import goes after them.
        for n in sorted(universe.roots, reverse=True):
            if stacks.get(universe.db, universe.roots[n]) is not None:
                await _act(universe, Act("delete", n), report, counted=False)
                await _rest(universe, universe.roots[n], report)
        if not any(stacks.get(universe.db, root) for root in universe.roots.values()):
            break
        await asyncio.sleep(100)  # what is under way in the cloud can't always be cut off
    await asyncio.sleep(1)
    report.broken += invariants.at_end(universe, universe.all_roots())
    report.broken += invariants.secrets(universe, _records(), generated)


async def _one_user(universe, acts, report):
    for act in acts:
        await _act(universe, act, report)


async def _all_rest(universe, report):
    for root in list(universe.roots.values()):
        await _rest(universe, root, report)


def _records():
    handlers = logging.getLogger("heat").handlers
    return next(h for h in handlers if isinstance(h, Records)).all


def _look(universe, report, generated):
    report.broken += invariants.at_rest(universe, universe.all_roots())
    for root in universe.roots.values():
        for stack in stacks.tree(universe.db, root):
            for row in resources.of_stack(universe.db, stack.id):
                if row.type == "OS::Heat::RandomString":
                    generated.update(str(v) for v in row.attributes.values())


async def _act(universe, act, report, *, counted=True):
    known = act.stack in universe.roots
    if (act.kind == "create") == known:
        return
    if act.rests and known:
        await _rest(universe, universe.roots[act.stack], report)
    await asyncio.sleep(act.after)
    _ask(universe, act, report, f"act {act.kind}" if counted else None)
    if act.twice is not None:
        delivered = partial(_ask, universe, replace(act, fate=""), report, "delivered twice")
        context = contextvars.Context()
        asyncio.get_running_loop().call_later(act.twice, delivered, context=context)


def _ask(universe, act, report, counted):
    if universe.closing:
        return
    universe.db.fate = act.fate
    try:
        ask(universe, act)
    except Fault as refused:
        report.counts["refused by the API"] += 1
        report.trail += f"{act.kind}: {refused}\n"
    except Exception as error:  # noqa: BLE001 - whatever it is, no request may end so
        text = "".join(traceback.format_exception(error)[-4:])
        report.broken.append(f"inside: {act.kind} of {act.stack} failed: {text}")
    else:
        if counted:
            report.counts[counted] += 1
        roots = universe.all_roots()
        below = {stack.id for root in roots for stack in stacks.tree(universe.db, root)}
        universe.watch.learn(resources.of_stacks(universe.db, below))
    finally:
        universe.db.fate = None


async def _rest(universe, root, report):
    """Wait until a stack is at rest, with all below it; it has to be in time."""
    loop = asyncio.get_running_loop()
    while root:
        look = loop.time() + universe.look
        while _is_busy(universe, root) and loop.time() < look:
            universe.changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(look):
                    await universe.changed.wait()
        if universe.random.random() < universe.answers:
            answer(universe, root)
        busy = [
            operation
            for stack in stacks.tree(universe.db, root)
            if (operation := operations.current(universe.db, stack.id)) is not None
        ]
        row = stacks.get(universe.db, root, deleted=True)
        if not busy and row.status != "IN_PROGRESS":
            return
        now = universe.clock.now()
        late = [o for o in busy if (now - o.deadline).total_seconds() > SLACK]
        for operation in late:
            report.broken.append(f"deadline: {operation.action} did not end in time")
        if not busy:
            report.broken.append(f"rest: {row.action}_{row.status} without an operation")
        if late or not busy:
            raise TimeoutError


def _is_busy(universe, root):
    found = universe.db.plain.execute(
        "SELECT 1 FROM operation JOIN stack ON stack.id = operation.stack "
        "WHERE state IN ('PENDING', 'RUNNING') AND (stack.id = ? OR stack.root = ?) LIMIT 1",
        (root, root),
    )
    return found.fetchone() is not None
