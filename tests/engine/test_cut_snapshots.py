"""Snapshots that come to nothing: what they made goes with them, and what others made stays."""

import asyncio

import pytest

from devcloud.kernel.faults import Rule
from heat.operations import changes, snapshots
from heat.operations.changes import UpdateStack
from heat.operations.services import Limits
from heat.operations.snapshots import OfSnapshot

from .asking import Asking, ended
from .templates import HEAVY
from .test_actions import copies, created

SLOW = {"backup.create": 90}


@pytest.mark.parametrize("end", ["timeout", "update", "delete"])
def test_what_a_snapshot_made_before_it_was_cut_off_goes_with_it(world, end):
    async def main(place):
        stack, ask = await created(place, HEAVY)
        ask.services = ask.services.__class__(
            **{
                name: getattr(ask.services, name)
                for name in ("db", "client", "clock", "new_id", "wake")
            },
            limits=Limits(stack_action_timeout=30 if end == "timeout" else 3600),
        )
        key = ask.snapshot(stack)
        await asyncio.sleep(10)
        assert copies(place) == (1, 1)
        if end == "update":
            ask(changes.update_stack, UpdateStack(stack=stack, existing=True))
        if end == "delete":
            await place.done("DELETE", None, stack)
            assert copies(place) == (0, 0)
            return
        await place.settled(stack)
        assert [(one["id"], one["status"]) for one in ask.kept(stack)] == [(key, "FAILED")]
        if end == "timeout":
            await asyncio.sleep(60)
        ask(snapshots.delete_snapshot, OfSnapshot(stack=stack, snapshot=key))
        await place.settled(stack)
        assert [one["status_reason"] for one in ask.kept(stack)] == []
        assert copies(place) == (0, 0)

    world(main, times=SLOW)


def test_an_earlier_snapshot_keeps_what_it_has(world):
    async def main(place):
        stack, ask = await created(place, HEAVY)
        good = ask.snapshot(stack)
        await place.settled(stack)
        assert copies(place) == (1, 1)
        bad = ask.snapshot(stack)
        ask(changes.update_stack, UpdateStack(stack=stack, existing=True))
        await place.settled(stack)
        ask(snapshots.delete_snapshot, OfSnapshot(stack=stack, snapshot=bad))
        await place.settled(stack)
        assert [one["id"] for one in ask.kept(stack)] == [good]
        assert copies(place) == (1, 1)

    world(main)


def test_a_snapshot_does_not_hide_what_was_never_made(world):
    """The snapshot was complete, and so was what came of its restoration, without the network."""

    async def main(place):
        rule = Rule(service="network", method="POST", action="refuse", status=400, times=1)
        place.cloud.faults.add(rule)
        place.start("first")
        stack, ask = place.ask("CREATE", HEAVY), Asking(place)
        assert (await ended(place, stack))[0] == "CREATE_FAILED"
        key = ask.snapshot(stack)
        state, reason = await ended(place, stack)
        assert state == "SNAPSHOT_FAILED"
        assert "State ('CREATE', 'FAILED') invalid for snapshot" in reason
        net = place.rows(stack)["net"]
        assert (net.action, net.status) == ("CREATE", "FAILED")
        assert [(one["id"], one["status"]) for one in ask.kept(stack)] == [(key, "FAILED")]
        ask(changes.update_stack, UpdateStack(stack=stack, existing=True))
        assert (await ended(place, stack))[0] == "UPDATE_COMPLETE"
        assert place.rows(stack)["net"].physical_id is not None

    world(main)


@pytest.mark.parametrize("after", [0.5, 1.5, 2.5, 3.5, 4.5])
def test_a_copy_whose_answer_comes_after_the_update_is_known(world, after):
    """What to remember of it was a step of its own, before which the verb stopped."""

    async def main(place):
        stack, ask = await created(place, HEAVY)
        ask.snapshot(stack)
        await asyncio.sleep(after)
        ask(changes.update_stack, UpdateStack(stack=stack, existing=True))
        await place.settled(stack)
        await place.done("DELETE", None, stack)
        assert copies(place) == (0, 0)

    world(main, latency=1)
