"""Plugging volumes into servers and out of them; the server and the volume say which plug it is."""

from collections.abc import Iterable, Mapping
from typing import Any

from heat.base.json import Body
from heat.plugin.resource import failed
from heat.plugin.steps import VOLUME, Reply, Search, Steps, pick
from heat.resources.cinder.common import VOLUMES, until_volume
from heat.resources.nova.common import COMPUTE


def plug_in(server: str, volume: str, device: str | None = None, *, first: bool) -> Steps[str]:
    """Plug a volume in, wait until it is in use, and return the id of the attachment.

    ``first`` says that the attachment is what the resource stands for, so far without an id.
    """
    where = f"/servers/{server}/os-volume_attachments"
    wanted: Body = {"volumeId": volume}
    if device:
        wanted["device"] = device
    reply = yield COMPUTE.post(
        where,
        {"volumeAttachment": wanted},
        makes="volumeAttachment.id" if first else None,
        search=Search(
            COMPUTE.get(where), "volumeAttachments", "volumeAttachment", {"volumeId": volume}
        ),
        busy=(409,),  # another task of the server, which passes
    )
    live = yield until_volume(volume, "in-use", "available")
    if pick(live, "volume.status") != "in-use":
        yield from failed(f"Volume {volume} could not be attached to server {server}")
    return str(pick(reply, "volumeAttachment.id") or volume)


def unplug(server: str, volume: str) -> Steps[Reply]:
    """Unplug a volume and wait until the server has let go of it; either may be gone.

    Returns the volume as it is then.
    """
    where = f"/servers/{server}/os-volume_attachments/{volume}"
    yield COMPUTE.delete(where)
    yield COMPUTE.get(where).until_gone()
    return (
        yield VOLUME.get(VOLUMES.item(volume)).until_gone(
            "volume.status",
            "available",
            "in-use",
            failing=VOLUMES.failing,
            listed=VOLUMES.listed(volume),
        )
    )


def unplugged(volume: str, plugs: Iterable[Mapping[str, Any]], work: Steps[None]) -> Steps[None]:
    """Do some work while the volume is unplugged from all servers it is in."""
    places = [(str(plug["server_id"]), plug.get("device")) for plug in plugs]
    for server, _ in places:
        yield from unplug(server, volume)
    yield from work
    for server, device in places:
        yield from plug_in(server, volume, device, first=False)
