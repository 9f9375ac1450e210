"""Engines that are killed outright: what they were doing is done once, by those that follow."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from pathlib import Path

import pytest
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from .conftest import EXAMPLES
from .test_apart import Apart, apart, await_true, bus

__all__ = ["bus"]

KILLS = 10
SEED = 20
LATENCIES = (
    "server.create=1",
    "server.delete=0.3",
    "volume.create=0.5",
    "volume.attach=0.5",
    "volume.detach=0.2",
)
TYPES = {
    "OS::Nova::Server": "compute.server",
    "OS::Cinder::Volume": "volume.volume",
    "OS::Neutron::Net": "network.network",
    "OS::Neutron::Subnet": "network.subnet",
    "OS::Neutron::Router": "network.router",
    "OS::Neutron::SecurityGroup": "network.security_group",
    "OS::Neutron::FloatingIP": "network.floatingip",
}
QUOTAS = {
    "compute": ("/os-quota-sets/", {"quota_set": {"instances": -1, "cores": -1, "ram": -1}}),
    "block-storage": ("/os-quota-sets/", {"quota_set": {"volumes": -1, "gigabytes": -1}}),
    "network": (
        "/v2.0/quotas/",
        {"quota": {"router": -1, "security_group": -1, "security_group_rule": -1}},
    ),
}
TEMPLATE = EXAMPLES / "wordpress.yaml"


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_killed_engines_leave_nothing_undone_twice_or_behind(tmp_path: Path, bus: str) -> None:
    chance = random.Random(SEED)
    database = f"sqlite:///{tmp_path}/heat.db"
    with apart(tmp_path, database, bus, workers=1, latencies=LATENCIES) as heat:
        allow_any_number(heat)
        asked, empty = requests(heat), empty_cloud(heat)
        heat.run("heat", "stack", "create", "quiet", "-t", TEMPLATE, "--wait")
        span = requests(heat) - asked
        one = difference(heat.objects(), empty)
        heat.run("heat", "stack", "delete", "quiet", "-y", "--wait")
        assert heat.objects() == empty
        before = {kind: heat.ids(kind) for kind in TYPES.values()}

        names = [f"hurt-{number}" for number in range(KILLS)]
        caught = 0
        for name in names:
            heat.run("heat", "stack", "create", name, "-t", TEMPLATE)
            await_requests(heat, chance.randint(1, 3 * span // 4))
            victim = kill(heat)
            # Nobody goes on with it before another engine has started.
            caught += recorded_status(tmp_path / "heat.db", name) == "CREATE_IN_PROGRESS"
            await_true(heat.engine, lambda dead=victim: children(heat.engine.pid) - {dead})
        print(f"{caught} of {KILLS} kills caught a stack half made; a stack is {span} requests")
        assert caught >= KILLS // 2

        await_statuses(heat, dict.fromkeys(names, "CREATE_COMPLETE"))
        made = difference(heat.objects(), empty)
        print(f"made: {dict(made)}")
        assert made == Counter({kind: KILLS * count for kind, count in one.items()})
        recorded = {kind: set[str]() for kind in TYPES.values()}
        for name in names:
            for row in heat.ask("heat", "stack", "resources", name):
                if kind := TYPES.get(row["resource_type"]):
                    recorded[kind].add(row["physical_resource_id"])
        assert {kind: heat.ids(kind) - before[kind] for kind in recorded} == recorded

        heat.run("heat", "stack", "delete", *names, "-y", "--wait")
        assert heat.ask("heat", "stack", "list") == []
        assert heat.objects() == empty


def allow_any_number(heat: Apart) -> None:
    """Lift the quotas of the user's project."""
    login = v3.Password(
        f"{heat.cloud}/identity/v3",
        username="admin",
        password="devcloud",
        project_name="admin",
        user_domain_name="Default",
        project_domain_name="Default",
    )
    (project,) = [
        r["id"] for r in heat.peek("state/identity.project")["objects"] if r["name"] == "demo"
    ]
    session = Session(login)
    for service, (path, body) in QUOTAS.items():
        session.put(path + project, json=body, endpoint_filter={"service_type": service})
    session.session.close()


def empty_cloud(heat: Apart) -> dict[str, int]:
    # The cloud makes a project's default security group at the first request for any.
    heat.run("openstack", "security", "group", "list")
    return heat.objects()


def difference(now: dict[str, int], before: dict[str, int]) -> Counter[str]:
    return Counter({k: count - before.get(k, 0) for k, count in now.items() if count != before[k]})


def requests(heat: Apart) -> int:
    services: dict[str, dict[str, int]] = heat.peek("requests")["requests"]
    return sum(sum(operations.values()) for operations in services.values())


def await_requests(heat: Apart, more: int) -> None:
    """Wait until the cloud has been asked so often again, or nobody asks any more."""
    end, deadline = requests(heat) + more, time.monotonic() + 10
    while requests(heat) < end and time.monotonic() < deadline:
        time.sleep(0.005)


def kill(heat: Apart) -> int:
    """Kill the engine below the supervisor, which starts another."""
    await_true(heat.engine, lambda: children(heat.engine.pid))
    (victim,) = children(heat.engine.pid)
    os.kill(victim, signal.SIGKILL)
    return victim


def children(parent: int) -> set[int]:
    found = set[int]()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, above, *_ = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(above) == parent and state != "Z":
            found.add(int(stat.parent.name))
    return found


def recorded_status(database: Path, name: str) -> str:
    """Read the state of a stack where it is written down: a command would take too long."""
    with contextlib.closing(sqlite3.connect(database, timeout=60)) as connection:
        query = "SELECT action || '_' || status FROM stack WHERE name = ?"
        return str(connection.execute(query, [name]).fetchone()[0])


def await_statuses(heat: Apart, wanted: dict[str, str]) -> None:
    deadline = time.monotonic() + 400
    while (found := statuses(heat)) != wanted:
        assert time.monotonic() < deadline, json.dumps(found, indent=1)
        assert "CREATE_FAILED" not in found.values(), json.dumps(found, indent=1)
        time.sleep(0.5)


def statuses(heat: Apart) -> dict[str, str]:
    return {row["stack_name"]: row["stack_status"] for row in heat.ask("heat", "stack", "list")}
