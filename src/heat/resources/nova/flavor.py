"""OS::Nova::Flavor."""

from collections.abc import Iterable
from typing import Any

from heat.base.errors import Permanent
from heat.base.json import Body
from heat.plugin.actions import unless_gone
from heat.plugin.fields import attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.rest import Rest, RestResource
from heat.plugin.steps import Call, Search, Steps
from heat.resources.nova.common import A_PROJECT, COMPUTE, text


@resource("OS::Nova::Flavor", service="compute", admin=True)
class Flavor(RestResource):
    """A size that servers can have; for administrators."""

    rest = Rest(COMPUTE, "/flavors", "flavor")
    replacement = "delete-first"  # its name and id are unique

    tenants: list[str] = mutable(
        "Projects that may use it when it is not public.", default=[], find=A_PROJECT, sent=False
    )
    flavorid: str | None = fixed("Id; one is made up when it is left out.", wire="id")
    name: str | None = fixed("Name; one is made up when it is left out.")
    ram: int = fixed("Memory in MB.")
    vcpus: int = fixed("Number of processors.")
    disk: int = fixed("Size of the root disk in GB.", default=0)
    swap: int = fixed("Size of the swap disk in MB.", default=0)
    ephemeral: int = fixed(
        "Size of a further disk in GB.", default=0, wire="OS-FLV-EXT-DATA:ephemeral"
    )
    rxtx_factor: float = fixed("Factor for the network's speed.", default=1.0)
    extra_specs: dict[str, Any] | None = mutable(
        "Further facts for the scheduler.", sent=False, shown=True
    )
    is_public: bool = fixed(
        "Whether all projects may use it.",
        default=True,
        wire="os-flavor-access:is_public",
        shown=attribute("", type="Boolean"),
    )

    def body(self, names: Iterable[str]) -> Body:
        """Choose the id here, so that the flavor is found again."""
        return {"id": self.__here__.resource_id, **super().body(names)}

    def identify(self, body: Body) -> Search | None:
        """Look for the id, which is ours to choose."""
        call = COMPUTE.get("/flavors/detail", {"is_public": "None"})
        return Search(call, "flavors", "flavor", {"id": body["id"]})

    def create(self) -> Steps[str | None]:
        """Create the flavor, then say more about it and who may use it."""
        item = str((yield from super().create()))
        if self.extra_specs:
            yield self._specify(item)
        if not self.is_public:
            for project in self.tenants:
                yield from self._allow(item, project)
        return item

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Change the extra facts, and who may use it."""
        if "extra_specs" in changed:
            gone = (before.extra_specs or {}).keys() - (self.extra_specs or {}).keys()
            for key in sorted(gone):
                yield COMPUTE.delete(f"{self.rest.item(item)}/os-extra_specs/{key}")
            if self.extra_specs:
                yield self._specify(item)
        if "tenants" in changed and not self.is_public:
            for project in before.tenants:
                if project not in self.tenants:
                    yield from unless_gone(self._access(item, "removeTenantAccess", project))
            for project in self.tenants:
                if project not in before.tenants:
                    yield from self._allow(item, project)

    def _allow(self, item: str, project: str) -> Steps[None]:
        try:
            yield self._access(item, "addTenantAccess", project)
        except Permanent as refusal:
            if refusal.status != 409:  # it has access already
                raise

    def _access(self, item: str, action: str, project: str) -> Call:
        return COMPUTE.post(
            f"{self.rest.item(item)}/action", {action: {"tenant": project}}, repeatable=True
        )

    def _specify(self, item: str) -> Call:
        specs = {key: text(value) for key, value in (self.extra_specs or {}).items()}
        return COMPUTE.post(
            f"{self.rest.item(item)}/os-extra_specs", {"extra_specs": specs}, repeatable=True
        )
