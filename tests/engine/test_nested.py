"""Nested stacks: made, changed and removed with the resource that they stand for."""

import asyncio
from datetime import timedelta

import pytest

from heat.base.ids import OperationId
from heat.engine.ports import Settings
from heat.store import operations, stacks
from heat.store.rows import ChangeStack, OperationRow

from .test_crash import ends_well

INNER = """
heat_template_version: 2018-08-31
parameters:
  x: {type: string, default: d}
resources:
  m: {type: OS::Heat::TestResource, properties: {value: {get_param: x}}}
outputs:
  o: {value: {get_attr: [m, output]}}
"""
MIDDLE = """
heat_template_version: 2018-08-31
resources:
  q: {type: inner.yaml, properties: {x: deep}}
outputs:
  o: {value: {get_attr: [q, o]}}
"""
PARENT = """
heat_template_version: 2018-08-31
parameters:
  x: {type: string, default: "1"}
resources:
  n: {type: inner.yaml, properties: {x: {get_param: x}}}
  b: {type: OS::Heat::Value, properties: {value: {get_attr: [n, o]}}}
"""
THREE = PARENT.replace("inner.yaml, properties: {x: {get_param: x}}", "middle.yaml")
FILES = {"inner.yaml": INNER, "middle.yaml": MIDDLE}
FAILING = INNER.replace("properties: {value", "properties: {fail: true, value")


def group(count, value="v-%index%", **more):
    """Return a template with a group whose outputs others read."""
    definition = {"type": "OS::Heat::TestResource", "properties": {"value": value}}
    properties = {"count": count, "resource_def": definition, **more.pop("properties", {})}
    return {
        "heat_template_version": "2018-08-31",
        "resources": {
            "g": {"type": "OS::Heat::ResourceGroup", "properties": properties, **more},
            "all": {
                "type": "OS::Heat::Value",
                "properties": {"value": {"get_attr": ["g", "output"]}},
            },
            "map": {
                "type": "OS::Heat::Value",
                "properties": {"value": {"get_attr": ["g", "attributes", "output"]}},
            },
        },
    }


def value(place, stack, name="b"):
    return place.rows(stack)[name].properties.get("value")


async def done(place, stack):
    """Wait for the end, and expect that it is a good one."""
    settled = await place.settled(stack)
    assert settled.status == "COMPLETE", settled.reason
    return settled


def test_a_template_is_a_type(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", PARENT, files=FILES)
        await done(place, stack)
        assert value(place, stack) == "1"
        child = place.rows(stack)["n"].physical_id
        assert place.rows(child)["m"].status == "COMPLETE"
        place.ask("UPDATE", PARENT, stack, files=FILES, parameters={"x": "2"})
        await done(place, stack)
        assert value(place, stack) == "2"
        rows = place.rows(stack)
        assert (rows["n"].physical_id, rows["n"].action) == (child, "UPDATE")
        place.ask("DELETE", None, stack)
        await done(place, stack)
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
        place.ask("UPDATE", THREE, stack, files=FILES)
        await done(place, stack)
        assert value(place, stack) == "deep"

    world(main)


def test_a_group_grows_shrinks_and_leaves_out(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", group(2))
        await done(place, stack)
        assert value(place, stack, "all") == ["v-0", "v-1"]
        place.ask("UPDATE", group(3), stack)
        await done(place, stack)
        assert value(place, stack, "map") == {"0": "v-0", "1": "v-1", "2": "v-2"}
        gone = {"removal_policies": [{"resource_list": ["0"]}]}
        place.ask("UPDATE", group(3, properties=gone), stack)
        await done(place, stack)
        assert value(place, stack, "all") == ["v-1", "v-2", "v-3"]
        place.ask("UPDATE", group(1), stack)
        await done(place, stack)
        assert value(place, stack, "all") == ["v-1"]
        place.ask("UPDATE", group(0), stack)
        await done(place, stack)
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
        stack = place.ask("CREATE", group(size, "a", **rolling))
        await done(place, stack)
        child = place.rows(stack)["g"].physical_id
        place.ask("UPDATE", group(size, "b", **rolling), stack)
        await done(place, stack)
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
        settled = await ends_well(place, stack, engine)
        assert settled.status == "COMPLETE", settled.reason
        assert value(place, stack) == "deep"
        assert len(place.stacks()) == 3
        place.ask("DELETE", None, stack)
        await ends_well(place, stack, engine)
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
        place.ask("UPDATE", THREE, stack, files=FILES)
        await done(place, stack)
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
        stack = place.ask("CREATE", before)
        await done(place, stack)
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
        stack = place.ask("CREATE", THREE, files=FILES)
        await done(place, stack)
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
        stack = place.ask("CREATE", before, files=FILES)
        await done(place, stack)
        child = place.rows(stack)["n"].physical_id
        place.ask("UPDATE", before, stack, files={"inner.yaml": SLOW}, parameters={"x": "2"})
        await asyncio.sleep(90)
        assert stacks.get(place.db, child).status == "IN_PROGRESS"
        place.ask("UPDATE", before, stack, files=FILES, parameters={"x": "3"})
        await asyncio.sleep(30)
        row = stacks.get(place.db, child)
        assert (row.status, row.reason) == ("FAILED", "Stack UPDATE cancelled")
        await done(place, stack)
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
        stack = place.ask("CREATE", PARENT, files=FILES)
        await done(place, stack)
        child = place.rows(stack)["n"].physical_id
        place.ask("DELETE", None, child)
        await done(place, child)
        if way == "replaced":
            place.ask("UPDATE", PARENT, stack, files=FILES, parameters={"x": "2"})
            await done(place, stack)
            assert place.rows(stack)["n"].physical_id != child
            assert value(place, stack) == "2"
        place.ask("DELETE", None, stack)
        await done(place, stack)
        assert not place.stacks()

    world(main)


def test_a_nested_stack_that_somebody_changed_is_changed_back(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", PARENT, files=FILES)
        await done(place, stack)
        child = place.rows(stack)["n"].physical_id
        place.ask("UPDATE", INNER, child, parameters={"x": "by hand"})
        await done(place, child)
        place.ask("UPDATE", PARENT, stack, files=FILES)
        await done(place, stack)
        assert place.rows(child)["m"].properties["value"] == "1"

    world(main)


@pytest.mark.parametrize("action", ["SUSPEND", "CHECK"])
def test_an_action_waits_for_the_end_of_what_goes_on_below(world, action):
    more = INNER.replace("outputs:", "  late: {type: OS::Heat::TestResource}\noutputs:")
    more = more.replace("{value: {get_param: x}", "{action_wait_secs: {update: 20}, value: new")
    more = more.replace("late: {", "late: {depends_on: m, ")

    async def main(place):
        place.start()
        stack = place.ask("CREATE", PARENT, files=FILES)
        await done(place, stack)
        child = place.rows(stack)["n"].physical_id
        place.ask("UPDATE", more, child)
        await asyncio.sleep(5)
        place.ask(action, None, stack)
        await done(place, stack)
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
        stack = place.ask("CREATE", PARENT, files={"inner.yaml": slow})
        await done(place, stack)
        child = place.rows(stack)["n"].physical_id
        template = slow.replace("get_param: x", "str_split: [',', 'a,b', 0]")
        place.ask(action, template if action == "UPDATE" else None, child)
        await asyncio.sleep(wait)
        place.ask("DELETE", None, stack)
        await done(place, stack)
        assert not place.stacks()

    world(main)


def test_suspend_check_and_resume_reach_the_last_member(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", THREE, files=FILES)
        await done(place, stack)
        for action in ("SUSPEND", "RESUME", "CHECK"):
            place.ask(action, None, stack)
            await done(place, stack)
            found = line(place, stack)
            assert [(row.action, row.status) for row in found] == [(action, "COMPLETE")] * 3
            assert place.rows(found[2].id)["m"].action == action

    world(main)


def test_an_update_of_a_nested_stack_that_sleeps_says_what_to_do(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", PARENT, files=FILES)
        await done(place, stack)
        child = place.rows(stack)["n"].physical_id
        place.ask("SUSPEND", None, child)
        await done(place, child)
        place.ask("UPDATE", PARENT, stack, files=FILES, parameters={"x": "2"})
        settled = await place.settled(stack)
        assert f"its nested stack {child} is suspended" in settled.reason
        place.ask("RESUME", None, child)
        await done(place, child)
        place.ask("UPDATE", PARENT, stack, files=FILES, parameters={"x": "2"})
        await done(place, stack)
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
        place.ask("UPDATE", UNFORESEEN, stack, parameters={"size": 4})
        await done(place, stack)

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
