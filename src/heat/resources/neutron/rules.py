"""Security group rules: what one may say, and when two are the same."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from heat.base.json import Body
from heat.base.problems import Problem
from heat.plugin.checks import Check, Said, between, one_of

NUMBERS = {
    "ah": 51,
    "dccp": 33,
    "egp": 8,
    "esp": 50,
    "gre": 47,
    "icmp": 1,
    "icmpv6": 58,
    "igmp": 2,
    "ipv6-encap": 41,
    "ipv6-frag": 44,
    "ipv6-icmp": 58,
    "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "ipv6-route": 43,
    "ospf": 89,
    "pgm": 113,
    "rsvp": 46,
    "sctp": 132,
    "tcp": 6,
    "udp": 17,
    "udplite": 136,
    "vrrp": 112,
}
WITH_PORTS = {6, 17, 33, 132, 136}


def _protocol(value: Any) -> Said:
    if value in NUMBERS or (str(value).isdigit() and int(value) <= 255):
        return None
    return f"{value!r} is not an IP protocol: give a number from 0 to 255, or a name such as tcp"


DIRECTION = one_of("ingress", "egress")
ETHERTYPE = one_of("IPv4", "IPv6")
A_PORT_NUMBER = between(0, 65535)
A_PROTOCOL = Check(_protocol, {"allowed_values": [*range(256), *NUMBERS]})

EGRESS: tuple[Body, ...] = (
    {"direction": "egress", "ethertype": "IPv4"},
    {"direction": "egress", "ethertype": "IPv6"},
)
"""What Neutron puts into every new group."""

FIELDS = ("direction", "ethertype", "port_range_min", "port_range_max", "remote_group_id")


def identity(rule: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what two rules of a group that do the same have in common, however written."""
    prefix, protocol = rule.get("remote_ip_prefix"), rule.get("protocol")
    return (
        *(rule.get(field) for field in FIELDS),
        str(NUMBERS.get(str(protocol), protocol)) if protocol is not None else None,
        str(ip_network(prefix, strict=False)) if prefix else None,
        rule.get("description") or "",
    )


def port_problems(low: Any, high: Any, protocol: Any) -> Iterator[Problem]:
    """Check a range of ports, or for ICMP a type and a code."""
    if protocol is not None and not isinstance(protocol, str):
        return
    number = NUMBERS.get(str(protocol), protocol)
    if isinstance(low, int) and isinstance(high, int) and low > high and number in WITH_PORTS:
        yield Problem(
            "Range of ports is upside down",
            ("port_range_max",),
            f"port_range_min {low} is above port_range_max {high}",
            code="H704",
        )
    if high is not None and low is None:
        yield Problem(
            "Property port_range_max needs port_range_min",
            ("port_range_min",),
            cure="give both ends of the range",
            code="H705",
            kind="ResourcePropertyDependency",
        )
