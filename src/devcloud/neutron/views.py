"""What clients see of an object."""

from collections.abc import Callable, Collection

from devcloud.kernel.store import Row
from devcloud.neutron.kinds import (
    FLOATING_IP,
    NETWORK,
    PORT,
    SECURITY_GROUP,
    SUBNET,
    SUBNET_POOL,
    Kind,
)
from devcloud.neutron.tables import Caller, Tables

DNS_DOMAIN = "openstacklocal."
DETAILS = (
    *("name", "network_id", "mac_address", "admin_state_up", "status", "device_id"),
    "device_owner",
)


def view(tables: Tables, kind: Kind, row: Row, caller: Caller, fields: Collection[str] = ()) -> Row:
    """Return an object as a caller sees it, or some fields of it."""
    hidden = kind.hidden
    shown = {name: value for name, value in row.items() if name[0] != "_"}
    if hidden and not caller.admin:
        for name in hidden:
            shown.pop(name, None)
    shown["tenant_id"] = row["project_id"]
    more = MORE.get(kind.name)
    if more is not None:
        more(tables, shown)
    if fields:
        return {name: shown[name] for name in fields if name in shown}
    return shown


def add_to_network(tables: Tables, network: Row) -> None:
    """Add what a network's subnets say."""
    subnets = tables.subnets_of(network["id"])
    network["subnets"] = [subnet["id"] for subnet in subnets]
    network["ipv4_address_scope"] = scope_of(tables, subnets, 4)
    network["ipv6_address_scope"] = scope_of(tables, subnets, 6)
    if not network["router:external"]:
        network.pop("is_default", None)


def scope_of(tables: Tables, subnets: list[Row], version: int) -> str | None:
    """Return the address scope of the pool that subnets were cut of."""
    for subnet in subnets:
        pool = tables.pools.get(subnet["subnetpool_id"])
        if pool is not None and subnet["ip_version"] == version:
            scope: str | None = pool["address_scope_id"]
            return scope
    return None


def add_to_subnet(tables: Tables, subnet: Row) -> None:
    """Add what a subnet's network says."""
    network = tables.networks.get(subnet["network_id"])
    subnet["router:external"] = bool(network and network["router:external"])


def add_to_port(_tables: Tables, port: Row) -> None:
    """Add the DNS names of a port's addresses."""
    assigned: list[Row] = []
    for ip in port["fixed_ips"]:
        address = ip["ip_address"]
        name = port["dns_name"] or "host-" + address.replace(".", "-").replace(":", "-")
        fqdn = name if name.endswith(".") else f"{name}.{DNS_DOMAIN}"
        assigned.append({"ip_address": address, "hostname": name, "fqdn": fqdn})
    port["dns_assignment"] = assigned


def add_to_floating_ip(tables: Tables, floating_ip: Row) -> None:
    """Add what the port is that a floating IP leads to."""
    port = tables.ports.get(floating_ip["port_id"])
    floating_ip["port_details"] = port and {name: port[name] for name in DETAILS}


def add_to_group(tables: Tables, group: Row) -> None:
    """Add a group's rules."""
    group["security_group_rules"] = [
        {**rule, "tenant_id": rule["project_id"], "tags": []}
        for rule in tables.rules.find("security_group_id", group["id"])
    ]


def add_to_pool(_tables: Tables, pool: Row) -> None:
    """Write the prefix lengths as texts, as neutron does."""
    for name in ("default_prefixlen", "min_prefixlen", "max_prefixlen"):
        pool[name] = str(pool[name])


MORE: dict[str, Callable[[Tables, Row], None]] = {
    NETWORK.name: add_to_network,
    SUBNET.name: add_to_subnet,
    PORT.name: add_to_port,
    FLOATING_IP.name: add_to_floating_ip,
    SECURITY_GROUP.name: add_to_group,
    SUBNET_POOL.name: add_to_pool,
}
