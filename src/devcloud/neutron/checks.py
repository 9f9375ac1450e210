"""What a value in a request may be; a check returns the value as it is kept."""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from devcloud.neutron import refusals

Check = Callable[[Any], Any]

MAC = re.compile(r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")
LABEL = re.compile(r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", re.IGNORECASE)
TRUE = {"true", "1"}
FALSE = {"false", "0"}


class Wrong(Exception):
    """Says why a value can't be taken."""


def anything(value: Any) -> Any:
    """Take any value."""
    return value


def string(longest: int | None = None) -> Check:
    """Take a string up to a length."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Wrong(f"'{value}' is not a valid string")
        if longest is not None and len(value) > longest:
            raise Wrong(f"'{value}' exceeds maximum length of {longest}")
        return value

    return check


def optional(check: Check) -> Check:
    """Take null, or what the check takes."""
    return lambda value: None if value is None else check(value)


def one_of(*values: Any) -> Check:
    """Take one of these values."""

    def check(value: Any) -> Any:
        if value not in values:
            raise Wrong(f"{value} is not in valid_values")
        return value

    return check


def boolean(value: Any) -> bool:
    """Take a boolean, also as text."""
    if isinstance(value, bool):
        return value
    word = str(value).lower()
    if word in TRUE | FALSE:
        return word in TRUE
    raise refusals.invalid(f"'{value}' cannot be converted to boolean")


def integer(value: Any) -> int:
    """Take an integer, also as text."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise refusals.invalid(f"'{value}' is not an integer") from None


def counted(value: Any) -> int:
    """Take an integer that is not negative."""
    number = integer(value)
    if number < 0:
        raise Wrong(f"'{value}' should be non-negative")
    return number


def version(value: Any) -> int:
    """Take 4 or 6."""
    number = integer(value)
    one_of(4, 6)(number)
    return number


def uuid(value: Any) -> str:
    """Take the id of something."""
    try:
        UUID(value)
    except (AttributeError, TypeError, ValueError):
        raise Wrong(f"'{value}' is not a valid UUID") from None
    return str(value)


def uuids(value: Any) -> list[str]:
    """Take a list of ids, null for none."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Wrong(f"'{value}' is not a list")
    if len(set(map(str, value))) != len(value):
        raise Wrong(f"Duplicate items in the list: '{', '.join(map(str, value))}'")
    return [uuid(one) for one in value]


def address(value: Any) -> str:
    """Take an IP address."""
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise Wrong(f"'{value}' is not a valid IP address") from None


def cidr(value: Any) -> str:
    """Take a network, written with a prefix length or without."""
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except (TypeError, ValueError):
        raise Wrong(f"'{value}' is not a valid IP subnet") from None


def block(value: Any) -> str:
    """Take the range of a subnet."""
    try:
        return cidr(value)
    except Wrong:
        raise refusals.invalid(f"{value} is not in a CIDR format") from None


def cidrs(value: Any) -> list[str]:
    """Take a list of networks."""
    if not isinstance(value, list):
        raise Wrong(f"'{value}' is not a list")
    return [cidr(one) for one in value]


def mac(value: Any) -> str:
    """Take a MAC address."""
    if not isinstance(value, str) or not MAC.match(value.lower()):
        raise Wrong(f"'{value}' is not a valid MAC address")
    return value.lower()


def mapping(value: Any) -> dict[str, Any]:
    """Take an object, null for an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Wrong(f"'{value}' is not a dictionary")
    return value


def keys(value: Any, expected: tuple[str, ...]) -> Mapping[str, Any]:
    """Take an object with just these keys."""
    if not isinstance(value, dict):
        raise Wrong(f"'{value}' is not a dictionary")
    if set(value) != set(expected):
        given = "{" + ", ".join(repr(key) for key in sorted(value)) + "}"
        wanted = "{" + ", ".join(repr(key) for key in expected) + "}"
        raise Wrong(
            "Validation of dictionary's keys failed. "
            f"Expected keys: {wanted} Provided keys: {given}"
        )
    return value


def pools(value: Any) -> list[dict[str, str]]:
    """Take a list of allocation pools."""
    if not isinstance(value, list):
        raise Wrong(f"Invalid data format for IP pool: '{value}'")
    found: list[dict[str, str]] = []
    for one in value:
        pool = keys(one, ("end", "start"))
        found.append({"start": address(pool["start"]), "end": address(pool["end"])})
    return found


def nameservers(value: Any) -> list[str]:
    """Take a list of the addresses of name servers."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Wrong(f"Invalid data format for nameserver: '{value}'")
    found: list[str] = []
    for one in value:
        try:
            server = address(one)
        except Wrong as wrong:
            raise Wrong(f"'{one}' is not a valid nameserver. {wrong}") from None
        if server in found:
            raise Wrong(f"Duplicate nameserver '{one}'")
        found.append(server)
    return found


def routes(value: Any) -> list[dict[str, str]]:
    """Take a list of routes."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Wrong(f"Invalid data format for hostroute: '{value}'")
    found: list[dict[str, str]] = []
    for one in value:
        route = keys(one, ("destination", "nexthop"))
        try:
            destination = cidr(route["destination"])
        except Wrong:
            raise Wrong(f"'{route['destination']}' is not a valid CIDR") from None
        hop = {"destination": destination, "nexthop": address(route["nexthop"])}
        if hop in found:
            raise Wrong(f"Duplicate hostroute '{hop}'")
        found.append(hop)
    return found


def fixed_ips(value: Any) -> list[dict[str, str]]:
    """Take the addresses asked for a port."""
    if not isinstance(value, list):
        raise Wrong(f"Invalid data format for fixed IP: '{value}'")
    found: list[dict[str, str]] = []
    for one in value:
        if not isinstance(one, dict):
            raise Wrong(f"Invalid data format for fixed IP: '{one}'")
        wanted: dict[str, str] = {}
        if one.get("subnet_id") is not None:
            wanted["subnet_id"] = uuid(one["subnet_id"])
        if one.get("ip_address") is not None:
            wanted["ip_address"] = address(one["ip_address"])
            if any(other.get("ip_address") == wanted["ip_address"] for other in found):
                raise Wrong(f"Duplicate IP address '{wanted['ip_address']}'")
        found.append(wanted)
    return found


def address_pairs(value: Any) -> list[dict[str, Any]]:
    """Take the further addresses that a port may use."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise refusals.malformed("Allowed address pairs must be a list.")
    found: list[dict[str, Any]] = []
    for one in value:
        pair = address_pair(one)
        if pair in found:
            raise refusals.refused(
                400,
                "DuplicateAddressPairInRequest",
                "Request contains duplicate address pair: mac_address "
                f"{pair['mac_address']} ip_address {pair['ip_address']}.",
            )
        found.append(pair)
    return found


def address_pair(value: Any) -> dict[str, Any]:
    """Take one pair; a MAC address of null stands for the port's own."""
    if not isinstance(value, dict):
        raise refusals.malformed(f"'{value}' is not a dictionary")
    try:
        own = mac(value["mac_address"]) if value.get("mac_address") else None
    except Wrong:
        raise refusals.malformed(f"'{value['mac_address']}' is not a valid MAC address") from None
    if value.get("ip_address") is None:
        raise refusals.refused(
            400,
            "AllowedAddressPairsMissingIP",
            "AllowedAddressPair must contain ip_address",
        )
    text = str(value["ip_address"])
    try:
        kept = cidr(text) if "/" in text else address(text)
    except Wrong as wrong:
        raise refusals.malformed(str(wrong)) from None
    return {"mac_address": own, "ip_address": kept}


def dhcp_options(value: Any) -> list[dict[str, Any]]:
    """Take a list of DHCP options."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Wrong(f"'{value}' is not a list")
    found: list[dict[str, Any]] = []
    for one in value:
        if not isinstance(one, dict) or not one.get("opt_name") or "opt_value" not in one:
            raise Wrong(f"'{one}' is not a DHCP option: it needs opt_name and opt_value")
        option = {"opt_name": one["opt_name"], "opt_value": one["opt_value"]}
        option["ip_version"] = version(one.get("ip_version") or 4)
        found.append(option)
    return found


def host_name(value: Any) -> str:
    """Take the DNS name of a host, or nothing."""
    name: str = string(255)(value).lower()
    for label in name.rstrip(".").split(".") if name else ():
        if not LABEL.match(label):
            raise Wrong(
                f"'{value}' not a valid PQDN or FQDN. Reason: Name '{label}' must be 1-63 "
                "characters long, each of which can only be alphanumeric or a hyphen"
            )
    return name


def domain_name(value: Any) -> str:
    """Take a DNS domain with its last dot, or nothing."""
    name: str = string(255)(value).lower()
    if name and not name.endswith("."):
        raise Wrong(f"'{value}' is not a FQDN")
    return host_name(name) if name else name


def gateway(value: Any) -> dict[str, Any] | None:
    """Take what a router's way out is."""
    if not value:
        return None
    if not isinstance(value, dict):
        raise Wrong(f"'{value}' is not a dictionary")
    known = {"network_id", "enable_snat", "external_fixed_ips", "qos_policy_id"}
    if "network_id" not in value or not set(value) <= known:
        given = "{" + ", ".join(repr(key) for key in sorted(value)) + "}"
        raise Wrong(
            "Validation of dictionary's keys failed. "
            f"Expected keys: {{'network_id'}} Provided keys: {given}"
        )
    found: dict[str, Any] = {"network_id": uuid(value["network_id"])}
    if value.get("enable_snat") is not None:
        found["enable_snat"] = boolean(value["enable_snat"])
    if value.get("external_fixed_ips") is not None:
        found["external_fixed_ips"] = fixed_ips(value["external_fixed_ips"])
    return found
