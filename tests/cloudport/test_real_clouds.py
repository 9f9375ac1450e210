"""The port against whole clouds: the local one over HTTP, and the lab when it is at hand."""

import asyncio
import os
import time
import uuid
from pathlib import Path

import pytest
import requests
import yaml
from msgspec import structs

from devcloud.assembly import build
from devcloud.kernel.settings import Settings
from devcloud.server import serve
from heat.base.errors import Permanent
from heat.cloud import catalogue, trusts
from heat.cloud.client import Client
from heat.cloud.credentials import Credentials
from heat.cloud.port import AsyncCloud
from heat.cloud.sessions import Sessions
from heat.cloud.settings import CloudSettings, Trustee
from heat.plugin.steps import NETWORK, Finder, Listed, Service

COMPUTE = Service("compute", "2.67")
AN_IMAGE = Finder("image", "/v2/images", "image", bare=True)
A_FLAVOR = Finder("compute", "/flavors", "flavor", lists="/flavors/detail", name_filter=False)
A_NETWORK = Finder("network", "/v2.0/networks", "network")
NETS = NETWORK.get("/v2.0/networks")


@pytest.fixture(scope="module", params=["devcloud", pytest.param("lab", marks=pytest.mark.lab)])
def real(request):
    """A client of a cloud, and the credentials of its user demo with a token."""
    running = None
    if request.param == "devcloud":
        settings = Settings()
        running = serve(build(settings=settings))
        auth_url, password = f"{running.url}/identity/v3", settings.password
    else:
        path = os.environ.get("HEAT_LAB_CLOUDS_YAML")
        if not path:
            pytest.skip("HEAT_LAB_CLOUDS_YAML names no clouds.yaml")
        auth = yaml.safe_load(Path(path).read_text())["clouds"]["lab-heat"]["auth"]
        auth_url, password = auth["auth_url"], auth["password"]
    trustee = Trustee("heat", password, user_domain_name="Default")
    client = Client(Sessions(CloudSettings(auth_url, trustee=trustee, region="RegionOne")))
    yield client, log_in(auth_url, password)
    client.sessions.close()
    if running is not None:
        running.close()


def log_in(auth_url, password):
    domain = {"name": "Default"}
    user = {"name": "demo", "domain": domain, "password": password}
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"project": {"name": "demo", "domain": domain}}
    body = {"auth": {"identity": identity, "scope": scope}}
    reply = requests.post(f"{auth_url}/auth/tokens", json=body, timeout=60)
    known = reply.json()["token"]
    return Credentials(
        user_id=known["user"]["id"],
        username="demo",
        project=known["project"]["id"],
        roles=tuple(role["name"] for role in known["roles"]),
        token=reply.headers["X-Subject-Token"],
    )


@pytest.fixture
def trusted(real):
    """The same user by a trust alone."""
    client, user = real
    trust = trusts.create(client, user, f"heat:{uuid.uuid4()}")
    who = structs.replace(user, trust=trust, token="")
    yield who
    trusts.delete(client, structs.replace(who, token=user.token))


def test_a_trust_is_made_once_found_used_and_removed(real):
    client, user = real
    mark = f"heat:{uuid.uuid4()}"
    assert trusts.find(client, user, mark) is None
    trust = trusts.create(client, user, mark)
    assert trusts.create(client, user, mark) == trust
    assert trusts.find(client, user, mark) == trust
    assert trusts.find(client, user, f"heat:{uuid.uuid4()}") is None
    who = structs.replace(user, trust=trust, token="")
    assert client.send(NETS, who)["networks"]
    trusts.delete(client, who)
    trusts.delete(client, who)
    trusts.delete(client, structs.replace(who, token=user.token))
    assert trusts.find(client, user, mark) is None
    with pytest.raises(Permanent) as told:
        client.send(NETS, who)
    assert told.value.status == 401


def test_a_bad_token_gives_way_to_the_trust(real, trusted):
    client, _ = real
    assert client.send(NETS, structs.replace(trusted, token="bad"))["networks"]
    with pytest.raises(Permanent):
        client.send(NETS, structs.replace(trusted, trust="", token="bad"))


def test_a_trust_makes_no_trust(real, trusted):
    with pytest.raises(Permanent, match="own token"):
        trusts.create(real[0], trusted, "heat:x")


def test_names_become_ids(real, trusted):
    client, _ = real
    for finder, name in ((AN_IMAGE, "cirros"), (A_FLAVOR, "m1.nano"), (A_NETWORK, "private")):
        found = client.find(finder, name, trusted)
        assert client.find(finder, found, trusted) == found
        with pytest.raises(Permanent, match="could not be found") as told:
            client.find(finder, "no such name", trusted)
        assert told.value.kind == "EntityNotFound"


def test_two_networks_of_a_name(real, trusted):
    client, _ = real
    name = f"twin-{uuid.uuid4().hex[:8]}"
    made = [
        client.send(NETWORK.post("/v2.0/networks", {"network": {"name": name}}), trusted)
        for _ in range(2)
    ]
    ids = [reply["network"]["id"] for reply in made]
    try:
        with pytest.raises(Permanent) as told:
            client.find(A_NETWORK, name, trusted)
        assert all(each in told.value.message for each in ids)
    finally:
        for each in ids:
            client.send(NETWORK.delete(f"/v2.0/networks/{each}"), trusted)
    assert client.send(NETWORK.delete(f"/v2.0/networks/{ids[0]}"), trusted) == {}


def test_a_refusal_is_in_the_clouds_words(real, trusted):
    client, _ = real
    with pytest.raises(Permanent) as told:
        client.send(NETWORK.get("/v2.0/networks/nope"), trusted)
    assert told.value.message == "Network nope could not be found."
    assert told.value.request_id.startswith("req-")


def test_what_a_project_has(real, trusted):
    found = catalogue.services(real[0], trusted)
    assert {"compute", "network", "block-storage", "volumev3", "image", "identity"} <= found
    assert catalogue.zones(real[0], trusted) == ["nova"]


async def test_servers_become_active_and_go_away(real, trusted):
    client, _ = real
    cloud = AsyncCloud(client)
    image = await cloud.find(AN_IMAGE, "cirros", trusted)
    flavor = await cloud.find(A_FLAVOR, "m1.nano", trusted)

    def listed(server):
        return Listed(COMPUTE.get("/servers/detail"), "servers", "server", server)

    async def make():
        body = {"name": "wait", "imageRef": image, "flavorRef": flavor, "networks": "none"}
        reply = await cloud.send(COMPUTE.post("/servers", {"server": body}), trusted)
        return reply["server"]["id"]

    servers = await asyncio.gather(*(make() for _ in range(4)))
    try:
        ready = [
            COMPUTE.get(f"/servers/{server}").until(
                "server.status", "ACTIVE", listed=listed(server)
            )
            for server in servers
        ]
        replies = await asyncio.gather(*(cloud.wait(wait, trusted) for wait in ready))
        assert [reply["server"]["status"] for reply in replies] == ["ACTIVE"] * 4
        assert all("flavor" in reply["server"] for reply in replies)
    finally:
        for server in servers:
            await cloud.send(COMPUTE.delete(f"/servers/{server}"), trusted)
    started = time.monotonic()
    ends = [
        COMPUTE.get(f"/servers/{server}").until_gone("server.status", listed=listed(server))
        for server in servers
    ]
    assert await asyncio.gather(*(cloud.wait(wait, trusted) for wait in ends)) == [{}] * 4
    assert time.monotonic() - started < 60
    await cloud.close()
