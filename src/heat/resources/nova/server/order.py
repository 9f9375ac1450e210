"""What comes before a server although the template does not say so."""

from collections.abc import Iterable, Iterator
from typing import Any

from heat.base.unknown import Unknown
from heat.plugin.resource import Other

SUBNET, PORT, GROUP = "OS::Neutron::Subnet", "OS::Neutron::Port", "OS::Neutron::SecurityGroup"


def subnets_of(server: Other, others: Iterable[Other]) -> Iterator[str]:
    """Name the subnets of the server's networks, so that it gets addresses on them.

    A server that names no network may be put on any.
    """
    networks = _networks(server.values)
    for other in others:
        if other.type == SUBNET and other.name != server.name:
            network = getattr(other.values, "network", None)
            if networks is None or (network is not None and network in networks):
                yield other.name


def groups_of(server: Other, others: Iterable[Other]) -> Iterator[str]:
    """Name the security groups of the server's ports: none runs before their rules are there."""
    nics = getattr(server.values, "networks", None)
    if not nics or isinstance(nics, Unknown):
        return
    there = list(others)
    mine = [unknown for nic in nics if (unknown := getattr(nic, "port", None)) is not None]
    ports = [one.values for one in there if one.type == PORT and _named(one.name) in mine]
    used = [group for port in ports for group in _listed(getattr(port, "security_groups", None))]
    for other in there:
        if other.type == GROUP and _named(other.name) in used:
            yield other.name


def _named(name: str) -> Unknown:
    """Return what stands for the id of a resource before it is known."""
    return Unknown(frozenset({name}))


def _listed(value: Any) -> list[Any]:
    return [] if value is None or isinstance(value, Unknown) else list(value)


def _networks(values: Any) -> list[Any] | None:
    """Return the networks that a server names, known or not; None when it names none."""
    nics = getattr(values, "networks", None)
    if not nics or isinstance(nics, Unknown):
        return None
    return [getattr(nic, "network", None) for nic in nics]
