"""What the cloud does wrong, and what becomes of the stack."""

import asyncio

import pytest

from devcloud.kernel.faults import Rule
from heat.plugin.registry import TYPES
from heat.store import leases

from .templates import EXPECTED, NETS, SERVER


@pytest.mark.parametrize(
    ("service", "path"),
    [("network", "/v2.0/networks"), ("network", "/v2.0/ports"), ("compute", "/v2.1/servers")],
)
def test_a_lost_reply_makes_neither_orphan_nor_duplicate(world, service, path):
    async def main(place):
        place.cloud.faults.add(
            Rule(service=service, method="POST", path=f"{path}$", action="lose_reply", times=1)
        )
        place.start()
        stack = place.ask("CREATE", SERVER)
        row = await place.settled(stack)
        assert (row.action, row.status) == ("CREATE", "COMPLETE"), row.reason
        assert place.made() == EXPECTED

    world(main)


def test_a_service_that_is_away_for_a_moment_only_costs_time(world):
    async def main(place):
        place.cloud.faults.add(
            Rule(
                service="network",
                method="POST",
                path="/v2.0/ports$",
                action="error",
                status=503,
                times=2,
            )
        )
        place.start()
        await place.done("CREATE", NETS)
        assert place.made()["network.port"] == 1

    world(main)


@pytest.mark.parametrize("service", [None, "identity"])
def test_a_cloud_that_is_away_for_a_minute_fails_nothing(world, service):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", SERVER)
        for action, template in (("CREATE", None), ("UPDATE", NETS), ("DELETE", None)):
            if action != "CREATE":
                place.ask(action, template, stack)
            await asyncio.sleep(0.1)
            place.cloud.faults.add(Rule(service=service, action="error", status=503))
            await asyncio.sleep(60)
            place.cloud.faults.clear()
            row = await place.settled(stack, seconds=30)
            assert (row.action, row.status) == (action, "COMPLETE"), row.reason
        assert place.made() == {}

    world(main, times={"server.create": 1})


def test_a_service_that_stays_away_fails_its_resource_in_the_end(world):
    async def main(place):
        place.start()
        place.cloud.faults.add(Rule(service="compute", action="error", status=503))
        stack = place.ask("CREATE", SERVER)
        with pytest.raises(TimeoutError):
            await place.settled(stack, seconds=200)
        row = await place.settled(stack, seconds=200)
        assert row.reason.startswith("Resource CREATE failed: ServiceUnavailable: resources.")

    world(main)


@pytest.mark.parametrize("rollback", [False, True])
def test_a_server_in_error_fails_with_the_clouds_own_words(world, rollback):
    async def main(place):
        place.cloud.faults.add(
            Rule(service="compute", method="POST", path="/v2.1/servers$", action="goto_error")
        )
        place.start()
        stack = place.ask("CREATE", SERVER, rollback=rollback)
        row = await place.settled(stack)
        failed = [e for e in place.events(stack) if e.endswith("CREATE_FAILED")]
        assert "server CREATE_FAILED" in failed
        if rollback:
            assert (row.action, row.status) == ("ROLLBACK", "COMPLETE")
            assert place.made() == {}
        else:
            start = "Resource CREATE failed: ResourceInError: resources.server: "
            assert row.reason.startswith(start)
            assert "ERROR" in row.reason
        place.ask("DELETE", None, stack)
        await place.settled(stack)
        assert place.made() == {}

    world(main)


def test_a_refusal_names_the_leaf_the_request_and_its_id(world):
    async def main(place):
        place.start()
        broken = NETS.replace(
            "cidr: 10.9.0.0/24",
            "cidr: 10.9.0.0/24, gateway_ip: 10.8.0.1,"
            " allocation_pools: [{start: 10.7.0.1, end: 10.7.0.9}]",
        )
        stack = place.ask("CREATE", broken)
        row = await place.settled(stack)
        assert row.reason.startswith("Resource CREATE failed: BadRequest: resources.subnet: ")
        assert "(HTTP 400)" in row.reason
        assert "Request-ID: req-" in row.reason
        assert "[network: POST " in row.reason

    world(main)


def test_a_request_that_hangs_past_the_deadline_holds_nothing_up(world):
    async def main(place):
        place.start()
        send = place.port.send

        async def hanging(call, who, **more):
            if call.method == "POST" and call.path.endswith("/ports"):
                await asyncio.Event().wait()
            return await send(call, who, **more)

        place.port.send = hanging
        stack = place.ask("CREATE", NETS, timeout=60)
        row = await place.settled(stack, seconds=200)
        assert (row.status, row.reason) == ("FAILED", "Timed out")
        assert place.rows(stack)["port"].status == "FAILED"

    world(main)


def test_a_graceful_stop_hands_over_at_once(world):
    slow = NETS + "  slow:\n    type: OS::Heat::TestResource\n    properties: {wait_secs: 20}\n"

    async def main(place):
        first = place.start("first")
        stack = place.ask("CREATE", slow)
        await asyncio.sleep(5)
        first.stop()
        await first.task
        held = leases.of(place.db, stack)
        assert held.engine == ""
        place.start("second")
        row = await place.settled(stack, seconds=30)
        assert row.status == "COMPLETE", row.reason

    world(main)


def test_an_answer_that_does_not_say_what_was_made_is_looked_up(world):
    async def main(place):
        place.start()
        send = place.port.send

        async def strange(call, who, **more):
            reply = await send(call, who, **more)
            return {} if call.method == "POST" and call.path.endswith("/ports") else reply

        place.port.send = strange
        stack = place.ask("CREATE", NETS)
        row = await place.settled(stack, seconds=200)
        assert row.status == "COMPLETE", row.reason
        assert place.made()["network.port"] == 1

    world(main)


def test_a_bug_in_a_type_fails_its_resource_alone(world, monkeypatch):
    def buggy(self, item, names):
        raise KeyError("surprise")
        yield

    monkeypatch.setattr(TYPES["OS::Neutron::Port"], "reveal", buggy)
    text = NETS + "outputs:\n  mac: {value: {get_attr: [port, mac_address]}}\n"

    async def main(place):
        place.start()
        stack = place.ask("CREATE", text)
        row = await place.settled(stack, seconds=200)
        assert row.reason == "Resource CREATE failed: KeyError: resources.port: 'surprise'"
        await place.done("DELETE", None, stack)
        assert place.made() == {}

    world(main)
