"""OS::Neutron::Subnet."""

from collections.abc import Iterable, Iterator
from ipaddress import ip_address, ip_network
from typing import Any, ClassVar

from heat.base.json import Body
from heat.base.problems import Problem
from heat.plugin.checks import at_least, is_address, is_cidr, one_of
from heat.plugin.fields import Struct, attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.resource import conflict
from heat.plugin.steps import Steps
from heat.resources.neutron.common import (
    A_NETWORK,
    A_SEGMENT,
    A_SUBNET_POOL,
    TaggedItem,
    collection,
)

IPV6_MODE = one_of("dhcpv6-stateful", "dhcpv6-stateless", "slaac")
NO_GATEWAY = ("", "~")


class Pool(Struct):
    """A range of addresses to give out."""

    start: str = fixed("First address.", check=is_address)
    end: str = fixed("Last address.", check=is_address)


class Route(Struct):
    """A route given to hosts."""

    destination: str = fixed("Address block it leads to.", check=is_cidr)
    nexthop: str = fixed("Address to send to.", check=is_address)


@resource("OS::Neutron::Subnet", service="network")
class Subnet(TaggedItem):
    """A block of IP addresses on a network, given as a CIDR or cut from a subnet pool."""

    rest = collection("subnets", "subnet")
    blank: ClassVar = {"host_routes": []}

    network: str = fixed("Network it is on.", find=A_NETWORK, wire="network_id", was="network_id")
    subnetpool: str | None = fixed(
        "Subnet pool to cut it from.", find=A_SUBNET_POOL, wire="subnetpool_id"
    )
    prefixlen: int | None = fixed("Prefix length to cut from the pool.", check=at_least(0))
    cidr: str | None = fixed("Address block.", check=is_cidr, shown=True)
    ip_version: int = fixed("IP version, 4 or 6.", default=4, check=one_of(4, 6), shown=True)
    dns_nameservers: list[str] = mutable("DNS servers given to hosts.", default=[], shown=True)
    gateway_ip: str | None = mutable(
        "Address of the gateway; an empty one means none, left out means Neutron's choice.",
        shown=True,
    )
    enable_dhcp: bool = mutable("Whether hosts get addresses by DHCP.", default=True, shown=True)
    allocation_pools: list[Pool] | None = mutable("Ranges of addresses to give out.", shown=True)
    tenant_id: str | None = fixed("Project that owns it; for administrators.", shown=True)
    host_routes: list[Route] | None = mutable("Routes given to hosts.", shown=True)
    ipv6_ra_mode: str | None = fixed("How routers advertise it.", check=IPV6_MODE)
    ipv6_address_mode: str | None = fixed("How hosts get IPv6 addresses.", check=IPV6_MODE)
    segment: str | None = mutable("Segment it is on.", find=A_SEGMENT, wire="segment_id")

    network_id = attribute("Id of its network.")

    def problems(self) -> Iterator[Problem]:
        """Check the properties against each other."""
        yield from super().problems()
        if self.subnetpool is not None:
            if self.cidr is not None:
                yield conflict("subnetpool", "cidr", at="cidr")
        elif self.cidr is None:
            yield Problem(
                "At least one of the following properties must be specified: cidr, subnetpool",
                ("cidr",),
                cure="give an address block, or the pool to cut it from",
                code="H702",
                kind="PropertyUnspecifiedError",
            )
        elif self.prefixlen is not None:
            yield conflict(
                "prefixlen", "cidr", at="prefixlen", cure="the block has a length already"
            )
        yield from self._ipv6_problems()
        gateway = self.gateway_ip
        if isinstance(gateway, str) and gateway not in NO_GATEWAY and (said := is_address(gateway)):
            yield Problem("Invalid value", ("gateway_ip",), said, code="H704")

    def body(self, names: Iterable[str]) -> Body:
        """Neutron wants null for no gateway, and no key at all for its own choice."""
        body = super().body(names)
        if body.get("gateway_ip") in NO_GATEWAY:
            body["gateway_ip"] = None
        return body

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Give out the whole block again where the ranges are taken away."""
        wanted = self
        if "allocation_pools" in changed and self.allocation_pools is None:
            live = yield from self.read(item)
            gateway = live["gateway_ip"] if self.gateway_ip is None else self.gateway_ip
            wanted = self.but(allocation_pools=whole(live["cidr"], gateway))
        yield from super(Subnet, wanted).update(item, before, changed)

    def _ipv6_problems(self) -> Iterator[Problem]:
        modes = [m for m in (self.ipv6_ra_mode, self.ipv6_address_mode) if isinstance(m, str)]
        if len(set(modes)) == 2:
            yield Problem(
                "IPv6 modes differ",
                ("ipv6_ra_mode",),
                "When both ipv6_ra_mode and ipv6_address_mode are set, they must be equal.",
                code="H704",
            )
        if self.ip_version == 4 and modes:
            yield Problem(
                "IPv6 modes on an IPv4 subnet",
                ("ip_version",),
                "ipv6_ra_mode and ipv6_address_mode are not supported for ipv4.",
                cure="set ip_version to 6, or leave the modes out",
                code="H704",
            )


def whole(cidr: str, gateway: str | None) -> list[Pool]:
    """Return all addresses of a block that hosts may have, as Neutron reckons."""
    block = ip_network(cidr)
    first, last = int(block[0]), int(block[-1])
    if block.num_addresses > 2:
        first, last = first + 1, last - (block.version == 4)
    spans = [(first, last)]
    if gateway and gateway not in NO_GATEWAY and first <= int(ip_address(gateway)) <= last:
        taken = int(ip_address(gateway))
        spans = [(first, taken - 1), (taken + 1, last)]
    address = type(block[0])
    return [Pool(start=str(address(a)), end=str(address(b))) for a, b in spans if a <= b]
