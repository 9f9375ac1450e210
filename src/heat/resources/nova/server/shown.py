"""The attributes of a server."""

from collections.abc import Mapping, Sequence
from typing import Any

from heat.base.errors import Permanent
from heat.base.json import Json
from heat.plugin.private import AGENT
from heat.plugin.resource import Here
from heat.plugin.steps import NETWORK, Reply, Steps, pick
from heat.resources.nova.common import COMPUTE, WITH_FLAVOR_ID
from heat.resources.nova.server.plugging import Interface, interfaces

PLAIN = {
    "name": "name",
    "instance_name": "OS-EXT-SRV-ATTR:instance_name",
    "accessIPv4": "accessIPv4",
    "accessIPv6": "accessIPv6",
}

CONSOLES = {
    "novnc": "vnc",
    "xvpvnc": "vnc",
    "spice-html5": "spice",
    "rdp-html5": "rdp",
    "serial": "serial",
    "webmks": "mks",
}


def reveal(server: str, names: frozenset[str], here: Here) -> Steps[dict[str, Json]]:
    """Return attributes; what needs further calls is asked for only when it is wanted."""
    reply = yield COMPUTE.get(f"/servers/{server}", microversion=WITH_FLAVOR_ID)
    live = _without_mark(reply["server"], here)
    found: dict[str, Json] = {name: live.get(PLAIN[name]) for name in names & PLAIN.keys()}
    if "show" in names:
        found["show"] = live
    if "tags" in names:
        found["tags"] = live.get("tags")
    if "first_address" in names:
        found["first_address"] = _first(live)
    if "os_collect_config" in names:
        found["os_collect_config"] = here.data.get(AGENT) or here.metadata.get(AGENT) or {}
    if names & {"networks", "addresses"}:
        plugged = yield from interfaces(server)
        if "networks" in names:
            found["networks"] = _networks(live, plugged)
        if "addresses" in names:
            found["addresses"] = yield from _addresses(live, plugged)
    if "console_urls" in names:
        found["console_urls"] = yield from _consoles(server)
    return {name: found.get(name) for name in names}


def _without_mark(live: Mapping[str, Any], here: Here) -> dict[str, Any]:
    tags = [tag for tag in live.get("tags") or () if tag != here.mark]
    return {**live, "tags": tags}


def _first(live: Reply) -> str:
    for addresses in (live.get("addresses") or {}).values():
        for address in addresses:
            return str(address["addr"])
    return ""


def _networks(live: Reply, plugged: Sequence[Interface]) -> Json:
    """Return the addresses on each network, under its name and its id."""
    found: dict[str, Json] = {}
    for name, addresses in (live.get("addresses") or {}).items():
        found[name] = texts = [str(address["addr"]) for address in addresses]
        for interface in _of(addresses, plugged):
            found[str(interface["net_id"])] = texts
    return found


def _addresses(live: Reply, plugged: Sequence[Interface]) -> Steps[Json]:
    """Return what is known of each address, with its port, network and subnets."""
    found: dict[str, Json] = {}
    for name, addresses in (live.get("addresses") or {}).items():
        network: Mapping[str, Any] = {}
        subnets: Sequence[Mapping[str, Any]] = ()
        ids = list(dict.fromkeys(str(i["net_id"]) for i in _of(addresses, plugged)))
        if ids:
            reply = yield NETWORK.get(f"/v2.0/networks/{ids[0]}", missing_ok=True)
            network = reply.get("network") or {}
            reply = yield NETWORK.get("/v2.0/subnets", {"network_id": ids[0]})
            subnets = reply.get("subnets") or ()
        whole = [_address(address, plugged, network, subnets) for address in addresses]
        found[name] = whole
        found.update(dict.fromkeys(ids, whole))
    return found


def _address(
    address: Mapping[str, Any],
    plugged: Sequence[Interface],
    network: Mapping[str, Any],
    subnets: Sequence[Mapping[str, Any]],
) -> Json:
    interface: Interface = next(iter(_of([address], plugged)), {})
    on = {fixed.get("subnet_id") for fixed in interface.get("fixed_ips") or ()}
    return {
        **address,
        "port": interface.get("port_id"),
        "network": network,
        "subnets": [subnet for subnet in subnets if subnet.get("id") in on],
    }


def _of(addresses: Sequence[Mapping[str, Any]], plugged: Sequence[Interface]) -> list[Interface]:
    cards = {address.get("OS-EXT-IPS-MAC:mac_addr") for address in addresses}
    return [interface for interface in plugged if interface.get("mac_addr") in cards]


def _consoles(server: str) -> Steps[Json]:
    """Ask for each kind of console; one that the server has not got says why."""
    found: dict[str, Json] = {}
    for kind, protocol in CONSOLES.items():
        body = {"remote_console": {"protocol": protocol, "type": kind}}
        try:
            reply = yield COMPUTE.post(f"/servers/{server}/remote-consoles", body, repeatable=True)
            found[kind] = pick(reply, "remote_console.url")
        except Permanent as refusal:
            found[kind] = f"Cannot get console url: {refusal.message}"
    return found
