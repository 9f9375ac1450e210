"""OS::Neutron::SecurityGroupRule."""

from collections.abc import Iterator

from heat.base.json import Body
from heat.base.problems import Problem
from heat.plugin.checks import is_cidr
from heat.plugin.fields import fixed
from heat.plugin.registry import resource
from heat.plugin.resource import conflict
from heat.plugin.steps import Search
from heat.resources.neutron.common import A_SECURITY_GROUP, NeutronItem, collection
from heat.resources.neutron.rules import (
    A_PORT_NUMBER,
    A_PROTOCOL,
    DIRECTION,
    ETHERTYPE,
    port_problems,
)


@resource(
    "OS::Neutron::SecurityGroupRule",
    service="network",
    support={"status": "SUPPORTED", "version": "7.0.0"},
)
class SecurityGroupRule(NeutronItem):
    """One rule of a security group that is there already."""

    rest = collection("security-group-rules", "security_group_rule")
    replacement = "delete-first"  # a group has no two rules that do the same

    security_group: str = fixed(
        "Group the rule is for.", find=A_SECURITY_GROUP, wire="security_group_id", early=True
    )
    description: str | None = fixed("What the rule is for.")
    direction: str = fixed("Which way the traffic goes.", default="ingress", check=DIRECTION)
    ethertype: str = fixed("IP version.", default="IPv4", check=ETHERTYPE)
    port_range_min: int | None = fixed("First port, or ICMP type.", check=A_PORT_NUMBER)
    port_range_max: int | None = fixed("Last port, or ICMP code.", check=A_PORT_NUMBER)
    protocol: str = fixed("IP protocol.", default="tcp", check=A_PROTOCOL)
    remote_group: str | None = fixed(
        "Security group of the other side.",
        find=A_SECURITY_GROUP,
        wire="remote_group_id",
        early=True,
    )
    remote_ip_prefix: str | None = fixed("Address block of the other side.", check=is_cidr)

    def problems(self) -> Iterator[Problem]:
        """Check the ports and the other side."""
        yield from super().problems()
        if self.remote_group is not None and self.remote_ip_prefix is not None:
            yield conflict("remote_ip_prefix", "remote_group", at="remote_group")
        yield from port_problems(self.port_range_min, self.port_range_max, self.protocol)

    def identify(self, body: Body) -> Search | None:
        """Find a rule that has a description of its own by what it does: no two do the same."""
        if not body.get("description"):
            return super().identify(body)
        rest, group = self.rest, {"security_group_id": body["security_group_id"]}
        return Search(rest.service.get(rest.path, group), rest.plural, rest.key, dict(body))
