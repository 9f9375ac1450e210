"""What must be there before a port, a gateway or a floating IP, though nothing refers to it."""

from collections.abc import Iterable, Iterator
from typing import Any

from heat.base.unknown import Unknown
from heat.plugin.resource import Other


def subnets_on(network: Any, others: Iterable[Other]) -> Iterator[str]:
    """Name the subnets of a network: its ports and gateways take their addresses from them."""
    for other in others:
        if other.type == "OS::Neutron::Subnet" and _same(_value(other, "network"), network):
            yield other.name


def gateways_to(network: Any, others: Iterable[Other]) -> Iterator[str]:
    """Name the routers that have their gateway on an external network."""
    for other in others:
        gateway = getattr(_value(other, "external_gateway_info"), "network", None)
        if other.type == "OS::Neutron::Router" and _same(gateway, network):
            yield other.name


def interfaces_to(port: Any, others: Iterable[Other]) -> Iterator[str]:
    """Name the router interfaces that lead to a port, or may do so."""
    if port is None:
        return
    there = list(others)
    subnets = _subnets_of(port, there)
    for other in there:
        if other.type == "OS::Neutron::RouterInterface":
            subnet = _value(other, "subnet")
            if subnet is not None and (subnets is None or subnet in subnets):
                yield other.name


def _subnets_of(port: Any, others: Iterable[Other]) -> list[Any] | None:
    """Return the subnets a port says it is on; None when it may be on any."""
    if not isinstance(port, Unknown):
        return None
    names = {waits.partition(".")[0] for waits in port.of}
    ports = [o for o in others if o.name in names and o.type == "OS::Neutron::Port"]
    addresses = [_value(one, "fixed_ips") for one in ports]
    if not addresses or not all(isinstance(some, list) and some for some in addresses):
        return None
    subnets = [getattr(address, "subnet", None) for some in addresses for address in some]
    return None if None in subnets else subnets


def _value(other: Other, name: str) -> Any:
    return getattr(other.values, name, None)


def _same(one: Any, another: Any) -> bool:
    return one is not None and one == another
