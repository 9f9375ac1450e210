"""Routes, faults, progress and what dispatch does for every service."""

import random

import pytest

from devcloud.assembly import build
from devcloud.kernel.faults import Faults
from devcloud.kernel.progress import GONE, begin, settled, visible
from devcloud.kernel.router import Router
from devcloud.kernel.store import Store
from devcloud.kernel.web import Request


def test_literals_win_over_parameters_and_paths_are_unquoted():
    router = Router(
        {
            ("GET", "/servers/detail"): lambda _: {"is": "detail"},
            ("GET", "/servers/{id}"): lambda _: {"is": "one"},
            ("GET", "/servers/{server_id}/tags/{tag}"): lambda _: {"is": "tag"},
        }
    )

    assert router.match("GET", "/servers/detail").template == "/servers/detail"
    assert router.match("GET", "/servers/x/").params == {"id": "x"}
    assert router.match("HEAD", "/servers/x").template == "/servers/{id}"
    found = router.match("GET", "/servers/detail/tags/a%2Fb")
    assert found.params == {"server_id": "detail", "tag": "a/b"}
    assert router.match("POST", "/servers/x").handler is None
    assert router.match("GET", "/nowhere") is None


@pytest.mark.parametrize(
    ("rule", "struck"),
    [
        ({}, [0, 1, 2, 3, 4, 5]),
        ({"nth": 2}, [1]),
        ({"every": 3}, [2, 5]),
        ({"times": 2}, [0, 1]),
        ({"method": "GET"}, []),
        ({"service": "compute"}, []),
        ({"path": "^/v2.0/ports$"}, [0, 1, 2, 3, 4, 5]),
        ({"path": "^/v2.0/networks"}, []),
    ],
)
def test_a_rule_strikes_whom_it_says(rule, struck):
    faults = Faults()
    faults.add({"action": "error"} | rule)

    hits = [faults.decide("network", "POST", "/v2.0/ports") is not None for _ in range(6)]

    assert [position for position, hit in enumerate(hits) if hit] == struck


def test_chance_is_the_same_for_the_same_seed():
    def hits(seed):
        faults = Faults()
        faults.add({"action": "error", "probability": 0.5, "seed": seed})
        return [faults.decide("x", "GET", "/") is not None for _ in range(50)]

    assert hits(1) == hits(1)
    assert hits(1) != hits(2)
    assert 10 < sum(hits(1)) < 40


@pytest.mark.parametrize(
    "rule",
    [{}, {"action": "explode"}, {"action": "error", "pth": "x"}, {"action": "error", "path": "("}],
)
def test_a_rule_that_makes_no_sense_is_refused(rule):
    with pytest.raises(ValueError):
        Faults().add(rule)


def test_a_busy_row_becomes_what_it_is_to_be_when_its_time_has_come(clock):
    table = Store().table("x")
    until = clock()
    row = table.put({"id": "1"})
    clock.forward(-10)
    begin(row, until, {"status": "ACTIVE", "power": 1}, status="BUILD")

    assert visible(settled(table, row, clock())) == {"id": "1", "status": "BUILD"}
    clock.forward(10)
    assert settled(table, row, clock()) == {"id": "1", "status": "ACTIVE", "power": 1}
    begin(row, clock(), GONE, status="DELETING")
    assert settled(table, row, clock()) is None
    assert table.get("1") is None


def test_a_refusal_comes_in_the_service_s_own_shape_and_nothing_is_done(cloud, demo):
    cloud.faults.add({"action": "refuse", "status": 418, "service": "identity", "message": "no"})
    cloud.faults.add({"action": "error", "service": "image", "method": "POST"})
    before = len(demo.ask("GET", "/image/v2/images").json()["images"])

    refused = demo.ask("GET", "/identity/v3/regions")
    broken = demo.ask("POST", "/image/v2/images", {"name": "x"})

    assert refused.status == 418
    assert refused.json()["error"]["message"] == "no"
    assert broken.status == 500
    assert b"<h1>500 Internal Server Error</h1>" in broken.raw
    assert len(demo.ask("GET", "/image/v2/images").json()["images"]) == before


def test_a_lost_reply_is_lost_after_the_work_and_a_hanging_one_without_it(cloud, demo):
    path = "/image/v2/images"
    before = len(demo.ask("GET", path).json()["images"])
    cloud.faults.add({"action": "lose_reply", "method": "POST", "nth": 1})
    cloud.faults.add({"action": "hang", "seconds": 3, "method": "POST"})

    lost = demo.ask("POST", path, {"name": "x"})
    hanging = demo.ask("POST", path, {"name": "x"})

    assert (lost.lost, lost.delay) == (True, 0)
    assert (hanging.lost, hanging.delay) == (True, 3)
    assert len(demo.ask("GET", path).json()["images"]) == before + 1


def test_a_slow_reply_says_how_slow(cloud, demo):
    cloud.faults.add({"action": "slow", "seconds": 2.5})

    reply = demo.ask("GET", "/identity/v3/regions")

    assert (reply.status, reply.delay) == (200, 2.5)


def test_requests_are_counted_by_operation(cloud, demo):
    cloud.forget_requests()

    demo.ask("GET", "/image/v2/images/x")
    demo.ask("GET", "/image/v2/images/y")
    demo.ask("GET", "/image/nowhere")

    assert cloud.requests() == {"image": {"GET /v2/images/{id}": 2, "GET ?": 1}}


def test_replies_are_copies(demo):
    first = demo.ask("GET", "/identity/v3/regions").json()
    first["regions"].clear()

    assert demo.ask("GET", "/identity/v3/regions").json()["regions"]


def test_every_reply_has_a_request_id(demo):
    assert demo.ask("GET", "/image/v2/images").headers["x-openstack-request-id"].startswith("req-")


def test_a_token_ends_when_its_time_has_come(cloud, clock, client, demo):
    clock.forward(4 * 3600 - 1)
    assert demo.ask("GET", "/image/v2/images").status == 200
    clock.forward(2)
    assert demo.ask("GET", "/image/v2/images").status == 401
    service = client("heat", "service")
    headers = {"X-Service-Token": service.token}
    assert demo.ask("GET", "/image/v2/images", **headers).status == 200
    path = "/identity/v3/auth/tokens"
    subject = {"X-Subject-Token": demo.token}
    assert service.ask("GET", path, **subject).status == 404
    assert service.ask("GET", f"{path}?allow_expired=1", **subject).status == 200
    clock.forward(3 * 24 * 3600)
    for _ in range(10):
        client()
    assert cloud.store.table("identity.token").get(demo.token) is None


def test_a_trust_ends_when_its_time_has_come(cloud, clock, client, demo):
    heat = client("heat", "service")
    user = {who: cloud.state("identity").token(who.token).user_id for who in (demo, heat)}
    body = {
        "trustor_user_id": user[demo],
        "trustee_user_id": user[heat],
        "project_id": demo.project_id,
        "impersonation": True,
        "roles": [{"name": "member"}],
        "expires_at": "2026-01-01T01:00:00.000000Z",
    }
    trust = demo.ask("POST", "/identity/v3/OS-TRUST/trusts", {"trust": body}).json()["trust"]
    identity = {
        "methods": ["password"],
        "password": {"user": {"id": user[heat], "password": "devcloud"}},
    }
    auth = {"auth": {"identity": identity, "scope": {"OS-TRUST:trust": {"id": trust["id"]}}}}

    reply = heat.ask("POST", "/identity/v3/auth/tokens", auth)
    assert reply.json()["token"]["expires_at"] == "2026-01-01T01:00:00.000000Z"
    clock.forward(3601)
    assert heat.ask("POST", "/identity/v3/auth/tokens", auth).status == 401


def test_an_import_takes_as_long_as_it_is_told(cloud, clock, demo):
    cloud.latencies["image.import"] = 30
    body = {"disk_format": "raw", "container_format": "bare"}
    image_id = demo.ask("POST", "/image/v2/images", body).json()["id"]
    path = f"/image/v2/images/{image_id}"
    method = {"method": {"name": "web-download", "uri": "http://example.test/x"}}
    assert demo.ask("POST", f"{path}/import", method).status == 202

    assert demo.ask("GET", path).json()["status"] == "importing"
    clock.forward(30)
    assert demo.ask("GET", path).json()["status"] == "active"


def test_the_same_seed_makes_the_same_cloud(clock):
    def made():
        cloud = build(clock=clock, random=random.Random(7))
        return {kind: table.all() for kind, table in cloud.store.tables().items()}

    assert made() == made()


def test_a_reset_brings_the_first_content_back(cloud, client, demo):
    demo.ask("POST", "/image/v2/images", {"name": "mine"})
    cloud.faults.add({"action": "error", "service": "compute"})

    assert cloud.dispatch(Request.of("POST", "/_devcloud/reset")).status == 204

    assert demo.ask("GET", "/image/v2/images").status == 401
    again = client().ask("GET", "/image/v2/images").json()["images"]
    assert {image["name"] for image in again} == {"cirros", "fedora", "ubuntu-24.04"}
    assert cloud.faults.rules() == []


def test_the_root_says_where_the_services_are(cloud):
    found = cloud.dispatch(Request.of("GET", "http://127.0.0.1:1234/")).json()["devcloud"]

    assert found["identity"] == "http://127.0.0.1:1234/identity"
    assert cloud.dispatch(Request.of("GET", "/nowhere/x")).status == 404
