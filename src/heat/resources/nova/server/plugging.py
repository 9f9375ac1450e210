"""Changing the interfaces of a running server: unplug what is gone, plug in what is new."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from heat.base.json import Body
from heat.plugin.actions import act
from heat.plugin.resource import Here
from heat.plugin.steps import Search, Steps, pick
from heat.resources.nova.common import COMPUTE
from heat.resources.nova.server import ports
from heat.resources.nova.server.nics import Nic

Interface = Mapping[str, Any]


@dataclass(frozen=True)
class Plugging:
    """The interfaces of one server, and what belongs to them."""

    server: str
    groups: Sequence[Any]
    here: Here

    def change(self, before: Sequence[Nic], after: Sequence[Nic]) -> Steps[None]:
        """Make the interfaces those wanted; what stays as it is keeps running."""
        live = yield from interfaces(self.server)
        kept, gone, new = _sorted_out(before, after)
        found = match([old for old, _ in kept] + gone, live)
        made = yield from ports.made(self.here)
        for nic, port in zip(gone, found[len(kept) :], strict=True):
            if nic.floating_ip is not None:
                yield from ports.lead(nic.floating_ip, None)
            if port is not None:
                yield from self._unplug(port, ours=port in made)
                made.pop(port, None)
        if not before:  # what Nova chose by itself
            for port in (str(interface["port_id"]) for interface in live):
                yield from self._unplug(port, ours=port in made)
                made.pop(port, None)
        for (old, nic), port in zip(kept, found, strict=False):
            yield from _adapt(old, nic, port)
        for nic in new:
            yield from self._plug(nic, made)
        if not after:
            yield from self._plug_any()

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

    def _plug(self, nic: Nic, made: dict[str, str]) -> Steps[None]:
        """Plug a port in. It is made here, so that a lost answer can't plug in two."""
        if nic.allocate_network is not None:
            if nic.allocate_network == "auto":
                yield from self._plug_any()
            return
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


def match(nics: Iterable[Nic], live: Sequence[Interface]) -> list[str | None]:
    """Return the port of each interface, where one fits; the most particular choose first."""
    wanted = list(enumerate(nics))
    left = list(live)
    found: list[str | None] = [None] * len(wanted)
    for place, nic in sorted(wanted, key=lambda pair: _vagueness(pair[1])):
        for interface in left:
            if _fits(nic, interface):
                found[place] = str(interface["port_id"])
                left.remove(interface)
                break
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
    before: Sequence[Nic], after: Sequence[Nic]
) -> tuple[list[tuple[Nic, Nic]], list[Nic], list[Nic]]:
    """Pair the interfaces that stay; return them, those that go and those that are new."""
    left, kept, new = list(before), list[tuple[Nic, Nic]](), list[Nic]()
    for nic in after:
        old = next((old for old in left if old.place == nic.place), None)
        if old is None:
            new.append(nic)
        else:
            left.remove(old)
            kept.append((old, nic))
    return kept, left, new


def _adapt(old: Nic, nic: Nic, port: str | None) -> Steps[None]:
    """Change what can be changed while an interface is plugged in."""
    if port is None:
        return
    if nic.floating_ip != old.floating_ip:
        if old.floating_ip is not None:
            yield from ports.lead(old.floating_ip, None)
        if nic.floating_ip is not None:
            yield from ports.lead(nic.floating_ip, port, nic.fixed_ip)
    extra = nic.port_extra_properties
    if extra is not None and old.port_extra_properties is not None:
        yield from ports.change(port, old.port_extra_properties, extra)
