"""The way to the image service: which images a project may boot from, and snapshots as new ones."""

from typing import Any

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.store import Row
from devcloud.kernel.web import Refused, Token

OWN = {
    "id", "name", "status", "owner", "visibility", "size", "virtual_size", "checksum", "tags",
    "min_disk", "min_ram", "disk_format", "container_format", "protected", "os_hidden",
    "os_hash_algo", "os_hash_value", "created_at", "updated_at", "self", "file", "schema",
    "locations", "stores", "direct_url",
}  # fmt: skip
"""What an image has by itself; all else are properties that somebody gave it."""


def find(cloud: DevCloud, token: Token, image_id: str) -> Row | None:
    """Return an image that the caller may use."""
    try:
        row: Row = cloud.state("image").get(token, image_id)
    except Refused:
        return None
    return row


def described(image: Row) -> dict[str, str]:
    """Return what cinder keeps of the image from which it filled a volume."""
    kept = {name: value for name, value in image.items() if name[0] != "_" and name not in OWN}
    for name in ("name", "disk_format", "container_format", "min_disk", "min_ram", "checksum"):
        kept[name] = image.get(name)
    kept |= {"image_id": image["id"], "image_name": image.get("name"), "size": image.get("size")}
    kept.pop("name")
    return {name: str(value) for name, value in kept.items() if value is not None}


def add_snapshot(
    cloud: DevCloud, token: Token, name: str, properties: dict[str, Any], min_disk: int
) -> Row:
    """Make the image of a server; it is there at once."""
    image: Row = cloud.state("image").add_image(
        name=name,
        owner=token.project_id,
        visibility="private",
        disk_format="raw",
        container_format="bare",
        min_disk=min_disk,
        content=b"",
        properties={key: str(value) for key, value in properties.items()},
    )
    return image
