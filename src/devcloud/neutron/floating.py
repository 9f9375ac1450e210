"""Floating IPs: addresses of an external network that lead to a port inside."""

import ipaddress

from devcloud.kernel.progress import begin
from devcloud.kernel.store import Row
from devcloud.neutron import ports, quotas, refusals, routers
from devcloud.neutron.kinds import FLOATING_IP, NETWORK, PORT
from devcloud.neutron.tables import FLOATING, Caller, Tables

UNASSOCIATED: Row = {"port_id": None, "fixed_ip_address": None, "router_id": None}


def make_floating_ip(tables: Tables, caller: Caller, fields: Row, project_id: str) -> Row:
    """Take an address of an external network, and lead it to a port when one is given."""
    network = tables.seen(NETWORK, caller, fields["floating_network_id"])
    if not network["router:external"]:
        raise refusals.bad("floatingip", f"Network {network['id']} is not a valid external network")
    quotas.take(tables, FLOATING_IP, project_id)
    wanted = dict(fields)
    port_id, fixed_ip = wanted.pop("port_id", None), wanted.pop("fixed_ip_address", None)
    aim = aimed_at(tables, caller, network["id"], port_id, fixed_ip)
    ip = {"subnet_id": wanted.pop("subnet_id"), "ip_address": wanted["floating_ip_address"]}
    asked = {name: value for name, value in ip.items() if value is not None}
    floating_ip = {**wanted, **UNASSOCIATED, "status": "DOWN", "port_forwardings": []}
    row = tables.new(FLOATING_IP, project_id, floating_ip)
    try:
        port = outer_port(tables, network, row["id"], [asked] if asked else None)
        row["floating_ip_address"] = port["fixed_ips"][0]["ip_address"]
        if aim is not None:
            refuse_second(tables, row, aim)
    except Exception:
        release(tables, row)
        raise
    if aim is not None:
        associate(tables, row, aim)
    return tables.floating_ips.put(row)


def alter_floating_ip(tables: Tables, caller: Caller, floating_ip: Row, fields: Row) -> Row:
    """Change a floating IP; one that is led nowhere, or an empty change, frees it."""
    changed = dict(fields)
    moves = not fields or "port_id" in fields or "fixed_ip_address" in fields
    given = "port_id" in fields or not fields
    port_id = changed.pop("port_id", None) if given else floating_ip["port_id"]
    fixed_ip = changed.pop("fixed_ip_address", None)
    aim = None
    if moves:
        network_id = floating_ip["floating_network_id"]
        aim = aimed_at(tables, caller, network_id, port_id, fixed_ip)
        if aim is not None:
            refuse_second(tables, floating_ip, aim)
    tables.change(FLOATING_IP, floating_ip, changed)
    if aim is not None:
        associate(tables, floating_ip, aim)
    elif moves:
        ports.disassociate(tables, floating_ip)
    return floating_ip


def remove_floating_ip(tables: Tables, _caller: Caller, floating_ip: Row) -> None:
    """Give the address back."""
    release(tables, floating_ip)


def release(tables: Tables, floating_ip: Row) -> None:
    """Remove a floating IP and its port outside."""
    for port in tables.ports.find("device_id", floating_ip["id"]):
        if port["device_owner"] == FLOATING:
            tables.ports.pop(port["id"])
    tables.floating_ips.pop(floating_ip["id"])


def outer_port(tables: Tables, network: Row, owner_id: str, wanted: list[Row] | None) -> Row:
    """Make the port that holds the address outside."""
    fields: Row = {"network_id": network["id"], "device_id": owner_id, "device_owner": FLOATING}
    if wanted is not None:
        fields["fixed_ips"] = wanted
    elif not any(subnet["ip_version"] == 4 for subnet in tables.subnets_of(network["id"])):
        raise refusals.bad(
            "floatingip", f"Network {network['id']} does not contain any IPv4 subnet"
        )
    port = ports.place(tables, routers.L3, network, fields, "")
    port["status"] = "N/A"
    return port


def aimed_at(
    tables: Tables, caller: Caller, network_id: str, port_id: str | None, fixed_ip: str | None
) -> Row | None:
    """Return port, address and router that a floating IP is to lead to and over."""
    if port_id is None:
        if fixed_ip is not None:
            raise refusals.bad(
                "floatingip", "fixed_ip_address cannot be specified without a port_id"
            )
        return None
    port = tables.seen(PORT, caller, port_id)
    ips = [ip for ip in port["fixed_ips"] if ipaddress.ip_address(ip["ip_address"]).version == 4]
    if fixed_ip is not None:
        ips = [ip for ip in port["fixed_ips"] if ip["ip_address"] == fixed_ip]
        if not ips:
            raise refusals.bad("floatingip", f"Port {port_id} does not have fixed ip {fixed_ip}")
    if not ips:
        raise refusals.bad(
            "floatingip",
            f"Cannot add floating IP to port {port_id} that has no fixed IPv4 addresses",
        )
    if len(ips) > 1:
        raise refusals.bad(
            "floatingip",
            f"Port {port_id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 "
            "address when assigning a floating IP",
        )
    subnet_id = ips[0]["subnet_id"]
    router = routers.find_way_out(tables, subnet_id, network_id)
    if router is None:
        raise refusals.refused(
            404,
            "ExternalGatewayForFloatingIPNotFound",
            f"External network {network_id} is not reachable from subnet {subnet_id}.  "
            f"Therefore, cannot associate Port {port_id} with a Floating IP.",
        )
    address = ips[0]["ip_address"]
    return {"port_id": port_id, "fixed_ip_address": address, "router_id": router["id"]}


def refuse_second(tables: Tables, floating_ip: Row, aim: Row) -> None:
    """Refuse a second floating IP of one network for an address."""
    for other in tables.floating_ips.find("port_id", aim["port_id"]):
        if (
            other["id"] != floating_ip["id"]
            and other["fixed_ip_address"] == aim["fixed_ip_address"]
            and other["floating_network_id"] == floating_ip["floating_network_id"]
        ):
            raise refusals.conflict(
                "FloatingIPPortAlreadyAssociated",
                f"Cannot associate floating IP {floating_ip['floating_ip_address']} "
                f"({floating_ip['id']}) with port {aim['port_id']} using fixed IP "
                f"{aim['fixed_ip_address']}, as that fixed IP already has a floating IP on "
                f"external network {floating_ip['floating_network_id']}.",
            )


def associate(tables: Tables, floating_ip: Row, aim: Row) -> None:
    """Lead a floating IP to a port: it is active soon after."""
    seconds = tables.cloud.latency("floatingip.associate")
    begin(floating_ip, tables.cloud.after(seconds), "ACTIVE", **aim)
    tables.change(FLOATING_IP, floating_ip)
