"""Subnet pools: ranges out of which subnets are cut."""

import ipaddress
from collections.abc import Iterable

from devcloud.kernel.store import Row
from devcloud.neutron import quotas, refusals
from devcloud.neutron.kinds import ADDRESS_SCOPE, SUBNET_POOL
from devcloud.neutron.tables import Caller, Tables, network_of

Block = ipaddress.IPv4Network | ipaddress.IPv6Network
SHORTEST = {4: 8, 6: 64}


def make_pool(tables: Tables, caller: Caller, fields: Row, project_id: str) -> Row:
    """Make a pool."""
    pool = dict(fields)
    blocks = merged(fields["prefixes"])
    version = blocks[0].version
    pool |= {"ip_version": version, "prefixes": [str(block) for block in blocks]}
    pool.setdefault("min_prefixlen", SHORTEST[version])
    pool.setdefault("max_prefixlen", blocks[0].max_prefixlen)
    pool.setdefault("default_prefixlen", pool["min_prefixlen"])
    check_lengths(pool)
    check_scope(tables, caller, pool)
    quotas.take(tables, SUBNET_POOL, project_id)
    return tables.new(SUBNET_POOL, project_id, pool)


def alter_pool(tables: Tables, caller: Caller, pool: Row, fields: Row) -> Row:
    """Change a pool; it may only grow."""
    changed = {**pool, **fields}
    if "prefixes" in fields:
        blocks = merged(fields["prefixes"])
        old = [ipaddress.ip_network(prefix) for prefix in pool["prefixes"]]
        if not all(any(within(one, block) for block in blocks) for one in old):
            raise refusals.refused(
                400,
                "IllegalSubnetPoolPrefixUpdate",
                "Illegal update to prefixes: Existing prefixes must be a subset of the new "
                "prefixes.",
            )
        changed["prefixes"] = [str(block) for block in blocks]
    check_lengths(changed)
    check_scope(tables, caller, changed)
    return tables.change(SUBNET_POOL, pool, changed)


def remove_pool(tables: Tables, _caller: Caller, pool: Row) -> None:
    """Remove a pool of which no subnet was cut."""
    if tables.subnets.count("subnetpool_id", pool["id"]):
        raise refusals.refused(
            400,
            "SubnetPoolDeleteError",
            "Unable to delete subnet pool: Subnet pool has existing allocations.",
        )
    tables.pools.pop(pool["id"])


def pool_for(tables: Tables, caller: Caller, subnet: Row, length: int | None) -> Row | None:
    """Return the pool that a new subnet is to be cut of; None when it brings its range."""
    by_default = subnet.pop("use_default_subnetpool", False)
    if subnet.get("cidr") is not None and length is not None:
        raise refusals.bad("subnets", "cidr and prefixlen must not be supplied together")
    if subnet["subnetpool_id"] is not None:
        return tables.seen(SUBNET_POOL, caller, subnet["subnetpool_id"])
    if by_default:
        version = subnet["ip_version"]
        for pool in tables.visible(SUBNET_POOL, caller, tables.pools.find("is_default", True)):
            if pool["ip_version"] == version:
                return pool
        raise refusals.bad("subnets", f"No default subnetpool found for IPv{version}")
    if subnet.get("cidr") is None:
        raise refusals.bad("subnets", "a subnetpool must be specified in the absence of a cidr")
    return None


def allocate(tables: Tables, pool: Row, cidr: str | None, length: int | None) -> str:
    """Return a free range of a pool: the one asked for, or the first that is long enough."""
    blocks = [ipaddress.ip_network(prefix) for prefix in pool["prefixes"]]
    taken = sorted(
        (network_of(subnet) for subnet in tables.subnets.find("subnetpool_id", pool["id"])),
        key=lambda block: int(block.network_address),
    )
    if cidr is not None:
        wanted = ipaddress.ip_network(cidr)
        check_length(pool, wanted.prefixlen)
        inside = any(within(wanted, block) for block in blocks)
        if not inside or any(wanted.overlaps(other) for other in taken):
            raise not_allocated(
                "Cannot allocate requested subnet from the available set of prefixes"
            )
        return cidr
    size = pool["default_prefixlen"] if length is None else length
    if size > blocks[0].max_prefixlen:
        anywhere = "0.0.0.0" if pool["ip_version"] == 4 else "::"  # noqa: S104 - not bound to
        raise refusals.refused(400, "AddrFormatError", f"invalid IPNetwork {anywhere}/{size}")
    check_length(pool, size)
    for block in blocks:
        found = first_free(block, size, taken)
        if found is not None:
            return found
    raise not_allocated(f"Insufficient prefix space to allocate subnet size /{size}")


def first_free(block: Block, length: int, taken: Iterable[Block]) -> str | None:
    """Return the lowest part of this prefix length that overlaps nothing taken."""
    if length < block.prefixlen:
        return None
    size = 1 << (block.max_prefixlen - length)
    start = int(block.network_address)
    for other in taken:
        low, high = int(other.network_address), int(other.broadcast_address)
        if high < start:
            continue
        if low >= start + size:
            break
        start = (high // size + 1) * size
    if start + size - 1 > int(block.broadcast_address):
        return None
    address = ipaddress.IPv4Address if block.version == 4 else ipaddress.IPv6Address
    return f"{address(start)}/{length}"


def merged(prefixes: list[str]) -> list[Block]:
    """Return prefixes in order, neighbours joined."""
    if not prefixes:
        raise refusals.refused(400, "EmptySubnetPoolPrefixList", "Empty subnet pool prefix list.")
    four = [ipaddress.IPv4Network(prefix) for prefix in prefixes if ":" not in prefix]
    six = [ipaddress.IPv6Network(prefix) for prefix in prefixes if ":" in prefix]
    if four and six:
        raise refusals.refused(
            400, "PrefixVersionMismatch", "Cannot mix IPv4 and IPv6 prefixes in a subnet pool."
        )
    return [*ipaddress.collapse_addresses(four), *ipaddress.collapse_addresses(six)]


def within(part: Block, whole: Block) -> bool:
    """Say whether a range lies in another."""
    return (
        part.version == whole.version
        and whole.network_address <= part.network_address  # type: ignore[operator]
        and part.broadcast_address <= whole.broadcast_address  # type: ignore[operator]
    )


def check_lengths(pool: Row) -> None:
    """Refuse prefix lengths that contradict each other."""
    longest = 32 if pool["ip_version"] == 4 else 128
    pairs = (
        ("max_prefixlen", pool["max_prefixlen"], "ip_version_max", longest),
        ("min_prefixlen", pool["min_prefixlen"], "max_prefixlen", pool["max_prefixlen"]),
        ("default_prefixlen", pool["default_prefixlen"], "max_prefixlen", pool["max_prefixlen"]),
        ("min_prefixlen", pool["min_prefixlen"], "default_prefixlen", pool["default_prefixlen"]),
    )
    for name, value, bound, limit in pairs:
        if value > limit:
            raise refusals.refused(
                400,
                "IllegalSubnetPoolPrefixBounds",
                f"Illegal prefix bounds: {name}={value}, {bound}={limit}.",
            )


def check_length(pool: Row, length: int) -> None:
    """Refuse a prefix length that the pool does not give."""
    if length < pool["min_prefixlen"]:
        raise refusals.refused(
            400,
            "MinPrefixSubnetAllocationError",
            f"Unable to allocate subnet with prefix length {length}, "
            f"minimum allowed prefix is {pool['min_prefixlen']}.",
        )
    if length > pool["max_prefixlen"]:
        raise refusals.refused(
            400,
            "MaxPrefixSubnetAllocationError",
            f"Unable to allocate subnet with prefix length {length}, "
            f"maximum allowed prefix is {pool['max_prefixlen']}.",
        )


def check_scope(tables: Tables, caller: Caller, pool: Row) -> None:
    """Refuse an address scope that is not there or of another version of IP."""
    if pool["address_scope_id"] is None:
        return
    scope = tables.seen(ADDRESS_SCOPE, caller, pool["address_scope_id"])
    if scope["ip_version"] != pool["ip_version"]:
        raise refusals.refused(
            400,
            "IllegalSubnetPoolIpVersionAssociationToAddressScope",
            f"Illegal subnetpool association: subnetpool {pool.get('id')} cannot associate with "
            f"address scope {scope['id']} because subnetpool ip_version is not "
            f"{scope['ip_version']}.",
        )


def not_allocated(reason: str) -> Exception:
    """Return the refusal of a range; neutron answers with 500."""
    return refusals.refused(500, "SubnetAllocationError", f"Failed to allocate subnet: {reason}.")
