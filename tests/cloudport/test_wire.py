"""What leaves at the very last moment, and how much of an answer is read."""

import asyncio
import gzip
import threading

import pytest
from urllib3 import PoolManager
from urllib3.poolmanager import pool_classes_by_scheme

from heat.base.errors import Permanent
from heat.cloud.port import AsyncCloud
from heat.cloud.wire import MAY_LEAVE, Wire, Withheld
from heat.plugin.steps import COMPUTE

LARGEST = 1 << 20


@pytest.fixture
def may_leave():
    """Return a function that says what may leave, for the time of the test."""
    token = MAY_LEAVE.set(lambda: True)
    yield MAY_LEAVE.set
    MAY_LEAVE.reset(token)


def test_what_may_not_leave_any_more_does_not(tiny, user, may_leave):
    client = tiny.client()
    client.send(COMPUTE.get("/before"), user)
    may_leave(lambda: False)
    with pytest.raises(Withheld):
        client.send(COMPUTE.post("/made", {}), user)
    may_leave(lambda: True)
    client.send(COMPUTE.get("/after"), user)
    assert [asked.path.split("/")[-1] for asked in tiny.asked] == ["before", "after"]


@pytest.mark.parametrize("connected", [False, True])
def test_a_stop_between_the_headers_and_the_body_keeps_the_body_back(
    tiny, user, may_leave, connected
):
    client = tiny.client()
    client.send(COMPUTE.get("/before"), user)
    if not connected:
        client.sessions._http.get_adapter("http://").poolmanager.clear()
    looks = iter((True, False))
    may_leave(lambda: next(looks))
    with pytest.raises(Withheld):
        client.send(COMPUTE.post("/made", {"server": {"name": "s"}}), user)
    may_leave(lambda: True)
    client.send(COMPUTE.get("/after"), user)
    # A server reads as much as was announced; with less of it there is no request.
    assert not any(asked.body for asked in tiny.asked)


async def test_the_right_to_leave_is_looked_at_in_the_thread(tiny, user, answer, may_leave):
    """It ends while the request waits for its turn; the one before it is answered then."""
    held, reached = threading.Event(), threading.Event()

    def hold(_):
        reached.set()
        return answer(200, {}, held=held)

    tiny.answers = hold
    cloud = AsyncCloud(tiny.client(threads=1))
    good = [True]
    may_leave(lambda: good[0])
    first = asyncio.create_task(cloud.send(COMPUTE.post("/first", {}), user))
    second = asyncio.create_task(cloud.send(COMPUTE.post("/second", {}), user))
    await asyncio.to_thread(reached.wait, 10)
    good[0] = False
    held.set()
    assert await first == {}
    with pytest.raises(Withheld):
        await second
    assert [asked.path.split("/")[-1] for asked in tiny.asked] == ["first"]
    await cloud.close()


@pytest.mark.parametrize("path", ["/servers", "/v3/auth/tokens"])
def test_an_answer_without_end_is_not_read(tiny, user, answer, path):
    huge = answer(200, "x" * (LARGEST + 1))
    if path == "/servers":
        tiny.answers = lambda _: huge
    else:
        tiny.keystone.answer = lambda *_: huge
    with pytest.raises(Permanent, match=r"service answered with more than the 1048576 bytes") as e:
        tiny.client(largest_answer=LARGEST).send(COMPUTE.post("/servers", {}), user)
    assert e.value.service == ("compute" if path == "/servers" else "identity")
    assert "max_cloud_answer_size" in str(e.value)
    assert e.value.ambiguous is (path == "/servers")


def test_an_answer_counts_as_what_it_is_unpacked(tiny, user, answer):
    packed = gzip.compress(b"x" * 50 * LARGEST).decode("latin-1")
    tiny.answers = lambda _: answer(200, packed, {"Content-Encoding": "gzip"})
    with pytest.raises(Permanent, match="max_cloud_answer_size"):
        tiny.client(largest_answer=LARGEST).send(COMPUTE.get("/servers"), user)


def test_as_much_as_is_read_is_fine(tiny, user, answer):
    tiny.answers = lambda _: answer(200, "x" * LARGEST)
    assert tiny.client(largest_answer=LARGEST).send(COMPUTE.get("/a"), user) == {
        "text": "x" * LARGEST
    }


@pytest.mark.parametrize(
    ("classes", "ours"), [(pool_classes_by_scheme, True), (dict.fromkeys(("http", "https")), False)]
)
def test_the_pools_of_a_proxy_of_another_kind_stay_as_they_are(classes, ours):
    """Those for SOCKS have a way of their own to connect."""
    wire, manager = Wire(connections=1, largest=1), PoolManager()
    manager.pool_classes_by_scheme = classes
    wire.proxy_manager["other://host"] = manager
    found = wire.proxy_manager_for("other://host").pool_classes_by_scheme
    assert (found is not classes) is ours
    wire.close()
