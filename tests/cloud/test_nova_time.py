"""What only the local cloud does: work that takes as long as it is told to, and fails on demand."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from devcloud.assembly import build
from devcloud.kernel.settings import Settings
from devcloud.kernel.web import Request


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self):
        self.now = datetime(2030, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.now

    def forward(self, seconds):
        self.now += timedelta(seconds=seconds)


class World:
    """A cloud in this process, as its user demo asks it."""

    def __init__(self, **latency):
        self.clock = Clock()
        dotted = {name.replace("_", "."): seconds for name, seconds in latency.items()}
        settings = Settings(latency=dotted)
        self.cloud = build(clock=self.clock, random=Random(1), settings=settings)
        domain = {"id": "default"}
        user = {"name": "demo", "domain": domain, "password": settings.password}
        auth = {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": "demo", "domain": domain}},
        }
        self.headers = {}
        request = Request.of("POST", "/identity/v3/auth/tokens", body={"auth": auth})
        reply = self.cloud.dispatch(request)
        self.headers = {"X-Auth-Token": reply.headers["X-Subject-Token"]}
        project = reply.json()["token"]["project"]["id"]
        self.volumes = f"/volume/v3/{project}/volumes"

    def ask(self, method, path, body=None):
        return self.cloud.dispatch(Request.of(method, path, headers=self.headers, body=body))

    def get(self, path):
        reply = self.ask("GET", path)
        return next(iter(reply.json().values())) if reply.status == 200 else reply.status

    def server(self, **more):
        image = self.ask("GET", "/image/v2/images?name=cirros").json()["images"][0]["id"]
        flavors = self.get("/compute/v2.1/flavors")
        network = self.get("/network/v2.0/networks?name=private")[0]["id"]
        wanted = {
            "name": "s",
            "imageRef": image,
            "flavorRef": flavors[0]["id"],
            "networks": [{"uuid": network}],
            **more,
        }
        reply = self.ask("POST", "/compute/v2.1/servers", {"server": wanted})
        assert reply.status == 202, reply.raw
        return f"/compute/v2.1/servers/{reply.json()['server']['id']}"

    def volume(self):
        reply = self.ask("POST", self.volumes, {"volume": {"size": 1}})
        assert reply.status == 202, reply.raw
        return reply.json()["volume"]["id"]


def states(server):
    return (
        server["status"],
        server["OS-EXT-STS:vm_state"],
        server["OS-EXT-STS:task_state"],
    )


def test_a_server_builds_for_as_long_as_it_takes():
    world = World(server_create=5)
    path = world.server()
    assert states(world.get(path)) == ("BUILD", "building", "scheduling")
    assert world.get(path)["addresses"] == {}
    world.clock.forward(4.9)
    assert states(world.get(path)) == ("BUILD", "building", "scheduling")
    world.clock.forward(0.1)
    server = world.get(path)
    assert states(server) == ("ACTIVE", "active", None)
    assert server["OS-SRV-USG:launched_at"] == "2030-01-01T00:00:05.000000"
    assert server["addresses"]["private"]


def test_a_server_is_deleting_until_it_is_gone_and_its_volumes_with_it():
    world = World(server_delete=3)
    path, volume = world.server(), world.volume()
    world.ask("POST", f"{path}/os-volume_attachments", {"volumeAttachment": {"volumeId": volume}})
    assert world.get(f"{world.volumes}/{volume}")["status"] == "in-use"
    assert world.ask("DELETE", path).status == 204
    assert states(world.get(path)) == ("ACTIVE", "active", "deleting")
    assert world.get(f"{world.volumes}/{volume}")["status"] == "detaching"
    assert world.ask("DELETE", path).status == 204
    world.clock.forward(3)
    assert world.get(path) == 404
    assert world.get(f"{world.volumes}/{volume}")["status"] == "available"


def test_attaching_and_detaching_take_their_time():
    world = World(volume_attach=2, volume_detach=2)
    path, volume = world.server(), world.volume()
    attachments = f"{path}/os-volume_attachments"
    body = {"volumeAttachment": {"volumeId": volume}}
    assert world.ask("POST", attachments, body).status == 200
    assert world.get(f"{world.volumes}/{volume}")["status"] == "reserved"
    assert world.ask("DELETE", f"{attachments}/{volume}").status == 400
    world.clock.forward(2)
    assert world.get(f"{world.volumes}/{volume}")["status"] == "in-use"
    assert world.ask("DELETE", f"{attachments}/{volume}").status == 202
    assert world.get(f"{world.volumes}/{volume}")["status"] == "detaching"
    assert world.get(f"{attachments}/{volume}")["volumeId"] == volume
    world.clock.forward(2)
    assert world.get(f"{attachments}/{volume}") == 404
    assert world.get(f"{world.volumes}/{volume}")["status"] == "available"


def test_a_busy_server_refuses_other_work():
    world = World(server_stop=2)
    path = world.server()
    world.get(path)
    assert world.ask("POST", f"{path}/action", {"os-stop": None}).status == 202
    reply = world.ask("POST", f"{path}/action", {"reboot": {"type": "SOFT"}})
    assert reply.status == 409
    assert "while it is in task_state powering-off" in reply.json()["conflictingRequest"]["message"]


def test_a_server_goes_to_error_on_demand():
    world = World(server_create=1)
    rule = {"action": "goto_error", "service": "compute", "method": "POST", "path": "servers$"}
    world.cloud.faults.add(rule | {"times": 1})
    path = world.server()
    assert world.get(path)["status"] == "BUILD"
    world.clock.forward(1)
    server = world.get(path)
    assert server["status"] == "ERROR"
    assert server["fault"]["message"] == (
        "No valid host was found. There are not enough hosts available."
    )
    fine = world.server()
    world.clock.forward(1)
    assert world.get(fine)["status"] == "ACTIVE"
    assert world.ask("DELETE", path).status == 204
    assert world.get(path) == 404


def test_a_server_never_gets_ready_on_demand():
    world = World()
    world.cloud.faults.add({"action": "stay_build", "path": "servers$", "method": "POST"})
    path = world.server()
    world.clock.forward(86400)
    world.cloud.faults.clear()
    # The token is a day old by now, and so expired: the row itself tells.
    row = world.cloud.state("compute").servers.get(path.rpartition("/")[2])
    assert row["vm_state"] == "building"


@pytest.mark.parametrize(
    ("method", "action", "status"),
    [("POST", "goto_error", "error"), ("DELETE", "goto_error", "error_deleting")],
)
def test_volumes_fail_on_demand(method, action, status):
    world = World()
    rule = {"action": action, "service": "volume", "method": method}
    if method == "POST":
        world.cloud.faults.add(rule)
    volume = world.volume()
    if method == "DELETE":
        world.get(f"{world.volumes}/{volume}")
        world.cloud.faults.add(rule)
        assert world.ask("DELETE", f"{world.volumes}/{volume}").status == 202
    assert world.get(f"{world.volumes}/{volume}")["status"] == status


def test_an_attachment_comes_to_nothing_on_demand():
    world = World()
    path, volume = world.server(), world.volume()
    world.cloud.faults.add({"action": "goto_error", "path": "os-volume_attachments"})
    body = {"volumeAttachment": {"volumeId": volume}}
    assert world.ask("POST", f"{path}/os-volume_attachments", body).status == 200
    assert world.get(f"{world.volumes}/{volume}")["status"] == "available"
    assert world.get(f"{path}/os-volume_attachments") == []


def test_what_was_deleted_can_still_be_listed_by_its_change():
    world = World()
    path = world.server()
    world.ask("DELETE", path)
    assert world.get(path) == 404
    root = "/compute/v2.1/servers/detail"
    (found,) = world.get(f"{root}?changes-since=2029-01-01T00:00:00Z")
    assert found["status"] == "DELETED"
    assert world.get(root) == []
