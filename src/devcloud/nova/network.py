"""The way to the network service: which networks a server joins, and the ports it joins them by."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.store import Row
from devcloud.kernel.web import Refused, Token
from devcloud.neutron.kinds import PORT
from devcloud.nova.state import HOST

OWNER = "compute:nova"


@dataclass(frozen=True)
class Nic:
    """One wish to join a network: by a port that exists, or by one to be made."""

    network_id: str
    port_id: str | None = None
    fixed_ip: str | None = None
    tag: str | None = None


class Networking:
    """The network service as nova uses it."""

    def __init__(self, cloud: DevCloud) -> None:
        self._cloud = cloud
        table = cloud.store.table
        self._networks = table("network.network")
        self._subnets = table("network.subnet")
        self._ports = table("network.port")
        self._floating_ips = table("network.floatingip")
        self._groups = table("network.security_group")

    def ports(self, server_id: str) -> list[Row]:
        """Return a server's ports as far as their addresses matter."""
        return self._ports.find("device_id", server_id)

    def present_ports(self, server_id: str) -> list[Row]:
        """Return a server's ports with the status that they have by now."""
        found: list[Row] = self._cloud.state("network").ports_of_device(server_id)
        return found

    def port(self, token: Token, port_id: str) -> Row | None:
        """Return a port of the caller's project."""
        row = self._ports.get(port_id)
        if row is None or not (token.is_admin or row["project_id"] == token.project_id):
            return None
        return row

    def network(self, token: Token, network_id: str) -> Row | None:
        """Return a network that the caller sees."""
        row = self._networks.get(network_id)
        if row is None:
            return None
        own = token.is_admin or row["project_id"] == token.project_id
        return row if own or row["shared"] or row["router:external"] else None

    def available(self, token: Token) -> list[Row]:
        """Return the networks that a server may join unasked: the project's and shared ones."""
        usable: list[Row] = self._cloud.state("network").usable_networks(token.project_id)
        return [row for row in usable if self.has_subnet(row["id"])]

    def has_subnet(self, network_id: str) -> bool:
        """Say whether a network has a subnet, without which no server can join it."""
        return self._subnets.count("network_id", network_id) > 0

    def forbidden(self, token: Token, network_id: str) -> bool:
        """Say whether only an admin's server may join the network."""
        row = self._networks.get(network_id)
        return bool(
            row is not None
            and row["router:external"]
            and not row["shared"]
            and not token.is_admin
            and row["project_id"] != token.project_id
        )

    def network_name(self, network_id: str) -> str:
        """Return a network's name."""
        row = self._networks.get(network_id)
        return "" if row is None else str(row["name"])

    def floating_ips(self, port_id: str) -> list[Row]:
        """Return the floating IPs of a port."""
        return self._floating_ips.find("port_id", port_id)

    def group(self, token: Token, name_or_id: str) -> Row | None:
        """Return a security group of the caller's project, by id or name."""
        row = self._groups.get(name_or_id)
        if row is not None and (token.is_admin or row["project_id"] == token.project_id):
            return row
        named = [
            one
            for one in self._groups.find("name", name_or_id)
            if one["project_id"] == token.project_id
        ]
        if len(named) > 1:
            raise Refused(
                409,
                f"Multiple security groups found matching '{name_or_id}'. Use an ID to be more "
                "specific.",
            )
        return named[0] if named else None

    def group_name(self, group_id: str) -> str:
        """Return a security group's name."""
        row = self._groups.get(group_id)
        return group_id if row is None else str(row["name"])

    def group_row(self, group_id: str) -> Row | None:
        """Return a security group."""
        return self._groups.get(group_id)

    def join(self, token: Token, server: Row, nic: Nic, group_ids: list[str]) -> Row:
        """Bind a port to the server, made when the wish names none."""
        state = self._cloud.state("network")
        if nic.port_id is None:
            if self.forbidden(token, nic.network_id):
                raise Refused(
                    403,
                    "It is not allowed to create an interface on external network "
                    f"{nic.network_id}",
                )
            body: dict[str, Any] = {
                "network_id": nic.network_id,
                "device_id": server["id"],
                "admin_state_up": True,
            }
            if nic.fixed_ip:
                body["fixed_ips"] = [{"ip_address": nic.fixed_ip}]
            if group_ids:
                body["security_groups"] = group_ids
            port = state.create_port(server["project_id"], body)
            server["made_ports"].append(port["id"])
            port_id = port["id"]
        else:
            port_id = nic.port_id
        state.bind_port(port_id, HOST, server["id"], OWNER)
        row: Row = state.port(port_id)
        return row

    def leave(self, server: Row, port_id: str) -> None:
        """Take a port from the server: remove it when nova made it, else free it."""
        state = self._cloud.state("network")
        if port_id in server["made_ports"]:
            server["made_ports"].remove(port_id)
            state.delete_port(port_id)
        else:
            state.unbind_port(port_id)

    def leave_all(self, server: Row) -> None:
        """Take every port from the server."""
        for port in list(self.ports(server["id"])):
            self.leave(server, port["id"])

    def regroup(self, server_id: str, change: Callable[[list[str]], list[str]]) -> None:
        """Change the security groups of all of a server's ports."""
        for port in self.ports(server_id):
            groups = change(list(port["security_groups"]))
            self._cloud.state("network").tables.change(PORT, port, {"security_groups": groups})


def wishes(
    networking: Networking, token: Token, wanted: Any, *, named: bool, minor: int
) -> list[Nic]:
    """Return what a request's `networks` asks for; `named` says whether it was given at all."""
    if wanted == "none":
        return []
    if wanted == "auto" or not named or wanted == []:
        return by_default(networking, token, auto=wanted == "auto")
    if not isinstance(wanted, list):
        raise Refused(
            400,
            "Invalid input for field/attribute networks. "
            f"Value: {wanted}. {wanted!r} is not of type 'array'",
        )
    nics: list[Nic] = []
    for one in wanted:
        nic = wish(networking, token, one, minor)
        if nic.port_id is not None and any(nic.port_id == other.port_id for other in nics):
            raise Refused(400, f"Port {nic.port_id} is still in use.")
        nics.append(nic)
    return nics


def by_default(networking: Networking, token: Token, *, auto: bool) -> list[Nic]:
    """Return the wish of a server for which no network is named."""
    found = networking.available(token)
    if len(found) > 1 and not auto:
        raise Refused(
            409, "Multiple possible networks found, use a Network ID to be more specific."
        )
    return [Nic(network_id=found[0]["id"])] if found else []


def wish(networking: Networking, token: Token, one: Any, minor: int) -> Nic:
    """Return one wish, checked."""
    known = {"uuid", "port", "fixed_ip"} | ({"tag"} if minor >= 32 else set[str]())
    if not isinstance(one, dict) or not known >= set(one):
        raise Refused(
            400,
            f"Invalid input for field/attribute 0. Value: {one}. Additional properties are not "
            "allowed",
        )
    tag = one.get("tag")
    if one.get("port"):
        port = networking.port(token, one["port"])
        if port is None:
            raise Refused(400, f"Port id {one['port']} could not be found.")
        if port["device_id"]:
            raise Refused(409, f"Port {port['id']} is still in use.")
        if not port["fixed_ips"]:
            raise Refused(400, f"Port {port['id']} requires a FixedIP in order to be used.")
        return Nic(port["network_id"], port_id=port["id"], tag=tag)
    network_id = one.get("uuid")
    if not network_id:
        raise Refused(400, "Bad networks format: network uuid is not in proper format (None)")
    if networking.network(token, network_id) is None:
        raise Refused(400, f"Network {network_id} could not be found.")
    if not networking.has_subnet(network_id):
        raise Refused(
            400,
            f"Network {network_id} requires a subnet in order to boot instances on.",
        )
    return Nic(network_id, fixed_ip=one.get("fixed_ip"), tag=tag)
