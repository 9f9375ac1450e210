"""The interfaces that a template asks for: their shape, and what the clouds are told of them."""

from collections.abc import Iterator, Sequence
from typing import Any

from heat.base.json import Body
from heat.base.problems import Problem
from heat.base.unknown import Unknown
from heat.plugin.checks import is_address, is_address_or_block, is_mac, one_of
from heat.plugin.fields import Struct, fixed, mutable
from heat.plugin.resource import conflict
from heat.plugin.rest import to_wire
from heat.resources.neutron.common import A_NETWORK, A_PORT, A_QOS_POLICY, A_SUBNET, unlisted

VNIC_TYPES = one_of(
    "normal", "direct", "macvtap", "direct-physical", "baremetal", "virtio-forwarder", "smart-nic"
)


class AddressPair(Struct):
    """A further address that a port may use."""

    mac_address: str | None = fixed("MAC address.", check=is_mac)
    ip_address: str = fixed("IP address or block.", check=is_address_or_block)


class PortExtra(Struct):
    """What the port of an interface has besides its addresses."""

    value_specs: dict[str, Any] = mutable(
        "Further parameters for the port, as Neutron spells them.", default={}, sent=False
    )
    admin_state_up: bool = mutable("Whether the port is up.", default=True)
    mac_address: str | None = fixed("MAC address.", check=is_mac)
    allowed_address_pairs: list[AddressPair] | None = mutable(
        "Further addresses that the port may use."
    )
    vnic_type: str = mutable(
        "Kind of interface to bind.",
        default="normal",
        check=VNIC_TYPES,
        named="binding:vnic_type",
    )
    port_security_enabled: bool | None = mutable("Whether the port is protected.")
    qos_policy: str | None = mutable(
        "QoS policy of the port.", find=A_QOS_POLICY, wire="qos_policy_id"
    )
    propagate_uplink_status: bool | None = mutable("Whether it follows its uplink's status.")
    no_fixed_ips: bool = mutable("Whether it has no address.", default=False, sent=False)

    def body(self) -> Body:
        """Return it as Neutron takes it."""
        return to_wire(self, self.__properties__) | self.value_specs


class Nic(Struct):
    """An interface: on a network or subnet, or a port."""

    network: str | None = fixed("Network to be on.", find=A_NETWORK, was="uuid")
    allocate_network: str | None = mutable(
        "No network at all, or one that Nova chooses.", check=one_of("none", "auto")
    )
    fixed_ip: str | None = fixed("Address to have.", check=is_address)
    port: str | None = fixed("Port to use.", find=A_PORT)
    port_extra_properties: PortExtra | None = mutable("More about the port that is made.")
    subnet: str | None = fixed("Subnet to have an address of.", find=unlisted(A_SUBNET))
    floating_ip: str | None = fixed("Id of a floating IP that leads here.")
    tag: str | None = fixed("Name of the device in the server's metadata.")

    def problems(self) -> Iterator[Problem]:
        """Want a place to be on, and nothing that contradicts it."""
        places = (self.network, self.port, self.allocate_network, self.subnet)
        if all(place is None for place in places):
            yield Problem(
                "Interface without a network",
                (),
                "One of the properties network, port, allocate_network or subnet should be set "
                "for the specified network of server.",
                cure="say which network, subnet or port",
                code="H702",
            )
        if self.port is not None and self.fixed_ip is not None:
            yield conflict(
                "fixed_ip", "port", at="fixed_ip", cure="the address belongs to the port"
            )
        if self.port is not None and self.network is not None:
            yield conflict("network", "port", at="network", cure="the port is on its network")
        if self.allocate_network is not None and any(
            value is not None for value in (self.network, self.port, self.subnet, self.fixed_ip)
        ):
            yield conflict("allocate_network", "network", "port", "subnet", at="allocate_network")

    @property
    def has_own_port(self) -> bool:
        """Whether Heat makes the port, because Nova can't make such a one."""
        return self.port is None and (
            self.subnet is not None or self.port_extra_properties is not None
        )

    @property
    def place(self) -> "Nic":
        """The interface without what can be changed while it is plugged in."""
        extra = self.port_extra_properties
        if extra is not None:
            extra = PortExtra(mac_address=extra.mac_address)
        return self.but(floating_ip=None, port_extra_properties=extra)


def problems(nics: Sequence[Any] | None, groups: Any) -> Iterator[Problem]:
    """Check the interfaces with each other and with the server's security groups."""
    known = [nic for nic in nics or () if isinstance(nic, Nic)]
    if len(nics or ()) > 1 and any(nic.allocate_network is not None for nic in known):
        yield Problem(
            "Too many networks",
            ("networks",),
            'Can not use "allocate_network" with multiple networks.',
            cure="keep allocate_network alone",
            code="H705",
        )
    if groups and not isinstance(groups, Unknown) and any(nic.port is not None for nic in known):
        yield conflict(
            "security_groups",
            "networks/port",
            at="security_groups",
            cure="give the security groups to the port",
        )


def wanted(nics: Sequence[Nic] | None, ports: Sequence[str | None]) -> str | list[Body]:
    """Return the networks of a new server; ``ports`` are those made for it, in order."""
    if not nics:
        return "auto"
    for nic in nics:
        if nic.allocate_network is not None:
            return nic.allocate_network
    return [_wanted(nic, port) for nic, port in zip(nics, ports, strict=True)]


def _wanted(nic: Nic, made: str | None) -> Body:
    body: Body = {}
    port = nic.port or made
    if port is not None:
        body["port"] = port
    else:
        body["uuid"] = nic.network
        if nic.fixed_ip is not None:
            body["fixed_ip"] = nic.fixed_ip
    if nic.tag is not None:
        body["tag"] = nic.tag
    return body
