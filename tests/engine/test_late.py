"""What a service does after everybody stopped waiting for it."""

import asyncio

from devcloud.kernel.faults import Rule

from .templates import NETS


def detach(place, path, seconds):
    """Let a creation take effect so much later, whatever becomes of whoever sent it."""
    send, going = place.port.send, []

    async def slow(call, who, **more):
        if call.method != "POST" or not call.path.endswith(path):
            return await send(call, who, **more)

        async def later():
            await asyncio.sleep(seconds)
            return await send(call, who)

        going.append(asyncio.create_task(later()))
        return await asyncio.shield(going[-1])

    place.port.send = slow
    return going


def test_what_a_service_makes_after_the_request_was_cut_off_is_deleted(world):
    """The deadline cuts the request off at 90 s; the service makes the port at 130 s."""

    async def main(place):
        place.start()
        going = detach(place, "/ports", 130)
        stack = place.ask("CREATE", NETS, timeout=60)
        row = await place.settled(stack, seconds=200)
        assert (row.status, row.reason) == ("FAILED", "Timed out")
        place.ask("DELETE", None, stack)
        row = await place.settled(stack, seconds=200)
        assert (row.action, row.status) == ("DELETE", "COMPLETE"), row.reason
        assert all(task.done() for task in going)
        assert place.made() == {}

    world(main)


def test_a_service_that_says_that_it_failed_is_not_waited_for(world):
    async def main(place):
        broken = Rule(service="network", method="POST", path="/ports$", action="error", status=500)
        place.cloud.faults.add(broken)
        place.start()
        stack = place.ask("CREATE", NETS)
        row = await place.settled(stack, seconds=60)
        assert row.status == "FAILED"
        place.ask("DELETE", None, stack)
        await place.settled(stack, seconds=20)
        assert place.made() == {}

    world(main)
