"""Ports: their addresses, their security, and what they are bound to."""

from typing import Any

from devcloud.kernel.progress import begin
from devcloud.kernel.store import Row
from devcloud.neutron import addresses, quotas, refusals, security
from devcloud.neutron.kinds import (
    FLOATING_IP,
    NETWORK,
    PORT,
    QOS_POLICY,
    ROUTER,
    SECURITY_GROUP,
    Kind,
)
from devcloud.neutron.tables import FLOATING, GATEWAY, INTERFACE, Caller, Tables

OWN_NETWORK_ONLY = ("mac_address", "port_security_enabled", "allowed_address_pairs")
COMPUTE = "compute:"
UNBOUND: Row = {
    "binding:host_id": "",
    "binding:vif_type": "unbound",
    "binding:vif_details": {},
}
OVS_DETAILS = {"port_filter": True, "ovs_hybrid_plug": False, "connectivity": "l2"}


def make_port(tables: Tables, caller: Caller, fields: Row, project_id: str) -> Row:
    """Make a port for a caller."""
    network = tables.seen(NETWORK, caller, fields["network_id"])
    check_rights(tables, caller, network, fields)
    quotas.take(tables, PORT, project_id)
    return place(tables, caller, network, fields, project_id)


def place(tables: Tables, caller: Caller, network: Row, fields: Row, project_id: str) -> Row:
    """Make a port on a network; nothing is kept when a check fails."""
    owner = fields.get("device_owner", "")
    secure = bool({**network, **fields}["port_security_enabled"])
    if owner.startswith("network:"):
        secure = False
    check_policy(tables, caller, fields.get("qos_policy_id"))
    mac = mac_for(tables, network["id"], fields.get("mac_address"))
    port: Row = {
        **dict.fromkeys(("name", "description", "device_id", "dns_name", "dns_domain"), ""),
        "admin_state_up": True,
        "extra_dhcp_opts": [],
        "qos_policy_id": None,
        "propagate_uplink_status": True,
        "binding:vnic_type": "normal",
        "data_plane_status": None,
        "qos_network_policy_id": network["qos_policy_id"],
        "resource_request": None,
        "binding:profile": {},
        **UNBOUND,
        **fields,
        "device_owner": owner,
        "status": "DOWN",
        "mac_address": mac,
        "port_security_enabled": secure,
        "security_groups": groups_for(tables, caller, fields, secure, project_id),
        "allowed_address_pairs": pairs_for(fields.get("allowed_address_pairs", []), secure, mac),
        "fixed_ips": addresses.assign(
            tables, network["id"], mac, fields.get("fixed_ips"), owner=owner
        ),
        "ip_allocation": "none" if fields.get("fixed_ips") == [] else "immediate",
    }
    row = tables.new(PORT, project_id, port)
    if row["binding:host_id"]:
        bind(tables, row, row["binding:host_id"])
    return row


def alter_port(tables: Tables, caller: Caller, port: Row, fields: Row) -> Row:
    """Change a port for a caller."""
    network = tables.find(NETWORK, port["network_id"])
    check_rights(tables, caller, network, fields, port)
    check_policy(tables, caller, fields.get("qos_policy_id"))
    changed = dict(fields)
    wanted = {**port, **fields}
    secure = bool(wanted["port_security_enabled"])
    if fields.get("mac_address") not in (None, port["mac_address"]):
        mac_for(tables, network["id"], fields["mac_address"])
    mac = changed["mac_address"] = fields.get("mac_address") or port["mac_address"]
    if "security_groups" in fields:
        changed["security_groups"] = groups_for(tables, caller, fields, secure, port["project_id"])
    elif not secure and port["security_groups"]:
        raise refusals.conflict(
            "PortSecurityPortHasSecurityGroup",
            "Port has security group associated. Cannot disable port security or IP address "
            "until security group is removed.",
        )
    changed["allowed_address_pairs"] = pairs_for(wanted["allowed_address_pairs"], secure, mac)
    if "fixed_ips" in fields:
        changed["fixed_ips"] = new_addresses(tables, port, fields["fixed_ips"], mac)
    row = tables.change(PORT, port, changed)
    if fields.get("binding:host_id"):
        bind(tables, row, fields["binding:host_id"])
    elif "binding:host_id" in fields:
        unbind(tables, row)
    return row


def remove_port(tables: Tables, caller: Caller, port: Row) -> None:
    """Remove a port for a caller; what belongs to a router or a floating IP stays."""
    owner = port["device_owner"]
    if owner.startswith(COMPUTE) and not (caller.admin or caller.service):
        raise refusals.denied("delete_port")
    if owner in addresses.ROUTER_OWNERS and port["fixed_ips"] and owner_lives(tables, port):
        raise refusals.conflict(
            "ServicePortInUse",
            f"Port {port['id']} cannot be deleted directly via the port API: "
            f"has device owner {owner}.",
        )
    drop(tables, port)


def drop(tables: Tables, port: Row) -> None:
    """Remove a port; its floating IPs are free again."""
    for floating_ip in tables.floating_ips.find("port_id", port["id"]):
        disassociate(tables, floating_ip)
    tables.ports.pop(port["id"])


def disassociate(tables: Tables, floating_ip: Row) -> None:
    """Take a floating IP off its port."""
    free: Row = {"port_id": None, "fixed_ip_address": None, "router_id": None, "status": "DOWN"}
    for key in ("_until", "_then"):
        floating_ip.pop(key, None)
    tables.change(FLOATING_IP, floating_ip, free)


def bind(tables: Tables, port: Row, host: str) -> Row:
    """Bind a port to a host: it becomes active after the latency "port.bind"."""
    bound: Row = {
        "binding:host_id": host,
        "binding:vif_type": "ovs",
        "binding:vif_details": dict(OVS_DETAILS),
    }
    port.update(bound)
    seconds = tables.cloud.latency("port.bind")
    if port.get("_stuck"):
        pass
    elif seconds > 0:
        begin(port, tables.cloud.after(seconds), "ACTIVE", status="DOWN")
    else:
        port["status"] = "ACTIVE"
    return tables.change(PORT, port)


def unbind(tables: Tables, port: Row) -> Row:
    """Take a port off its host."""
    for key in ("_until", "_then"):
        port.pop(key, None)
    return tables.change(PORT, port, {**UNBOUND, "status": "DOWN"})


def check_rights(
    tables: Tables, caller: Caller, network: Row, fields: Row, port: Row | None = None
) -> None:
    """Refuse what only the owner of the network may ask of a port."""
    if tables.owns(NETWORK, caller, network):
        if port is not None and "mac_address" in fields and not caller.admin:
            raise refusals.denied("update_port", "rule:update_port:mac_address")
        return
    rule = "create_port" if port is None else "update_port"
    if any("ip_address" in one for one in fields.get("fixed_ips", ())):
        part = f"rule:{rule}:fixed_ips"
        raise refusals.denied(rule, f"({part} and ({part}:ip_address))")
    names = [name for name in OWN_NETWORK_ONLY if name in fields]
    if fields.get("device_owner", "").startswith("network:"):
        names.append("device_owner")
    if names:
        raise refusals.denied(rule, *(f"rule:{rule}:{name}" for name in names))
    if port is None and not network["shared"]:
        raise refusals.denied(rule)


def check_policy(tables: Tables, caller: Caller, policy_id: str | None) -> None:
    """Refuse a QoS policy that is not there."""
    if policy_id is not None:
        tables.seen(QOS_POLICY, caller, policy_id)


def mac_for(tables: Tables, network_id: str, wanted: str | None) -> str:
    """Return a MAC address that the network does not know yet."""
    mac = wanted
    while mac is None or tables.ports.count("mac", (network_id, mac)):
        if wanted is not None:
            raise refusals.conflict(
                "MacAddressInUse",
                f"Unable to complete operation for network {network_id}. "
                f"The mac address {wanted} is in use.",
            )
        tail = tables.cloud.random.getrandbits(24).to_bytes(3)
        mac = "fa:16:3e:" + tail.hex(":")
    return mac


def groups_for(
    tables: Tables, caller: Caller, fields: Row, secure: bool, project_id: str
) -> list[str]:
    """Return the security groups of a port: the default one when nothing is said."""
    wanted: list[str] | None = fields.get("security_groups")
    if not secure:
        if wanted:
            raise refusals.refused(
                400,
                "PortSecurityAndIPRequiredForSecurityGroups",
                "Port security must be enabled and port must have an IP address in order "
                "to use security groups.",
            )
        return []
    if wanted is None:
        return [security.default_group(tables, project_id)["id"]]
    return [tables.seen(SECURITY_GROUP, caller, group)["id"] for group in wanted]


def pairs_for(wanted: list[Any], secure: bool, mac: str) -> list[Row]:
    """Return the further addresses of a port, those without a MAC address with the port's own."""
    if wanted and not secure:
        raise refusals.conflict(
            "AddressPairAndPortSecurityRequired",
            "Port Security must be enabled in order to have allowed address pairs on a port.",
        )
    return [{**pair, "mac_address": pair["mac_address"] or mac} for pair in wanted]


def new_addresses(tables: Tables, port: Row, wanted: list[Any], mac: str) -> list[Row]:
    """Return the changed addresses of a port."""
    held: list[dict[str, str]] = port["fixed_ips"]
    given: list[Row] = [
        dict(ip)
        for ip in addresses.assign(
            tables, port["network_id"], mac, wanted, owner=port["device_owner"], held=held
        )
    ]
    if given == held:
        return given
    if port["device_owner"] == INTERFACE and owner_lives(tables, port):
        raise refusals.bad("ports", f"IP updates for port {port['id']} are not allowed")
    kept = {ip["ip_address"] for ip in given}
    for floating_ip in tables.floating_ips.find("port_id", port["id"]):
        if floating_ip["fixed_ip_address"] not in kept:
            raise refusals.bad(
                "port",
                f"Cannot update the fixed_ips of the port {port['id']}, because its original "
                "fixed_ip has been associated to a floating ip",
            )
    return given


def owner_lives(tables: Tables, port: Row) -> bool:
    """Say whether the router or floating IP that a port belongs to still exists."""
    if "_router" in port:
        return True
    kinds: dict[str, Kind] = {INTERFACE: ROUTER, GATEWAY: ROUTER, FLOATING: FLOATING_IP}
    kind = kinds.get(port["device_owner"])
    return kind is not None and port["device_id"] in tables.of(kind)
