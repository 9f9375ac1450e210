"""What is said to resources from outside, and those that wait for it."""

import asyncio

import pytest

from heat.base.errors import Invalid, NotFound
from heat.store import stacks as stored

from .asking import Asking, ended, reached, states

WAITING = """
heat_template_version: 2018-08-31
resources:
  h: {{type: OS::Heat::WaitConditionHandle}}
  w:
    type: OS::Heat::WaitCondition
    properties: {{handle: {{get_resource: h}}, timeout: {timeout}, count: {count}}}
  after: {{type: OS::Heat::Value, properties: {{value: {{get_attr: [w, data]}}}}}}
outputs:
  data: {{value: {{get_attr: [w, data]}}}}
"""
AMAZON = """
heat_template_version: 2018-08-31
resources:
  h: {type: %s}
  w:
    type: AWS::CloudFormation::WaitCondition
    properties: {Handle: {get_resource: h}, Timeout: 60, Count: 1}
"""


def waiting(count=1, timeout=100):
    return WAITING.format(count=count, timeout=timeout)


def test_a_condition_waits_until_enough_was_said(world):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", waiting(count=2))
        await reached(place, stack)
        assert ask.data(stack) == "{}"
        ask.say(stack, {"id": "one", "data": {"port": 80}})
        ask.say(stack, {"id": "one", "data": "again"})
        await asyncio.sleep(20)
        assert states(place, stack)["w"] == "CREATE_IN_PROGRESS"
        ask.say(stack)
        assert await ended(place, stack) == (
            "CREATE_COMPLETE",
            "Stack CREATE completed successfully",
        )
        data = '{"one": "again", "2": null}'
        assert ask.data(stack) == data
        assert place.rows(stack)["after"].properties == {"value": data}
        assert ask.metadata(stack) == {
            "one": {"status": "SUCCESS", "reason": "Signal 2 received", "data": "again"},
            "2": {"status": "SUCCESS", "reason": "Signal 2 received", "data": None},
        }
        assert place.events(stack).count("h SIGNAL_COMPLETE") == 3

    world(main)


def test_what_is_said_wakes_who_waits_at_once(world):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", waiting())
        await reached(place, stack)
        began = asyncio.get_running_loop().time()
        ask.say(stack)
        await reached(place, stack, state=("CREATE", "COMPLETE"))
        assert asyncio.get_running_loop().time() - began < 0.5

    world(main)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            [{"id": "a"}, {"status": "FAILURE", "reason": "disk on fire"}],
            "WaitConditionFailure: resources.w: disk on fire",
        ),
        ([], "WaitConditionTimeout: resources.w: 0 of 3 received"),
        (
            [{"id": "a"}],
            "WaitConditionTimeout: resources.w: 1 of 3 received - Signal 1 received",
        ),
    ],
)
def test_a_failure_or_the_end_of_time_fails_the_condition(world, said, reason):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", waiting(count=3, timeout=40))
        await reached(place, stack)
        for body in said:
            ask.say(stack, body)
        assert await ended(place, stack) == ("CREATE_FAILED", f"Resource CREATE failed: {reason}")

    world(main)


@pytest.mark.parametrize("steps", range(0, 33, 6))
def test_another_engine_goes_on_listening(world, steps):
    """Wherever the first engine dies, nothing that was said is lost or counted twice."""

    async def main(place):
        first = place.start("first", steps=steps)
        ask, stack = Asking(place), place.ask("CREATE", waiting(count=2))
        await asyncio.sleep(3)
        if "h" in place.rows(stack):
            ask.say(stack, {"id": "a"})
        await asyncio.sleep(1)
        await place.kill(first)
        place.start("second")
        await reached(place, stack)
        ask.say(stack, {"id": "a"})
        ask.say(stack, {"id": "b"})
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        assert ask.data(stack) == '{"a": null, "b": null}'
        assert place.events(stack).count("w CREATE_COMPLETE") == 1

    world(main)


def test_a_takeover_does_not_prolong_the_wait(world):
    async def main(place):
        first = place.start("first")
        stack = place.ask("CREATE", waiting(timeout=60))
        await reached(place, stack)
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(30)
        await place.kill(first)
        place.start("second")
        assert (await ended(place, stack))[0] == "CREATE_FAILED"
        assert asyncio.get_running_loop().time() - began < 65

    world(main)


def test_an_update_lets_a_condition_go_on_waiting(world):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", waiting())
        await reached(place, stack)
        more = waiting().replace("outputs:", "  b: {type: OS::Heat::RandomString}\noutputs:")
        place.ask("UPDATE", more, stack)
        await asyncio.sleep(5)
        ask.say(stack)
        assert (await ended(place, stack))[0] == "UPDATE_COMPLETE", stored.get(
            place.db, stack
        ).reason
        assert states(place, stack) == dict.fromkeys(("h", "w", "after", "b"), "CREATE_COMPLETE")

    world(main)


def test_a_higher_count_waits_for_what_is_missing(world):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", waiting())
        await reached(place, stack)
        ask.say(stack, {"id": "a"})
        await place.settled(stack)
        place.ask("UPDATE", waiting(count=2), stack)
        await reached(place, stack, state=("UPDATE", "IN_PROGRESS"))
        ask.say(stack, {"id": "b"})
        assert (await ended(place, stack))[0] == "UPDATE_COMPLETE", stored.get(
            place.db, stack
        ).reason
        assert ask.data(stack) == '{"a": null, "b": null}'

    world(main)


def test_a_condition_that_goes_lets_its_handle_begin_anew(world):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", waiting())
        await reached(place, stack)
        ask.say(stack, {"id": "a"})
        await place.settled(stack)
        alone = waiting().split("  w:")[0]
        place.ask("UPDATE", alone, stack)
        await place.settled(stack)
        assert ask.metadata(stack) == {}

    world(main)


def test_a_cancelled_creation_lets_what_waits_come_to_its_end(world):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", waiting())
        await reached(place, stack)
        ask.act(stack, "cancel_without_rollback")
        async with asyncio.timeout(20):
            while (row := stored.get(place.db, stack)).status == "IN_PROGRESS":  # noqa: ASYNC110
                await asyncio.sleep(0.5)
        assert row.reason == "Stack CREATE cancelled"
        assert states(place, stack)["w"] == "CREATE_IN_PROGRESS"
        ask.say(stack)
        await place.settled(stack)
        assert states(place, stack) == {
            "h": "CREATE_COMPLETE",
            "w": "CREATE_COMPLETE",
            "after": "INIT_COMPLETE",
        }

    world(main)


@pytest.mark.parametrize(
    "body", [{"status": "MAYBE"}, {"nonsense": 1}, {"Status": "SUCCESS"}], ids=str
)
def test_what_means_nothing_is_left_aside(world, body):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", waiting())
        await reached(place, stack)
        ask.say(stack, body)
        assert ask.metadata(stack) == {}
        assert "h SIGNAL_COMPLETE" not in place.events(stack)

    world(main)


def test_signals_that_nothing_can_be_done_with_are_refused(world):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", waiting())
        await reached(place, stack)
        ask.say(stack)
        await place.settled(stack)
        with pytest.raises(Invalid, match="nothing can be said") as refused:
            ask.say(stack, {}, "after")
        assert refused.value.kind == "ResourceActionNotSupported"
        with pytest.raises(NotFound, match="zzz"):
            ask.say(stack, {}, "zzz")
        ask.act(stack, "suspend")
        await place.settled(stack)
        with pytest.raises(Invalid, match="Signal resource during SUSPEND is not supported"):
            ask.say(stack)

    world(main)


def test_a_handle_of_aws_takes_whole_signals_only(world):
    async def main(place):
        place.start()
        template = AMAZON % "AWS::CloudFormation::WaitConditionHandle"
        ask, stack = Asking(place), place.ask("CREATE", template)
        await reached(place, stack)
        ask.say(stack, {"Status": "SUCCESS"})
        ask.say(stack, {"Status": "SUCCESS", "Reason": "r", "Data": "d", "UniqueId": "u"})
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        assert ask.metadata(stack) == {"u": {"Status": "SUCCESS", "Reason": "r", "Data": "d"}}

    world(main)


def test_every_update_waits_anew_where_the_handle_says_so(world):
    async def main(place):
        place.start()
        template = AMAZON % "OS::Heat::UpdateWaitConditionHandle"
        ask, stack = Asking(place), place.ask("CREATE", template)
        said = {"Status": "SUCCESS", "Reason": "r", "Data": "d", "UniqueId": "u"}
        await reached(place, stack)
        ask.say(stack, said)
        await place.settled(stack)
        place.ask("UPDATE", template, stack)
        await asyncio.sleep(20)
        assert stored.get(place.db, stack).status == "IN_PROGRESS"
        ask.say(stack, said)
        assert (await ended(place, stack))[0] == "UPDATE_COMPLETE"
        assert list(ask.metadata(stack)) == ["u"]

    world(main)
