"""The network service as plain calls: for its API, and for other services of the cloud."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.faults import Fault
from devcloud.kernel.store import Row
from devcloud.neutron import (
    floating,
    networks,
    ports,
    refusals,
    routers,
    security,
    simple,
    subnetpools,
    subnets,
)
from devcloud.neutron.kinds import (
    ADDRESS_GROUP,
    ADDRESS_SCOPE,
    FLOATING_IP,
    NETWORK,
    PORT,
    QOS_POLICY,
    ROUTER,
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
    SUBNET,
    SUBNET_POOL,
    Kind,
    accept,
)
from devcloud.neutron.tables import Caller, Tables


@dataclass(frozen=True)
class Verbs:
    """How objects of a kind are made, changed and removed."""

    make: Callable[[Tables, Caller, Row, str], Row]
    alter: Callable[[Tables, Caller, Row, Row], Row]
    remove: Callable[[Tables, Caller, Row], None]


VERBS: Mapping[str, Verbs] = {
    NETWORK.name: Verbs(networks.make_network, networks.alter_network, networks.remove_network),
    SUBNET.name: Verbs(subnets.make_subnet, subnets.alter_subnet, subnets.remove_subnet),
    PORT.name: Verbs(ports.make_port, ports.alter_port, ports.remove_port),
    ROUTER.name: Verbs(routers.make_router, routers.alter_router, routers.remove_router),
    FLOATING_IP.name: Verbs(
        floating.make_floating_ip, floating.alter_floating_ip, floating.remove_floating_ip
    ),
    SECURITY_GROUP.name: Verbs(security.make_group, security.alter_group, security.remove_group),
    SECURITY_GROUP_RULE.name: Verbs(security.make_rule, security.alter_rule, security.remove_rule),
    SUBNET_POOL.name: Verbs(subnetpools.make_pool, subnetpools.alter_pool, subnetpools.remove_pool),
    ADDRESS_SCOPE.name: Verbs(simple.make_scope, simple.alter_scope, simple.remove_scope),
    ADDRESS_GROUP.name: Verbs(
        simple.make_address_group, simple.alter_address_group, simple.remove_address_group
    ),
    QOS_POLICY.name: Verbs(simple.make_policy, simple.alter_policy, simple.remove_policy),
}


class NetworkState:
    """Everything that networks consist of."""

    def __init__(self, cloud: DevCloud) -> None:
        self.tables = Tables(cloud)

    def create(
        self, kind: Kind, caller: Caller, wanted: Mapping[str, Any], fault: Fault | None = None
    ) -> Row:
        """Make an object out of what a request gives."""
        if not caller.writes and not caller.admin:
            raise refusals.denied(f"create_{kind.name}")
        fields = accept(kind, wanted, new=True)
        project_id = owner_of(caller, fields)
        self._permit(kind, caller, "create", wanted, fields)
        row = VERBS[kind.name].make(self.tables, caller, fields, project_id)
        if fault is not None and "status" in row:
            afflict(row, fault)
        return row

    def update(self, kind: Kind, caller: Caller, row_id: str, wanted: Mapping[str, Any]) -> Row:
        """Change an object as a request says."""
        rule = f"update_{kind.name}"
        row = self.tables.owned(kind, caller, row_id, rule)
        fields = accept(kind, wanted, new=False)
        self._permit(kind, caller, "update", wanted, {})
        return VERBS[kind.name].alter(self.tables, caller, row, fields)

    def delete(self, kind: Kind, caller: Caller, row_id: str) -> None:
        """Remove an object."""
        row = self.tables.owned(kind, caller, row_id, f"delete_{kind.name}")
        VERBS[kind.name].remove(self.tables, caller, row)

    def create_port(self, project_id: str, body: Mapping[str, Any]) -> Row:
        """Make a port for a project, with the rights of one of its members."""
        return self.create(PORT, Caller(project_id, service=True), body.get("port", body))

    def bind_port(
        self, port_id: str, host: str, device_id: str | None = None, owner: str | None = None
    ) -> Row:
        """Bind a port to a host, and give it to a device."""
        port = self.tables.find(PORT, port_id)
        if device_id is not None:
            port["device_id"] = device_id
        if owner is not None:
            port["device_owner"] = owner
        return ports.bind(self.tables, port, host)

    def unbind_port(self, port_id: str) -> Row | None:
        """Take a port off its host and its device; None when it is gone already."""
        port = self.tables.get(PORT, port_id)
        if port is None:
            return None
        port |= {"device_id": "", "device_owner": ""}
        return ports.unbind(self.tables, port)

    def delete_port(self, port_id: str) -> None:
        """Remove a port; it does not matter when it is gone already."""
        port = self.tables.get(PORT, port_id)
        if port is not None:
            ports.drop(self.tables, port)

    def port(self, port_id: str) -> Row | None:
        """Return a port as it is now."""
        return self.tables.get(PORT, port_id)

    def ports_of_device(self, device_id: str) -> list[Row]:
        """Return the ports of a server or a router, as they are now."""
        found = self.tables.ports.find("device_id", device_id)
        return self.tables.visible(PORT, Caller("", admin=True), found)

    def visible_network(self, project_id: str, network_id: str) -> Row:
        """Return a network that a project sees; refused with 404 otherwise."""
        return self.tables.seen(NETWORK, Caller(project_id), network_id)

    def usable_networks(self, project_id: str) -> list[Row]:
        """Return the networks on which a project may have servers: its own and shared ones."""
        table = self.tables.networks
        own = table.find("project_id", project_id)
        shared = [row for row in table.find("public", True) if row["shared"]]
        return list({row["id"]: row for row in [*own, *shared]}.values())

    def network(self, network_id: str) -> Row | None:
        """Return a network."""
        return self.tables.get(NETWORK, network_id)

    def security_groups(self, project_id: str, name_or_id: str) -> list[Row]:
        """Return a project's security groups of this id or name; `default` always exists."""
        if name_or_id == "default":
            return [security.default_group(self.tables, project_id)]
        found = self.tables.groups.get(name_or_id)
        if found is not None:
            return [found] if found["project_id"] == project_id else []
        named = self.tables.groups.find("name", name_or_id)
        return [group for group in named if group["project_id"] == project_id]

    def _permit(
        self,
        kind: Kind,
        caller: Caller,
        verb: str,
        wanted: Mapping[str, Any],
        fields: Mapping[str, Any],
    ) -> None:
        if caller.admin:
            return
        rule = f"{verb}_{kind.name}"
        names = [
            name
            for name in wanted
            if kind.fields[name].admin
            and not (caller.service and name.startswith("binding:"))
            and (name not in fields or fields[name] != kind.fields[name].default)
        ]
        if names:
            raise refusals.denied(rule, *(f"rule:{rule}:{name}" for name in names))


def owner_of(caller: Caller, fields: Row) -> str:
    """Return the project that a new object is for."""
    wanted = fields.pop("tenant_id", None)
    wanted = fields.pop("project_id", None) or wanted or caller.project_id
    if wanted != caller.project_id and not caller.admin:
        raise refusals.malformed(
            "Specifying 'project_id' other than the authenticated project in request is not "
            "allowed for the current user."
        )
    return str(wanted)


def afflict(row: Row, fault: Fault) -> None:
    """Let a new object fail, or never get ready."""
    status = {"goto_error": "ERROR", "stay_build": "BUILD"}.get(fault.action)
    if status is not None:
        for key in ("_until", "_then"):
            row.pop(key, None)
        row |= {"status": status, "_stuck": True}
