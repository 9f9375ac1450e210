"""Routers: their way out, their interfaces and their routes."""

import ipaddress
from typing import Any
from uuid import UUID

from devcloud.kernel.store import Row
from devcloud.neutron import addresses, ports, quotas, refusals
from devcloud.neutron.kinds import NETWORK, PORT, ROUTER, SUBNET
from devcloud.neutron.tables import GATEWAY, INTERFACE, Caller, Tables, network_of

L3 = Caller(project_id="", admin=True)
"""Makes the ports that belong to no project."""


def make_router(tables: Tables, caller: Caller, fields: Row, project_id: str) -> Row:
    """Make a router, with its way out when one is given."""
    info = fields["external_gateway_info"]
    check_gateway_rights(caller, "create_router", info)
    if info is not None:
        external_network(tables, caller, info["network_id"])
    quotas.take(tables, ROUTER, project_id)
    router = {
        **fields,
        "external_gateway_info": None,
        "status": "ACTIVE",
        "routes": [],
        "distributed": bool(fields.get("distributed")),
        "ha": bool(fields.get("ha")),
        "availability_zones": [],
        "conntrack_helpers": [],
    }
    row = tables.new(ROUTER, project_id, router)
    if info is not None:
        try:
            set_gateway(tables, caller, row, info)
        except Exception:
            tables.routers.pop(row["id"])
            raise
    return row


def alter_router(tables: Tables, caller: Caller, router: Row, fields: Row) -> Row:
    """Change a router."""
    changed = dict(fields)
    if "external_gateway_info" in changed:
        info = changed.pop("external_gateway_info")
        check_gateway_rights(caller, "update_router", info)
        set_gateway(tables, caller, router, info)
    if "routes" in changed:
        check_routes(tables, router, changed["routes"])
    return tables.change(ROUTER, router, changed)


def remove_router(tables: Tables, _caller: Caller, router: Row) -> None:
    """Remove a router that has no interfaces."""
    attached = [port["id"] for port in tables.interfaces(router["id"])]
    if attached:
        raise refusals.conflict(
            "RouterInUse",
            f"Router {router['id']} has ports still attached: {', '.join(attached)}",
        )
    clear_gateway(tables, router)
    tables.routers.pop(router["id"])


def add_interface(tables: Tables, caller: Caller, router: Row, body: Any) -> Row:
    """Attach a router to a subnet, with a new port or one that is there."""
    subnet_id, port_id = ids_of(body)
    if subnet_id is not None and port_id is not None:
        raise refusals.bad("router", "Cannot specify both subnet-id and port-id")
    if port_id is not None:
        port = tables.seen(PORT, caller, port_id)
        check_port(tables, router, port)
        port["device_owner"] = INTERFACE
        join(tables, router, port)
    else:
        subnet = tables.seen(SUBNET, caller, subnet_id or "")
        if subnet["gateway_ip"] is None:
            raise refusals.bad("router", "Subnet for router interface must have a gateway IP")
        check_overlap(tables, router, [subnet])
        port = attach(tables, router, subnet)
    tables.change(ROUTER, router)
    return interface_view(router, port)


def remove_interface(tables: Tables, caller: Caller, router: Row, body: Any) -> Row:
    """Detach a router from a subnet; the port is removed."""
    subnet_id, port_id = ids_of(body)
    if port_id is not None:
        port = tables.get(PORT, port_id)
        if port is None or port.get("_router") != router["id"]:
            raise refusals.refused(
                404,
                "RouterInterfaceNotFound",
                f"Router {router['id']} does not have an interface with id {port_id}",
            )
        if subnet_id not in (None, *(ip["subnet_id"] for ip in port["fixed_ips"])):
            raise refusals.refused(
                400,
                "SubnetMismatchForPort",
                f"Subnet on port {port_id} does not match the requested subnet {subnet_id}.",
            )
    else:
        port = interface_on(tables, caller, router, subnet_id or "")
    for ip in port["fixed_ips"]:
        check_unneeded(tables, router, ip["subnet_id"])
    ports.drop(tables, port)
    tables.change(ROUTER, router)
    return interface_view(router, port)


def add_routes(tables: Tables, _caller: Caller, router: Row, routes: list[Row]) -> Row:
    """Add routes to those that are there."""
    found = router["routes"] + [route for route in routes if route not in router["routes"]]
    check_routes(tables, router, found)
    return tables.change(ROUTER, router, {"routes": found})


def remove_routes(tables: Tables, _caller: Caller, router: Row, routes: list[Row]) -> Row:
    """Remove routes; those that are not there do not matter."""
    found = [route for route in router["routes"] if route not in routes]
    return tables.change(ROUTER, router, {"routes": found})


def check_gateway_rights(caller: Caller, rule: str, info: Row | None) -> None:
    """Refuse what only an administrator may say of the way out."""
    if info is None or caller.admin:
        return
    part = f"rule:{rule}:external_gateway_info"
    for name in ("enable_snat", "external_fixed_ips"):
        if name in info:
            raise refusals.denied(rule, f"({part} and ({part}:network_id and {part}:{name}))")


def external_network(tables: Tables, caller: Caller, network_id: str) -> Row:
    """Return a network that leads outside."""
    network = tables.seen(NETWORK, caller, network_id)
    if not network["router:external"]:
        raise refusals.bad("router", f"Network {network_id} is not an external network")
    return network


def set_gateway(tables: Tables, caller: Caller, router: Row, info: Row | None) -> None:
    """Give a router another way out, or none."""
    if info is None:
        clear_gateway(tables, router)
        return
    network = external_network(tables, caller, info["network_id"])
    present = tables.gateway_port(router["id"])
    wanted = info.get("external_fixed_ips")
    if present is not None and present["network_id"] == network["id"]:
        if wanted:
            held = present["fixed_ips"]
            mac = present["mac_address"]
            ips = addresses.assign(tables, network["id"], mac, wanted, owner=GATEWAY, held=held)
            tables.change(PORT, present, {"fixed_ips": ips})
        port = present
    else:
        clear_gateway(tables, router)
        port = leave(tables, router, network, wanted)
    router["external_gateway_info"] = {
        "network_id": network["id"],
        "external_fixed_ips": port["fixed_ips"],
        "enable_snat": info.get("enable_snat", True),
    }
    tables.change(ROUTER, router)


def clear_gateway(tables: Tables, router: Row) -> None:
    """Take a router's way out away, unless a floating IP needs it."""
    port = tables.gateway_port(router["id"])
    if port is None:
        return
    for floating_ip in tables.floating_ips.find("router_id", router["id"]):
        raise refusals.conflict(
            "RouterExternalGatewayInUseByFloatingIp",
            f"Gateway cannot be updated for router {router['id']}, since a gateway to external "
            f"network {floating_ip['floating_network_id']} is required by one or more "
            "floating IPs.",
        )
    ports.drop(tables, port)
    tables.change(ROUTER, router, {"external_gateway_info": None})


def leave(tables: Tables, router: Row, network: Row, wanted: list[Row] | None) -> Row:
    """Make the port by which a router is attached to the outside."""
    fields: Row = {
        "network_id": network["id"],
        "device_id": router["id"],
        "device_owner": GATEWAY,
    }
    if wanted:
        fields["fixed_ips"] = wanted
    port = ports.place(tables, L3, network, fields, "")
    port["status"] = "ACTIVE"
    return port


def attach(tables: Tables, router: Row, subnet: Row) -> Row:
    """Make the port by which a router is its subnet's gateway."""
    network = tables.find(NETWORK, subnet["network_id"])
    fields: Row = {
        "network_id": network["id"],
        "device_id": router["id"],
        "device_owner": INTERFACE,
        "fixed_ips": [addresses.fixed(subnet, subnet["gateway_ip"])],
    }
    quotas.take(tables, PORT, router["project_id"])
    return join(tables, router, ports.place(tables, L3, network, fields, router["project_id"]))


def join(tables: Tables, router: Row, port: Row) -> Row:
    """Note that a port attaches a router."""
    attached = {"device_id": router["id"], "_router": router["id"], "status": "ACTIVE"}
    return tables.change(PORT, port, attached)


def check_port(tables: Tables, router: Row, port: Row) -> None:
    """Refuse a port that can't be an interface."""
    if port["device_id"]:
        raise refusals.conflict(
            "PortInUse",
            f"Unable to complete operation on port {port['id']} for network "
            f"{port['network_id']}. Port already has an attached device {port['device_id']}.",
        )
    if not port["fixed_ips"]:
        raise refusals.bad("router", "Router port must have at least one fixed IP")
    found = [tables.find(SUBNET, ip["subnet_id"]) for ip in port["fixed_ips"]]
    if sum(subnet["ip_version"] == 4 for subnet in found) > 1:
        raise refusals.bad("router", "Cannot have multiple IPv4 subnets on router port")
    check_overlap(tables, router, found)


def check_overlap(tables: Tables, router: Row, wanted: list[Row]) -> None:
    """Refuse subnets that overlap those that the router is attached to."""
    attached = [*tables.interfaces(router["id"])]
    gateway = tables.gateway_port(router["id"])
    if gateway is not None:
        attached.append(gateway)
    for ip in (ip for port in attached for ip in port["fixed_ips"]):
        other = tables.find(SUBNET, ip["subnet_id"])
        for subnet in wanted:
            if other["id"] == subnet["id"]:
                raise refusals.bad("router", f"Router already has a port on subnet {other['id']}")
            if network_of(other).overlaps(network_of(subnet)):
                raise refusals.bad(
                    "router",
                    f"Cidr {subnet['cidr']} of subnet {subnet['id']} overlaps with cidr "
                    f"{other['cidr']} of subnet {other['id']}",
                )


def interface_on(tables: Tables, caller: Caller, router: Row, subnet_id: str) -> Row:
    """Return the port by which a router is attached to a subnet."""
    subnet = tables.seen(SUBNET, caller, subnet_id)
    for port in tables.ports.find("interface", subnet["id"]):
        if port["_router"] == router["id"]:
            return port
    raise refusals.refused(
        404,
        "RouterInterfaceNotFoundForSubnet",
        f"Router {router['id']} has no interface on subnet {subnet_id}",
    )


def check_unneeded(tables: Tables, router: Row, subnet_id: str) -> None:
    """Refuse to detach a subnet that routes or floating IPs need."""
    subnet = tables.find(SUBNET, subnet_id)
    text = f"Router interface for subnet {subnet_id} on router {router['id']} cannot be deleted"
    block = network_of(subnet)
    if any(ipaddress.ip_address(route["nexthop"]) in block for route in router["routes"]):
        raise refusals.conflict(
            "RouterInterfaceInUseByRoute", f"{text}, as it is required by one or more routes."
        )
    for floating_ip in tables.floating_ips.find("router_id", router["id"]):
        address = (subnet_id, floating_ip["fixed_ip_address"])
        users = tables.ports.find("address", address)
        if any(port["id"] == floating_ip["port_id"] for port in users):
            raise refusals.conflict(
                "RouterInterfaceInUseByFloatingIP",
                f"{text}, as it is required by one or more floating IPs.",
            )


def check_routes(tables: Tables, router: Row, routes: list[Row]) -> None:
    """Refuse too many routes, and those whose next hop the router does not reach."""
    limit = quotas.limits(tables, router["project_id"])["router_route"]
    if limit != quotas.UNLIMITED and len(routes) > limit:
        raise refusals.refused(
            400,
            "RoutesExhausted",
            f"Unable to complete operation for {router['id']}. "
            f"The number of routes exceeds the maximum {limit}.",
        )
    attached = [*tables.interfaces(router["id"]), tables.gateway_port(router["id"])]
    ips = [ip for port in attached if port is not None for ip in port["fixed_ips"]]
    blocks = [network_of(tables.find(SUBNET, ip["subnet_id"])) for ip in ips]
    own = {ip["ip_address"] for ip in ips}
    for route in routes:
        hop = ipaddress.ip_address(route["nexthop"])
        if not any(hop in block for block in blocks):
            reason = "the nexthop is not connected with router"
        elif route["nexthop"] in own:
            reason = "the nexthop is used by router"
        else:
            continue
        raise refusals.refused(
            400, "InvalidRoutes", f"Invalid format for routes: {routes}, {reason}"
        )


def ids_of(body: Any) -> tuple[str | None, str | None]:
    """Return the subnet and the port that a request names."""
    wanted = body if isinstance(body, dict) else {}
    found = wanted.get("subnet_id"), wanted.get("port_id")
    if found == (None, None):
        raise refusals.bad("router", "Either subnet_id or port_id must be specified")
    for one in found:
        if one is None:
            continue
        try:
            UUID(one)
        except (AttributeError, TypeError, ValueError):
            raise refusals.bad("router", f"'{one}' is not a valid UUID") from None
    return found


def interface_view(router: Row, port: Row) -> Row:
    """Return what is answered about an interface."""
    ids = [ip["subnet_id"] for ip in port["fixed_ips"]]
    return {
        "id": router["id"],
        "project_id": router["project_id"],
        "port_id": port["id"],
        "network_id": port["network_id"],
        "subnet_id": ids[0] if ids else None,
        "subnet_ids": ids,
    }


def find_way_out(tables: Tables, subnet_id: str, network_id: str) -> Row | None:
    """Return the router that leads from a subnet to an external network."""
    for port in tables.ports.find("interface", subnet_id):
        router = tables.find(ROUTER, port["_router"])
        info = router["external_gateway_info"]
        if info is not None and info["network_id"] == network_id:
            return router
    return None
