"""Snapshots of a server: images made from it."""

from collections.abc import Mapping
from typing import Any

from heat.base.json import Json
from heat.plugin.resource import Here
from heat.plugin.steps import IMAGE, Keep, Search, Steps, pick
from heat.resources.nova.common import COMPUTE


def make(server: str, here: Here) -> Steps[dict[str, Json]]:
    """Make an image of a server, and return what is to be remembered of it."""
    name = here.name
    search = Search(IMAGE.get("/v2/images", {"name": name}), "images", "image", since=True)
    reply = yield COMPUTE.post(
        f"/servers/{server}/action", {"createImage": {"name": name}}, search=search
    )
    image = str(reply.get("image_id") or pick(reply, "image.id"))
    yield Keep({**here.data, "snapshot_image_id": image})  # however the wait for it ends
    yield IMAGE.get(f"/v2/images/{image}").until(
        "status", "active", failing=("killed", "deleted", "pending_delete", "error")
    )
    return {"snapshot_image_id": image}


def drop(data: Mapping[str, Any]) -> Steps[None]:
    """Delete the image of a snapshot."""
    if image := data.get("snapshot_image_id"):
        yield IMAGE.delete(f"/v2/images/{image}")
