"""What the cloud does wrong, and what becomes of the stack."""

import pytest

from devcloud.kernel.faults import Rule

from .test_crash import EXPECTED
from .test_life import NETS, SERVER


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
        stack = place.ask("CREATE", NETS)
        row = await place.settled(stack)
        assert row.status == "COMPLETE", row.reason
        assert place.made()["network.port"] == 1

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
