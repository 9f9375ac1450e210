"""Stacks within stacks, adopted: members are taken over under their names."""

import asyncio

import pytest

from heat.operations import changes, export
from heat.operations.changes import CreateStack
from heat.operations.finding import OfStack

from .asking import Asking, ended

INNER = """
heat_template_version: 2021-04-16
parameters: {size: {type: number}}
resources:
  deep: {type: OS::Cinder::Volume, properties: {size: {get_param: size}}}
outputs:
  which: {value: {get_resource: deep}}
"""
OUTER = """
heat_template_version: 2021-04-16
resources:
  own: {type: inner.yaml, properties: {size: 1}}
  group:
    type: OS::Heat::ResourceGroup
    properties:
      count: 2
      resource_def: {type: inner.yaml, properties: {size: 2}}
  scaled:
    type: OS::Heat::AutoScalingGroup
    properties:
      min_size: 1
      max_size: 3
      desired_capacity: 2
      resource: {type: OS::Cinder::Volume, properties: {size: 3}}
outputs:
  inner: {value: {get_attr: [own, which]}}
"""


async def abandoned(place, template=OUTER):
    """Leave the objects of a stack behind, and return its export."""
    place.start()
    stack, ask = place.ask("CREATE", template, files={"inner.yaml": INNER}), Asking(place)
    assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
    found = ask(export.abandon_stack, OfStack(stack=stack))
    assert (await ended(place, stack))[0] == "DELETE_COMPLETE"
    return ask, found


def adopt(ask, found, **more):
    given = {name: found[name] for name in ("template", "files", "environment")} | more
    request = CreateStack(stack_name="again", adopt=found["resources"], **given)
    return ask(changes.create_stack, request)["id"]


def test_an_abandoned_tree_is_adopted_as_it_was(world):
    async def main(place):
        ask, found = await abandoned(place)
        volumes = place.objects()["volume.volume"]
        assert len(volumes) == 5
        again = adopt(ask, found)
        state, reason = await ended(place, again)
        assert state == "ADOPT_COMPLETE", reason
        assert place.objects()["volume.volume"] == volumes
        for tree in place.stacks():
            rows = place.rows(tree.id)
            assert {row.status for row in rows.values()} == {"COMPLETE"}
            assert {row.action for row in rows.values()} == {"ADOPT"}
        scaled = place.rows(place.rows(again)["scaled"].physical_id)
        assert {row.name: row.physical_id for row in scaled.values()} == {
            name: entry["resource_id"]
            for name, entry in found["resources"]["scaled"]["resources"].items()
        }
        own = found["resources"]["own"]["resources"]["deep"]["resource_id"]
        assert place.rows(again)["own"].attributes["which"] == own
        await place.done("UPDATE", OUTER, again, files={"inner.yaml": INNER})
        assert place.objects()["volume.volume"] == volumes
        await place.done("DELETE", None, again)
        assert place.made() == {}

    world(main)


def test_an_adoption_that_is_rolled_back_lets_go_of_what_was_there_before(world):
    async def main(place):
        ask, found = await abandoned(place)
        volumes = place.objects()["volume.volume"]
        del found["resources"]["own"]["resources"]["deep"]
        again = adopt(ask, found, disable_rollback=False)
        state, reason = await ended(place, again)
        assert state == "ROLLBACK_COMPLETE", reason
        assert place.rows(again) == {}
        assert place.objects()["volume.volume"] == volumes
        await place.done("DELETE", None, again)
        assert place.objects()["volume.volume"] == volumes

    world(main)


def test_a_member_that_nothing_is_said_of_fails_and_the_objects_stay(world):
    async def main(place):
        ask, found = await abandoned(place)
        volumes = place.objects()["volume.volume"]
        del found["resources"]["own"]["resources"]["deep"]
        again = adopt(ask, found)
        state, reason = await ended(place, again)
        assert state == "ADOPT_FAILED"
        assert "resources.own.resources.deep: Resource ID was not provided." in reason
        assert place.objects()["volume.volume"] == volumes

    world(main)


@pytest.mark.parametrize(
    ("name", "said", "told"),
    [("own", {"resource_id": "x"}, "it needs"), ("scaled", {}, "not provided")],
)
def test_a_nested_stack_needs_resources(world, name, said, told):
    async def main(place):
        ask, found = await abandoned(place)
        found["resources"][name] = said
        state, reason = await ended(place, adopt(ask, found))
        assert state == "ADOPT_FAILED"
        assert told in reason

    world(main)


WIRED = """
heat_template_version: 2018-08-31
resources:
  net: {type: OS::Neutron::Net}
  sub:
    type: OS::Neutron::Subnet
    properties: {network: {get_resource: net}, cidr: 10.1.0.0/24}
  port:
    type: OS::Neutron::Port
    properties: {network: {get_resource: net}, fixed_ips: [{subnet: {get_resource: sub}}]}
"""


@pytest.mark.parametrize("after", [0, 0.05, 0.1, 0.3])
@pytest.mark.parametrize("what", ["WIRED", "OUTER"])
def test_an_update_takes_over_what_an_adoption_did_not_come_to(world, what, after):
    """What was still to be taken over was made anew, and in use by what nobody knew."""
    template = globals()[what]

    async def main(place):
        ask, found = await abandoned(place, template)
        objects = place.made()
        again = adopt(ask, found)
        await asyncio.sleep(after)
        await place.done("UPDATE", template, again, files={"inner.yaml": INNER})
        assert place.made() == objects
        await place.done("DELETE", None, again)
        assert place.made() == {}

    world(main, latency=0.1)


@pytest.mark.parametrize("steps", range(16, 32, 2))
def test_an_update_that_takes_over_goes_on_after_a_death(world, steps):
    """A nested stack that it had taken over already was said to be without resources."""

    async def main(place):
        ask, found = await abandoned(place)
        objects, engine = place.made(), place._workers[0]
        again = adopt(ask, found)
        engine.life.left = engine.life.taken + steps
        place.ask("UPDATE", OUTER, again, files={"inner.yaml": INNER})
        row = await place.outlived(engine, again)
        assert (row.action, row.status) == ("UPDATE", "COMPLETE"), row.reason
        assert place.made() == objects

    world(main, latency=0.1)


def test_an_update_goes_on_with_an_adoption_that_failed(world):
    async def main(place):
        ask, found = await abandoned(place, WIRED)
        objects = place.made()
        missing = found["resources"]["net"].pop("resource_id")
        again = adopt(ask, found)
        assert (await ended(place, again))[0] == "ADOPT_FAILED"
        found["resources"]["net"]["resource_id"] = missing
        await place.done("UPDATE", WIRED, again)
        rows = place.rows(again)
        assert rows["port"].physical_id == found["resources"]["port"]["resource_id"]
        assert place.made() == {**objects, "network.network": 2}  # of which nothing was said

    world(main)


def test_what_was_to_be_taken_over_as_another_type_stays(world):
    """An update wants something else of that name: that is made, and the object left alone."""

    async def main(place):
        ask, found = await abandoned(place, WIRED)
        objects = place.made()
        again = adopt(ask, found)
        other = (
            WIRED.split("  port:", maxsplit=1)[0]
            + "  port: {type: OS::Cinder::Volume, properties: {size: 1}}"
        )
        await place.done("UPDATE", other, again)
        row = place.rows(again)["port"]
        assert (row.type, row.action) == ("OS::Cinder::Volume", "CREATE")
        assert place.made() == {**objects, "volume.volume": 1}

    world(main, latency=0.1)


def test_an_update_changes_what_it_takes_over(world):
    """It was recorded as the update wants it, and left as it was."""

    async def main(place):
        ask, found = await abandoned(place, WIRED)
        again = adopt(ask, found)
        changed = WIRED.replace("cidr: 10.1.0.0/24", "cidr: 10.1.0.0/24, enable_dhcp: false")
        await place.done("UPDATE", changed, again)
        row = place.rows(again)["sub"]
        assert row.physical_id == found["resources"]["sub"]["resource_id"]
        assert not place.cloud.store.table("network.subnet").get(row.physical_id)["enable_dhcp"]

    world(main, latency=0.1)


@pytest.mark.parametrize("after", [0.2, 0.3, 0.4, 0.6])
def test_an_update_that_follows_another_changes_what_that_one_was_taking_over(world, after):
    """It was recorded as both want it, and left as it was."""

    async def main(place):
        ask, found = await abandoned(place, WIRED)
        again = adopt(ask, found)
        changed = WIRED.replace("cidr: 10.1.0.0/24", "cidr: 10.1.0.0/24, enable_dhcp: false")
        place.ask("UPDATE", changed, again)
        await asyncio.sleep(after)
        await place.done("UPDATE", changed, again)
        row = place.rows(again)["sub"]
        assert row.physical_id == found["resources"]["sub"]["resource_id"]
        assert not place.cloud.store.table("network.subnet").get(row.physical_id)["enable_dhcp"]

    world(main, latency=0.1)


def test_an_update_makes_anew_what_is_gone_that_it_was_to_take_over(world):
    async def main(place):
        ask, found = await abandoned(place, WIRED)
        objects = place.made()
        again = adopt(ask, found)
        gone = found["resources"]["port"]["resource_id"]
        place.cloud.store.table("network.port").pop(gone)
        await place.done("UPDATE", WIRED, again)
        row = place.rows(again)["port"]
        assert (row.action, place.made()) == ("CREATE", objects)

    world(main, latency=0.1)
