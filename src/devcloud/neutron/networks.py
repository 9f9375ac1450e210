"""Networks."""

from devcloud.kernel.store import Row
from devcloud.neutron import ports, quotas, refusals, subnets
from devcloud.neutron.kinds import NETWORK
from devcloud.neutron.tables import DHCP, FLOATING, GATEWAY, Caller, Tables

FLAT_MTU, TUNNEL_MTU = 1500, 1450
FLAT = {"flat", "vlan"}


def make_network(tables: Tables, caller: Caller, fields: Row, project_id: str) -> Row:
    """Make a network."""
    ports.check_policy(tables, caller, fields["qos_policy_id"])
    quotas.take(tables, NETWORK, project_id)
    kind = fields.get("provider:network_type") or "vxlan"
    flat = kind in FLAT
    network = {
        **fields,
        "status": "ACTIVE",
        "mtu": fields["mtu"] or (FLAT_MTU if flat else TUNNEL_MTU),
        "l2_adjacency": True,
        "availability_zones": [],
        "provider:network_type": kind,
        "provider:physical_network": fields.get("provider:physical_network"),
        "provider:segmentation_id": fields.get("provider:segmentation_id"),
    }
    if network["provider:segmentation_id"] is None and kind != "flat":
        network["provider:segmentation_id"] = tables.cloud.random.randrange(1, 1 << 12)
    return tables.new(NETWORK, project_id, network)


def alter_network(tables: Tables, caller: Caller, network: Row, fields: Row) -> Row:
    """Change a network; one in use by others stays shared or external."""
    ports.check_policy(tables, caller, fields.get("qos_policy_id"))
    users = tables.ports.find("network_id", network["id"])
    if network["shared"] and not fields.get("shared", True):
        others = {port["project_id"] for port in users} - {network["project_id"], ""}
        if others:
            raise refusals.conflict(
                "InvalidSharedSetting",
                f"Unable to reconfigure sharing settings for network {network['name']}. "
                "Multiple projects are using it.",
            )
    outside = any(port["device_owner"] in {GATEWAY, FLOATING} for port in users)
    if network["router:external"] and not fields.get("router:external", True) and outside:
        raise refusals.conflict(
            "ExternalNetworkInUse",
            f"External network {network['id']} cannot be updated to be made non-external, "
            "since it has existing gateway ports.",
        )
    return tables.change(NETWORK, network, fields)


def remove_network(tables: Tables, _caller: Caller, network: Row) -> None:
    """Remove a network with its subnets, unless there are ports on it."""
    users = tables.ports.find("network_id", network["id"])
    used = [port["id"] for port in users if port["device_owner"] != DHCP]
    if used:
        raise refusals.conflict(
            "NetworkInUse",
            f"Unable to complete operation on network {network['id']}. There are one or more "
            f"ports still in use on the network, id for these ports is: {','.join(used)}.",
        )
    for port in users:
        ports.drop(tables, port)
    for subnet in tables.subnets_of(network["id"]):
        subnets.discard(tables, subnet)
    tables.networks.pop(network["id"])
