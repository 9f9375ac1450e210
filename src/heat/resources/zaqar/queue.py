"""OS::Zaqar::Queue."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from heat.base.errors import Permanent
from heat.base.json import Json
from heat.plugin.checks import length
from heat.plugin.fields import attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.resource import Resource
from heat.plugin.steps import Call, Keep, Service, Steps

MESSAGING = Service("messaging")
_PATCH = "application/openstack-messaging-v2.0-json-patch"


@resource(
    "OS::Zaqar::Queue", service="messaging", support={"status": "SUPPORTED", "version": "2014.2"}
)
class Queue(Resource):
    """A queue, which programs post messages to and take them from."""

    replacement = "delete-first"  # its name is its id
    name_limit = 64

    name: str | None = fixed(
        "Name of the queue; one is made up when it is left out.", check=length(high=64)
    )
    facts: dict[str, Any] | None = mutable("Anything to be told with the queue.", named="metadata")

    queue_id = attribute(
        "Name of the queue.",
        type=None,
        cached=False,
        support={"status": "HIDDEN", "version": "6.0.0"},
    )
    href = attribute("Path of the queue.", type=None)

    def create(self) -> Steps[str | None]:
        """Make the queue; one of this name may be there, for a message makes it, too."""
        item = self.name or self.physical_name
        yield Keep({}, item)
        yield MESSAGING.put(_path(item), headers=self._headers)
        if self.facts:
            yield self._change(item, {}, self.facts)
        return item

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Change what is told with the queue."""
        if changed:
            yield self._change(item, before.facts or {}, self.facts or {})

    def delete(self, item: str) -> Steps[None]:
        """Delete the queue with all that is in it."""
        yield MESSAGING.delete(_path(item), headers=self._headers)

    def check(self, item: str) -> Steps[None]:
        """See that the queue is there."""
        yield self._read(item)

    def live(self, item: str) -> Steps[dict[str, Json] | None]:
        """Return what is told with the queue, where that differs; None when it is gone."""
        try:
            found = yield self._read(item)
        except Permanent as refusal:
            if refusal.status != 404:
                raise
            return None
        told = _own(found)
        return {"metadata": told} if told != (self.facts or {}) else {}

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Show the queue."""
        shown: dict[str, Json] = {"queue_id": item, "href": _path(item)}
        if "show" in names:
            found = yield self._read(item)
            shown["show"] = dict(found)
        return {name: shown.get(name) for name in names}

    def _read(self, item: str) -> Call:
        return Call(MESSAGING.name, "GET", _path(item), headers=self._headers)

    def _change(self, item: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Call:
        gone = [
            {"op": "remove", "path": f"/metadata/{key}"} for key in sorted(before.keys() - after)
        ]
        told = [
            {"op": "add", "path": f"/metadata/{key}", "value": after[key]} for key in sorted(after)
        ]
        return MESSAGING.patch(
            _path(item), [*gone, *told], headers=self._headers, content_type=_PATCH
        )

    @property
    def _headers(self) -> dict[str, str]:
        """Say who asks: clients of queues have ids, a resource its own."""
        return {"Client-ID": self.__here__.resource_id}


def _path(item: str) -> str:
    return f"/v2/queues/{quote(item, safe='')}"


def _own(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what the service itself tells of a queue."""
    return {name: value for name, value in metadata.items() if not name.startswith("_")}
