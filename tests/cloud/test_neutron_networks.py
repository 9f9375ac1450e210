"""The contract of networks, subnets, subnet pools and ports."""

from typing import Any

import pytest

from .networking import NOBODY, Net, message, refusal


@pytest.fixture
def network(net: Net) -> Any:
    return net.make("network", name=net.cloud.unique())


@pytest.fixture
def subnet(net: Net, network: Any) -> Any:
    return net.make("subnet", network_id=network["id"], ip_version=4, cidr="10.81.0.0/24")


def test_versions_are_told_without_a_token(cloud: Any) -> None:
    reply = cloud.session().get(
        "/", endpoint_filter={"service_type": "network"}, authenticated=False
    )
    assert [version["id"] for version in reply.json()["versions"]] == ["v2.0"]


def test_extensions_are_listed_by_alias(net: Net) -> None:
    aliases = {one["alias"] for one in net.ask("GET", "extensions").json()["extensions"]}
    assert {"router", "external-net", "security-group", "quotas", "standard-attr-tag"} <= aliases
    assert net.ask("GET", "extensions/router").json()["extension"]["alias"] == "router"
    assert net.ask("GET", "extensions/nope").status_code == 404


def test_a_network_has_what_was_asked_for(net: Net) -> None:
    network = net.make("network", name="one", description="two", admin_state_up=False)
    assert network["name"] == "one"
    assert network["description"] == "two"
    assert network["admin_state_up"] is False
    assert network["status"] == "ACTIVE"
    assert network["subnets"] == []
    assert network["tenant_id"] == network["project_id"] == net.cloud.project_id
    assert "provider:network_type" not in network
    assert "provider:network_type" in net.show("network", network["id"], user="admin")
    changed = net.put("network", network["id"], name="three").json()["network"]
    assert changed["name"] == "three"
    assert changed["revision_number"] > network["revision_number"]


@pytest.mark.parametrize(
    ("fields", "status", "kind"),
    [
        ({"nmae": "x"}, 400, "HTTPBadRequest"),
        ({"name": 5}, 400, "HTTPBadRequest"),
        ({"name": "x" * 300}, 400, "HTTPBadRequest"),
        ({"id": NOBODY}, 400, "HTTPBadRequest"),
        ({"tags": ["a"]}, 400, "HTTPBadRequest"),
        ({"admin_state_up": "maybe"}, 400, "InvalidInput"),
        ({"project_id": NOBODY}, 400, "HTTPBadRequest"),
        ({"dns_domain": "no dot"}, 400, "HTTPBadRequest"),
        ({"shared": True}, 403, "PolicyNotAuthorized"),
        ({"router:external": True}, 403, "PolicyNotAuthorized"),
    ],
)
def test_a_network_that_is_refused(net: Net, fields: Any, status: int, kind: str) -> None:
    assert refusal(net.post("network", **fields)) == (status, kind)


def test_bodies_that_are_no_network(net: Net) -> None:
    for body in ({}, {"foo": {}}, {"network": []}, []):
        assert refusal(net.ask("POST", "networks", body)) == (400, "HTTPBadRequest")
    assert refusal(net.ask("PATCH", "networks", {})) == (405, "HTTPMethodNotAllowed")
    assert refusal(net.ask("GET", "nothings")) == (404, "HTTPNotFound")


def test_several_networks_at_once(net: Net) -> None:
    name = net.cloud.unique()
    reply = net.ask("POST", "networks", {"networks": [{"name": name}, {"name": name}]})
    assert reply.status_code == 201
    for network in reply.json()["networks"]:
        assert net.drop(f"networks/{network['id']}").status_code == 204
    reply = net.ask("POST", "networks", {"networks": [{"name": name}, {"shared": True}]})
    assert reply.status_code == 403
    assert net.ask("GET", f"networks?name={name}").json()["networks"] == []


def test_others_do_not_see_a_network(net: Net, network: Any, subnet: Any) -> None:
    assert net.show("network", network["id"], user="alt_demo") is None
    assert net.show("subnet", subnet["id"], user="alt_demo") is None
    reply = net.put("network", network["id"], user="alt_demo", name="mine")
    assert refusal(reply) == (404, "NetworkNotFound")
    assert net.show("network", network["id"], user="admin")["id"] == network["id"]


def test_the_external_network_is_seen_but_not_changed(net: Net) -> None:
    found = net.ask("GET", "networks?router:external=true&name=public").json()["networks"]
    (public,) = found
    assert refusal(net.put("network", public["id"], name="mine")) == (403, "PolicyNotAuthorized")
    assert refusal(net.drop(f"networks/{public['id']}")) == (403, "PolicyNotAuthorized")
    reply = net.post("subnet", network_id=public["id"], ip_version=4, cidr="10.81.9.0/24")
    assert refusal(reply) == (403, "PolicyNotAuthorized")
    assert refusal(net.post("port", network_id=public["id"])) == (403, "PolicyNotAuthorized")


def test_a_shared_network_takes_ports_but_no_wishes(net: Net) -> None:
    shared = net.make("network", user="admin", name=net.cloud.unique(), shared=True)
    net.make("subnet", user="admin", network_id=shared["id"], ip_version=4, cidr="10.81.7.0/24")
    net.make("port", network_id=shared["id"])
    for wish in (
        {"fixed_ips": [{"ip_address": "10.81.7.9"}]},
        {"mac_address": "fa:16:3e:33:33:33"},
        {"port_security_enabled": False},
        {"device_owner": "network:dhcp"},
    ):
        reply = net.post("port", network_id=shared["id"], **wish)
        assert refusal(reply) == (403, "PolicyNotAuthorized"), wish
    reply = net.put("network", shared["id"], user="admin", shared=False)
    assert refusal(reply) == (409, "InvalidSharedSetting")


def test_a_network_goes_with_its_subnets_but_not_with_ports(net: Net) -> None:
    network = net.make("network", name=net.cloud.unique())
    subnet = net.make("subnet", network_id=network["id"], ip_version=4, cidr="10.81.1.0/24")
    port = net.make("port", network_id=network["id"])
    refused = net.drop(f"networks/{network['id']}")
    assert refusal(refused) == (409, "NetworkInUse")
    assert port["id"] in message(refused)
    assert refusal(net.drop(f"subnets/{subnet['id']}")) == (409, "SubnetInUse")
    assert net.drop(f"ports/{port['id']}").status_code == 204
    assert net.drop(f"networks/{network['id']}").status_code == 204
    assert net.show("subnet", subnet["id"]) is None


def test_a_subnet_is_filled_in(net: Net, network: Any, subnet: Any) -> None:
    assert subnet["gateway_ip"] == "10.81.0.1"
    assert subnet["allocation_pools"] == [{"start": "10.81.0.2", "end": "10.81.0.254"}]
    assert subnet["enable_dhcp"] is True
    assert net.show("network", network["id"])["subnets"] == [subnet["id"]]
    other = net.make(
        "subnet", network_id=network["id"], ip_version=4, cidr="10.81.1.7/24", gateway_ip=None
    )
    assert (other["cidr"], other["gateway_ip"]) == ("10.81.1.0/24", None)
    assert other["allocation_pools"] == [{"start": "10.81.1.1", "end": "10.81.1.254"}]


@pytest.mark.parametrize(
    ("fields", "status", "kind"),
    [
        ({}, 400, "BadRequest"),
        ({"cidr": "nonsense"}, 400, "InvalidInput"),
        ({"cidr": "10.81.0.128/25"}, 400, "InvalidInput"),
        ({"cidr": "10.82.0.0/24", "ip_version": 6}, 400, "InvalidInput"),
        ({"cidr": "10.82.0.0/24", "ip_version": 5}, 400, "HTTPBadRequest"),
        ({"cidr": "10.82.0.0/32"}, 400, "InvalidInput"),
        ({"cidr": "10.82.0.0/24", "gateway_ip": "foo"}, 400, "HTTPBadRequest"),
        ({"cidr": "10.82.0.0/24", "gateway_ip": "10.82.0.255"}, 400, "InvalidInput"),
        ({"cidr": "10.82.0.0/24", "gateway_ip": "fd00::1"}, 400, "InvalidInput"),
        ({"cidr": "10.82.0.0/24", "network_id": NOBODY}, 404, "NetworkNotFound"),
        ({"cidr": "10.82.0.0/24", "subnetpool_id": NOBODY}, 404, "SubnetPoolNotFound"),
        ({"cidr": "10.82.0.0/24", "prefixlen": 28}, 400, "BadRequest"),
        ({"cidr": "10.82.0.0/24", "dns_nameservers": ["zz"]}, 400, "HTTPBadRequest"),
        ({"cidr": "10.82.0.0/24", "host_routes": [{"destination": "x"}]}, 400, "HTTPBadRequest"),
        ({"cidr": "10.82.0.0/24", "ipv6_ra_mode": "slaac"}, 400, "InvalidInput"),
        ({"use_default_subnetpool": True}, 400, "BadRequest"),
    ],
)
def test_a_subnet_that_is_refused(
    net: Net, subnet: Any, fields: Any, status: int, kind: str
) -> None:
    wanted = {"network_id": subnet["network_id"], "ip_version": 4, **fields}
    assert refusal(net.post("subnet", **wanted)) == (status, kind)


@pytest.mark.parametrize(
    ("pools", "status", "kind"),
    [
        ([("10.82.0.1", "10.82.0.20")], 409, "GatewayConflictWithAllocationPools"),
        (
            [("10.82.0.10", "10.82.0.20"), ("10.82.0.15", "10.82.0.30")],
            409,
            "OverlappingAllocationPools",
        ),
        ([("10.83.0.10", "10.83.0.20")], 400, "OutOfBoundsAllocationPool"),
        ([("10.82.0.30", "10.82.0.20")], 400, "InvalidAllocationPool"),
    ],
)
def test_pools_that_are_refused(net: Net, network: Any, pools: Any, status: int, kind: str) -> None:
    wanted = [{"start": start, "end": end} for start, end in pools]
    reply = net.post(
        "subnet",
        network_id=network["id"],
        ip_version=4,
        cidr="10.82.0.0/24",
        allocation_pools=wanted,
    )
    assert refusal(reply) == (status, kind)


def test_a_subnet_is_changed(net: Net, subnet: Any) -> None:
    changed = net.put(
        "subnet",
        subnet["id"],
        allocation_pools=[{"start": "10.81.0.20", "end": "10.81.0.21"}],
        dns_nameservers=["9.9.9.9"],
        gateway_ip="10.81.0.9",
    ).json()["subnet"]
    assert changed["allocation_pools"] == [{"start": "10.81.0.20", "end": "10.81.0.21"}]
    assert changed["dns_nameservers"] == ["9.9.9.9"]
    assert changed["gateway_ip"] == "10.81.0.9"
    reply = net.put("subnet", subnet["id"], cidr="10.99.0.0/24")
    assert refusal(reply) == (400, "HTTPBadRequest")
    reply = net.put("subnet", subnet["id"], gateway_ip="10.81.0.20")
    assert refusal(reply) == (409, "GatewayConflictWithAllocationPools")


def test_ports_take_every_address_of_a_pool_and_no_more(net: Net, subnet: Any) -> None:
    pool = [{"start": "10.81.0.20", "end": "10.81.0.21"}]
    net.put("subnet", subnet["id"], allocation_pools=pool)
    ports = [net.make("port", network_id=subnet["network_id"]) for _ in range(2)]
    found = sorted(port["fixed_ips"][0]["ip_address"] for port in ports)
    assert found == ["10.81.0.20", "10.81.0.21"]
    reply = net.post("port", network_id=subnet["network_id"])
    assert refusal(reply) == (409, "IpAddressGenerationFailure")
    assert net.drop(f"ports/{ports[0]['id']}").status_code == 204
    again = net.make("port", network_id=subnet["network_id"])
    assert again["fixed_ips"] == ports[0]["fixed_ips"]


def test_hosts_make_up_their_ipv6_addresses(net: Net, subnet: Any) -> None:
    early = net.make("port", network_id=subnet["network_id"], mac_address="fa:16:3e:00:00:01")
    automatic = net.make(
        "subnet",
        network_id=subnet["network_id"],
        ip_version=6,
        cidr="fd00:81::/64",
        ipv6_ra_mode="slaac",
        ipv6_address_mode="slaac",
    )
    late = net.make("port", network_id=subnet["network_id"], mac_address="fa:16:3e:00:00:02")
    ips = {ip["ip_address"] for ip in late["fixed_ips"]}
    assert "fd00:81::f816:3eff:fe00:2" in ips
    assert len(ips) == 2
    ips = {ip["ip_address"] for ip in net.show("port", early["id"])["fixed_ips"]}
    assert "fd00:81::f816:3eff:fe00:1" in ips
    assert net.drop(f"subnets/{automatic['id']}").status_code == 204
    assert len(net.show("port", late["id"])["fixed_ips"]) == 1


def test_a_subnet_is_cut_out_of_a_pool(net: Net, network: Any) -> None:
    pool = net.make(
        "subnetpool",
        name=net.cloud.unique(),
        prefixes=["10.84.0.0/16", "10.85.0.0/16"],
        default_prefixlen=24,
    )
    assert pool["prefixes"] == ["10.84.0.0/15"]
    wanted = {"network_id": network["id"], "ip_version": 4, "subnetpool_id": pool["id"]}
    first = net.make("subnet", **wanted)
    second = net.make("subnet", **wanted, prefixlen=28)
    third = net.make("subnet", **wanted, cidr="10.85.9.0/24")
    cidrs = [subnet["cidr"] for subnet in (first, second, third)]
    assert cidrs == ["10.84.0.0/24", "10.84.1.0/28", "10.85.9.0/24"]
    for more, status, kind in (
        ({"prefixlen": 7}, 400, "MinPrefixSubnetAllocationError"),
        ({"cidr": "10.84.0.0/24"}, 500, "SubnetAllocationError"),
        ({"prefixlen": 15}, 500, "SubnetAllocationError"),
    ):
        assert refusal(net.post("subnet", **wanted, **more)) == (status, kind)
    reply = net.post("subnet", network_id=network["id"], ip_version=4, cidr="99.9.0.0/24")
    assert refusal(reply) == (400, "NetworkSubnetPoolAffinityError")
    assert refusal(net.drop(f"subnetpools/{pool['id']}")) == (400, "SubnetPoolDeleteError")
    reply = net.put("subnetpool", pool["id"], prefixes=["10.84.0.0/16"])
    assert refusal(reply) == (400, "IllegalSubnetPoolPrefixUpdate")


def test_a_port_is_filled_in(net: Net, subnet: Any) -> None:
    port = net.make("port", network_id=subnet["network_id"], name="p", dns_name="web")
    assert port["status"] == "DOWN"
    assert port["mac_address"].startswith("fa:16:3e:")
    assert port["fixed_ips"][0]["subnet_id"] == subnet["id"]
    assert port["dns_assignment"][0]["hostname"] == "web"
    assert port["binding:vnic_type"] == "normal"
    assert "binding:host_id" not in port
    (group,) = port["security_groups"]
    assert net.show("security_group", group)["name"] == "default"
    assert net.show("port", port["id"], user="admin")["binding:vif_type"] == "unbound"


@pytest.mark.parametrize(
    ("fields", "status", "kind"),
    [
        ({"network_id": NOBODY}, 404, "NetworkNotFound"),
        ({"network_id": None}, 400, "HTTPBadRequest"),
        ({"fixed_ips": [{"ip_address": "10.99.0.1"}]}, 400, "InvalidIpForNetwork"),
        ({"fixed_ips": [{"ip_address": "10.81.0.255"}]}, 400, "InvalidIpForNetwork"),
        ({"fixed_ips": [{"subnet_id": NOBODY}]}, 404, "SubnetNotFound"),
        ({"fixed_ips": [{}]}, 400, "InvalidInput"),
        ({"fixed_ips": "x"}, 400, "HTTPBadRequest"),
        ({"security_groups": [NOBODY]}, 404, "SecurityGroupNotFound"),
        ({"mac_address": "zz"}, 400, "HTTPBadRequest"),
        ({"qos_policy_id": NOBODY}, 404, "QosPolicyNotFound"),
        ({"binding:host_id": "h"}, 403, "PolicyNotAuthorized"),
        ({"binding:vnic_type": "x"}, 400, "HTTPBadRequest"),
        ({"dns_name": "bad_name!"}, 400, "HTTPBadRequest"),
        ({"allowed_address_pairs": [{"ip_address": "bad"}]}, 400, "HTTPBadRequest"),
        (
            {"allowed_address_pairs": [{"ip_address": "1.2.3.4"}], "port_security_enabled": False},
            409,
            "AddressPairAndPortSecurityRequired",
        ),
        (
            {"security_groups": [NOBODY], "port_security_enabled": False},
            400,
            "PortSecurityAndIPRequiredForSecurityGroups",
        ),
    ],
)
def test_a_port_that_is_refused(net: Net, subnet: Any, fields: Any, status: int, kind: str) -> None:
    reply = net.post("port", **{"network_id": subnet["network_id"], **fields})
    assert refusal(reply) == (status, kind)


def test_addresses_and_macs_are_given_once(net: Net, subnet: Any) -> None:
    wanted = {"network_id": subnet["network_id"], "fixed_ips": [{"ip_address": "10.81.0.100"}]}
    port = net.make("port", **wanted)
    reply = net.post("port", **wanted)
    assert refusal(reply) == (409, "IpAddressAlreadyAllocated")
    assert "10.81.0.100" in message(reply)
    reply = net.post("port", network_id=subnet["network_id"], mac_address=port["mac_address"])
    assert refusal(reply) == (409, "MacAddressInUse")


def test_a_port_is_changed(net: Net, subnet: Any) -> None:
    port = net.make("port", network_id=subnet["network_id"])
    changed = net.put(
        "port",
        port["id"],
        name="n",
        device_id="d",
        device_owner="compute:nova",
        fixed_ips=[{"ip_address": "10.81.0.110"}],
        security_groups=[],
        allowed_address_pairs=[{"ip_address": "10.81.0.200"}],
        extra_dhcp_opts=[{"opt_name": "mtu", "opt_value": "1400"}],
    ).json()["port"]
    assert changed["fixed_ips"] == [{"subnet_id": subnet["id"], "ip_address": "10.81.0.110"}]
    assert changed["security_groups"] == []
    pair = {"mac_address": port["mac_address"], "ip_address": "10.81.0.200"}
    assert changed["allowed_address_pairs"] == [pair]
    option = {"opt_name": "mtu", "opt_value": "1400", "ip_version": 4}
    assert changed["extra_dhcp_opts"] == [option]
    # A server's port is the compute service's to remove.
    assert refusal(net.drop(f"ports/{port['id']}")) == (403, "PolicyNotAuthorized")


def test_a_bound_port_is_active(net: Net, subnet: Any) -> None:
    port = net.make(
        "port", user="admin", network_id=subnet["network_id"], **{"binding:host_id": "h1"}
    )
    shown = net.show("port", port["id"], user="admin")
    assert (shown["status"], shown["binding:vif_type"]) == ("ACTIVE", "ovs")
    net.put("port", port["id"], user="admin", **{"binding:host_id": ""})
    shown = net.show("port", port["id"], user="admin")
    assert (shown["status"], shown["binding:vif_type"]) == ("DOWN", "unbound")
