"""What Neutron items share: how they are found, marked, tagged and kept in order."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from msgspec.structs import replace

from heat.base.errors import Permanent
from heat.base.json import Body, Json
from heat.plugin.fields import mutable
from heat.plugin.rest import Marks, Rest, RestResource
from heat.plugin.steps import NETWORK, Finder, Reply, Search, Steps

A_NETWORK = Finder("network", "/v2.0/networks", "network", "neutron.network")
A_SUBNET = Finder("network", "/v2.0/subnets", "subnet", "neutron.subnet")
A_SUBNET_POOL = Finder("network", "/v2.0/subnetpools", "subnetpool", "neutron.subnetpool")
A_SEGMENT = Finder("network", "/v2.0/segments", "segment", "neutron.segment")
A_ROUTER = Finder("network", "/v2.0/routers", "router", "neutron.router")
A_PORT = Finder("network", "/v2.0/ports", "port", "neutron.port")
A_QOS_POLICY = Finder(
    "network", "/v2.0/qos/policies", "policy", "neutron.qos_policy", "policies", label="qos_policy"
)
A_SECURITY_GROUP = Finder(
    "network", "/v2.0/security-groups", "security_group", "neutron.security_group"
)

LEAVE: Any = object()

BUSY = (409,)
"""Neutron refuses to delete what is in use; what uses it is mostly on its way out too."""


def unlisted(finder: Finder) -> Finder:
    """Return the same finder for a property whose schema names no constraint."""
    return replace(finder, constraint="")


def collection(path: str, key: str, **options: Any) -> Rest:
    """Return where a kind of Neutron item is."""
    return Rest(NETWORK, f"/v2.0/{path}", key, **options)


def stateful(path: str, key: str) -> Rest:
    """Return where a kind of item is that is built before it is usable."""
    return collection(path, key, ready=("ACTIVE", "DOWN"), failing=("ERROR",))


class NeutronItem(RestResource):
    """A Neutron item: its description is our mark when the template leaves it empty."""

    shows_ids = True
    blank: ClassVar[Mapping[str, Json]] = {}
    """What takes a property away where null does not, by property; LEAVE keeps it as it is."""

    def body(self, names: Iterable[str]) -> Body:
        """Merge the extra parameters in."""
        wanted = set(names)
        body = super().body(wanted)
        return {**body, **self._extra} if "value_specs" in wanted else body

    def identify(self, body: Body) -> Search | None:
        """Mark the item, so that it is found again whatever its name is."""
        if body.get("description"):
            return super().identify(body)
        body["description"] = mark = self.__here__.mark
        return self.marked(mark)

    def marked(self, mark: str) -> Search:
        """Say how an item with this description is found."""
        rest = self.rest
        query = {"description": mark}
        return Search(rest.service.get(rest.path, query), rest.plural, rest.key, query)

    @classmethod
    def marks(cls) -> Marks | None:
        """Return the list of all such items, whose descriptions bear the marks."""
        return Marks(cls.rest.service.get(cls.rest.path), cls.rest.plural, "description")

    def changes(self, before: Any, changed: frozenset[str]) -> Body:
        """Send the extra parameters that differ, and take away what can't be null."""
        body = super().changes(before, changed - {"value_specs"})
        for name in changed & self.blank.keys():
            key = self.__properties__[name].key
            if getattr(self, name) is None and self.blank[name] is LEAVE:
                del body[key]
            elif getattr(self, name) is None:
                body[key] = self.blank[name]
        if "value_specs" in changed:
            old = getattr(before, "value_specs", None) or {}
            body |= {k: v for k, v in self._extra.items() if k not in old or old[k] != v}
        return body

    def delete(self, item: str) -> Steps[None]:
        """Delete the item, as soon as nothing uses it any more."""
        yield self.rest.service.delete(self.rest.item(item), busy=BUSY)

    def replace_failed(self, item: str) -> Steps[bool]:
        """Keep an item that is there and not broken."""
        try:
            live = yield from self.read(item)
        except Permanent as refusal:
            if refusal.status != 404:
                raise
            return True
        return live.get("status") == "ERROR"

    @property
    def _extra(self) -> Mapping[str, Any]:
        return getattr(self, "value_specs", None) or {}


class TaggedItem(NeutronItem):
    """A Neutron item with a name, extra parameters and tags."""

    name: str | None = mutable("Name; one is made up when it is left out.", shown=True)
    value_specs: dict[str, Any] = mutable(
        "Further parameters for the request, as Neutron spells them.", default={}, sent=False
    )
    tags: list[str] | None = mutable("Tags to put on it.", sent=False)

    def create(self) -> Steps[str | None]:
        """Create the item, then tag it."""
        item = yield from super().create()
        if self.tags:
            yield self._tagging(str(item))
        return item

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Change the item and its tags."""
        yield from super().update(item, before, changed)
        if "tags" in changed:
            yield self._tagging(item)

    def _tagging(self, item: str) -> Any:
        return NETWORK.put(f"{self.rest.item(item)}/tags", {"tags": self.tags or []})


def on_agents(
    item: str, wanted: Iterable[str], *, hosts: str, agents: str, key: str
) -> Steps[None]:
    """Make a network or router be hosted by exactly these agents.

    ``agents`` is the path that lists its agents, ``hosts`` the agent's collection of such items.
    """
    reply = yield NETWORK.get(agents)
    present = [str(agent["id"]) for agent in reply.get("agents") or ()]
    chosen = list(dict.fromkeys(wanted))
    for agent in present:
        if agent not in chosen:
            yield NETWORK.delete(f"/v2.0/agents/{agent}/{hosts}/{item}")
    for agent in chosen:
        if agent not in present:
            yield from _host(agent, hosts, {key: item})


def _host(agent: str, hosts: str, body: Body) -> Steps[Reply]:
    try:
        return (yield NETWORK.post(f"/v2.0/agents/{agent}/{hosts}", body, repeatable=True))
    except Permanent as refusal:
        if refusal.status != 409:  # it is hosted there already
            raise
        return {}
