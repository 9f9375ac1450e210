"""OS::Glance::WebImage."""

from collections.abc import Iterable, Mapping
from typing import Any

from heat.base.errors import Permanent
from heat.base.json import Body
from heat.plugin.checks import at_least, matching, one_of
from heat.plugin.fields import fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.rest import Rest, RestResource
from heat.plugin.steps import IMAGE, JSON_PATCH, Call, Search, Steps

DISK_FORMATS = one_of(
    "ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop"
)
CONTAINER_FORMATS = one_of("ami", "ari", "aki", "bare", "ovf", "ova", "docker")
IS_ID = matching(
    "^([0-9a-fA-F]){8}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){4}-([0-9a-fA-F]){12}$"
)


@resource("OS::Glance::WebImage", service="image")
class WebImage(RestResource):
    """An image that Glance fetches from the web."""

    rest = Rest(IMAGE, "/v2/images", "", "images")

    name: str | None = fixed("Name; one is made up when it is left out.")
    id: str | None = fixed("Id; one is made up when it is left out.")
    min_disk: int = fixed("Least disk that servers need, in GB.", default=0, check=at_least(0))
    min_ram: int = fixed("Least memory that servers need, in MB.", default=0, check=at_least(0))
    protected: bool = mutable("Whether it can't be deleted.", default=False)
    disk_format: str = fixed("Format of the disk.", check=DISK_FORMATS)
    container_format: str = fixed("Format of what the disk is in.", check=CONTAINER_FORMATS)
    location: str = fixed("URL to fetch it from.", sent=False)
    tags: list[Any] | None = mutable("Tags to put on it.")
    architecture: str | None = mutable("Architecture that it runs on.")
    kernel_id: str | None = mutable("Image of its kernel.", check=IS_ID)
    os_distro: str | None = mutable("Name of the distribution in it.")
    os_version: str | None = mutable("Version of the distribution in it.")
    owner: str | None = mutable("Project that owns it; for administrators.")
    extra_properties: dict[str, Any] = mutable(
        "Further properties of the image.", default={}, sent=False
    )
    visibility: str = mutable(
        "Who can see it.",
        default="private",
        check=one_of("public", "private", "community", "shared"),
    )
    ramdisk_id: str | None = mutable("Image of its RAM disk.", check=IS_ID)
    active: bool = mutable("Whether its data can be used.", default=True, sent=False)
    members: list[str] | None = mutable("Projects that it is shared with.", sent=False)

    def body(self, names: Iterable[str]) -> Body:
        """Put the further properties beside the known ones."""
        wanted = set(names)
        body = super().body(wanted)
        if "extra_properties" in wanted:
            body |= {key: _text(value) for key, value in self.extra_properties.items()}
        return body

    def create(self) -> Steps[str | None]:
        """Describe the image, have Glance fetch it, and wait until it is there.

        The id is ours to choose, so the image is found again.
        """
        body = self.body(self.__properties__)
        body.setdefault("id", self.__here__.resource_id)
        search = Search(IMAGE.get(self.rest.path, {"id": f"in:{body['id']}"}), "images", "")
        yield IMAGE.post(self.rest.path, body, makes="id", search=search)
        item = str(body["id"])
        yield from self._fetch(item)
        if not self.active:
            yield self._let(item, "deactivate")
        for member in self.members or ():
            yield from self._share(item, member)
        return item

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Change the description, whether it can be used, and whom it is shared with."""
        fields = {n for n in changed if self.__properties__[n].sent} | (
            changed & {"extra_properties"}
        )
        old, new = before.members or [], self.members or []
        for member in old:  # while it is still a shared one
            if member not in new:
                yield IMAGE.delete(f"{self.rest.item(item)}/members/{member}")
        if fields:
            yield from self._patch(item, self.body(fields), before.body(fields))
        if "active" in changed:
            yield self._let(item, "reactivate" if self.active else "deactivate")
        for member in new:
            if member not in old:
                yield from self._share(item, member)

    def _fetch(self, item: str) -> Steps[None]:
        """Have the data fetched; the task tells why it could not be."""
        where = self.rest.item(item)
        body = {"method": {"name": "web-download", "uri": self.location}}
        try:
            yield IMAGE.post(f"{where}/import", body, repeatable=True)
        except Permanent as refusal:
            if refusal.status != 409:  # it is being fetched, or was
                raise
        try:
            yield IMAGE.get(f"{where}/tasks").until(
                "tasks.0.status", "success", failing=("failure",), why="tasks.0.message"
            )
        except Permanent as refusal:
            if refusal.status != 404:  # a Glance that does not tell of its tasks
                raise
        yield IMAGE.get(where).until("status", "active", failing=("killed", "deleted"))

    def _patch(self, item: str, new: Body, old: Mapping[str, Any]) -> Steps[None]:
        """Change a description, not taking away again what a lost request took away."""
        where = self.rest.item(item)
        gone = sorted(old.keys() - new.keys())
        changes = [{"op": "add", "path": _pointer(key), "value": new[key]} for key in sorted(new)]
        if "tags" in gone:
            changes.append({"op": "add", "path": "/tags", "value": []})
            gone.remove("tags")
        live = yield IMAGE.get(where)
        while True:
            left = [{"op": "remove", "path": _pointer(key)} for key in gone if key in live]
            if not changes and not left:
                return
            try:
                yield IMAGE.patch(where, [*changes, *left], content_type=JSON_PATCH)
            except Permanent as refusal:
                if refusal.status != 409:
                    raise
                before, live = live, (yield IMAGE.get(where))
                if before.keys() == live.keys():
                    raise
            else:
                return

    def _let(self, item: str, action: str) -> Call:
        return IMAGE.post(f"{self.rest.item(item)}/actions/{action}", repeatable=True)

    def _share(self, item: str, member: str) -> Steps[None]:
        call = IMAGE.post(f"{self.rest.item(item)}/members", {"member": member}, repeatable=True)
        try:
            yield call
        except Permanent as refusal:
            if refusal.status != 409:  # it is shared with them already
                raise


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)
