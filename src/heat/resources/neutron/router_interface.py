"""OS::Neutron::RouterInterface."""

from collections.abc import Iterator

from heat.base.json import Json
from heat.base.problems import Problem
from heat.plugin.fields import fixed
from heat.plugin.registry import resource
from heat.plugin.resource import Resource, conflict
from heat.plugin.steps import NETWORK, Call, Search, Steps
from heat.resources.neutron.common import A_PORT, A_ROUTER, A_SUBNET, BUSY


@resource("OS::Neutron::RouterInterface", service="network")
class RouterInterface(Resource):
    """A router's leg in a subnet; its id is the router's with that of the subnet or port."""

    replacement = "delete-first"

    router: str = fixed("The router.", find=A_ROUTER, was="router_id")
    subnet: str | None = fixed("Subnet to reach.", find=A_SUBNET, was="subnet_id")
    port: str | None = fixed("Port to plug in, in place of a new one.", find=A_PORT, was="port_id")

    def problems(self) -> Iterator[Problem]:
        """See that there is one of subnet and port."""
        if self.subnet is not None and self.port is not None:
            yield conflict("subnet", "port", at="port")
        if self.subnet is None and self.port is None:
            yield Problem(
                "At least one of the following properties must be specified: subnet, port",
                ("subnet",),
                cure="say which subnet the router is to reach",
                code="H702",
                kind="PropertyUnspecifiedError",
            )

    def create(self) -> Steps[str | None]:
        """Plug the router in."""
        kind, target = ("subnet_id", self.subnet) if self.subnet else ("port_id", self.port)
        leg = f"{self.router}:{kind}={target}"
        yield NETWORK.put(
            f"/v2.0/routers/{self.router}/add_router_interface",
            {kind: target},
            repeatable=False,
            search=Search(_ports(leg), "ports", "", since=kind == "subnet_id"),
        )
        return leg

    def delete(self, item: str) -> Steps[None]:
        """Unplug the router, once no floating IP needs it any more."""
        router, kind, target = _parts(item)
        yield NETWORK.put(
            f"/v2.0/routers/{router}/remove_router_interface",
            {kind: target},
            missing_ok=True,
            busy=BUSY,
        )

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Show the router's port."""
        reply = yield _ports(item)
        ports = reply.get("ports") or [{}]
        return {name: ports[0] if name == "show" else None for name in names}


def _parts(item: str) -> tuple[str, str, str]:
    router, _, rest = item.partition(":")
    kind, _, target = rest.partition("=")
    return router, kind, target


def _ports(item: str) -> Call:
    """List the port that is this leg of the router, if it is there."""
    router, kind, target = _parts(item)
    which = {"id": target} if kind == "port_id" else {"fixed_ips": f"subnet_id={target}"}
    return NETWORK.get("/v2.0/ports", {"device_id": router, **which})
