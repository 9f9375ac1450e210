"""OS::Neutron::SecurityGroup."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from heat.base.errors import Permanent
from heat.base.json import Body
from heat.base.problems import Problem
from heat.plugin.checks import is_cidr, one_of
from heat.plugin.fields import Struct, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.rest import to_wire
from heat.plugin.steps import NETWORK, Reply, Steps
from heat.resources.neutron.common import A_SECURITY_GROUP, NeutronItem, collection
from heat.resources.neutron.rules import (
    A_PORT_NUMBER,
    A_PROTOCOL,
    DIRECTION,
    EGRESS,
    ETHERTYPE,
    identity,
    port_problems,
)

RULES = "/v2.0/security-group-rules"
DEFAULT = "default"
"""The group that each project has; it is taken over, and stays when the resource goes."""


class Rule(Struct):
    """Traffic that is let through."""

    direction: str = fixed("Which way the traffic goes.", default="ingress", check=DIRECTION)
    ethertype: str = fixed("IP version.", default="IPv4", check=ETHERTYPE)
    port_range_min: int | None = fixed("First port, or ICMP type.", check=A_PORT_NUMBER)
    port_range_max: int | None = fixed("Last port, or ICMP code.", check=A_PORT_NUMBER)
    protocol: str | None = fixed("IP protocol; any when left out.", check=A_PROTOCOL)
    remote_mode: str = fixed(
        "Whether the other side is an address block or a security group.",
        default="remote_ip_prefix",
        check=one_of("remote_ip_prefix", "remote_group_id"),
        sent=False,
    )
    remote_group_id: str | None = fixed(
        "Security group of the other side; this one when left out.", find=A_SECURITY_GROUP
    )
    remote_ip_prefix: str | None = fixed("Address block of the other side.", check=is_cidr)
    description: str | None = fixed("What the rule is for.")

    def problems(self) -> Iterator[Problem]:
        """Check the ports."""
        yield from port_problems(self.port_range_min, self.port_range_max, self.protocol)

    def within(self, group: str) -> Body:
        """Return the rule as Neutron takes it for a group."""
        body = to_wire(self, self.__properties__)
        if self.remote_mode == "remote_group_id":
            body.setdefault("remote_group_id", group)
        else:
            body.pop("remote_group_id", None)
        return body


@resource(
    "OS::Neutron::SecurityGroup",
    service="network",
    support={"status": "SUPPORTED", "version": "2014.1"},
)
class SecurityGroup(NeutronItem):
    """A set of rules for the traffic of ports.

    What goes out is free until a rule about egress is given. Rules that came from elsewhere,
    such as other resources, are left alone.
    """

    rest = collection("security-groups", "security_group")
    blank: ClassVar = {"stateful": True}

    name: str | None = mutable("Name; one is made up when it is left out.")
    description: str | None = mutable("What the group is for.")
    rules: list[Rule] = mutable("Traffic that is let through.", default=[], sent=False)
    stateful: bool | None = mutable("Whether answers to what is let through pass too.")

    def create(self) -> Steps[str | None]:
        """Create the group, or take over the default one, and put the rules in."""
        live = yield from self._taken_over() if self.name == DEFAULT else self._made()
        group = str(live["id"])
        yield from _reconcile(group, live, EGRESS, self._wanted(group))
        return group

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Change the group, and the rules that differ."""
        yield from super().update(item, before, changed)
        if "rules" in changed:
            live = yield from self.read(item)
            yield from _reconcile(item, live, before._wanted(item), self._wanted(item))  # noqa: SLF001

    def changes(self, before: Any, changed: frozenset[str]) -> Body:
        """Mark the group again where its description is taken away."""
        body = super().changes(before, changed)
        if "description" in changed and not self.description:
            body["description"] = self.__here__.mark
        return body

    def delete(self, item: str) -> Steps[None]:
        """Delete the group; of the default one only the rules given here."""
        if self.name != DEFAULT:
            yield from super().delete(item)
            return
        try:
            live = yield from self.read(item)
        except Permanent as refusal:
            if refusal.status != 404:
                raise
            return
        yield from _reconcile(item, live, self._wanted(item), EGRESS)

    def _made(self) -> Steps[Reply]:
        body = self.body(self.__properties__)
        search = self.identify(body)
        rest = self.rest
        reply = yield NETWORK.post(
            rest.path, rest.wrap(body), makes="security_group.id", search=search
        )
        return rest.unwrap(reply)

    def _taken_over(self) -> Steps[Reply]:
        query = {"name": DEFAULT}
        if self.__here__.project:
            query["project_id"] = self.__here__.project
        reply = yield NETWORK.get(self.rest.path, query)
        found: Reply = reply["security_groups"][0]
        return found

    def _wanted(self, group: str) -> list[Body]:
        rules = [rule.within(group) for rule in self.rules]
        return rules if any(r["direction"] == "egress" for r in rules) else [*EGRESS, *rules]


def _reconcile(
    group: str, live: Reply, before: Sequence[Body], after: Sequence[Body]
) -> Steps[None]:
    """Take out what was wanted and is no more, and put in what is missing."""
    wanted, past = {identity(rule) for rule in after}, {identity(rule) for rule in before}
    present: set[tuple[Any, ...]] = set()
    for rule in live.get("security_group_rules") or ():
        known = identity(rule)
        if known in past - wanted:
            yield NETWORK.delete(f"{RULES}/{rule['id']}")
        else:
            present.add(known)
    for rule in after:
        if identity(rule) not in present:
            present.add(identity(rule))
            yield from _put(group, rule)


def _put(group: str, rule: Body) -> Steps[None]:
    body = {"security_group_rule": {"security_group_id": group, **rule}}
    try:
        yield NETWORK.post(RULES, body, repeatable=True)
    except Permanent as refusal:
        if refusal.status != 409:  # such a rule is there already
            raise
