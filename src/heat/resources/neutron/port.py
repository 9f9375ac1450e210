"""OS::Neutron::Port."""

from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from heat.base.json import Body, Json
from heat.base.problems import Problem
from heat.plugin.checks import is_address, is_address_or_block, is_dns_name, is_mac, one_of
from heat.plugin.fields import Difference, Struct, attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.resource import Other, conflict
from heat.plugin.steps import NETWORK, Find, Reply, Steps
from heat.resources.neutron import order
from heat.resources.neutron.common import (
    A_NETWORK,
    A_QOS_POLICY,
    A_SECURITY_GROUP,
    A_SUBNET,
    LEAVE,
    TaggedItem,
    stateful,
    unlisted,
)

VNIC_TYPE = one_of(
    "normal", "direct", "macvtap", "direct-physical", "baremetal", "virtio-forwarder", "smart-nic"
)


class FixedIp(Struct):
    """An address of a port, or a subnet to take one from."""

    subnet: str | None = fixed(
        "Subnet of the address.", find=A_SUBNET, wire="subnet_id", was="subnet_id"
    )
    ip_address: str | None = fixed("The address.", check=is_address)


class AddressPair(Struct):
    """An address that the port may send from besides its own."""

    mac_address: str | None = fixed("MAC address; the port's own when left out.", check=is_mac)
    ip_address: str = fixed("IP address or block.", check=is_address_or_block)


@resource("OS::Neutron::Port", service="network")
class Port(TaggedItem):
    """A place on a network where a server or a service plugs in."""

    rest = stateful("ports", "port")
    blank: ClassVar = {
        "fixed_ips": LEAVE,  # Neutron's choice is what the port has already
        "allowed_address_pairs": [],
        "port_security_enabled": True,
        "propagate_uplink_status": LEAVE,
        "dns_name": "",
    }

    network: str = fixed(
        "Network it is on.",
        find=A_NETWORK,
        wire="network_id",
        was="network_id",
        shown=attribute("The network it is on, as Neutron shows it.", type="Map"),
    )
    device_id: str = mutable("Id of what plugs in.", default="", shown=True)
    device_owner: str = mutable("Kind of what plugs in.", default="", shown=True)
    fixed_ips: list[FixedIp] | None = mutable("Its addresses.", shown=True)
    no_fixed_ips: bool = mutable("Whether it has no address at all.", default=False, sent=False)
    security_groups: list[str] | None = mutable(
        "Security groups of the port; the project's default one when left out.",
        find=unlisted(A_SECURITY_GROUP),
        shown=True,
        early=True,  # nothing comes in until the rules are there, and servers wait for them
    )
    replacement_policy: str = mutable(
        "Whether every update replaces the port.",
        default="AUTO",
        check=one_of("REPLACE_ALWAYS", "AUTO"),
        sent=False,
    )
    dns_name: str | None = mutable("DNS name of the port.", check=is_dns_name)
    admin_state_up: bool = mutable("Whether the port is up.", default=True, shown=True)
    mac_address: str | None = fixed("MAC address.", check=is_mac, shown=True)
    allowed_address_pairs: list[AddressPair] | None = mutable(
        "Addresses it may send from besides its own.", shown=True
    )
    vnic_type: str = mutable(
        "Kind of virtual interface.", named="binding:vnic_type", default="normal", check=VNIC_TYPE
    )
    port_security_enabled: bool | None = mutable(
        "Whether addresses and security groups are enforced.", shown=attribute("", type="Boolean")
    )
    qos_policy: str | None = mutable(
        "QoS policy of the port.", find=A_QOS_POLICY, wire="qos_policy_id"
    )
    propagate_uplink_status: bool | None = mutable(
        "Whether it shows the state of its uplink.", shown=attribute("", type="Boolean")
    )

    subnets = attribute("The subnets of its addresses, as Neutron shows them.", type="List")
    network_id = attribute("Id of its network.")
    status = attribute("State of the port.")
    tenant_id = attribute("Project that owns it.")
    qos_policy_id = attribute("Id of its QoS policy.")
    dns_assignment = attribute("The DNS names given to its addresses.", type="Map")

    def problems(self) -> Iterator[Problem]:
        """Refuse addresses together with no addresses."""
        yield from super().problems()
        if self.no_fixed_ips is True and self.fixed_ips:
            yield conflict("fixed_ips", "no_fixed_ips", at="no_fixed_ips")

    def body(self, names: Iterable[str]) -> Body:
        """Say that there are to be no addresses."""
        wanted = set(names)
        body = super().body(wanted)
        if "no_fixed_ips" in wanted and self.no_fixed_ips:
            body["fixed_ips"] = []
        return body

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Change the port; without groups of its own it is in the project's default one."""
        wanted = self
        if "security_groups" in changed and self.security_groups is None:
            groups: list[str] = []
            if self.port_security_enabled is not False:
                groups = [(yield Find(A_SECURITY_GROUP, "default"))["id"]]
            wanted = self.but(security_groups=groups)
        yield from super(Port, wanted).update(item, before, changed)

    def changed_outside(self) -> bool:
        """Look at the port in every update where the policy is to replace it."""
        return self.replacement_policy == "REPLACE_ALWAYS"

    def must_replace(self, before: Any, changes: Iterable[Difference]) -> str | None:
        """Replace in every update where the policy says so."""
        return "replacement_policy is REPLACE_ALWAYS" if self.changed_outside() else None

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Fetch the network and the subnets too, where they are asked for."""
        live = yield from self.read(item)
        found: dict[str, Json] = {
            name: dict(live) if name == "show" else self.shown(name, live) for name in names
        }
        if "network" in names:
            reply = yield NETWORK.get(f"/v2.0/networks/{live['network_id']}")
            found["network"] = reply["network"]
        if "subnets" in names:
            found["subnets"] = yield from _subnets(live)
        return found

    @classmethod
    def implied(cls, me: Other, others: Iterable[Other]) -> Iterable[str]:
        """Come after all subnets of the network: the port may get an address of any."""
        return order.subnets_on(getattr(me.values, "network", None), others)


def _subnets(live: Reply) -> Steps[list[Json]]:
    found: list[Json] = []
    for address in live.get("fixed_ips") or ():
        reply = yield NETWORK.get(f"/v2.0/subnets/{address['subnet_id']}")
        found.append(reply["subnet"])
    return found
