"""The ports that Heat makes for a server, goes on to care for, and deletes with it.

Their description is the resource's mark, so that all of them are found whatever happened.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from heat.base.json import Body
from heat.plugin.actions import unless_gone
from heat.plugin.resource import Here
from heat.plugin.steps import NETWORK, Call, Find, Search, Steps, pick
from heat.resources.neutron.common import A_SECURITY_GROUP, BUSY
from heat.resources.nova.server.nics import Nic, PortExtra

PORTS = "/v2.0/ports"


def make(nic: Nic, number: int, groups: Sequence[Any], here: Here, *, first: bool) -> Steps[str]:
    """Make the port of an interface.

    ``first`` is said while the server is not there: then the port stands for the resource, so
    that deleting the resource deletes it.
    """
    body = yield from _body(nic, groups)
    body |= {"name": f"{here.name}-port-{number}", "description": here.mark}
    search = Search(_marked(here), "ports", "port", {"name": body["name"]})
    makes = "port.id" if first else None
    reply = yield NETWORK.post(PORTS, {"port": body}, makes=makes, search=search)
    return str(reply["port"]["id"])


def change(port: str, before: PortExtra, after: PortExtra) -> Steps[None]:
    """Change what is different about a port."""
    old, new = before.body(), after.body()
    body: Body = {key: value for key, value in new.items() if old.get(key) != value}
    body |= {key: _nothing(key) for key in old if key not in new and key not in before.value_specs}
    if after.no_fixed_ips and not before.no_fixed_ips:
        body["fixed_ips"] = []
    if body:
        yield NETWORK.put(f"{PORTS}/{port}", {"port": body})


def made(here: Here) -> Steps[dict[str, str]]:
    """Return the ids of the ports made for this server, with their names."""
    reply = yield _marked(here)
    return {str(port["id"]): str(port["name"]) for port in reply.get("ports") or ()}


def free_number(names: Iterable[str], here: Here) -> int:
    """Return the lowest number that no port of the server has in its name."""
    taken = set(names)
    number = 0
    while f"{here.name}-port-{number}" in taken:
        number += 1
    return number


def drop(ports: Iterable[str]) -> Steps[None]:
    """Delete ports that were made for the server."""
    for port in ports:
        yield NETWORK.delete(f"{PORTS}/{port}", busy=BUSY)


def lead(floating_ip: str, port: str | None, address: str | None = None) -> Steps[None]:
    """Make a floating IP lead to a port, or nowhere."""
    body: Body = {"port_id": port}
    if address is not None:
        body["fixed_ip_address"] = address
    call = NETWORK.put(f"/v2.0/floatingips/{floating_ip}", {"floatingip": body})
    if port is None:
        yield from unless_gone(call)
    else:
        yield call


def _marked(here: Here) -> Call:
    return NETWORK.get(PORTS, {"description": here.mark}, missing_ok=True)


def _nothing(key: str) -> Any:
    return {"allowed_address_pairs": [], "port_security_enabled": True}.get(key)


def _body(nic: Nic, groups: Sequence[Any]) -> Steps[Body]:
    network = nic.network
    if network is None:
        reply = yield NETWORK.get(f"/v2.0/subnets/{nic.subnet}")
        network = str(pick(reply, "subnet.network_id"))
    body: Body = {"network_id": network}
    address = {"subnet_id": nic.subnet, "ip_address": nic.fixed_ip}
    if address := {key: value for key, value in address.items() if value is not None}:
        body["fixed_ips"] = [address]
    if groups:
        body["security_groups"] = yield from _ids(groups)
    extra = nic.port_extra_properties
    if extra is not None:
        body |= extra.body()
        if extra.no_fixed_ips:
            body["fixed_ips"] = []
    return body


def _ids(groups: Sequence[Any]) -> Steps[list[str]]:
    found: list[str] = []
    for group in groups:
        reply: Mapping[str, Any] = yield Find(A_SECURITY_GROUP, str(group))
        found.append(str(reply["id"]))
    return found
