"""Hooks: resources pause where the environment says so, until somebody clears them."""

import asyncio

import pytest

from heat.base.errors import Invalid
from heat.operations.changes import (
    CreateStack,
    UpdateStack,
    create_stack,
    delete_stack,
    update_stack,
)
from heat.operations.finding import OfStack
from heat.store import events as told
from heat.store.events import EventQuery

from .asking import Asking, ended, states

PAIR = {
    "heat_template_version": "2018-08-31",
    "resources": {
        "a": {"type": "OS::Heat::TestResource", "properties": {"value": "1"}},
        "b": {"type": "OS::Heat::TestResource", "depends_on": "a"},
    },
}


def hooked(name, hook):
    return {"resource_registry": {"resources": {name: {"hooks": hook}}}}


def start(ask, environment, **more):
    request = CreateStack(stack_name="app", template=PAIR, environment=environment, **more)
    return ask(create_stack, request)["id"]


def reasons(place, stack, name="a"):
    found = told.listing(place.db, EventQuery(stacks=[stack]))
    return [event.reason for event in reversed(found) if event.resource_name == name]


async def paused(place, stack, hook, name="a"):
    action = hook.split("-")[1].upper()
    text = f"{action} paused until Hook {hook} is cleared"
    async with asyncio.timeout(300):
        while text not in reasons(place, stack, name):  # noqa: ASYNC110
            await asyncio.sleep(0.25)


def clear(ask, stack, hook, name="a"):
    ask.say(stack, {"unset_hook": hook}, name)


@pytest.mark.parametrize("pattern", ["a", "a*"])
def test_a_creation_begins_when_its_hook_is_cleared(world, pattern):
    async def main(place):
        place.start()
        ask = Asking(place)
        stack = start(ask, hooked(pattern, "pre-create"))
        await paused(place, stack, "pre-create")
        await asyncio.sleep(20)
        assert states(place, stack) == {"a": "INIT_COMPLETE", "b": "INIT_COMPLETE"}
        clear(ask, stack, "pre-create")
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        assert "Hook pre-create is cleared" in reasons(place, stack)

    world(main)


def test_a_hook_that_nobody_waits_at_can_not_be_cleared(world):
    async def main(place):
        place.start()
        ask = Asking(place)
        stack = start(ask, hooked("a", "pre-create"))
        await paused(place, stack, "pre-create")
        for hook, name in (("post-create", "a"), ("pre-create", "b"), ("mid-create", "a")):
            with pytest.raises(Invalid) as refused:
                clear(ask, stack, hook, name)
            assert refused.value.kind == "InvalidBreakPointHook"
        clear(ask, stack, "pre-create")
        with pytest.raises(Invalid, match="does not wait"):
            clear(ask, stack, "pre-create")

    world(main)


@pytest.mark.parametrize("steps", range(0, 20, 4))
@pytest.mark.parametrize("hook", ["pre-create", "post-create"])
def test_another_engine_stays_at_the_hook(world, hook, steps):
    async def main(place):
        first = place.start("first", steps=steps)
        ask = Asking(place)
        stack = start(ask, hooked("a", hook))
        await asyncio.sleep(3)
        await place.kill(first)
        place.start("second")
        await paused(place, stack, hook)
        await asyncio.sleep(40)
        assert states(place, stack)["b"] == "INIT_COMPLETE"
        clear(ask, stack, hook)
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        assert sum("paused" in reason for reason in reasons(place, stack)) == 1

    world(main)


def test_time_ends_a_pause(world):
    async def main(place):
        place.start()
        stack = start(Asking(place), hooked("a", "pre-create"), timeout_mins=1)
        assert await ended(place, stack) == ("CREATE_FAILED", "Timed out")
        assert "Hook pre-create is cleared: the wait was cut short" in reasons(place, stack)

    world(main)


def test_an_update_takes_the_place_of_a_pause(world):
    async def main(place):
        place.start()
        ask = Asking(place)
        stack = start(ask, hooked("a", "pre-create"))
        await paused(place, stack, "pre-create")
        ask(update_stack, UpdateStack(stack=stack, template=PAIR))
        assert (await ended(place, stack))[0] == "UPDATE_COMPLETE"
        assert "Hook pre-create is cleared: the wait was cut short" in reasons(place, stack)

    world(main)


def test_a_deletion_pauses_before_and_after(world):
    async def main(place):
        place.start()
        ask = Asking(place)
        stack = start(ask, hooked("b", ["pre-delete", "post-delete"]))
        await place.settled(stack)
        ask(delete_stack, OfStack(stack=stack))
        await paused(place, stack, "pre-delete", "b")
        assert states(place, stack)["b"] == "CREATE_COMPLETE"
        clear(ask, stack, "pre-delete", "b")
        await paused(place, stack, "post-delete", "b")
        assert states(place, stack) == {"a": "CREATE_COMPLETE", "b": "DELETE_COMPLETE"}
        clear(ask, stack, "post-delete", "b")
        assert (await ended(place, stack))[0] == "DELETE_COMPLETE"
        assert place.rows(stack) == {}

    world(main)
