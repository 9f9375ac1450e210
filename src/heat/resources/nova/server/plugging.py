"""Changing the interfaces of a running server: unplug what is gone, plug in what is new."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heat.base.json import Body
from heat.plugin.actions import act
from heat.plugin.resource import Here
from heat.plugin.steps import Keep, Search, Steps, pick
from heat.resources.nova.common import COMPUTE
from heat.resources.nova.server import ports
from heat.resources.nova.server.nics import Nic

Interface = Mapping[str, Any]
Plugged = tuple[Nic, str | None]

KEPT = "ports"
"""Where it is kept which port each interface has; interfaces may look alike from outside."""


@dataclass(frozen=True)
class Plugging:
    """The interfaces of one server, and what belongs to them."""

    server: str
    groups: Sequence[Any]
    here: Here

    def change(self, before: Sequence[Nic], after: Sequence[Nic]) -> Steps[None]:
        """Make the interfaces those wanted; what stays as it is keeps running."""
        live = yield from interfaces(self.server)
        found = match(before, live, self.here.data.get(KEPT) or ())
        going_on, gone = _sorted_out(list(zip(before, found, strict=True)), after)
        made = yield from ports.made(self.here)
        if not before:  # what Nova chose by itself
            gone = [(Nic(), str(interface["port_id"])) for interface in live]
        yield from _release([*gone, *_losing(going_on, after)])
        for _, port in gone:
            if port is not None:
                yield from self._unplug(port, ours=port in made)
                made.pop(port, None)
        plugged: list[str | None] = []
        for nic, old in zip(after, going_on, strict=True):
            if old is None:
                plugged.append((yield from self._plug(nic, made)))
            else:
                plugged.append(old[1])
                yield from _adapt(old, nic)
        if not after:
            yield from self._plug_any()
        if made:
            yield Keep({**self.here.data, KEPT: plugged})

    def let_go(self, nics: Iterable[Nic]) -> Steps[None]:
        """Unplug the ports that the template gives."""
        for nic in nics:
            if nic.port is not None:
                yield from self._unplug(nic.port, ours=False)

    def take_back(self, nics: Iterable[Nic]) -> Steps[None]:
        """Plug the ports that the template gives in again."""
        for nic in nics:
            if nic.port is not None:
                yield from self._plug(nic, {})

    def _plug(self, nic: Nic, made: dict[str, str]) -> Steps[str | None]:
        """Plug a port in. It is made here, so that a lost answer can't plug in two."""
        if nic.allocate_network is not None:
            if nic.allocate_network == "auto":
                yield from self._plug_any()
            return None
        port = nic.port
        if port is None:
            number = ports.free_number(made.values(), self.here)
            port = yield from ports.make(nic, number, self.groups, self.here, first=False)
            made[port] = f"{self.here.name}-port-{number}"
        wanted: Body = {"port_id": port}
        if nic.tag is not None:
            wanted["tag"] = nic.tag
        yield from act(
            COMPUTE.post(self._interfaces, {"interfaceAttachment": wanted}),
            COMPUTE.get(self._interfaces),
            lambda reply: any(
                pick(interface, "port_id") == port
                for interface in reply.get("interfaceAttachments") or ()
            ),
        )
        if nic.floating_ip is not None:
            yield from ports.lead(nic.floating_ip, port, nic.fixed_ip)
        return port

    def _plug_any(self) -> Steps[None]:
        """Let Nova choose a network; nothing else is plugged in then."""
        yield COMPUTE.post(
            self._interfaces,
            {"interfaceAttachment": {}},
            search=Search(
                COMPUTE.get(self._interfaces), "interfaceAttachments", "interfaceAttachment"
            ),
        )

    def _unplug(self, port: str, *, ours: bool) -> Steps[None]:
        where = f"{self._interfaces}/{port}"
        yield COMPUTE.delete(where)
        yield COMPUTE.get(where).until_gone()
        if ours:
            yield from ports.drop([port])

    @property
    def _interfaces(self) -> str:
        return f"/servers/{self.server}/os-interface"


def interfaces(server: str) -> Steps[Sequence[Interface]]:
    """Return what is plugged into a server."""
    reply = yield COMPUTE.get(f"/servers/{server}/os-interface")
    return reply.get("interfaceAttachments") or ()


def match(
    nics: Sequence[Nic], live: Sequence[Interface], known: Sequence[str | None] = ()
) -> list[str | None]:
    """Return the port of each interface, where one fits.

    Those ``known`` to be theirs come first, then the most particular interfaces choose.
    """
    left = {str(interface["port_id"]): interface for interface in live}
    found: list[str | None] = [None] * len(nics)
    for place, port in enumerate(known[: len(nics)]):
        if port is not None and left.pop(port, None) is not None:
            found[place] = port
    for place, nic in sorted(enumerate(nics), key=lambda pair: _vagueness(pair[1])):
        if found[place] is None:
            fitting = (port for port, interface in left.items() if _fits(nic, interface))
            found[place] = next(fitting, None)
            left.pop(found[place] or "", None)
    return found


def _vagueness(nic: Nic) -> int:
    particulars = (nic.port, nic.fixed_ip, nic.subnet, nic.network)
    return next((i for i, value in enumerate(particulars) if value is not None), 4)


def _fits(nic: Nic, interface: Interface) -> bool:
    if nic.port is not None:
        return bool(interface["port_id"] == nic.port)
    if nic.allocate_network == "none":
        return False
    addresses = interface.get("fixed_ips") or ()
    return (
        (nic.network is None or interface.get("net_id") == nic.network)
        and (nic.subnet is None or any(a.get("subnet_id") == nic.subnet for a in addresses))
        and (nic.fixed_ip is None or any(a.get("ip_address") == nic.fixed_ip for a in addresses))
    )


def _sorted_out(
    before: Sequence[Plugged], after: Sequence[Nic]
) -> tuple[list[Plugged | None], list[Plugged]]:
    """Return, for each interface wanted, the one it goes on from, and those that go."""
    left, going_on = list(before), list[Plugged | None]()
    for nic in after:
        old = next((old for old in left if old[0].place == nic.place), None)
        going_on.append(old)
        if old is not None:
            left.remove(old)
    return going_on, left


def _losing(going_on: Sequence[Plugged | None], after: Sequence[Nic]) -> Iterator[Plugged]:
    for old, nic in zip(going_on, after, strict=True):
        if old is not None and old[0].floating_ip != nic.floating_ip:
            yield old


def _release(plugs: Iterable[Plugged]) -> Steps[None]:
    """Let floating IPs go before any of them is to lead elsewhere."""
    for nic, _ in plugs:
        if nic.floating_ip is not None:
            yield from ports.lead(nic.floating_ip, None)


def _adapt(plug: Plugged, nic: Nic) -> Steps[None]:
    """Change what can be changed while an interface is plugged in."""
    old, port = plug
    if port is None:
        return
    if nic.floating_ip is not None and nic.floating_ip != old.floating_ip:
        yield from ports.lead(nic.floating_ip, port, nic.fixed_ip)
    extra = nic.port_extra_properties
    if extra is not None and old.port_extra_properties is not None:
        yield from ports.change(port, old.port_extra_properties, extra)
