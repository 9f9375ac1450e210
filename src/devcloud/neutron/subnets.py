"""Subnets: their range, gateway and pools."""

import ipaddress
from collections.abc import Sequence

from devcloud.kernel.store import Row
from devcloud.neutron import addresses, ports, quotas, refusals, subnetpools
from devcloud.neutron.kinds import NETWORK, PORT, SUBNET
from devcloud.neutron.tables import DHCP, Caller, Tables, network_of

Block = ipaddress.IPv4Network | ipaddress.IPv6Network
LONGEST_WITH_DHCP = {4: 30, 6: 126}


def make_subnet(tables: Tables, caller: Caller, fields: Row, project_id: str) -> Row:
    """Make a subnet on a network of the caller's."""
    network = tables.seen(NETWORK, caller, fields["network_id"])
    if not tables.owns(NETWORK, caller, network):
        raise refusals.denied("create_subnet")
    subnet = dict(fields)
    wanted_length: int | None = subnet.pop("prefixlen", None)
    pool = subnetpools.pool_for(tables, caller, subnet, wanted_length)
    subnet["subnetpool_id"] = pool["id"] if pool else None
    if pool is not None:
        subnet["cidr"] = subnetpools.allocate(tables, pool, subnet.get("cidr"), wanted_length)
    block = network_of(subnet)
    check_range(tables, network, subnet, block)
    check_modes(subnet, block)
    if "gateway_ip" not in subnet:
        subnet["gateway_ip"] = default_gateway(block)
    check_gateway(subnet["gateway_ip"], block)
    if "allocation_pools" in subnet:
        check_pools(subnet["allocation_pools"], block)
    else:
        subnet["allocation_pools"] = default_pools(block, subnet["gateway_ip"])
    check_gateway_outside_pools(subnet)
    check_addresses_of_routes(subnet)
    quotas.take(tables, SUBNET, project_id)
    row = tables.new(SUBNET, project_id, {**subnet, "segment_id": None})
    tables.change(NETWORK, network)
    if addresses.is_automatic(row):
        reach_out(tables, row)
    return row


def alter_subnet(tables: Tables, _caller: Caller, subnet: Row, fields: Row) -> Row:
    """Change a subnet."""
    changed = {**subnet, **fields}
    block = network_of(subnet)
    if changed["gateway_ip"] != subnet["gateway_ip"]:
        check_gateway(changed["gateway_ip"], block)
        check_gateway_unused(tables, subnet)
    if "allocation_pools" in fields:
        check_pools(changed["allocation_pools"], block)
    if {"allocation_pools", "gateway_ip"} & set(fields):
        check_gateway_outside_pools(changed)
    check_addresses_of_routes(changed)
    if changed["enable_dhcp"] and not subnet["enable_dhcp"]:
        check_dhcp(block)
    return tables.change(SUBNET, subnet, fields)


def remove_subnet(tables: Tables, _caller: Caller, subnet: Row) -> None:
    """Remove a subnet that no port has an address of."""
    users = tables.ports.find("subnet", subnet["id"])
    if any(holds(subnet, port) for port in users):
        raise refusals.conflict(
            "SubnetInUse",
            f"Unable to complete operation on subnet {subnet['id']}: "
            "One or more ports have an IP allocation from this subnet.",
        )
    discard(tables, subnet)
    network = tables.networks.get(subnet["network_id"])
    if network is not None:
        tables.change(NETWORK, network)


def discard(tables: Tables, subnet: Row) -> None:
    """Remove a subnet, and its addresses from the ports that may do without."""
    for port in tables.ports.find("subnet", subnet["id"]):
        rest = [ip for ip in port["fixed_ips"] if ip["subnet_id"] != subnet["id"]]
        if port["device_owner"] == DHCP and not rest:
            ports.drop(tables, port)
        else:
            tables.change(PORT, port, {"fixed_ips": rest})
    tables.subnets.pop(subnet["id"])


def holds(subnet: Row, port: Row) -> bool:
    """Say whether a port keeps a subnet from being removed."""
    if addresses.is_automatic(subnet):
        return port["device_owner"] in addresses.ROUTER_OWNERS
    return bool(port["device_owner"] != DHCP)


def reach_out(tables: Tables, subnet: Row) -> None:
    """Give the ports that are there already an address of an automatic subnet."""
    for port in tables.ports.find("network_id", subnet["network_id"]):
        if port["device_owner"] in addresses.ROUTER_OWNERS:
            continue
        automatic = addresses.eui64(subnet["cidr"], port["mac_address"])
        found = [*port["fixed_ips"], addresses.fixed(subnet, automatic)]
        tables.change(PORT, port, {"fixed_ips": found})


def check_range(tables: Tables, network: Row, subnet: Row, block: Block) -> None:
    """Refuse a range that does not fit its version or overlaps another of the network."""
    version = subnet["ip_version"]
    if block.version != version:
        raise refusals.invalid(f"cidr '{subnet['cidr']}' does not match the ip_version '{version}'")
    if subnet["enable_dhcp"]:
        check_dhcp(block)
    for other in tables.subnets_of(network["id"]):
        if other["ip_version"] != version:
            continue
        if network_of(other).overlaps(block):
            raise refusals.invalid(
                f"Requested subnet with cidr: {block} for network: {network['id']} "
                "overlaps with another subnet"
            )
        if other["subnetpool_id"] != subnet["subnetpool_id"]:
            raise refusals.refused(
                400,
                "NetworkSubnetPoolAffinityError",
                "Subnets hosted on the same network must be allocated from the same subnet pool.",
            )


def check_dhcp(block: Block) -> None:
    """Refuse a range too small for a DHCP server."""
    if block.prefixlen > LONGEST_WITH_DHCP[block.version]:
        raise refusals.invalid(
            "Subnet has a prefix length that is incompatible with DHCP service enabled"
        )


def check_modes(subnet: Row, block: Block) -> None:
    """Check how hosts get their IPv6 addresses."""
    announced, mode = subnet["ipv6_ra_mode"], subnet["ipv6_address_mode"]
    given = [name for name in ("ipv6_ra_mode", "ipv6_address_mode") if subnet[name] is not None]
    if not given:
        return
    if block.version == 4:
        raise refusals.invalid(f"{given[0]} is not valid when ip_version is 4")
    if not subnet["enable_dhcp"]:
        raise refusals.invalid(
            "ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False"
        )
    if announced and mode and announced != mode:
        raise refusals.invalid(
            f"ipv6_ra_mode set to '{announced}' with ipv6_address_mode set to '{mode}' is not "
            "valid. If both attributes are set, they must be the same value"
        )
    if addresses.is_automatic(subnet) and block.prefixlen != 64:
        raise refusals.invalid(
            f"Invalid CIDR {block} for IPv6 address mode. OpenStack uses the EUI-64 address "
            "format, which requires the prefix to be /64"
        )


def check_gateway(gateway: str | None, block: Block) -> None:
    """Refuse a gateway that no host could be; it may lie outside of the range."""
    if gateway is None:
        return
    ip = ipaddress.ip_address(gateway)
    if ip.version != block.version:
        raise refusals.invalid(
            f"gateway_ip '{gateway}' does not match the ip_version '{block.version}'"
        )
    if block.version == 4 and ip in block and not addresses.is_usable(block, ip):
        raise refusals.invalid("Gateway is not valid on subnet")


def check_gateway_unused(tables: Tables, subnet: Row) -> None:
    """Refuse another gateway while a router's port has the present one."""
    gateway = subnet["gateway_ip"]
    for port in tables.ports.find("address", (subnet["id"], gateway)):
        if port["device_owner"] in addresses.ROUTER_OWNERS:
            raise refusals.conflict(
                "GatewayIpInUse",
                f"Current gateway ip {gateway} already in use by port {port['id']}. "
                "Unable to update.",
            )


def check_pools(pools: Sequence[Row], block: Block) -> None:
    """Refuse pools that are empty, lie outside or overlap."""
    ranges: list[range] = []
    for pool in pools:
        first, last = (ipaddress.ip_address(pool[end]) for end in ("start", "end"))
        if {first.version, last.version} != {block.version} or int(first) > int(last):
            shown = {"start": pool["start"], "end": pool["end"]}
            raise refusals.refused(
                400, "InvalidAllocationPool", f"The allocation pool {shown} is not valid."
            )
        if not (addresses.is_usable(block, first) and addresses.is_usable(block, last)) or not (
            first in block and last in block
        ):
            raise refusals.refused(
                400,
                "OutOfBoundsAllocationPool",
                f"The allocation pool {spelled(pool)} spans beyond the subnet cidr {block}.",
            )
        ranges.append(range(int(first), int(last) + 1))
    for position, one in enumerate(ranges):
        for other in range(position + 1, len(ranges)):
            if one.start < ranges[other].stop and ranges[other].start < one.stop:
                raise refusals.conflict(
                    "OverlappingAllocationPools",
                    f"Found overlapping allocation pools: {spelled(pools[position])} "
                    f"{spelled(pools[other])} for subnet {block}.",
                )


def check_gateway_outside_pools(subnet: Row) -> None:
    """Refuse a gateway that could be given to a port."""
    gateway = subnet["gateway_ip"]
    if gateway is None:
        return
    number = int(ipaddress.ip_address(gateway))
    for pool, numbers in zip(
        subnet["allocation_pools"], addresses.spans(subnet["allocation_pools"]), strict=True
    ):
        if number in numbers:
            raise refusals.conflict(
                "GatewayConflictWithAllocationPools",
                f"Gateway ip {gateway} conflicts with allocation pool {spelled(pool)}.",
            )


def check_addresses_of_routes(subnet: Row) -> None:
    """Refuse name servers and routes of the other version of IP."""
    version = subnet["ip_version"]
    for server in subnet["dns_nameservers"]:
        if ipaddress.ip_address(server).version != version:
            raise refusals.invalid(
                f"dns_nameserver '{server}' does not match the ip_version '{version}'"
            )
    for route in subnet["host_routes"]:
        if ipaddress.ip_address(route["nexthop"]).version != version:
            raise refusals.invalid(
                f"nexthop '{route['nexthop']}' does not match the ip_version '{version}'"
            )


def default_gateway(block: Block) -> str:
    """Return the gateway of a subnet for which none is given."""
    # With IPv6 the address of all routers, the first of the range, serves as the gateway.
    return str(block.network_address + (1 if block.version == 4 else 0))


def default_pools(block: Block, gateway: str | None) -> list[Row]:
    """Return the range without what no host can have and without the gateway."""
    first, last = int(block.network_address), int(block.broadcast_address)
    if block.max_prefixlen - block.prefixlen > 1:
        first += 1
        last -= 1 if block.version == 4 else 0
    taken = -1 if gateway is None else int(ipaddress.ip_address(gateway))
    bounds = [(first, last)]
    if first <= taken <= last:
        bounds = [(first, taken - 1), (taken + 1, last)]
    address = ipaddress.IPv4Address if block.version == 4 else ipaddress.IPv6Address
    return [
        {"start": str(address(start)), "end": str(address(end))}
        for start, end in bounds
        if start <= end
    ]


def spelled(pool: Row) -> str:
    """Return a pool as refusals name it."""
    return f"{pool['start']}-{pool['end']}"
