"""Neutron as the other services of devcloud call it, without requests; and its latencies."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from devcloud.assembly import build
from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.store import Store
from devcloud.kernel.web import Refused
from devcloud.neutron.kinds import NETWORK, SUBNET
from devcloud.neutron.state import NetworkState
from devcloud.neutron.tables import Caller

PROJECT, OTHER = "p" * 32, "q" * 32


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cloud(clock: Clock) -> DevCloud:
    return build(clock=clock, random=Random(7))


@pytest.fixture
def state(cloud: DevCloud) -> NetworkState:
    found: NetworkState = cloud.state("network")
    return found


@pytest.fixture
def network(state: NetworkState) -> Any:
    caller = Caller(PROJECT)
    network = state.create(NETWORK, caller, {"name": "n"})
    state.create(SUBNET, caller, {"network_id": network["id"], "cidr": "10.9.0.0/24"})
    return network


def test_a_port_is_bound_when_its_time_has_come(
    cloud: DevCloud, state: NetworkState, network: Any, clock: Clock
) -> None:
    cloud.latencies["port.bind"] = 5
    port = state.create_port(PROJECT, {"network_id": network["id"], "device_id": "vm"})
    state.bind_port(port["id"], "host", "vm", "compute:nova")
    assert [one["status"] for one in state.ports_of_device("vm")] == ["DOWN"]
    clock.now += timedelta(seconds=5)
    assert [one["status"] for one in state.ports_of_device("vm")] == ["ACTIVE"]
    state.unbind_port(port["id"])
    assert state.ports_of_device("vm") == []
    found = state.port(port["id"])
    assert found is not None
    assert (found["status"], found["device_owner"], found["binding:host_id"]) == ("DOWN", "", "")


def test_a_port_removed_twice_is_no_error(state: NetworkState, network: Any) -> None:
    port = state.create_port(PROJECT, {"network_id": network["id"]})
    state.delete_port(port["id"])
    state.delete_port(port["id"])
    assert state.port(port["id"]) is None
    assert state.unbind_port(port["id"]) is None


def test_projects_see_their_own(state: NetworkState, network: Any) -> None:
    assert state.visible_network(PROJECT, network["id"]) is network
    assert network in state.usable_networks(PROJECT)
    assert network not in state.usable_networks(OTHER)
    with pytest.raises(Refused) as refused:
        state.visible_network(OTHER, network["id"])
    assert refused.value.type == "NetworkNotFound"
    with pytest.raises(Refused):
        state.create_port(OTHER, {"network_id": network["id"]})


def test_security_groups_are_found_by_name_and_id(state: NetworkState) -> None:
    (group,) = state.security_groups(PROJECT, "default")
    assert state.security_groups(PROJECT, group["id"]) == [group]
    assert state.security_groups(OTHER, group["id"]) == []
    assert state.security_groups(PROJECT, "nothing") == []


def test_addresses_follow_from_the_seed(clock: Clock) -> None:
    def addresses() -> list[str]:
        state = build(clock=clock, random=Random(3)).state("network")
        caller = Caller(PROJECT)
        network = state.create(NETWORK, caller, {"name": "n"})
        state.create(SUBNET, caller, {"network_id": network["id"], "cidr": "10.9.0.0/24"})
        ports = [state.create_port(PROJECT, {"network_id": network["id"]}) for _ in range(20)]
        return [port["fixed_ips"][0]["ip_address"] for port in ports]

    found = addresses()
    assert found == addresses()
    assert len(set(found)) == 20


def test_addresses_stay_taken_after_a_restart(tmp_path: Path, clock: Clock) -> None:
    path = str(tmp_path / "cloud.db")
    store = Store(path)
    state = build(store, clock=clock).state("network")
    caller = Caller(PROJECT)
    network = state.create(NETWORK, caller, {"name": "n"})
    state.create(SUBNET, caller, {"network_id": network["id"], "cidr": "10.9.0.0/29"})
    for _ in range(5):
        state.create_port(PROJECT, {"network_id": network["id"]})
    store.close()
    again = Store(path)
    state = build(again, clock=clock).state("network")
    with pytest.raises(Refused) as refused:
        state.create_port(PROJECT, {"network_id": network["id"]})
    assert refused.value.type == "IpAddressGenerationFailure"
    again.close()
