"""An engine that dies at any step: another continues, with no orphan and no duplicate."""

import asyncio

import pytest

from .test_life import SERVER


async def ends_well(place, stack, worker):
    """Wait for an end; when the engine dies on the way, another takes over."""
    done = asyncio.create_task(place.settled(stack, seconds=2000))
    died = asyncio.create_task(worker.life.died.wait())
    await asyncio.wait({done, died}, return_when=asyncio.FIRST_COMPLETED)
    if died.done():
        await place.kill(worker)
        place.start("second")
    died.cancel()
    return await done


EXPECTED = {
    "network.network": 1,
    "network.subnet": 1,
    "network.port": 1,
    "compute.server": 1,
    "volume.volume": 1,
}


@pytest.mark.parametrize("steps", range(46))
def test_a_create_continues_after_a_death(world, steps):
    async def main(place):
        worker = place.start("first", steps)
        stack = place.ask("CREATE", SERVER)
        row = await ends_well(place, stack, worker)
        assert (row.action, row.status) == ("CREATE", "COMPLETE"), row.reason
        assert place.made() == EXPECTED

    world(main)


@pytest.mark.parametrize("steps", range(44))
def test_a_delete_continues_after_a_death(world, steps):
    async def main(place):
        worker = place.start("first")
        stack = place.ask("CREATE", SERVER)
        await place.settled(stack)
        worker.life.left = worker.life.taken + steps
        place.ask("DELETE", None, stack)
        row = await ends_well(place, stack, worker)
        assert (row.action, row.status) == ("DELETE", "COMPLETE"), row.reason
        assert place.made() == {}

    world(main)
