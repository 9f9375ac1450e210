"""Updates that go back to what was before, while nobody knows how far the one before had come."""

import asyncio

import pytest

from heat.engine.record import COMPLETE

SERVER = """
heat_template_version: 2018-08-31
resources:
  net: {type: OS::Neutron::Net}
  sub: {type: OS::Neutron::Subnet, properties: {network: {get_resource: net}, cidr: 10.1.0.0/24}}
  server:
    type: OS::Nova::Server
    properties:
      image: cirros
      flavor: m1.tiny
      networks: [{network: {get_resource: net}}]
    depends_on: sub
"""
OTHER = SERVER.replace("m1.tiny", "m1.small")
SLOW = {"server.resize": 5}
MOMENTS = [1, 3, 5, 7, 9, 11]


async def half_way_back(place):
    """Return a stack whose server is on its way to another flavor, and shall go back."""
    stack = await place.done("CREATE", SERVER)
    place.ask("UPDATE", OTHER, stack)
    await asyncio.sleep(2)
    place.ask("UPDATE", SERVER, stack)
    return stack


async def is_as_before(place, stack):
    """Wait until the stack is at rest, and look at the server in the cloud."""
    row = await place.settled(stack)
    assert row.status == COMPLETE, row.reason
    server = place.rows(stack)["server"]
    live = place.cloud.store.table("compute.server").get(server.physical_id)
    assert (server.status, server.attempted) == (COMPLETE, None)
    assert (live["flavor"]["original_name"], live["vm_state"]) == ("m1.tiny", "active")


@pytest.mark.parametrize("after", MOMENTS)
def test_another_update_goes_all_the_way_back(world, after):
    """What the first had tried was forgotten as soon as the second began to go back."""

    async def main(place):
        place.start()
        stack = await half_way_back(place)
        await asyncio.sleep(after)
        place.ask("UPDATE", SERVER + "outputs: {more: {value: 1}}", stack)
        await is_as_before(place, stack)

    world(main, times=SLOW)


@pytest.mark.parametrize("after", MOMENTS)
def test_another_engine_goes_all_the_way_back(world, after):
    """It took what the dead one was at for an update that changes nothing."""

    async def main(place):
        first = place.start("first")
        stack = await half_way_back(place)
        await asyncio.sleep(after)
        await place.kill(first)
        place.start("second")
        await is_as_before(place, stack)

    world(main, times=SLOW)
