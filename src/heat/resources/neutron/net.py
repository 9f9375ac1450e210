"""OS::Neutron::Net."""

from typing import Any, ClassVar

from heat.base.json import Json
from heat.plugin.checks import is_dns_domain
from heat.plugin.fields import attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.steps import NETWORK, Steps
from heat.resources.neutron.common import A_QOS_POLICY, TaggedItem, on_agents, stateful


@resource("OS::Neutron::Net", service="network")
class Net(TaggedItem):
    """A network: ports on it reach each other on layer 2."""

    rest = stateful("networks", "network")
    blank: ClassVar = {"port_security_enabled": True, "dns_domain": ""}

    admin_state_up: bool = mutable("Whether the network is up.", default=True, shown=True)
    tenant_id: str | None = fixed("Project that owns it; for administrators.", shown=True)
    shared: bool = mutable("Whether all projects may use it; for administrators.", default=False)
    dhcp_agent_ids: list[str] | None = mutable(
        "DHCP agents that serve it; for administrators.", sent=False
    )
    port_security_enabled: bool | None = mutable(
        "Whether ports are protected by default.", shown=attribute("", type="Boolean")
    )
    qos_policy: str | None = mutable(
        "QoS policy of the network.", find=A_QOS_POLICY, wire="qos_policy_id"
    )
    dns_domain: str | None = mutable("DNS domain of its ports.", check=is_dns_domain)
    availability_zone_hints: list[str] | None = fixed("Availability zones to schedule it in.")

    status = attribute("State of the network.")
    subnets = attribute("Ids of its subnets.", type="List")
    mtu = attribute("Largest packet it carries, in bytes.", type="Integer")
    qos_policy_id = attribute("Id of its QoS policy.")
    l2_adjacency = attribute("Whether it is one layer 2 domain throughout.", type="Boolean")
    segments = attribute("Its segments.", type="List")

    def create(self) -> Steps[str | None]:
        """Create the network, and have the chosen agents serve it."""
        item = yield from super().create()
        if self.dhcp_agent_ids:
            yield from self._serve(str(item))
        return item

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Change the network and its agents."""
        yield from super().update(item, before, changed)
        if "dhcp_agent_ids" in changed:
            yield from self._serve(item)

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Ask for the segments too, which are a collection of their own."""
        found = yield from super().reveal(item, names)
        if "segments" in names:
            query = {"network_id": item}
            reply = yield NETWORK.get("/v2.0/segments", query, missing_ok=True)
            found["segments"] = reply.get("segments")  # none where Neutron has no segments
        return found

    def _serve(self, item: str) -> Steps[None]:
        agents = f"{self.rest.item(item)}/dhcp-agents"
        wanted = self.dhcp_agent_ids or ()
        yield from on_agents(item, wanted, hosts="dhcp-networks", agents=agents, key="network_id")
