"""OS::Nova::Server."""

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from heat.base.json import Body, Json
from heat.plugin.registry import resource
from heat.plugin.resource import Other, failed
from heat.plugin.rest import Marks
from heat.plugin.steps import Keep, Search, Steps, pick
from heat.plugin.users import expel
from heat.resources.nova.common import COMPUTE, WITH_FILES, text
from heat.resources.nova.server import blocks, changing, collecting, images, nics, ports, shown
from heat.resources.nova.server.order import groups_of, subnets_of
from heat.resources.nova.server.plugging import KEPT, Plugging, interfaces, match
from heat.resources.nova.server.shape import ServerShape
from heat.resources.nova.server.userdata import user_data


@resource("OS::Nova::Server", service="compute")
class Server(ServerShape):
    """A virtual machine."""

    name_limit = 53
    snapshots_on_delete = True

    @classmethod
    def implied(cls, me: Other, others: Iterable[Other]) -> Iterable[str]:
        """Come after the subnets of its networks, and the security groups of its ports."""
        there = list(others)
        return (*subnets_of(me, there), *groups_of(me, there))

    def create(self) -> Steps[str | None]:
        """Give its agent a user, if it has one, and make the rest."""
        here = self.__here__
        if self.user_data_format == "SOFTWARE_CONFIG":
            here = yield from collecting.arrange(here, self.software_config_transport)
        return (yield from self.at(here).make())

    def make(self) -> Steps[str | None]:
        """Make the ports that Nova can't make, then the server, and wait until it runs."""
        here, wanted = self.__here__, self.networks or []
        made: list[str | None] = [None] * len(wanted)
        for number, nic in enumerate(wanted):
            if nic.has_own_port:
                made[number] = yield from ports.make(
                    nic, number, self.security_groups, here, first=True
                )
        body: Body = {"server": (yield from self._body(made))}
        if hints := self._hints:
            body["os:scheduler_hints"] = hints
        version = WITH_FILES if self.personality else COMPUTE.microversion
        search = Search(COMPUTE.get("/servers/detail", {"tags": here.mark}), "servers", "server")
        reply = yield COMPUTE.post(
            "/servers", body, makes="server.id", search=search, microversion=version
        )
        item = str(reply["server"]["id"])
        yield changing.until(item, "ACTIVE")
        yield from self._lead_here(item, made)
        if any(made):
            yield Keep({**here.data, KEPT: made})
        return item

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Make each change through its own call: Nova has no general update."""
        where = self.rest.item(item)
        if "software_config_transport" in changed:
            yield from collecting.follow(self.__here__, self.software_config_transport)
        if "name" in changed:
            yield COMPUTE.put(where, {"server": {"name": self.name or self.physical_name}})
        if "metadata" in changed:
            yield COMPUTE.put(f"{where}/metadata", {"metadata": self._metadata})
        if "tags" in changed:
            yield COMPUTE.put(f"{where}/tags", {"tags": self._tags})
        if "flavor" in changed:
            yield from changing.resize(item, self.flavor)
        fresh_data = "user_data" in changed and self.user_data_update_policy == "REBUILD"
        if "image" in changed or fresh_data:
            yield from changing.rebuild(item, (yield from self._rebuilt(fresh_data)))
        elif "admin_pass" in changed and self.admin_pass is not None:
            yield from changing.set_password(item, self.admin_pass)
        if "networks" in changed:
            plugging = Plugging(item, self.security_groups, self.__here__)
            yield from plugging.change(before.networks or [], self.networks or [])

    def delete(self, item: str) -> Steps[None]:
        """Delete the server, wait until it is gone, then delete the ports made for it."""
        for nic in self.networks or ():
            if nic.floating_ip is not None:
                yield from ports.lead(nic.floating_ip, None)
        yield from changing.delete(item)
        yield from ports.drop((yield from ports.made(self.__here__)))
        yield from expel(self.__here__)

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Return attributes of the live server."""
        return (yield from shown.reveal(item, names, self.__here__))

    def check(self, item: str) -> Steps[None]:
        """See that the server runs, or rests because somebody suspended it.

        One that is found broken is replaced by the next update: a stack that is suspended must
        not lose its servers because somebody looked.
        """
        live = yield from self.read(item)
        if live.get("status") not in ("ACTIVE", "SUSPENDED"):
            yield from failed(f"'status': expected 'ACTIVE', got '{live.get('status')}'")

    def replace_failed(self, item: str) -> Steps[bool]:
        """Keep a server that is there and not broken."""
        live = yield COMPUTE.get(self.rest.item(item), missing_ok=True)
        return pick(live, "server.status") in (None, *self.rest.failing)

    def suspend(self, item: str) -> Steps[None]:
        """Write the server's memory to disk and stop it."""
        yield from changing.suspend(item)

    def resume(self, item: str) -> Steps[None]:
        """Let the suspended server go on."""
        yield from changing.resume(item)

    def snapshot(self, item: str) -> Steps[dict[str, Json]]:
        """Make an image of the server; what is returned is kept with the snapshot."""
        return (yield from images.make(item, self.__here__))

    def drop_snapshot(self, data: Mapping[str, Any]) -> Steps[None]:
        """Delete the image of a snapshot."""
        yield from images.drop(data)

    def restored(self, data: Mapping[str, Any]) -> "Server":
        """Return the properties that bring a snapshot back."""
        image = data.get("snapshot_image_id")
        return self.but(image=image) if image else self

    def step_aside(self, item: str) -> Steps[None]:
        """Let go of the ports that a replacement is to have."""
        yield from Plugging(item, (), self.__here__).let_go(self.networks or [])

    def step_back(self, item: str) -> Steps[None]:
        """Take back the ports after a replacement that failed."""
        yield from Plugging(item, (), self.__here__).take_back(self.networks or [])

    def _body(self, made: Sequence[str | None]) -> Steps[Body]:
        body = self.body(self.__properties__)
        body["networks"] = nics.wanted(self.networks, made)
        body["tags"] = self._tags
        if self.metadata:
            body["metadata"] = self._metadata
        if self.security_groups:
            body["security_groups"] = [{"name": group} for group in self.security_groups]
        if self.block_device_mapping:
            body["block_device_mapping"] = blocks.bodies(self.block_device_mapping)
        if self.block_device_mapping_v2:
            body["block_device_mapping_v2"] = blocks.bodies(self.block_device_mapping_v2)
        if self.personality:
            body["personality"] = [
                {"path": path, "contents": b64encode(str(text).encode()).decode()}
                for path, text in self.personality.items()
            ]
        data = yield from user_data(self.user_data, self.user_data_format, self.__here__)
        return body | ({"user_data": data} if data is not None else {})

    def _rebuilt(self, fresh_data: bool) -> Steps[Body]:
        body: Body = {"imageRef": self.image}
        if self.image_update_policy == "REBUILD_PRESERVE_EPHEMERAL":
            body["preserve_ephemeral"] = True
        if self.admin_pass is not None:
            body["adminPass"] = self.admin_pass
        if fresh_data:
            body["user_data"] = yield from user_data(
                self.user_data, self.user_data_format, self.__here__
            )
        return body

    def _lead_here(self, item: str, made: Sequence[str | None]) -> Steps[None]:
        wanted = self.networks or []
        if all(nic.floating_ip is None for nic in wanted):
            return
        found = match(wanted, (yield from interfaces(item)), made)
        for nic, port in zip(wanted, found, strict=True):
            if nic.floating_ip is not None:
                yield from ports.lead(nic.floating_ip, port, nic.fixed_ip)

    @classmethod
    def marks(cls) -> Marks | None:
        """Return the list of all servers, whose tags bear the marks."""
        call = COMPUTE.get("/servers/detail", {"all_tenants": "1"})
        return Marks(call, "servers", "tags", "tenant_id")

    @property
    def _tags(self) -> list[str]:
        """The template's tags, and ours: the mark by which the server is found again."""
        return list(dict.fromkeys([self.__here__.mark, *(self.tags or ())]))

    @property
    def _metadata(self) -> dict[str, str]:
        return {key: text(value) for key, value in self.metadata.items()}

    @property
    def _hints(self) -> dict[str, Any]:
        hints = dict(self.scheduler_hints or {})
        if self.reservation_id is not None:
            hints.setdefault("reservation", self.reservation_id)
        return hints
