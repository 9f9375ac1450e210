"""OS::Neutron::Router."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from heat.base.problems import Problem
from heat.base.unknown import Unknown
from heat.plugin.checks import is_address
from heat.plugin.fields import Struct, attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.resource import Other, conflict
from heat.plugin.steps import Steps
from heat.resources.neutron import order
from heat.resources.neutron.common import (
    A_NETWORK,
    A_SUBNET,
    TaggedItem,
    on_agents,
    stateful,
    unlisted,
)


class ExternalAddress(Struct):
    """An address of the router on the external network."""

    ip_address: str | None = fixed("The address.", check=is_address)
    subnet: str | None = fixed("Subnet of the address.", find=A_SUBNET, wire="subnet_id")


class Gateway(Struct):
    """How a router reaches the outside."""

    network: str = mutable("External network.", find=unlisted(A_NETWORK), wire="network_id")
    enable_snat: bool | None = mutable("Whether addresses of the inside are translated.")
    external_fixed_ips: list[ExternalAddress] | None = mutable("Its addresses outside.")


@resource("OS::Neutron::Router", service="network")
class Router(TaggedItem):
    """A router between networks, and to the outside."""

    rest = stateful("routers", "router")
    blank: ClassVar = {"availability_zone_hints": []}

    external_gateway_info: Gateway | None = mutable("How it reaches the outside.", shown=True)
    admin_state_up: bool = mutable("Whether the router is up.", default=True, shown=True)
    l3_agent_id: str | None = mutable("L3 agent that serves it; older form.", sent=False)
    l3_agent_ids: list[str] | None = mutable(
        "L3 agents that serve it; for administrators.", sent=False
    )
    distributed: bool | None = fixed("Whether it runs on all hosts; for administrators.")
    ha: bool | None = fixed("Whether it is highly available; for administrators.")
    availability_zone_hints: list[str] | None = mutable("Availability zones to schedule it in.")
    tenant_id: str | None = fixed("Project that owns it; for administrators.", shown=True)

    status = attribute("State of the router.")

    def problems(self) -> Iterator[Problem]:
        """Check the kind of router against its agents."""
        yield from super().problems()
        agents = _known(self.l3_agent_ids) or ()
        if self.l3_agent_id and self.l3_agent_ids:
            yield conflict("l3_agent_id", "l3_agent_ids", at="l3_agent_id", cure="keep the list")
        if self.distributed is True and (self.l3_agent_id or agents):
            yield conflict("distributed", "l3_agent_ids", at="l3_agent_ids")
        if self.distributed is True and self.ha is True:
            yield conflict("distributed", "ha", at="ha")
        if not self.ha and len(agents) > 1:
            yield Problem(
                "Too many L3 agents",
                ("l3_agent_ids",),
                "Non HA routers can only have one L3 agent.",
                cure="name one agent, or set ha",
                code="H704",
            )

    def create(self) -> Steps[str | None]:
        """Create the router, and have the chosen agents serve it."""
        item = yield from super().create()
        if self._agents:
            yield from self._serve(str(item))
        return item

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Change the router and its agents."""
        yield from super().update(item, before, changed)
        if changed & {"l3_agent_id", "l3_agent_ids"}:
            yield from self._serve(item)

    @classmethod
    def implied(cls, me: Other, others: Iterable[Other]) -> Iterable[str]:
        """Come after the subnets of the external network: its address is of one of them."""
        gateway = getattr(me.values, "external_gateway_info", None)
        return order.subnets_on(getattr(gateway, "network", None), others)

    @property
    def _agents(self) -> list[str]:
        return [self.l3_agent_id] if self.l3_agent_id else self.l3_agent_ids or []

    def _serve(self, item: str) -> Steps[None]:
        agents = f"{self.rest.item(item)}/l3-agents"
        yield from on_agents(item, self._agents, hosts="l3-routers", agents=agents, key="router_id")


def _known(value: Any) -> Any:
    return None if isinstance(value, Unknown) else value
