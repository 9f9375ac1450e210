"""OS::Nova::ServerGroup."""

from collections.abc import Iterable, Iterator
from typing import Any

from heat.base.json import Body
from heat.base.problems import Problem
from heat.base.unknown import Unknown
from heat.plugin.checks import Check
from heat.plugin.fields import Struct, fixed
from heat.plugin.registry import resource
from heat.plugin.rest import Rest, RestResource
from heat.plugin.steps import Search
from heat.resources.nova.common import COMPUTE

POLICIES = ("anti-affinity", "affinity", "soft-anti-affinity", "soft-affinity")


def _all_known(value: Any) -> str | None:
    unknown = [policy for policy in value if isinstance(policy, str) and policy not in POLICIES]
    return f"{unknown[0]!r} is not one of: {', '.join(POLICIES)}" if unknown else None


class Rules(Struct):
    """Further rules of the policy."""

    max_server_per_host: float | None = fixed(
        "How many servers of the group may share a host; with anti-affinity only."
    )


@resource("OS::Nova::ServerGroup", service="compute")
class ServerGroup(RestResource):
    """Servers that are to be on the same host, or on different ones."""

    rest = Rest(COMPUTE, "/os-server-groups", "server_group")

    name: str | None = fixed("Name; one is made up when it is left out.")
    policies: list[str] = fixed(
        "The policy, as a list of one.",
        default=["anti-affinity"],
        check=Check(_all_known, {"allowed_values": list(POLICIES)}),
        sent=False,
    )
    rules: Rules | None = fixed("Rules of the policy.", sent=False)

    def problems(self) -> Iterator[Problem]:
        """Want one policy; Nova knows no more."""
        yield from super().problems()
        policies: Any = self.policies
        if not isinstance(policies, Unknown) and len(policies) != 1:
            yield Problem(
                "Not one policy",
                ("policies",),
                f"a server group has one policy, not {len(policies)}",
                cure="give a list of one policy",
                code="H704",
            )

    def body(self, names: Iterable[str]) -> Body:
        """Give the policy and its rules as Nova takes them today."""
        body = super().body(names)
        body["policy"] = self.policies[0]
        if self.rules is not None and self.rules.max_server_per_host is not None:
            body["rules"] = {"max_server_per_host": int(self.rules.max_server_per_host)}
        return body

    def identify(self, body: Body) -> Search | None:
        """Nova lists all groups, without filters."""
        name = str(body["name"])
        call = COMPUTE.get(self.rest.path)
        return Search(
            call, "server_groups", "server_group", {"name": name}, since=name != self.physical_name
        )
