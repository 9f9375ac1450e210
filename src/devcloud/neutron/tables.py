"""The tables of the network service: who sees which object, who may change it, and its stamps."""

import ipaddress
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.progress import settled
from devcloud.kernel.store import Row, Table
from devcloud.kernel.web import Refused, Token
from devcloud.neutron import refusals
from devcloud.neutron.kinds import (
    FLOATING_IP,
    KINDS,
    NETWORK,
    PORT,
    ROUTER,
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
    SUBNET,
    SUBNET_POOL,
    Kind,
)

INTERFACE = "network:router_interface"
GATEWAY = "network:router_gateway"
FLOATING = "network:floatingip"
DHCP = "network:dhcp"
SHARING = {"subnetpool", "address_scope", "policy"}
"""Kinds that are seen by everybody when they are shared."""
WRITERS = frozenset({"admin", "manager", "member", "service"})
READERS = WRITERS | {"reader"}


@dataclass(frozen=True)
class Caller:
    """Who asks: the project, and what its roles allow."""

    project_id: str
    admin: bool = False
    service: bool = False
    reads: bool = True
    writes: bool = True

    @classmethod
    def of(cls, token: Token) -> "Caller":
        """Return the caller behind a token."""
        return cls(
            project_id=token.project_id or "",
            admin=token.is_admin,
            service="service" in token.roles,
            reads=bool(READERS & token.roles),
            writes=bool(WRITERS & token.roles),
        )


class Tables:
    """The objects of the network service."""

    def __init__(self, cloud: DevCloud) -> None:
        self.cloud = cloud
        self._tables = {kind.name: cloud.store.table(f"network.{kind.name}") for kind in KINDS}
        self.networks = self.of(NETWORK)
        self.subnets = self.of(SUBNET)
        self.ports = self.of(PORT)
        self.routers = self.of(ROUTER)
        self.floating_ips = self.of(FLOATING_IP)
        self.groups = self.of(SECURITY_GROUP)
        self.rules = self.of(SECURITY_GROUP_RULE)
        self.pools = self.of(SUBNET_POOL)
        self.quotas = cloud.store.table("network.quota")
        self.ports.index("address", address_keys)
        self.ports.index("subnet", subnet_keys)
        self.ports.index("ip", ip_keys)
        self.ports.index("interface", interface_keys)
        self.ports.index("_router", router_keys)
        self.ports.index("mac", mac_keys)
        self.groups.index("default", default_keys)
        self.networks.index("public", public_keys)

    def of(self, kind: Kind) -> Table:
        """Return the table of a kind."""
        return self._tables[kind.name]

    def stamp(self) -> str:
        """Return the present moment as the API writes it."""
        return self.cloud.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def new(self, kind: Kind, project_id: str, fields: Row) -> Row:
        """Make and keep an object."""
        now = self.stamp()
        row: Row = {"id": self.cloud.new_id(), **fields, "project_id": project_id}
        row.pop("tenant_id", None)
        if "tags" in kind.fields:
            row["tags"] = []
        if "created_at" in kind.fields:
            row |= {"created_at": now, "updated_at": now, "revision_number": kind.first_revision}
        return self.of(kind).put(row)

    def change(self, kind: Kind, row: Row, fields: Row | None = None) -> Row:
        """Change an object: its revision rises."""
        row.update(fields or {})
        if "revision_number" in row:
            row["revision_number"] += 1
            row["updated_at"] = self.stamp()
        return self.of(kind).put(row)

    def get(self, kind: Kind, row_id: str | None) -> Row | None:
        """Return an object as it is now."""
        table = self.of(kind)
        return settled(table, table.get(row_id), self.cloud.now())

    def find(self, kind: Kind, row_id: str) -> Row:
        """Return an object, whoever owns it."""
        row = self.get(kind, row_id)
        if row is None:
            raise missing(kind, row_id)
        return row

    def seen(self, kind: Kind, caller: Caller, row_id: str) -> Row:
        """Return an object that the caller sees."""
        row = self.get(kind, row_id)
        if row is None or not self.sees(kind, caller, row):
            raise missing(kind, row_id)
        return row

    def owned(self, kind: Kind, caller: Caller, row_id: str, rule: str) -> Row:
        """Return an object that the caller may change."""
        row = self.seen(kind, caller, row_id)
        if caller.admin or (caller.writes and self.owns(kind, caller, row)):
            return row
        raise refusals.denied(rule)

    def sees(self, kind: Kind, caller: Caller, row: Row) -> bool:
        """Say whether the caller sees an object."""
        if caller.admin:
            return True
        if not caller.reads:
            return False
        if row["project_id"] == caller.project_id:
            return True
        if kind is NETWORK:
            return bool(row["shared"] or row["router:external"])
        if kind is SUBNET:
            network = self.networks.get(row["network_id"])
            return network is not None and self.sees(NETWORK, caller, network)
        if kind is PORT:
            return self.owns_network(caller, row["network_id"])
        return kind.name in SHARING and bool(row.get("shared"))

    def owns(self, kind: Kind, caller: Caller, row: Row) -> bool:
        """Say whether an object belongs to the caller, or lies on its network."""
        if caller.admin or row["project_id"] == caller.project_id:
            return True
        return kind in (SUBNET, PORT) and self.owns_network(caller, row["network_id"])

    def owns_network(self, caller: Caller, network_id: str) -> bool:
        """Say whether the network belongs to the caller."""
        network = self.networks.get(network_id)
        return caller.admin or (network is not None and network["project_id"] == caller.project_id)

    def visible(self, kind: Kind, caller: Caller, among: Iterable[Row]) -> list[Row]:
        """Return those that the caller sees, as they are now."""
        now = self.cloud.now()
        table = self.of(kind)
        rows: list[Row] = []
        for row in among:
            present = row if "_until" not in row else settled(table, row, now)
            if present is not None and self.sees(kind, caller, present):
                rows.append(present)
        return rows

    def interfaces(self, router_id: str) -> list[Row]:
        """Return the ports by which a router is attached to networks inside."""
        return self.ports.find("_router", router_id)

    def gateway_port(self, router_id: str) -> Row | None:
        """Return the port by which a router is attached to the outside."""
        ports = self.ports.find("device_id", router_id)
        return next((port for port in ports if port["device_owner"] == GATEWAY), None)

    def subnets_of(self, network_id: str) -> list[Row]:
        """Return the subnets of a network."""
        return self.subnets.find("network_id", network_id)


def missing(kind: Kind, row_id: Any) -> Refused:
    """Return the refusal of an id that nothing has."""
    type_, text = kind.missing
    return refusals.refused(404, type_, text.format(row_id))


def network_of(subnet: Row) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Return a subnet's range."""
    return ipaddress.ip_network(subnet["cidr"])


def address_keys(port: Row) -> list[Hashable]:
    """File a port under each of its addresses."""
    return [(ip["subnet_id"], ip["ip_address"]) for ip in port["fixed_ips"]]


def ip_keys(port: Row) -> list[Hashable]:
    """File a port under each of its addresses, whatever the subnet."""
    return [ip["ip_address"] for ip in port["fixed_ips"]]


def subnet_keys(port: Row) -> list[Hashable]:
    """File a port under each of its subnets."""
    return list({ip["subnet_id"]: None for ip in port["fixed_ips"]})


def interface_keys(port: Row) -> list[Hashable]:
    """File a router's port under each of its subnets."""
    return subnet_keys(port) if "_router" in port else []


def router_keys(port: Row) -> list[Hashable]:
    """File a port under the router that it attaches.

    Clients may write anything into `device_id`; what a router is attached to stays the same.
    """
    return [port["_router"]] if "_router" in port else []


def mac_keys(port: Row) -> list[Hashable]:
    """File a port under its MAC address, which is unique on a network."""
    return [(port["network_id"], port["mac_address"])]


def default_keys(group: Row) -> list[Hashable]:
    """File a project's default security group under the project."""
    return [group["project_id"]] if group["name"] == "default" else []


def public_keys(network: Row) -> list[Hashable]:
    """File networks that everybody sees together."""
    return [True] if network["shared"] or network["router:external"] else []
