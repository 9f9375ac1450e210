"""The asyncio face: threads by service, the request's id, and lookups shared by tasks."""

import asyncio
import threading
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from heat.base.errors import Permanent, Temporary
from heat.cloud.client import REQUEST_ID
from heat.cloud.finders import AsyncFinders
from heat.cloud.port import AsyncCloud
from heat.plugin.steps import COMPUTE, NETWORK, Finder

A_NETWORK = Finder("network", "/v2.0/networks", "network")


async def test_a_service_that_hangs_holds_up_no_other(tiny, user, answer):
    held = threading.Event()
    tiny.answers = lambda asked: answer(
        200, {}, held=held if asked.path.startswith("/compute") else None
    )
    cloud = AsyncCloud(tiny.client(threads=2))
    stuck = [asyncio.create_task(cloud.send(COMPUTE.get("/servers"), user)) for _ in range(4)]
    try:
        async with asyncio.timeout(10):
            assert await cloud.send(NETWORK.get("/v2.0/networks"), user) == {}
        assert not any(task.done() for task in stuck)
    finally:
        held.set()
    assert await asyncio.gather(*stuck) == [{}] * 4
    await cloud.close()


async def test_a_call_that_is_given_up_before_its_turn_is_never_sent(tiny, user, answer):
    held, reached = threading.Event(), threading.Event()

    def hold(_):
        reached.set()
        return answer(200, {}, held=held)

    tiny.answers = hold
    cloud = AsyncCloud(tiny.client(threads=1))
    first = asyncio.create_task(cloud.send(COMPUTE.get("/first"), user))
    second = asyncio.create_task(cloud.send(COMPUTE.post("/second", {}), user))
    await asyncio.to_thread(reached.wait, 10)
    second.cancel()
    held.set()
    await asyncio.wait([first, second])
    await cloud.send(COMPUTE.get("/third"), user)
    assert [asked.path[-6:] for asked in tiny.asked] == ["/first", "/third"]
    await cloud.close()


async def test_the_request_id_reaches_the_thread(tiny, user):
    cloud = AsyncCloud(tiny.client())

    async def one(known):
        REQUEST_ID.set(known)
        await cloud.send(COMPUTE.get(f"/{known}"), user)

    await asyncio.gather(*(asyncio.create_task(one(f"req-{n}")) for n in range(5)))
    assert all(asked.path.endswith(asked.headers["x-openstack-request-id"]) for asked in tiny.asked)
    await cloud.close()


async def test_tasks_share_a_lookup_and_failures_are_forgotten(tiny, user, answer):
    cloud = AsyncCloud(tiny.client())
    finders = AsyncFinders(cloud, user)
    tiny.answers = lambda asked: (
        answer(200, {"networks": []}) if "?" in asked.path else answer(404, {})
    )
    with pytest.raises(Permanent, match="could not be found"):
        await finders.find(A_NETWORK, "net")
    tiny.asked.clear()
    tiny.answers = lambda _: answer(200, {"network": {"id": "n1"}})
    assert await asyncio.gather(*(finders.find(A_NETWORK, "net") for _ in range(9))) == ["n1"] * 9
    assert len(tiny.asked) == 1
    await cloud.close()


async def test_many_threads_log_in_once_after_a_refusal(tiny, user):
    both = structs.replace(user, trust="trust-1")
    cloud = AsyncCloud(tiny.client(threads=8))
    await cloud.send(COMPUTE.get("/servers"), both)
    tiny.keystone.tokens.discard("user-token")
    await asyncio.gather(*(cloud.send(COMPUTE.get("/servers"), both) for _ in range(20)))
    assert tiny.keystone.given == 1
    await cloud.close()


async def test_a_call_that_is_given_up_while_it_gets_in_is_never_sent(tiny, user):
    """Keystone takes its time; meanwhile the operation ends. The thread must not go on then."""
    held, reached = threading.Event(), threading.Event()
    let_in = tiny.keystone.answer

    def slowly(asked, url):
        reached.set()
        held.wait(10)
        return let_in(asked, url)

    tiny.keystone.answer = slowly
    cloud = AsyncCloud(tiny.client(threads=1))
    made = asyncio.create_task(cloud.send(COMPUTE.post("/made", {}), user))
    await asyncio.to_thread(reached.wait, 10)
    made.cancel()
    await asyncio.wait([made])
    held.set()
    await cloud.send(COMPUTE.get("/next"), user)
    assert [asked.path[-5:] for asked in tiny.asked] == ["/next"]
    await cloud.close()


async def test_an_answer_is_waited_for_until_the_deadline_and_no_longer(tiny, user, answer):
    held = threading.Event()
    tiny.answers = lambda _: answer(200, {}, held=held)
    cloud = AsyncCloud(tiny.client())
    soon = datetime.now(UTC) + timedelta(seconds=0.3)
    try:
        async with asyncio.timeout(10):
            with pytest.raises(Temporary, match="did not answer") as late:
                await cloud.send(COMPUTE.post("/made", {}), user, deadline=soon)
            assert late.value.ambiguous
            with pytest.raises(Temporary, match="not sent") as over:
                await cloud.send(COMPUTE.post("/made", {}), user, deadline=soon)
            assert not over.value.ambiguous
    finally:
        held.set()
    assert len(tiny.asked) == 1
    await cloud.close()
