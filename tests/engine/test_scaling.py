"""Policies that scale groups: when they change something, and what of."""

from heat.store import stacks

from .asking import Asking, ended
from .templates import SCALED

FRAIL = SCALED.replace("{value: v}", "{value: v, fail: {get_param: fail}}").replace(
    "resources:", "parameters: {fail: {type: boolean, default: false}}\nresources:", 1
)


async def group_of(place, template=SCALED):
    """Make a group; returns who asks, its stack, and the stack that its members are in."""
    place.start()
    stack = await place.done("CREATE", template)
    return Asking(place), stack, place.rows(stack)["group"].physical_id


def test_a_group_that_failed_is_not_scaled(world):
    async def main(place):
        ask, stack, group = await group_of(place, FRAIL)
        place.ask("UPDATE", FRAIL, stack, parameters={"fail": True})
        assert (await ended(place, stack))[0] == "UPDATE_FAILED"
        ask.say(stack, {}, "more")
        assert stacks.get(place.db, group).status == "FAILED"

    world(main)


def test_what_a_group_was_before_it_was_scaled_is_remembered(world):
    """There it goes back to when its next change is rolled back."""

    async def main(place):
        ask, stack, group = await group_of(place)
        for size in (2, 3):
            before = stacks.get(place.db, group).definition
            ask.say(stack, {}, "more")
            during = stacks.get(place.db, group)
            assert (during.status, during.previous_definition) == ("IN_PROGRESS", before)
            await place.settled(group)
            assert len(place.rows(group)) == size

    world(main)
