"""OS::Neutron::FloatingIP and OS::Neutron::FloatingIPAssociation."""

from collections.abc import Iterable, Iterator
from typing import Any

from heat.base.errors import Permanent
from heat.base.json import Body, Json
from heat.base.problems import Problem
from heat.plugin.checks import is_address, is_dns_domain, is_relative_dns_name
from heat.plugin.fields import attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.resource import Other, Resource
from heat.plugin.steps import NETWORK, Steps
from heat.resources.neutron import order
from heat.resources.neutron.common import A_NETWORK, A_PORT, A_SUBNET, NeutronItem, collection

PLACE = frozenset({"port_id", "fixed_ip_address"})


@resource("OS::Neutron::FloatingIP", service="network")
class FloatingIP(NeutronItem):
    """An address on an external network that leads to a port inside."""

    rest = collection("floatingips", "floatingip")

    floating_network: str = fixed(
        "External network.",
        find=A_NETWORK,
        wire="floating_network_id",
        was="floating_network_id",
    )
    floating_subnet: str | None = fixed("Subnet of it.", find=A_SUBNET, wire="subnet_id")
    value_specs: dict[str, Any] = fixed(
        "Further parameters for the request, as Neutron spells them.", default={}, sent=False
    )
    port_id: str | None = mutable(
        "Port it leads to.", find=A_PORT, shown=attribute("", cached=False)
    )
    fixed_ip_address: str | None = mutable(
        "Address of the port it leads to, where there are several.",
        check=is_address,
        shown=attribute("", cached=False),
    )
    floating_ip_address: str | None = fixed("The address itself.", check=is_address, shown=True)
    dns_name: str | None = mutable(
        "DNS name of the address, given at creation.", check=is_relative_dns_name
    )
    dns_domain: str | None = mutable(
        "DNS domain of the address, given at creation.", check=is_dns_domain
    )

    router_id = attribute("Router that carries it.")
    tenant_id = attribute("Project that owns it.")
    floating_network_id = attribute("Id of its network.")

    def problems(self) -> Iterator[Problem]:
        """Refuse an inner address without a port."""
        yield from super().problems()
        if self.fixed_ip_address is not None and self.port_id is None:
            yield Problem(
                "Property fixed_ip_address needs port_id",
                ("fixed_ip_address",),
                cure="say which port has the address",
                code="H705",
                kind="ResourcePropertyDependency",
            )

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Lead it somewhere else; its DNS name can't be changed in Neutron."""
        if changed & PLACE:
            yield _lead(item, self.port_id, self.fixed_ip_address)

    @classmethod
    def implied(cls, me: Other, others: Iterable[Other]) -> Iterable[str]:
        """Come after the routers that join the external network and the port's."""
        there = list(others)
        yield from order.gateways_to(getattr(me.values, "floating_network", None), there)
        yield from order.interfaces_to(getattr(me.values, "port_id", None), there)


@resource("OS::Neutron::FloatingIPAssociation", service="network")
class FloatingIPAssociation(Resource):
    """Leads a floating IP that is there already to a port."""

    replacement = "delete-first"

    floatingip_id: str = mutable("Id of the floating IP.")
    port_id: str = mutable("Port it leads to.", find=A_PORT)
    fixed_ip_address: str | None = mutable(
        "Address of the port it leads to, where there are several.", check=is_address
    )

    def create(self) -> Steps[str | None]:
        """Lead the floating IP to the port."""
        yield _lead(self.floatingip_id, self.port_id, self.fixed_ip_address)
        return self.__here__.resource_id or self.physical_name

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Let go of the old floating IP where it is another one, and lead the new one."""
        if "floatingip_id" in changed:
            yield from before.delete(item)
        if changed:
            yield _lead(self.floatingip_id, self.port_id, self.fixed_ip_address)

    def delete(self, item: str) -> Steps[None]:
        """Let go of the floating IP, if it still leads to this port."""
        live = yield NETWORK.get(f"/v2.0/floatingips/{self.floatingip_id}", missing_ok=True)
        if (live.get("floatingip") or {}).get("port_id") == self.port_id:
            try:
                yield _lead(self.floatingip_id, None, None)
            except Permanent as refusal:
                if refusal.status != 404:
                    raise

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Show the floating IP."""
        live = yield NETWORK.get(f"/v2.0/floatingips/{self.floatingip_id}")
        return {name: live["floatingip"] if name == "show" else None for name in names}

    @classmethod
    def implied(cls, me: Other, others: Iterable[Other]) -> Iterable[str]:
        """Come after the routers that lead to the port."""
        return order.interfaces_to(getattr(me.values, "port_id", None), others)


def _lead(item: str, port: str | None, address: str | None) -> Any:
    body: Body = {"port_id": port}
    if port and address:
        body["fixed_ip_address"] = address
    return NETWORK.put(f"/v2.0/floatingips/{item}", {"floatingip": body})
