"""After a failure nobody waits longer for what still runs than what was asked for needs."""

import asyncio

import pytest

from heat.operations import actions, changes
from heat.operations.actions import Act
from heat.operations.changes import UpdateStack
from heat.template.load import load

from .asking import Asking

TWO = """
heat_template_version: 2021-04-16
resources:
  bad: {type: OS::Heat::TestResource, properties: {fail: true}}
  slow: {type: OS::Heat::TestResource, properties: {action_wait_secs: {create: 900}}}
"""
GOOD = """
heat_template_version: 2021-04-16
resources:
  own: {type: OS::Heat::TestResource, properties: {value: v}}
"""


async def half_failed(place, action="CREATE", stack=None):
    """Have one resource fail while another goes on for a quarter of an hour."""
    if action == "UPDATE":
        request = UpdateStack(stack=stack, template=load(TWO).raw)
        Asking(place)(changes.update_stack, request)
    else:
        stack = place.ask(action, TWO)
    await asyncio.sleep(10)
    rows = place.rows(stack)
    assert (rows["bad"].status, rows["slow"].status) == ("FAILED", "IN_PROGRESS")
    return stack


def test_a_deletion_goes_on_at_once(world):
    async def main(place):
        place.start()
        stack = await half_failed(place)
        place.ask("DELETE", None, stack)
        row = await place.settled(stack, seconds=15)
        assert (row.action, row.status) == ("DELETE", "COMPLETE")

    world(main)


def test_an_update_that_drops_it_goes_on_at_once(world):
    async def main(place):
        place.start()
        stack = await half_failed(place)
        place.ask("UPDATE", GOOD, stack)
        row = await place.settled(stack, seconds=15)
        assert (row.action, row.status) == ("UPDATE", "COMPLETE"), row.reason
        assert place.rows(stack).keys() == {"own"}

    world(main)


def test_a_cancelled_update_goes_back_at_once(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", GOOD)
        await place.settled(stack)
        await half_failed(place, "UPDATE", stack)
        Asking(place).act(stack, "cancel_update")
        row = await place.settled(stack, seconds=15)
        assert (row.action, row.status) == ("ROLLBACK", "COMPLETE"), row.reason
        assert place.rows(stack).keys() == {"own"}

    world(main)


@pytest.mark.parametrize("action", ["CREATE", "UPDATE"])
def test_without_going_back_a_cancellation_is_told_at_once(world, action):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", GOOD) if action == "UPDATE" else None
        if stack is not None:
            await place.settled(stack)
        stack = await half_failed(place, action, stack)
        Asking(place)(actions.act, Act(stack=stack, action="cancel_without_rollback"))
        await asyncio.sleep(5)
        assert place.events(stack)[-1] == f"app {action}_FAILED"

    world(main)


SLOW_CHANGE = """
heat_template_version: 2021-04-16
parameters: {x: {type: string, default: one}, fail: {type: boolean, default: false}}
resources:
  bad: {type: OS::Heat::TestResource, properties: {fail: {get_param: fail}}}
  slow:
    type: OS::Heat::TestResource
    properties: {value: {get_param: x}, action_wait_secs: {update: 900}}
"""


def test_a_failed_creation_goes_back_at_once(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", TWO, rollback=True)
        row = await place.settled(stack, seconds=30)
        assert (row.action, row.status) == ("ROLLBACK", "COMPLETE"), row.reason
        assert place.rows(stack) == {}
        told = place.events(stack)
        assert "slow CREATE_FAILED" not in told
        assert told.index("app ROLLBACK_IN_PROGRESS") < told.index("slow DELETE_COMPLETE")

    world(main)


def test_a_failed_update_takes_back_what_it_was_just_changing(world):
    quick = SLOW_CHANGE.replace("update: 900", "update: 1")

    async def main(place):
        place.start()
        stack = place.ask("CREATE", quick)
        await place.settled(stack)
        before = place.rows(stack)["slow"]
        failing = {"x": "two", "fail": "true"}
        place.ask("UPDATE", SLOW_CHANGE, stack, rollback=True, parameters=failing)
        row = await place.settled(stack, seconds=60)
        assert (row.action, row.status) == ("ROLLBACK", "COMPLETE"), row.reason
        after = place.rows(stack)["slow"]
        assert (after.properties["value"], after.status) == ("one", "COMPLETE")
        assert after.physical_id == before.physical_id

    world(main)
