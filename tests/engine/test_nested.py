"""Nested stacks: made, changed and removed with the resource that they stand for."""

import asyncio

import pytest

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
