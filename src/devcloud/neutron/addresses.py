"""Gives ports their addresses: those asked for, or free ones out of the subnets' pools."""

import ipaddress
from collections.abc import Callable, Iterable, Sequence
from random import Random

from devcloud.kernel.store import Row
from devcloud.neutron import refusals
from devcloud.neutron.kinds import SUBNET
from devcloud.neutron.tables import FLOATING, GATEWAY, INTERFACE, Tables, network_of

FixedIp = dict[str, str]
AUTOMATIC = {"slaac", "dhcpv6-stateless"}
ROUTER_OWNERS = {INTERFACE, GATEWAY, FLOATING}
GUESSES = 8


def assign(
    tables: Tables,
    network_id: str,
    mac: str,
    wanted: Sequence[FixedIp] | None,
    *,
    owner: str = "",
    held: Sequence[FixedIp] = (),
) -> list[FixedIp]:
    """Return the addresses for a port; `held` are those that it has now."""
    if wanted is None:
        return defaults(tables, network_id, mac, owner)
    keep = list(held)
    given: list[FixedIp] = []
    for one in wanted:
        ip = asked_for(tables, network_id, mac, one, owner, keep)
        if ip in keep:
            keep.remove(ip)
        elif tables.ports.count("address", (ip["subnet_id"], ip["ip_address"])):
            raise refusals.conflict(
                "IpAddressAlreadyAllocated",
                f"IP address {ip['ip_address']} already allocated in subnet {ip['subnet_id']}",
            )
        given.append(ip)
    return given


def defaults(tables: Tables, network_id: str, mac: str, owner: str) -> list[FixedIp]:
    """Return one IPv4 address, one IPv6 address and the automatic ones, as far as there are."""
    given: list[FixedIp] = []
    for version in (4, 6):
        pooled: list[Row] = []
        for subnet in tables.subnets_of(network_id):
            if subnet["ip_version"] != version:
                continue
            if is_automatic(subnet) and owner not in ROUTER_OWNERS:
                given.append(fixed(subnet, eui64(subnet["cidr"], mac)))
            else:
                pooled.append(subnet)
        found = next(filter(None, (free(tables, subnet) for subnet in pooled)), None)
        if found is not None:
            given.append(found)
        elif pooled:
            raise exhausted(network_id)
    return given


def asked_for(
    tables: Tables,
    network_id: str,
    mac: str,
    wanted: FixedIp,
    owner: str,
    held: Sequence[FixedIp],
) -> FixedIp:
    """Return the address that one entry of fixed_ips asks for."""
    subnet_id, address = wanted.get("subnet_id"), wanted.get("ip_address")
    if subnet_id is None:
        if address is None:
            raise refusals.invalid("IP allocation requires subnet_id or ip_address")
        subnet = subnet_around(tables, network_id, address)
    else:
        subnet = tables.find(SUBNET, subnet_id)
        if subnet["network_id"] != network_id:
            raise refusals.invalid(
                f"Failed to create port on network {network_id}, because fixed_ips "
                f"included invalid subnet {subnet_id}"
            )
        if address is not None and not is_host(subnet, address):
            raise refusals.refused(
                400,
                "InvalidIpForSubnet",
                f"IP address {address} is not a valid IP for the specified subnet.",
            )
    if is_automatic(subnet) and owner not in ROUTER_OWNERS:
        automatic = eui64(subnet["cidr"], mac)
        if address not in (None, automatic):
            raise refusals.refused(
                400,
                "AllocationOnAutoAddressSubnet",
                f"IPv6 address {address} cannot be directly assigned to a port on subnet "
                f"{subnet['id']} as the subnet is configured for automatic addresses",
            )
        return fixed(subnet, automatic)
    if address is not None:
        return fixed(subnet, address)
    for ip in held:
        if ip["subnet_id"] == subnet["id"]:
            return ip
    found = free(tables, subnet)
    if found is None:
        raise exhausted(network_id)
    return found


def subnet_around(tables: Tables, network_id: str, address: str) -> Row:
    """Return the network's subnet that an address lies in."""
    for subnet in tables.subnets_of(network_id):
        if is_host(subnet, address):
            return subnet
    raise refusals.refused(
        400,
        "InvalidIpForNetwork",
        f"IP address {address} is not a valid IP for any of the subnets on the specified network.",
    )


def exhausted(network_id: str) -> Exception:
    """Return the refusal of an address when none is left."""
    return refusals.conflict(
        "IpAddressGenerationFailure", f"No more IP addresses available on network {network_id}."
    )


def free(tables: Tables, subnet: Row) -> FixedIp | None:
    """Return an address out of the subnet's pools that nobody has."""
    version = 4 if subnet["ip_version"] == 4 else 6

    def text(number: int) -> str:
        if version == 4:
            return str(ipaddress.IPv4Address(number))
        return str(ipaddress.IPv6Address(number))

    def is_taken(number: int) -> bool:
        return tables.ports.count("address", (subnet["id"], text(number))) > 0

    number = pick(tables.cloud.random, spans(subnet["allocation_pools"]), is_taken)
    return None if number is None else fixed(subnet, text(number))


def pick(random: Random, ranges: Sequence[range], is_taken: Callable[[int], bool]) -> int | None:
    """Return a free number, a random one as long as guessing is quicker than searching."""
    # A range of IPv6 is too long for len(), and guessing within its start is enough.
    sizes = [min(one.stop - one.start, 1 << 32) for one in ranges]
    total = sum(sizes)
    for _ in range(GUESSES if total else 0):
        position = random.randrange(total)
        for one, size in zip(ranges, sizes, strict=True):
            if position < size:
                if not is_taken(one.start + position):
                    return one.start + position
                break
            position -= size
    return next((number for one in ranges for number in one if not is_taken(number)), None)


def spans(pools: Iterable[FixedIp]) -> list[range]:
    """Return allocation pools as ranges of numbers."""
    return [
        range(int(ipaddress.ip_address(pool["start"])), int(ipaddress.ip_address(pool["end"])) + 1)
        for pool in pools
    ]


def fixed(subnet: Row, address: str) -> FixedIp:
    """Return an entry of fixed_ips."""
    return {"subnet_id": subnet["id"], "ip_address": address}


def is_automatic(subnet: Row) -> bool:
    """Say whether hosts make up their addresses themselves."""
    return subnet["ipv6_address_mode"] in AUTOMATIC or subnet["ipv6_ra_mode"] in AUTOMATIC


def is_host(subnet: Row, address: str) -> bool:
    """Say whether an address may belong to a host of the subnet."""
    block = network_of(subnet)
    ip = ipaddress.ip_address(address)
    if ip.version != block.version or ip not in block:
        return False
    if address == subnet["gateway_ip"]:
        return True
    return is_usable(block, ip)


def is_usable(
    block: ipaddress.IPv4Network | ipaddress.IPv6Network,
    ip: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> bool:
    """Say whether an address is neither the block's first nor, with IPv4, its last."""
    if block.max_prefixlen - block.prefixlen <= 1:
        return True
    if ip == block.network_address:
        return False
    return block.version == 6 or ip != block.broadcast_address


def eui64(cidr: str, mac: str) -> str:
    """Return the address that a host with this MAC address gives itself."""
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    tail = bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]])
    start = int(ipaddress.ip_network(cidr).network_address)
    return str(ipaddress.IPv6Address(start | int.from_bytes(tail)))
