"""An engine that dies at any step: another continues, with no orphan and no duplicate."""

import asyncio

import pytest

from .templates import EXPECTED, SERVER


@pytest.mark.parametrize("steps", range(46))
def test_a_create_continues_after_a_death(world, steps):
    async def main(place):
        worker = place.start("first", steps)
        stack = place.ask("CREATE", SERVER)
        row = await place.outlived(worker, stack)
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
        row = await place.outlived(worker, stack)
        assert (row.action, row.status) == ("DELETE", "COMPLETE"), row.reason
        assert place.made() == {}

    world(main)


@pytest.mark.parametrize("step", range(1, 46, 2))
def test_an_engine_that_pauses_past_its_lease_makes_no_duplicate(world, step):
    """It wakes up when another has taken over: it writes nothing, and clears away what it made."""

    async def main(place):
        place.start("first", pause=(step, 60))
        stack = place.ask("CREATE", SERVER)
        await asyncio.sleep(3)
        place.start("second")
        row = await place.settled(stack, seconds=2000)
        assert (row.action, row.status) == ("CREATE", "COMPLETE"), row.reason
        await asyncio.sleep(200)
        assert place.made() == EXPECTED
        physical = {row.physical_id for row in place.rows(stack).values()}
        assert place.objects()["compute.server"] <= physical

    world(main)
