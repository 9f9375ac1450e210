"""What comes before a server although the template does not say so."""

from collections.abc import Iterable, Iterator
from typing import Any

from heat.base.unknown import Unknown
from heat.plugin.resource import Other

SUBNET = "OS::Neutron::Subnet"


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


def _networks(values: Any) -> list[Any] | None:
    """Return the networks that a server names, known or not; None when it names none."""
    nics = getattr(values, "networks", None)
    if not nics or isinstance(nics, Unknown):
        return None
    return [getattr(nic, "network", None) for nic in nics]
