"""The whole client over a local cloud in process, on virtual time."""

import asyncio
from datetime import timedelta

import msgspec
import pytest
from msgspec import structs

from devcloud.assembly import build
from devcloud.kernel.settings import Settings
from devcloud.kernel.web import Request
from heat.base.errors import Permanent, Temporary
from heat.cloud.credentials import Credentials
from heat.cloud.settings import CloudSettings, Trustee
from heat.plugin.steps import NETWORK, Finder, Service
from heat.testing.clock import START, run_virtual
from heat.testing.cloud import Answer, DispatchCloud, Latency

COMPUTE = Service("compute", "2.67")
BASE = "http://devcloud"


def in_process(main, **settings):
    """Run main(port, cloud, user) with a local cloud that shares the loop's time."""

    async def whole():
        loop = asyncio.get_running_loop()
        local = Settings(**settings)
        cloud = build(clock=lambda: START + timedelta(seconds=loop.time()), settings=local)

        def dispatch(method, url, headers, body):
            reply = cloud.dispatch(Request.of(method, url, headers=headers, raw=body))
            return Answer(reply.status, reply.headers, reply.raw or b"", reply.delay, reply.lost)

        trustee = Trustee("heat", local.password, user_domain_name="Default")
        port = DispatchCloud(CloudSettings(f"{BASE}/identity/v3", trustee=trustee), dispatch)
        try:
            return await main(port, cloud, demo(dispatch, local.password))
        finally:
            await port.close()

    return run_virtual(whole)


def demo(dispatch, password):
    domain = {"name": "Default"}
    identity = {
        "methods": ["password"],
        "password": {"user": {"name": "demo", "domain": domain, "password": password}},
    }
    scope = {"project": {"name": "demo", "domain": domain}}
    body = msgspec.json.encode({"auth": {"identity": identity, "scope": scope}})
    url = f"{BASE}/identity/v3/auth/tokens"
    reply = dispatch("POST", url, {"content-type": "application/json"}, body)
    known = msgspec.json.decode(reply.body)["token"]
    token = {name.lower(): value for name, value in reply.headers.items()}["x-subject-token"]
    return Credentials(
        user_id=known["user"]["id"],
        project=known["project"]["id"],
        roles=tuple(role["name"] for role in known["roles"]),
        token=token,
    )


def test_calls_and_trusts():
    async def main(port, cloud, user):
        trust = await port.make_trust(user, "heat:1")
        assert await port.make_trust(user, "heat:1") == trust
        who = structs.replace(user, trust=trust, token="")
        name = await port.find(Finder("network", "/v2.0/networks", "network"), "private", who)
        assert (await port.send(NETWORK.get(f"/v2.0/networks/{name}"), who))["network"][
            "id"
        ] == name
        await port.drop_trust(who)
        with pytest.raises(Permanent):
            await port.send(NETWORK.get("/v2.0/networks"), who)

    in_process(main)


def test_a_trust_whose_reply_was_lost_is_found():
    async def main(port, cloud, user):
        lose(cloud, "identity", "POST", "/OS-TRUST/trusts")
        trust = await port.make_trust(user, "heat:1")
        assert await port.make_trust(user, "heat:1") == trust

    in_process(main)


def test_a_lost_reply_is_ambiguous_and_its_work_is_done():
    async def main(port, cloud, user):
        lose(cloud, "network", "POST", "networks")
        with pytest.raises(Temporary) as told:
            await port.send(NETWORK.post("/v2.0/networks", {"network": {"name": "n"}}), user)
        assert told.value.ambiguous
        found = await port.send(NETWORK.get("/v2.0/networks", {"name": "n"}), user)
        assert len(found["networks"]) == 1

    in_process(main)


def test_a_server_becomes_active_in_virtual_time():
    async def main(port, cloud, user):
        finders = (
            Finder("image", "/v2/images", "image", bare=True),
            Finder("compute", "/flavors", "flavor", lists="/flavors/detail", name_filter=False),
        )
        image, flavor = [
            await port.find(finder, name, user)
            for finder, name in zip(finders, ("cirros", "m1.nano"), strict=True)
        ]
        body = {"name": "s", "imageRef": image, "flavorRef": flavor, "networks": "none"}
        made = await port.send(COMPUTE.post("/servers", {"server": body}), user)
        item = COMPUTE.get(f"/servers/{made['server']['id']}")
        ready = await port.wait(item.until("server.status", "ACTIVE"), user)
        return ready["server"]["status"], asyncio.get_running_loop().time()

    status, ended = in_process(main, latency={"server.create": 600})
    assert status == "ACTIVE"
    assert 600 <= ended < 603


def test_latency_passes_on_the_loop():
    async def main(port, cloud, user):
        port._latency = lambda _: Latency(2, 3)
        await port.send(NETWORK.get("/v2.0/networks"), user)
        return asyncio.get_running_loop().time()

    assert in_process(main) == 5


def lose(cloud, service, method, path):
    rule = {"action": "lose_reply", "service": service, "method": method, "path": path, "times": 1}
    cloud.faults.add(rule)
