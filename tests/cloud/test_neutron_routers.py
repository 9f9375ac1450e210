"""The contract of routers, floating IPs, security groups, tags, lists and quotas."""

from collections.abc import Iterator
from typing import Any

import pytest

from .networking import NOBODY, Net, message, refusal


@pytest.fixture
def public(net: Net) -> Any:
    (found,) = net.ask("GET", "networks?router:external=true&name=public").json()["networks"]
    return found


@pytest.fixture
def inside(net: Net) -> Any:
    """A subnet of a network of its own."""
    network = net.make("network", name=net.cloud.unique())
    return net.make("subnet", network_id=network["id"], ip_version=4, cidr="10.91.0.0/24")


@pytest.fixture
def router(net: Net, public: Any) -> Any:
    name = net.cloud.unique()
    return net.make("router", name=name, external_gateway_info={"network_id": public["id"]})


@pytest.fixture
def attached(net: Net, router: Any, inside: Any) -> Iterator[Any]:
    """The router, attached to the subnet inside."""
    path = f"routers/{router['id']}"
    reply = net.ask("PUT", f"{path}/add_router_interface", {"subnet_id": inside["id"]})
    assert reply.status_code == 200, reply.text
    yield router
    net.put("router", router["id"], routes=[])
    net.ask("PUT", f"{path}/remove_router_interface", {"subnet_id": inside["id"]})


@pytest.fixture
def group(net: Net) -> Any:
    return net.make("security_group", name=net.cloud.unique())


def attach(net: Net, router: Any, **body: Any) -> Any:
    return net.ask("PUT", f"routers/{router['id']}/add_router_interface", body)


def detach(net: Net, router: Any, **body: Any) -> Any:
    return net.ask("PUT", f"routers/{router['id']}/remove_router_interface", body)


def test_a_router_leads_outside(net: Net, router: Any, public: Any) -> None:
    info = router["external_gateway_info"]
    assert info["network_id"] == public["id"]
    assert info["enable_snat"] is True
    assert info["external_fixed_ips"][0]["ip_address"].startswith("172.24.")
    query = f"ports?device_id={router['id']}"
    assert net.ask("GET", query).json()["ports"] == []
    (port,) = net.ask("GET", query, user="admin").json()["ports"]
    assert port["device_owner"] == "network:router_gateway"
    reply = net.ask("DELETE", f"ports/{port['id']}", user="admin")
    assert refusal(reply) == (409, "ServicePortInUse")
    closed = net.put("router", router["id"], external_gateway_info=None).json()["router"]
    assert closed["external_gateway_info"] is None
    assert net.ask("GET", query, user="admin").json()["ports"] == []


def test_a_router_that_is_refused(net: Net, inside: Any, public: Any) -> None:
    for info, status, kind in (
        ({"network_id": inside["network_id"]}, 400, "BadRequest"),
        ({"network_id": NOBODY}, 404, "NetworkNotFound"),
        ({"network_id": "x"}, 400, "HTTPBadRequest"),
        ({"foo": "x"}, 400, "HTTPBadRequest"),
        ({"network_id": public["id"], "enable_snat": False}, 403, "PolicyNotAuthorized"),
    ):
        assert refusal(net.post("router", external_gateway_info=info)) == (status, kind), info
    assert refusal(net.post("router", distributed=True)) == (403, "PolicyNotAuthorized")


def test_an_administrator_chooses_the_address_outside(net: Net, router: Any) -> None:
    info = {
        "network_id": router["external_gateway_info"]["network_id"],
        "external_fixed_ips": [{"ip_address": "172.24.7.250"}],
        "enable_snat": False,
    }
    reply = net.put("router", router["id"], user="admin", external_gateway_info=info)
    found = reply.json()["router"]["external_gateway_info"]
    assert found["external_fixed_ips"][0]["ip_address"] == "172.24.7.250"
    assert found["enable_snat"] is False


def test_an_interface_is_the_subnets_gateway(net: Net, attached: Any, inside: Any) -> None:
    query = f"ports?device_id={attached['id']}&device_owner=network:router_interface"
    (port,) = net.ask("GET", query).json()["ports"]
    assert port["status"] == "ACTIVE"
    assert port["fixed_ips"] == [{"subnet_id": inside["id"], "ip_address": "10.91.0.1"}]
    assert port["security_groups"] == []
    for path, kind in (
        (f"ports/{port['id']}", "ServicePortInUse"),
        (f"routers/{attached['id']}", "RouterInUse"),
        (f"subnets/{inside['id']}", "SubnetInUse"),
        (f"networks/{inside['network_id']}", "NetworkInUse"),
    ):
        assert refusal(net.drop(path)) == (409, kind)
    reply = net.put("subnet", inside["id"], gateway_ip="10.91.0.254")
    assert refusal(reply) == (409, "GatewayIpInUse")
    moved = net.put("port", port["id"], fixed_ips=[{"ip_address": "10.91.0.50"}])
    assert refusal(moved) == (400, "BadRequest")
    answer = detach(net, attached, port_id=port["id"]).json()
    assert (answer["port_id"], answer["subnet_ids"]) == (port["id"], [inside["id"]])
    assert net.show("port", port["id"]) is None


def test_an_interface_over_a_port(net: Net, router: Any, inside: Any) -> None:
    port = net.make("port", network_id=inside["network_id"])
    assert attach(net, router, port_id=port["id"]).json()["subnet_id"] == inside["id"]
    shown = net.show("port", port["id"])
    assert (shown["device_id"], shown["status"]) == (router["id"], "ACTIVE")
    assert refusal(attach(net, router, port_id=port["id"])) == (409, "PortInUse")
    wrong = detach(net, router, port_id=port["id"], subnet_id=NOBODY)
    assert refusal(wrong) == (400, "SubnetMismatchForPort")
    assert detach(net, router, port_id=port["id"]).status_code == 200
    assert net.show("port", port["id"]) is None


def test_interfaces_that_are_refused(net: Net, attached: Any, inside: Any) -> None:
    closed = net.make(
        "subnet",
        network_id=inside["network_id"],
        ip_version=4,
        cidr="10.92.0.0/24",
        gateway_ip=None,
    )
    other = net.make("network", name=net.cloud.unique())
    twin = net.make("subnet", network_id=other["id"], ip_version=4, cidr="10.91.0.0/25")
    bare = net.make("port", network_id=inside["network_id"], fixed_ips=[])
    for body, status, kind in (
        ({}, 400, "BadRequest"),
        ({"subnet_id": "x"}, 400, "BadRequest"),
        ({"subnet_id": NOBODY}, 404, "SubnetNotFound"),
        ({"port_id": NOBODY}, 404, "PortNotFound"),
        ({"port_id": NOBODY, "subnet_id": NOBODY}, 400, "BadRequest"),
        ({"subnet_id": inside["id"]}, 400, "BadRequest"),
        ({"subnet_id": closed["id"]}, 400, "BadRequest"),
        ({"subnet_id": twin["id"]}, 400, "BadRequest"),
        ({"port_id": bare["id"]}, 400, "BadRequest"),
    ):
        assert refusal(attach(net, attached, **body)) == (status, kind), body
    assert "overlaps" in message(attach(net, attached, subnet_id=twin["id"]))
    assert refusal(attach(net, {"id": NOBODY}, subnet_id=twin["id"])) == (404, "RouterNotFound")
    reply = detach(net, attached, subnet_id=closed["id"])
    assert refusal(reply) == (404, "RouterInterfaceNotFoundForSubnet")
    assert refusal(detach(net, attached, port_id=NOBODY)) == (404, "RouterInterfaceNotFound")


def test_routes_go_where_the_router_reaches(net: Net, attached: Any, inside: Any) -> None:
    route = {"destination": "9.0.0.0/8", "nexthop": "10.91.0.9"}
    changed = net.put("router", attached["id"], routes=[route]).json()["router"]
    assert changed["routes"] == [route]
    reply = detach(net, attached, subnet_id=inside["id"])
    assert refusal(reply) == (409, "RouterInterfaceInUseByRoute")
    for hop in ("10.77.0.9", "10.91.0.1"):
        reply = net.put("router", attached["id"], routes=[{**route, "nexthop": hop}])
        assert refusal(reply) == (400, "InvalidRoutes")
    body = {"router": {"routes": [{**route, "destination": "19.0.0.0/8"}]}}
    path = f"routers/{attached['id']}"
    more = net.ask("PUT", f"{path}/add_extraroutes", body).json()["router"]["routes"]
    assert len(more) == 2
    less = net.ask("PUT", f"{path}/remove_extraroutes", body).json()["router"]["routes"]
    assert less == [route]


def test_a_floating_ip_leads_to_a_port(net: Net, attached: Any, inside: Any, public: Any) -> None:
    port = net.make("port", network_id=inside["network_id"])
    floating = net.make("floatingip", floating_network_id=public["id"], port_id=port["id"])
    assert floating["fixed_ip_address"] == port["fixed_ips"][0]["ip_address"]
    assert floating["router_id"] == attached["id"]
    assert floating["port_details"]["mac_address"] == port["mac_address"]
    path = f"/v2.0/floatingips/{floating['id']}"
    net.cloud.until("network", path, lambda reply: reply.json()["floatingip"]["status"] == "ACTIVE")
    second = net.make("floatingip", floating_network_id=public["id"])
    assert (second["port_id"], second["status"]) == (None, "DOWN")
    reply = net.put("floatingip", second["id"], port_id=port["id"])
    assert refusal(reply) == (409, "FloatingIPPortAlreadyAssociated")
    reply = detach(net, attached, subnet_id=inside["id"])
    assert refusal(reply) == (409, "RouterInterfaceInUseByFloatingIP")
    reply = net.put("router", attached["id"], external_gateway_info=None)
    assert refusal(reply) == (409, "RouterExternalGatewayInUseByFloatingIp")
    reply = net.put("port", port["id"], fixed_ips=[{"ip_address": "10.91.0.77"}])
    assert refusal(reply) == (400, "BadRequest")
    described = net.put("floatingip", floating["id"], description="d").json()["floatingip"]
    assert (described["description"], described["port_id"]) == ("d", port["id"])
    freed = net.put("floatingip", floating["id"], port_id=None).json()["floatingip"]
    assert (freed["port_id"], freed["fixed_ip_address"], freed["router_id"]) == (None, None, None)
    net.put("floatingip", second["id"], port_id=port["id"])
    assert net.drop(f"ports/{port['id']}").status_code == 204
    shown = net.show("floatingip", second["id"])
    assert (shown["port_id"], shown["status"]) == (None, "DOWN")


def test_floating_ips_that_are_refused(net: Net, inside: Any, public: Any) -> None:
    fixed = [{"subnet_id": inside["id"], "ip_address": "10.91.0.20"}]
    port = net.make("port", network_id=inside["network_id"], fixed_ips=fixed)
    bare = net.make("port", network_id=inside["network_id"], fixed_ips=[])
    for fields, status, kind in (
        ({"floating_network_id": NOBODY}, 404, "NetworkNotFound"),
        ({"floating_network_id": inside["network_id"]}, 400, "BadRequest"),
        ({"floating_network_id": None}, 400, "HTTPBadRequest"),
        ({"port_id": port["id"]}, 404, "ExternalGatewayForFloatingIPNotFound"),
        ({"port_id": NOBODY}, 404, "PortNotFound"),
        ({"port_id": bare["id"]}, 400, "BadRequest"),
        ({"port_id": port["id"], "fixed_ip_address": "10.91.0.222"}, 400, "BadRequest"),
        ({"fixed_ip_address": "10.91.0.5"}, 400, "BadRequest"),
        ({"floating_ip_address": "172.24.7.99"}, 403, "PolicyNotAuthorized"),
        ({"subnet_id": inside["id"]}, 400, "InvalidInput"),
    ):
        reply = net.post("floatingip", **{"floating_network_id": public["id"], **fields})
        assert refusal(reply) == (status, kind), fields
    assert net.ask("GET", f"floatingips?port_id={port['id']}").json()["floatingips"] == []


def test_an_administrator_chooses_a_floating_ip(net: Net, public: Any) -> None:
    wanted = {"floating_network_id": public["id"], "floating_ip_address": "172.24.7.251"}
    assert net.make("floatingip", user="admin", **wanted)["floating_ip_address"] == "172.24.7.251"
    reply = net.post("floatingip", user="admin", **wanted)
    assert refusal(reply) == (409, "IpAddressAlreadyAllocated")
    wanted["floating_ip_address"] = "1.2.3.4"
    reply = net.post("floatingip", user="admin", **wanted)
    assert refusal(reply) == (400, "InvalidIpForNetwork")


def test_every_project_has_a_default_group(net: Net) -> None:
    (group,) = net.ask("GET", "security-groups?name=default").json()["security_groups"]
    rules = {(rule["direction"], rule["ethertype"]) for rule in group["security_group_rules"]}
    assert len(rules) == 4
    reply = net.put("security_group", group["id"], name="x")
    assert refusal(reply) == (409, "SecurityGroupCannotUpdateDefault")
    reply = net.post("security_group", name="default")
    assert refusal(reply) == (409, "SecurityGroupDefaultAlreadyExists")
    assert net.drop(f"security-groups/{group['id']}").status_code == 409


def test_a_group_in_use_stays(net: Net, group: Any, inside: Any) -> None:
    assert {rule["direction"] for rule in group["security_group_rules"]} == {"egress"}
    port = net.make("port", network_id=inside["network_id"], security_groups=[group["id"]])
    reply = net.drop(f"security-groups/{group['id']}")
    assert refusal(reply) == (409, "SecurityGroupInUse")
    found = net.ask("GET", f"ports?security_groups={group['id']}").json()["ports"]
    assert [one["id"] for one in found] == [port["id"]]


def test_a_rule_is_made_once(net: Net, group: Any) -> None:
    wanted = {"security_group_id": group["id"], "direction": "ingress", "protocol": "tcp"}
    wanted |= {"port_range_min": 22, "port_range_max": 22}
    rule = net.make("security_group_rule", **wanted)
    assert (rule["ethertype"], rule["remote_ip_prefix"]) == ("IPv4", None)
    for same in ({}, {"protocol": 6}, {"remote_ip_prefix": "0.0.0.0/0"}):
        reply = net.post("security_group_rule", **wanted | same)
        assert refusal(reply) == (409, "SecurityGroupRuleExists")
        assert rule["id"] in message(reply)
    twins = {"security_group_rules": [{**wanted, "protocol": "udp"}] * 2}
    reply = net.ask("POST", "security-group-rules", twins)
    assert refusal(reply) == (409, "DuplicateSecurityGroupRuleInPost")


@pytest.mark.parametrize(
    ("fields", "status", "kind"),
    [
        ({"direction": "x"}, 400, "HTTPBadRequest"),
        ({"ethertype": "x"}, 400, "SecurityGroupRuleInvalidEtherType"),
        ({"protocol": "bogus"}, 400, "SecurityGroupRuleInvalidProtocol"),
        ({"port_range_min": 1}, 400, "SecurityGroupProtocolRequiredWithPorts"),
        (
            {"protocol": "tcp", "port_range_min": 5, "port_range_max": 2},
            400,
            "SecurityGroupInvalidPortRange",
        ),
        (
            {"protocol": "tcp", "port_range_min": 1, "port_range_max": 70000},
            400,
            "SecurityGroupInvalidPortValue",
        ),
        ({"protocol": "icmp", "port_range_max": 2}, 400, "SecurityGroupMissingIcmpType"),
        ({"protocol": "icmp", "port_range_min": 256}, 400, "SecurityGroupInvalidIcmpValue"),
        ({"protocol": "icmpv6"}, 400, "SecurityGroupEthertypeConflictWithProtocol"),
        ({"remote_ip_prefix": "x"}, 400, "InvalidCIDR"),
        ({"remote_ip_prefix": "fd00::/8"}, 400, "SecurityGroupRuleParameterConflict"),
        ({"remote_group_id": NOBODY}, 404, "SecurityGroupNotFound"),
        ({"security_group_id": NOBODY}, 404, "SecurityGroupNotFound"),
        (
            {"remote_ip_prefix": "1.0.0.0/8", "remote_group_id": NOBODY},
            400,
            "SecurityGroupMultipleRemoteEntites",
        ),
    ],
)
def test_a_rule_that_is_refused(net: Net, group: Any, fields: Any, status: int, kind: str) -> None:
    wanted = {"security_group_id": group["id"], "direction": "ingress", **fields}
    assert refusal(net.post("security_group_rule", **wanted)) == (status, kind)


def test_tags(net: Net, inside: Any) -> None:
    path = f"subnets/{inside['id']}/tags"
    assert net.ask("PUT", path, {"tags": ["b", "a"]}).json() == {"tags": ["b", "a"]}
    assert net.ask("PUT", f"{path}/c").status_code == 201
    assert net.ask("GET", f"{path}/c").status_code == 204
    assert net.drop(f"{path}/b").status_code == 204
    assert refusal(net.drop(f"{path}/b")) == (404, "TagNotFound")
    assert net.show("subnet", inside["id"])["tags"] == ["a", "c"]
    for query, found in (("tags=a,c", 1), ("tags=a,z", 0), ("tags-any=a,z", 1), ("not-tags=a", 0)):
        reply = net.ask("GET", f"subnets?id={inside['id']}&{query}")
        assert len(reply.json()["subnets"]) == found, query
    assert refusal(net.ask("PUT", path, {"tags": "x"})) == (400, "InvalidInput")
    assert net.drop(path).status_code == 204
    assert net.ask("GET", path).json() == {"tags": []}


def test_lists_are_filtered(net: Net, inside: Any) -> None:
    network = {"network_id": inside["network_id"]}
    one = net.make("port", **network, name=net.cloud.unique(), device_id="d1", description="x")
    two = net.make("port", **network, fixed_ips=[{"ip_address": "10.91.0.200"}])

    def ids(query: str) -> list[str]:
        where = f"network_id={inside['network_id']}"
        reply = net.ask("GET", f"ports?{where}&{query}&fields=id")
        assert reply.status_code == 200, reply.text
        assert all(set(port) == {"id"} for port in reply.json()["ports"])
        return sorted(port["id"] for port in reply.json()["ports"])

    both = sorted([one["id"], two["id"]])
    assert ids(f"name={one['name']}") == [one["id"]]
    assert ids("name=") == [two["id"]]
    assert ids("device_id=d1") == [one["id"]]
    assert ids("description=x") == [one["id"]]
    assert ids(f"id={one['id']}&id={two['id']}") == both
    assert ids("fixed_ips=ip_address=10.91.0.200") == [two["id"]]
    assert ids(f"fixed_ips=subnet_id={inside['id']}") == both
    assert ids("fixed_ips=ip_address_substr=10.91.0") == both
    assert ids("admin_state_up=False") == []
    assert ids("status=DOWN") == both


def test_queries_that_are_refused(net: Net) -> None:
    for query, kind in (
        ("foo=1", "HTTPBadRequest"),
        ("sort_key=foo", "HTTPBadRequest"),
        ("limit=a", "BadRequest"),
        ("admin_state_up=xx", "InvalidInput"),
    ):
        assert refusal(net.ask("GET", f"ports?{query}")) == (400, kind), query
    reply = net.ask("GET", f"ports?limit=1&marker={NOBODY}")
    assert refusal(reply) == (404, "PortNotFound")


def test_lists_come_in_pages(net: Net, inside: Any) -> None:
    made = [net.make("port", network_id=inside["network_id"])["id"] for _ in range(3)]
    path: str | None = f"ports?network_id={inside['network_id']}&limit=2"
    found: list[str] = []
    while path is not None:
        body = net.ask("GET", path).json()
        found += [port["id"] for port in body["ports"]]
        after = [link["href"] for link in body["ports_links"] if link["rel"] == "next"]
        path = after[0].partition("/v2.0/")[2] if after else None
    assert found == sorted(made)


def test_a_change_may_depend_on_the_revision(net: Net, inside: Any) -> None:
    subnet = net.show("subnet", inside["id"])
    headers = {"If-Match": f"revision_number={subnet['revision_number'] + 7}"}
    body = {"subnet": {"name": "x"}}
    reply = net.ask("PUT", f"subnets/{inside['id']}", body, headers=headers)
    assert refusal(reply) == (412, "RevisionNumberConstraintFailed")
    headers = {"If-Match": f"revision_number={subnet['revision_number']}"}
    reply = net.ask("PUT", f"subnets/{inside['id']}", body, headers=headers)
    assert reply.status_code == 200


def test_quotas_hold(net: Net) -> None:
    project = net.cloud.session("alt_demo").get_project_id()
    path = f"quotas/{project}"
    assert refusal(net.ask("PUT", path, {"quota": {"network": 5}})) == (403, "PolicyNotAuthorized")
    reply = net.ask("PUT", path, {"quota": {"network": 0, "router": 0}}, user="admin")
    assert reply.json()["quota"]["network"] == 0
    try:
        for kind in ("network", "router"):
            reply = net.post(kind, user="alt_demo", name="q")
            assert refusal(reply) == (409, "OverQuota")
            assert message(reply) == f"Quota exceeded for resources: ['{kind}']."
        details = net.ask("GET", f"{path}/details", user="alt_demo").json()["quota"]
        assert details["network"]["limit"] == 0
    finally:
        assert net.ask("DELETE", path, user="admin").status_code == 204
    assert net.ask("GET", path, user="alt_demo").json()["quota"]["network"] > 0
    reply = net.ask("PUT", path, {"quota": {"foo": 1}}, user="admin")
    assert refusal(reply) == (400, "HTTPBadRequest")
