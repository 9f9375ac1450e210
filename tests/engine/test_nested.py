"""Nested stacks: made, changed and removed with the resource that they stand for."""

import asyncio
from datetime import timedelta

import pytest

from heat.base.ids import OperationId
from heat.engine.ports import Settings
from heat.store import operations, stacks
from heat.store.rows import ChangeStack, OperationRow

from .templates import FILES, INNER, MIDDLE, PARENT, group

THREE = PARENT.replace("inner.yaml, properties: {x: {get_param: x}}", "middle.yaml")
FAILING = INNER.replace("properties: {value", "properties: {fail: true, value")


def value(place, stack, name="b"):
    return place.rows(stack)[name].properties.get("value")


def test_a_template_is_a_type(world):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", PARENT, files=FILES)
        assert value(place, stack) == "1"
        child = place.rows(stack)["n"].physical_id
        assert place.rows(child)["m"].status == "COMPLETE"
        await place.done("UPDATE", PARENT, stack, files=FILES, parameters={"x": "2"})
        assert value(place, stack) == "2"
        rows = place.rows(stack)
        assert (rows["n"].physical_id, rows["n"].action) == (child, "UPDATE")
        await place.done("DELETE", None, stack)
        assert not place.rows(child)
        assert not place.stacks()

    world(main)


def test_a_failure_names_the_leaf(world):
    async def main(place):
        place.start()
        files = {**FILES, "inner.yaml": FAILING}
        stack = place.ask("CREATE", THREE, files=files)
        settled = await place.settled(stack)
        assert settled.reason == (
            "Resource CREATE failed: ValueError: resources.n.resources.q.resources.m: "
            "Test Resource failed m"
        )
        await place.done("UPDATE", THREE, stack, files=FILES)
        assert value(place, stack) == "deep"

    world(main)


def test_a_group_grows_shrinks_and_leaves_out(world):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", group(2))
        assert value(place, stack, "all") == ["v-0", "v-1"]
        await place.done("UPDATE", group(3), stack)
        assert value(place, stack, "map") == {"0": "v-0", "1": "v-1", "2": "v-2"}
        gone = {"removal_policies": [{"resource_list": ["0"]}]}
        await place.done("UPDATE", group(3, properties=gone), stack)
        assert value(place, stack, "all") == ["v-1", "v-2", "v-3"]
        await place.done("UPDATE", group(1), stack)
        assert value(place, stack, "all") == ["v-1"]
        await place.done("UPDATE", group(0), stack)
        assert value(place, stack, "map") == {}

    world(main)


@pytest.mark.parametrize(
    ("size", "policy", "waves"),
    [
        (4, {"max_batch_size": 2}, [["2", "3"], ["0", "1"]]),
        (3, {"max_batch_size": 2, "min_in_service": 2}, [["2", "3"], ["0", "1"]]),
        (2, {}, [["1"], ["0"]]),
    ],
)
def test_a_group_rolls(world, size, policy, waves):
    async def main(place):
        place.start()
        rolling = {"update_policy": {"rolling_update": policy}}
        stack = await place.done("CREATE", group(size, "a", **rolling))
        child = place.rows(stack)["g"].physical_id
        await place.done("UPDATE", group(size, "b", **rolling), stack)
        assert value(place, stack, "all") == ["b"] * size
        seen, wave = [], []
        for event in place.events(child)[2 + 2 * size :]:
            name, state = event.split()
            if not name.isdigit():
                seen, wave = [*seen, sorted(wave)], []
            elif state in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
                wave.append(name)
        assert [wave for wave in seen if wave] == waves

    world(main)


def test_a_delete_overtakes_a_create_all_the_way_down(world):
    async def main(place):
        place.start()
        slow = INNER.replace("properties: {", "properties: {action_wait_secs: {create: 900}, ")
        stack = place.ask("CREATE", PARENT, files={"inner.yaml": slow})
        await asyncio.sleep(20)
        place.ask("DELETE", None, stack)
        settled = await place.settled(stack, 60)
        assert (settled.action, settled.status) == ("DELETE", "COMPLETE")

    world(main)


@pytest.mark.parametrize("steps", range(2, 60, 3))
def test_a_death_leaves_one_of_each(world, steps):
    async def main(place):
        engine = place.start("first", steps)
        stack = place.ask("CREATE", THREE, files=FILES)
        settled = await place.outlived(engine, stack)
        assert settled.status == "COMPLETE", settled.reason
        assert value(place, stack) == "deep"
        assert len(place.stacks()) == 3
        place.ask("DELETE", None, stack)
        await place.outlived(engine, stack)
        assert not place.stacks()

    world(main)


SLOW = INNER.replace("properties: {", "properties: {action_wait_secs: {create: 900, update: 900}, ")
SLOW_THREE = {"inner.yaml": SLOW, "middle.yaml": MIDDLE}


def cancel(place, stack):
    """Ask for an end without a rollback, as a request does."""
    row = stacks.get(place.db, stack)
    operations.accept(
        place.db,
        operation=OperationRow(
            id=OperationId(place.chance.id()),
            stack=stack,
            action=row.action,
            state="PENDING",
            definition=row.definition,
            requested_at=place.clock.now(),
            deadline=place.clock.now() + timedelta(hours=1),
            credentials=row.credentials,
            options={"cancel": True},
        ),
        stack=ChangeStack(stack, {}),
    )
    for worker in place._workers:
        worker.wake(stack)


def line(place, stack):
    """Return a stack and those below it, one below the other."""
    found = [stacks.get(place.db, stack)]
    while below := [row for row in place.stacks() if row.owner == found[-1].id]:
        found.append(below[0])
    return found


@pytest.mark.parametrize("steps", [None, 3, 6, 9, 12])
def test_a_cancelled_create_stops_all_the_way_down(world, steps):
    async def main(place):
        engine = place.start("first")
        stack = place.ask("CREATE", THREE, files=SLOW_THREE)
        await asyncio.sleep(20)
        if steps is not None:
            await place.kill(engine)
            engine = place.start("second", steps)
        cancel(place, stack)
        await asyncio.sleep(30)
        if steps is not None:
            await place.kill(engine)
            place.start("third")
        await place.settled(stack, 2000)
        found = line(place, stack)
        assert [(row.action, row.status) for row in found] == [("CREATE", "FAILED")] * 3
        assert {row.reason for row in found} == {"Stack CREATE cancelled"}
        assert all(operations.current(place.db, row.id) is None for row in found)
        await place.done("UPDATE", THREE, stack, files=FILES)
        assert value(place, stack) == "deep"

    world(main)


def test_a_cancelled_update_leaves_alone_what_rests_on_what_was_not_begun(world):
    before = """
heat_template_version: 2018-08-31
parameters:
  x: {type: string, default: "1"}
resources:
  first:
    type: OS::Heat::TestResource
    properties: {value: {get_param: x}, action_wait_secs: {update: 20}}
  second:
    type: OS::Heat::TestResource
    depends_on: first
    properties: {value: {get_param: x}}
  third: {type: OS::Heat::TestResource, properties: {value: {get_resource: second}}}
"""

    async def main(place):
        place.start()
        stack = await place.done("CREATE", before)
        place.ask("UPDATE", before, stack, parameters={"x": "2"})
        await asyncio.sleep(5)
        cancel(place, stack)
        row = await place.settled(stack)
        assert row.reason == "Stack UPDATE cancelled"
        rows = place.rows(stack)
        assert (rows["first"].action, rows["first"].status) == ("UPDATE", "COMPLETE")
        assert (rows["third"].action, rows["third"].status) == ("CREATE", "COMPLETE")

    world(main)


def test_a_rollback_cancels_what_is_at_work_below(world):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", THREE, files=FILES)
        slow = {
            "inner.yaml": SLOW.replace("value: {get_param: x}", "value: other"),
            "middle.yaml": MIDDLE,
        }
        before = stacks.get(place.db, stack).definition
        place.ask("UPDATE", THREE, stack, files=slow)
        await asyncio.sleep(20)
        row = stacks.get(place.db, stack)
        assert row.status == "IN_PROGRESS"
        go_back(place, row, before)
        settled = await place.settled(stack, 100)
        assert (settled.action, settled.status) == ("ROLLBACK", "COMPLETE"), settled.reason
        assert value(place, stack) == "deep"

    world(main)


def test_a_newer_update_cancels_what_is_at_work_below_before_its_turn_comes(world):
    before = PARENT.replace(
        "  n: {",
        "  a: {type: OS::Heat::TestResource, properties: {action_wait_secs: {update: 60}, "
        "value: {get_param: x}}}\n  n: {depends_on: a, ",
    )

    async def main(place):
        place.start()
        stack = await place.done("CREATE", before, files=FILES)
        child = place.rows(stack)["n"].physical_id
        place.ask("UPDATE", before, stack, files={"inner.yaml": SLOW}, parameters={"x": "2"})
        await asyncio.sleep(90)
        assert stacks.get(place.db, child).status == "IN_PROGRESS"
        place.ask("UPDATE", before, stack, files=FILES, parameters={"x": "3"})
        await asyncio.sleep(30)
        row = stacks.get(place.db, child)
        assert (row.status, row.reason) == ("FAILED", "Stack UPDATE cancelled")
        assert (await place.settled(stack)).status == "COMPLETE"
        assert value(place, stack) == "3"

    world(main)


def go_back(place, row, definition):
    operations.accept(
        place.db,
        operation=OperationRow(
            id=OperationId(place.chance.id()),
            stack=row.id,
            action="ROLLBACK",
            state="PENDING",
            definition=definition,
            requested_at=place.clock.now(),
            deadline=place.clock.now() + timedelta(hours=1),
            credentials=row.credentials,
        ),
        stack=ChangeStack(row.id, {"action": "ROLLBACK", "status": "IN_PROGRESS"}),
    )
    for worker in place._workers:
        worker.wake(row.id)


@pytest.mark.parametrize("way", ["replaced", "deleted with it"])
def test_a_nested_stack_that_somebody_deleted(world, way):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", PARENT, files=FILES)
        child = place.rows(stack)["n"].physical_id
        await place.done("DELETE", None, child)
        if way == "replaced":
            await place.done("UPDATE", PARENT, stack, files=FILES, parameters={"x": "2"})
            assert place.rows(stack)["n"].physical_id != child
            assert value(place, stack) == "2"
        await place.done("DELETE", None, stack)
        assert not place.stacks()

    world(main)


def test_a_nested_stack_that_somebody_changed_is_changed_back(world):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", PARENT, files=FILES)
        child = place.rows(stack)["n"].physical_id
        await place.done("UPDATE", INNER, child, parameters={"x": "by hand"})
        await place.done("UPDATE", PARENT, stack, files=FILES)
        assert place.rows(child)["m"].properties["value"] == "1"

    world(main)


@pytest.mark.parametrize("action", ["SUSPEND", "CHECK"])
def test_an_action_waits_for_the_end_of_what_goes_on_below(world, action):
    more = INNER.replace("outputs:", "  late: {type: OS::Heat::TestResource}\noutputs:")
    more = more.replace("{value: {get_param: x}", "{action_wait_secs: {update: 20}, value: new")
    more = more.replace("late: {", "late: {depends_on: m, ")

    async def main(place):
        place.start()
        stack = await place.done("CREATE", PARENT, files=FILES)
        child = place.rows(stack)["n"].physical_id
        place.ask("UPDATE", more, child)
        await asyncio.sleep(5)
        await place.done(action, None, stack)
        rows = place.rows(child)
        assert {name: (row.action, row.status) for name, row in rows.items()} == dict.fromkeys(
            ("m", "late"), (action, "COMPLETE")
        )

    world(main)


@pytest.mark.parametrize("action", ["SUSPEND", "CHECK", "UPDATE", "DELETE"])
@pytest.mark.parametrize("wait", [0.0, 3.0, 30.0])
def test_a_delete_takes_a_nested_stack_in_any_state(world, action, wait):
    async def main(place):
        place.start()
        wait_secs = "properties: {action_wait_secs: {update: 10, delete: 5}, value"
        slow = INNER.replace("properties: {value", wait_secs)
        stack = await place.done("CREATE", PARENT, files={"inner.yaml": slow})
        child = place.rows(stack)["n"].physical_id
        template = slow.replace("get_param: x", "str_split: [',', 'a,b', 0]")
        place.ask(action, template if action == "UPDATE" else None, child)
        await asyncio.sleep(wait)
        await place.done("DELETE", None, stack)
        assert not place.stacks()

    world(main)


def test_suspend_check_and_resume_reach_the_last_member(world):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", THREE, files=FILES)
        for action in ("SUSPEND", "RESUME", "CHECK"):
            await place.done(action, None, stack)
            found = line(place, stack)
            assert [(row.action, row.status) for row in found] == [(action, "COMPLETE")] * 3
            assert place.rows(found[2].id)["m"].action == action

    world(main)


def test_an_update_of_a_nested_stack_that_sleeps_says_what_to_do(world):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", PARENT, files=FILES)
        child = place.rows(stack)["n"].physical_id
        await place.done("SUSPEND", None, child)
        place.ask("UPDATE", PARENT, stack, files=FILES, parameters={"x": "2"})
        settled = await place.settled(stack)
        assert f"its nested stack {child} is suspended" in settled.reason
        await place.done("RESUME", None, child)
        await place.done("UPDATE", PARENT, stack, files=FILES, parameters={"x": "2"})
        assert value(place, stack) == "2"

    world(main)


UNFORESEEN = """
heat_template_version: 2018-08-31
parameters: {size: {type: number}}
resources:
  a: {type: OS::Heat::TestResource, properties: {value: {get_param: size}}}
  g:
    type: OS::Heat::ResourceGroup
    properties:
      count: {get_attr: [a, output]}
      resource_def: {type: OS::Heat::TestResource, properties: {value: x}}
"""


def test_what_could_not_be_foreseen_counts_when_it_comes(world):
    async def main(place):
        place.settings = Settings(lease_term=15, scan_interval=5, max_resources=6)
        place.start()
        stack = place.ask("CREATE", UNFORESEEN, parameters={"size": 5})
        settled = await place.settled(stack)
        assert "RequestLimitExceeded: Maximum resources per stack exceeded" in settled.reason
        assert "there would be 7 in all; 6 are allowed." in settled.reason
        await place.done("UPDATE", UNFORESEEN, stack, parameters={"size": 4})

    world(main)


def test_depth_is_bounded_where_it_could_not_be_foreseen(world):
    async def main(place):
        place.settings = Settings(lease_term=15, scan_interval=5, max_nested_depth=1)
        place.start()
        stack = place.ask("CREATE", THREE, files=FILES)
        settled = await place.settled(stack)
        assert settled.reason == (
            "Resource CREATE failed: RequestLimitExceeded: resources.n.resources.q: "
            "Recursion depth exceeds 1."
        )

    world(main)
