"""Endpoints, credentials at rest, and how many users are kept."""

import pytest
from msgspec import structs

from heat.cloud.catalogue import services, zones
from heat.cloud.credentials import Credentials
from heat.cloud.finders import Finders
from heat.cloud.found import Found
from heat.cloud.sessions import join
from heat.plugin.steps import COMPUTE, NETWORK, Finder


@pytest.mark.parametrize(
    ("service", "endpoint", "path", "url"),
    [
        ("network", "http://h:9696", "/v2.0/networks", "http://h:9696/v2.0/networks"),
        ("network", "http://h:9696/v2.0/", "/v2.0/networks", "http://h:9696/v2.0/networks"),
        ("image", "http://h/image/v2", "/v2/images", "http://h/image/v2/images"),
        ("compute", "http://h/compute/v2.1", "/servers", "http://h/compute/v2.1/servers"),
        ("compute", "http://h/compute", "/servers", "http://h/compute/v2.1/servers"),
        ("compute", "http://h/v2/p1", "/servers", "http://h/v2/p1/servers"),
        ("block-storage", "http://h/volume/v3/p1", "/volumes", "http://h/volume/v3/p1/volumes"),
        ("identity", "http://v3.example.org", "/users", "http://v3.example.org/v3/users"),
        ("identity", "http://h/identity/v3", "/v3/users", "http://h/identity/v3/users"),
        ("object-store", "http://h/v1/AUTH_p", "/v2/o", "http://h/v1/AUTH_p/v2/o"),
    ],
)
def test_the_version_stands_once(service, endpoint, path, url):
    assert join(service, endpoint, path) == url


def test_region_interface_and_override_choose_the_endpoint(tiny, user):
    client = tiny.client(endpoint_overrides={"dns": "http://dns/%(project_id)s"})
    there = structs.replace(user, region="there")
    assert client.sessions.endpoint(user, "compute").endswith("/compute/v2.1")
    assert client.sessions.endpoint(there, "compute").endswith("/elsewhere")
    assert client.sessions.endpoint(user, "block-storage").endswith("/volume/v3")
    assert client.sessions.endpoint(user, "dns") == "http://dns/p1"
    inside = tiny.client(interface="internal")
    assert inside.sessions.endpoint(user, "network").endswith("/inside")


def test_services_have_all_their_names(tiny, user):
    found = services(tiny.client(), user)
    assert {"compute", "block-storage", "volumev3", "volume", "network", "image"} <= found
    assert "dns" not in found


def test_zones_are_those_in_use(tiny, user, answer):
    listed = [("b", True), ("a", True), ("c", False)]
    info = [{"zoneName": name, "zoneState": {"available": up}} for name, up in listed]
    tiny.answers = lambda _: answer(200, {"availabilityZoneInfo": info})
    assert zones(tiny.client(), user) == ["a", "b"]


def test_users_seen_longest_ago_are_forgotten(tiny, user):
    client = tiny.client(sessions=2)
    for number in (1, 2, 3, 1):
        client.send(NETWORK.get("/v2.0/x"), structs.replace(user, user_id=f"u{number}"))
    assert len(tiny.logins) == 4
    client.send(NETWORK.get("/v2.0/x"), structs.replace(user, user_id="u3"))
    assert len(tiny.logins) == 4


def test_credentials_come_back_from_the_store():
    who = Credentials(
        user_id="u", username="n", project="p", roles=("a", "b"), trust="t", region="r"
    )
    assert Credentials.from_secret("u", "n", "p", who.to_secret()) == who
    kept = structs.replace(who, token="secret", expires_at=1.0).to_secret()
    assert kept["token"] == ""
    assert structs.replace(who, token="secret", trust="").to_secret()["token"] == "secret"


def test_a_name_is_looked_up_once_and_failures_again(tiny, user, answer):
    tiny.answers = lambda asked: (
        answer(404) if "none" in asked.path else answer(200, {"network": {"id": "n1"}})
    )
    finders = Finders(tiny.client(), user)
    kind = Finder("network", "/v2.0/networks", "network")
    assert [finders.find(kind, "net") for _ in range(3)] == ["n1"] * 3
    assert len(tiny.asked) == 1


def test_what_a_user_has_found_in_a_project_need_not_be_asked_for_a_while(tiny, user, answer):
    tiny.answers = lambda _: answer(200, {"server": {"id": "n1"}})
    kind = Finder("compute", "/servers", "server")
    now = [100.0]
    found, client = Found(60, lambda: now[0]), tiny.client()

    def asked(project: str, **other: str) -> int:
        who = structs.replace(user, project=project, **other)
        assert Finders(client, who, found).refusals([(kind, "web")]) == [None]
        return len(tiny.asked)

    assert [asked("a"), asked("a"), asked("b")] == [1, 1, 2]
    assert [asked("a", user_id="u2"), asked("a", region="there")] == [3, 4]
    now[0] += 59
    assert asked("a") == 4
    now[0] += 1
    assert asked("a") == 5
    tiny.answers = lambda _: answer(404)
    finders = Finders(client, user, found)
    assert None not in [finders.refusals([(kind, "other")])[0] for _ in range(2)]
    assert len(tiny.asked) > 4


def test_no_cookie_travels_between_users(tiny, user, answer):
    tiny.answers = lambda _: answer(200, {}, {"Set-Cookie": "id=1"})
    client = tiny.client()
    client.send(COMPUTE.get("/servers"), user)
    client.send(COMPUTE.get("/servers"), structs.replace(user, user_id="u2"))
    assert all("cookie" not in asked.headers for asked in tiny.asked)
