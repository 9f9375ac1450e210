"""OS::Cinder::VolumeAttachment."""

from typing import Any

from heat.base.errors import Permanent
from heat.base.json import Json
from heat.plugin.fields import mutable
from heat.plugin.registry import resource
from heat.plugin.resource import Resource
from heat.plugin.steps import VOLUME, Steps, pick
from heat.resources.cinder import plugging
from heat.resources.cinder.common import A_VOLUME, VOLUMES
from heat.resources.nova.common import COMPUTE


@resource("OS::Cinder::VolumeAttachment", service="volumev3")
class VolumeAttachment(Resource):
    """A volume plugged into a server; a change unplugs it and plugs it in again."""

    replacement = "delete-first"  # a volume is plugged into a server once

    instance_uuid: str = mutable("Id of the server to plug it into.")
    volume_id: str = mutable("Volume to plug in.", find=A_VOLUME)
    mountpoint: str | None = mutable("Name of the device to ask for, such as /dev/vdb.")

    def create(self) -> Steps[str | None]:
        """Plug the volume in."""
        return (
            yield from plugging.plug_in(
                self.instance_uuid, self.volume_id, self.mountpoint, first=True
            )
        )

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Unplug the volume where it was, and plug it in where it is to be."""
        if not changed:
            return
        live = yield from plugging.unplug(before.instance_uuid, before.volume_id)
        if self.volume_id != before.volume_id:
            live = yield VOLUME.get(VOLUMES.item(self.volume_id))
        # An update that was cut off may have plugged it in already, here or elsewhere.
        moves = self.volume_id == before.volume_id and not pick(live, "volume.multiattach")
        for plug in pick(live, "volume.attachments") or ():
            if moves or plug["server_id"] == self.instance_uuid:
                yield from plugging.unplug(plug["server_id"], self.volume_id)
        yield from plugging.plug_in(self.instance_uuid, self.volume_id, self.mountpoint, first=True)

    def delete(self, item: str) -> Steps[None]:
        """Unplug the volume; a broken server lets go of it when that is deleted, and not before."""
        try:
            yield from plugging.unplug(self.instance_uuid, self.volume_id)
        except Permanent as refusal:
            if refusal.status != 409:
                raise
            live = yield COMPUTE.get(f"/servers/{self.instance_uuid}", missing_ok=True)
            if pick(live, "server.status") != "ERROR":
                raise refusal from None

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Show the attachment as Nova has it."""
        where = f"/servers/{self.instance_uuid}/os-volume_attachments/{self.volume_id}"
        reply = yield COMPUTE.get(where)
        return {name: pick(reply, "volumeAttachment") for name in names}
