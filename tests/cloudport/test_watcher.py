"""Waits on virtual time: how often is looked, what is shared, what ends a wait."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from msgspec import structs

from heat.base.errors import Permanent, Temporary
from heat.cloud.credentials import Credentials
from heat.cloud.port import WaitStopped
from heat.cloud.settings import Polling
from heat.plugin.steps import COMPUTE, Listed
from heat.testing.clock import START, run_virtual
from heat.testing.cloud import STEADY, Latency, ScriptedCloud

USER = Credentials(user_id="u", project="p", token="t")
OTHER = Credentials(user_id="v", project="p", token="v")


def now():
    return asyncio.get_running_loop().time()


def active(server, *, listed=True, **options):
    known = Listed(COMPUTE.get("/servers/detail"), "servers", "server", server)
    return COMPUTE.get(f"/servers/{server}").until(
        "server.status",
        "ACTIVE",
        why="server.fault.message",
        listed=known if listed else None,
        **options,
    )


def gone(server):
    known = Listed(COMPUTE.get("/servers/detail"), "servers", "server", server)
    return COMPUTE.get(f"/servers/{server}").until_gone("server.status", "DELETED", listed=known)


class Servers:
    """Servers that change their state at given times: {"s1": [(0, "BUILD"), (5, "ACTIVE")]}."""

    def __init__(self, **lives):
        self.lives = lives
        self.trouble = lambda *_: None

    def state(self, name):
        state = None
        for at, then in self.lives.get(name, ()):
            state = then if now() >= at else state
        return state

    def item(self, name):
        found = {"id": name, "status": self.state(name)}
        if found["status"] == "ERROR":
            found["fault"] = {"message": "No valid host."}
        return found

    def __call__(self, call, who):
        if (fault := self.trouble(call, who)) is not None:
            raise fault
        if call.path == "/servers/detail":
            names = sorted(name for name in self.lives if self.state(name))
            start = names.index(call.query["marker"]) + 1 if "marker" in call.query else 0
            page = names[start : start + int(call.query["limit"])]
            # A list leaves details out.
            return {"servers": [{"id": name, "status": self.state(name)} for name in page]}
        name = call.path.rsplit("/", 1)[1]
        if not self.state(name):
            raise Permanent("no such server", status=404)
        return {"server": self.item(name)}


def run(servers, main, **options):
    """Run main(cloud) on virtual time and return its result with the cloud."""

    async def whole():
        cloud = ScriptedCloud(servers, **options)
        try:
            return await main(cloud), cloud
        finally:
            await cloud.close()

    return run_virtual(whole)


def asked_at(cloud):
    return [round(asked.at, 3) for asked in cloud.asked]


def test_the_first_look_is_at_once_and_then_the_pace_slows():
    servers = Servers(a=[(0, "BUILD"), (7, "ACTIVE")])
    reply, cloud = run(servers, lambda cloud: cloud.wait(active("a"), USER))
    assert reply["server"]["status"] == "ACTIVE"
    assert asked_at(cloud) == [0, 0.1, 0.35, 0.85, 1.85, 3.85, 5.85, 7.85]


def test_a_change_brings_the_pace_back():
    servers = Servers(a=[(0, "BUILD"), (5, "SPAWNING"), (6, "ACTIVE")])
    _, cloud = run(servers, lambda cloud: cloud.wait(active("a"), USER))
    assert asked_at(cloud)[-3:] == [5.85, 5.95, 6.2]


def test_many_waits_share_one_list_and_end_with_the_full_item():
    names = [f"s{number:03}" for number in range(200)]
    servers = Servers(**{name: [(0, "BUILD"), (4, "ACTIVE")] for name in names})

    async def main(cloud):
        return await asyncio.gather(*(cloud.wait(active(name), USER) for name in names))

    replies, cloud = run(servers, main)
    assert [reply["server"]["id"] for reply in replies] == names
    kinds = Counter(asked.call.path == "/servers/detail" for asked in cloud.asked)
    assert kinds[False] == 200
    assert kinds[True] <= 8


def test_a_long_list_is_read_page_by_page():
    names = [f"s{number:03}" for number in range(50)]
    servers = Servers(**{name: [(0, "BUILD"), (1, "ACTIVE")] for name in names})

    async def main(cloud):
        return await asyncio.gather(*(cloud.wait(active(name), USER) for name in names))

    replies, cloud = run(servers, main, polling=replace(STEADY, page=20))
    assert len(replies) == 50
    markers = [a.call.query.get("marker") for a in cloud.asked if a.call.path == "/servers/detail"]
    assert markers[:3] == [None, "s019", "s039"]


def test_a_few_waits_in_a_crowded_project_look_one_by_one():
    crowd = {f"s{number:03}": [(0, "BUILD")] for number in range(100)}
    mine = {f"z{number}": [(0, "BUILD"), (9, "ACTIVE")] for number in range(4)}

    async def main(cloud):
        return await asyncio.gather(*(cloud.wait(active(name), USER) for name in mine))

    _, cloud = run(Servers(**crowd, **mine), main, polling=replace(STEADY, page=20))
    pages = [asked for asked in cloud.asked if asked.call.path == "/servers/detail"]
    assert len(pages) == 6


def test_projects_and_lists_are_apart():
    servers = Servers(**{f"s{number}": [(0, "BUILD"), (1, "ACTIVE")] for number in range(4)})
    elsewhere = structs.replace(USER, project="q")

    async def main(cloud):
        users = [USER, USER, elsewhere, elsewhere]
        waits = [cloud.wait(active(f"s{n}"), who) for n, who in enumerate(users)]
        await asyncio.gather(*waits)

    _, cloud = run(servers, main)
    assert all(asked.call.path != "/servers/detail" for asked in cloud.asked)


def test_deleted_servers_are_confirmed_gone():
    servers = Servers(**{f"s{n}": [(0, "ACTIVE"), (2 + n, None)] for n in range(5)})

    async def main(cloud):
        return await asyncio.gather(*(cloud.wait(gone(f"s{n}"), USER) for n in range(5)))

    replies, _ = run(servers, main)
    assert replies == [{}] * 5


def test_a_list_that_leaves_an_item_out_ends_no_wait():
    servers = Servers(
        a=[(0, "ACTIVE"), (5, None)],
        b=[(0, "BUILD"), (1, "ACTIVE")],
        c=[(0, "BUILD"), (1, "ACTIVE")],
    )
    hidden = Servers.__call__

    def blind(call, who):
        reply = hidden(servers, call, who)
        if call.path == "/servers/detail":
            return {"servers": [item for item in reply["servers"] if item["id"] != "a"]}
        return reply

    async def main(cloud):
        await asyncio.gather(
            cloud.wait(gone("a"), USER),
            cloud.wait(active("b"), USER),
            cloud.wait(active("c"), USER),
        )
        return now()

    ended, _ = run(blind, main)
    assert ended >= 5


def test_a_failing_state_quotes_the_reason():
    servers = Servers(a=[(0, "BUILD"), (1, "ERROR")])
    with pytest.raises(Permanent) as told:
        run(servers, lambda cloud: cloud.wait(active("a"), USER))
    assert told.value.message == 'Went to status ERROR due to "No valid host."'
    assert told.value.kind == "ResourceInError"


def test_one_that_fails_leaves_the_others_waiting():
    lives = {f"s{n}": [(0, "BUILD"), (3, "ACTIVE")] for n in range(4)} | {"bad": [(0, "ERROR")]}

    async def main(cloud):
        waits = [cloud.wait(active(name), USER) for name in lives]
        return await asyncio.gather(*waits, return_exceptions=True)

    ends, _ = run(Servers(**lives), main)
    assert [type(end).__name__ for end in ends] == ["dict"] * 4 + ["Permanent"]


def test_what_is_waited_for_and_vanishes_is_a_failure():
    servers = Servers(a=[(0, "BUILD"), (1, None)])
    with pytest.raises(Permanent) as told:
        run(servers, lambda cloud: cloud.wait(active("a"), USER))
    assert told.value.status == 404


@pytest.mark.parametrize("crowd", [1, 6])
def test_outages_are_waited_out(crowd):
    servers = Servers(**{f"s{n}": [(0, "BUILD"), (2, "ACTIVE")] for n in range(crowd)})
    servers.trouble = lambda *_: Temporary("down", status=503) if 1 < now() < 60 else None

    async def main(cloud):
        await asyncio.gather(*(cloud.wait(active(f"s{n}"), USER) for n in range(crowd)))
        return now()

    ended, _ = run(servers, main)
    assert 60 <= ended < 65


def test_some_internal_errors_are_survived_but_not_for_ever():
    servers = Servers(a=[(0, "BUILD"), (2, "ACTIVE")])
    servers.trouble = lambda *_: Permanent("bug", status=500) if now() < 1 else None
    run(servers, lambda cloud: cloud.wait(active("a"), USER))
    servers.trouble = lambda *_: Permanent("bug", status=500)
    with pytest.raises(Permanent, match="bug"):
        run(servers, lambda cloud: cloud.wait(active("a"), USER))


def test_a_user_shut_out_stops_nobody_else():
    servers = Servers(**{f"s{n}": [(0, "BUILD"), (5, "ACTIVE")] for n in range(6)})
    servers.trouble = lambda _, who: (
        Permanent("not you", status=403) if who == USER and now() > 1 else None
    )

    async def main(cloud):
        waits = [cloud.wait(active(f"s{n}"), USER if n == 0 else OTHER) for n in range(6)]
        return await asyncio.gather(*waits, return_exceptions=True)

    ends, _ = run(servers, main)
    assert [type(end).__name__ for end in ends] == ["Permanent"] + ["dict"] * 5


def test_the_deadline_says_what_was_seen_last():
    servers = Servers(a=[(0, "BUILD")])
    deadline = START + timedelta(seconds=30)

    async def main(cloud):
        with pytest.raises(Permanent) as told:
            await cloud.wait(active("a"), USER, deadline=deadline)
        return now(), told.value

    (ended, fault), _ = run(servers, main)
    assert ended == 30
    assert fault.kind == "WaitTimedOut"
    assert fault.message == ("Timed out waiting for /servers/a to be ACTIVE; it was last BUILD.")


def test_the_deadline_holds_while_a_service_hangs():
    def hang(call):
        return Latency(after=1000)

    async def main(cloud):
        with pytest.raises(Permanent, match="never seen"):
            await cloud.wait(active("a"), USER, deadline=START + timedelta(seconds=5))
        return now()

    ended, _ = run(Servers(a=[(0, "ACTIVE")]), main, latency=hang)
    assert ended == 5


@pytest.mark.parametrize("crowd", [2, 8])
def test_one_look_that_hangs_holds_up_no_other(crowd):
    servers = Servers(**{f"s{n}": [(0, "BUILD"), (3, "ACTIVE")] for n in range(crowd)})

    def latency(call):
        return Latency(after=1000 if call.path in ("/servers/s0", "/servers/detail") else 0)

    async def main(cloud):
        stuck = asyncio.create_task(cloud.wait(active("s0"), USER))
        await asyncio.gather(*(cloud.wait(active(f"s{n}"), USER) for n in range(1, crowd)))
        ended = now()
        assert not stuck.done()
        stuck.cancel()
        return ended

    ended, cloud = run(servers, main, latency=latency)
    assert ended < 30
    assert sum(asked.call.path == "/servers/s0" for asked in cloud.asked) <= 1


def test_a_wait_that_is_no_longer_wanted_stops():
    servers = Servers(a=[(0, "BUILD")])

    async def main(cloud):
        with pytest.raises(WaitStopped):
            await cloud.wait(active("a"), USER, cancelled=lambda: now() > 10)
        return now()

    ended, _ = run(servers, main)
    assert 10 < ended < 13


def test_a_cancelled_task_drops_out_and_looking_ends():
    servers = Servers(a=[(0, "BUILD")])

    async def main(cloud):
        task = asyncio.create_task(cloud.wait(active("a"), USER))
        await asyncio.sleep(3)
        task.cancel()
        await asyncio.sleep(0.5)
        asked = len(cloud.asked)
        await asyncio.sleep(100)
        assert not cloud._watcher._groups
        return asked

    asked, cloud = run(servers, main)
    assert asked == len(cloud.asked)


def test_a_newcomer_is_looked_at_soon():
    servers = Servers(a=[(0, "BUILD")], b=[(0, "ACTIVE")])

    async def main(cloud):
        first = asyncio.create_task(cloud.wait(active("a"), USER))
        await asyncio.sleep(30.01)
        await cloud.wait(active("b"), USER)
        first.cancel()
        return now()

    ended, _ = run(servers, main)
    assert ended <= 30.2


def test_a_slow_list_is_not_asked_for_all_the_time():
    servers = Servers(**{f"s{n}": [(0, "BUILD"), (60, "ACTIVE")] for n in range(10)})

    def latency(call):
        return Latency(after=4 if call.path == "/servers/detail" else 0)

    async def main(cloud):
        await asyncio.gather(*(cloud.wait(active(f"s{n}"), USER) for n in range(10)))

    _, cloud = run(servers, main, latency=latency)
    lists = [asked for asked in cloud.asked if asked.call.path == "/servers/detail"]
    assert len(lists) <= 9


def test_waits_without_a_list_pace_themselves():
    servers = Servers(a=[(0, "BUILD"), (1, "ACTIVE")], b=[(0, "BUILD"), (1, "ACTIVE")])

    async def main(cloud):
        await asyncio.gather(*(cloud.wait(active(n, listed=False), USER) for n in "ab"))

    _, cloud = run(servers, main)
    assert len(cloud.asked) == 10


def test_states_that_are_flags_or_null():
    replies = [{"up": None}, {"up": False}, {"up": True}]

    def answer(call, who):
        return replies.pop(0) if len(replies) > 1 else replies[0]

    run(answer, lambda cloud: cloud.wait(COMPUTE.get("/x").until("up", "true"), USER))
    replies[:] = [{"task": "deleting"}, {"task": None}]
    run(answer, lambda cloud: cloud.wait(COMPUTE.get("/x").until("task", ""), USER))


def test_a_mistake_in_the_double_reaches_the_one_who_waits():
    def broken(call, who):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run(broken, lambda cloud: cloud.wait(active("a"), USER))


def test_closing_cancels_those_who_wait():
    async def main(cloud):
        task = asyncio.create_task(cloud.wait(active("a"), USER))
        await asyncio.sleep(1)
        await cloud.close()
        await asyncio.wait([task])
        return task.cancelled()

    assert run(Servers(a=[(0, "BUILD")]), main)[0]


def test_jitter_spreads_the_looks():
    servers = Servers(a=[(0, "BUILD"), (20, "ACTIVE")])
    _, cloud = run(servers, lambda cloud: cloud.wait(active("a"), USER), polling=Polling())
    gaps = [round(b - a, 3) for a, b in zip(asked_at(cloud), asked_at(cloud)[1:], strict=False)]
    assert len(set(gaps[5:])) > 1
    assert all(1.6 <= gap <= 2.4 for gap in gaps[5:])


def test_who_may_not_list_leaves_it_to_another():
    servers = Servers(**{f"s{n}": [(0, "BUILD"), (30, "ACTIVE")] for n in range(6)})
    servers.trouble = lambda call, who: (
        Permanent("no lists for you", status=403)
        if who == USER and call.path == "/servers/detail"
        else None
    )

    async def main(cloud):
        waits = [cloud.wait(active(f"s{n}"), USER if n == 0 else OTHER) for n in range(6)]
        await asyncio.gather(*waits)

    _, cloud = run(servers, main)
    singly = [asked for asked in cloud.asked if asked.call.path != "/servers/detail"]
    assert len(singly) == 12


def test_a_list_that_never_works_is_done_without():
    servers = Servers(**{f"s{n}": [(0, "BUILD"), (10, "ACTIVE")] for n in range(6)})
    servers.trouble = lambda call, _: (
        Temporary("too slow", status=504) if call.path == "/servers/detail" else None
    )

    async def main(cloud):
        await asyncio.gather(*(cloud.wait(active(f"s{n}"), USER) for n in range(6)))
        return now()

    ended, _ = run(servers, main)
    assert ended < 15
