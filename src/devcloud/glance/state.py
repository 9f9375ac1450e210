"""The images: what is kept of each, how it changes, and who sees it."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.progress import begin, settled, stamp
from devcloud.kernel.store import Row
from devcloud.kernel.web import Refused, Token

READ_ONLY = frozenset(
    {
        "status",
        "size",
        "virtual_size",
        "checksum",
        "created_at",
        "updated_at",
        "os_hash_algo",
        "os_hash_value",
        "self",
        "file",
        "schema",
        "direct_url",
        "stores",
    }
)
BASE = READ_ONLY | {
    "id",
    "name",
    "owner",
    "visibility",
    "tags",
    "protected",
    "min_disk",
    "min_ram",
    "disk_format",
    "container_format",
    "os_hidden",
    "locations",
}
"""What every image has; all else are properties that somebody gave it."""
DISK_FORMATS = ("ami", "ari", "aki", "vhd", "vhdx", "vmdk", "raw", "qcow2", "vdi", "iso", "ploop")
CONTAINER_FORMATS = ("ami", "ari", "aki", "bare", "ovf", "ova", "docker", "compressed")
VISIBILITIES = ("community", "public", "private", "shared")
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Images:
    """The images and their members."""

    def __init__(self, cloud: DevCloud) -> None:
        self.cloud = cloud
        self.table = cloud.store.table("image.image")
        self.members = cloud.store.table("image.member")
        self.gone = cloud.store.table("image.gone")
        self.table.index("owner")

    def add_image(
        self,
        *,
        owner: str | None,
        image_id: str | None = None,
        content: bytes | None = None,
        properties: Mapping[str, Any] | None = None,
        **fields: Any,
    ) -> Row:
        """Make an image; with content it is active at once."""
        image_id = (image_id or self.cloud.new_id()).lower()
        # The id of a removed image is never free again.
        if image_id in self.table or image_id in self.gone:
            raise Refused(409, f"Image ID {image_id} already exists!")
        now = self.now()
        row: Row = {
            "name": None,
            "disk_format": None,
            "container_format": None,
            "visibility": "shared",
            "size": None,
            "virtual_size": None,
            "status": "queued",
            "checksum": None,
            "protected": False,
            "min_ram": 0,
            "min_disk": 0,
            "owner": owner,
            "os_hidden": False,
            "os_hash_algo": None,
            "os_hash_value": None,
            "id": image_id,
            "created_at": now,
            "updated_at": now,
            "tags": [],
            **fields,
            **(properties or {}),
        }
        check(row)
        if content is not None:
            self.keep(row, content)
        return self.table.put(row)

    def get(self, token: Token, image_id: str) -> Row:
        """Return an image that the caller may see."""
        row = settled(self.table, self.table.get(image_id.lower()), self.cloud.now())
        if row is None or not self.sees(token, row):
            raise Refused(404, f"No image found with ID {image_id}")
        return row

    def own(self, token: Token, image_id: str, action: str) -> Row:
        """Return an image that the caller may change."""
        row = self.get(token, image_id)
        if not (token.is_admin or row["owner"] == token.project_id):
            raise Refused(403, f"You are not authorized to complete {action} action.")
        return row

    def visible_to(self, token: Token) -> list[Row]:
        """Return the images that the caller sees in a list."""
        now = self.cloud.now()
        rows = [found for row in self.table.all() if (found := settled(self.table, row, now))]
        return [row for row in rows if self.sees(token, row)]

    def sees(self, token: Token, row: Row) -> bool:
        """Say whether the caller may see an image."""
        return (
            token.is_admin
            or row["visibility"] in {"public", "community"}
            or row["owner"] == token.project_id
            or (row["visibility"] == "shared" and token.project_id in row.get("_members", ()))
        )

    def change(self, row: Row, changed: Row) -> Row:
        """Keep a changed image."""
        check(changed)
        changed["updated_at"] = self.now()
        return self.table.put(changed | {"id": row["id"]})

    def upload(self, row: Row, content: bytes) -> None:
        """Give an image its bytes."""
        if row["status"] not in {"queued", "uploading"}:
            raise Refused(
                409, f"Image status transition from {row['status']} to saving is not allowed"
            )
        need_formats(row)
        self.keep(row, content)
        self.table.put(row)

    def stage(self, row: Row, content: bytes) -> None:
        """Put bytes aside until they are imported."""
        if row["status"] != "queued":
            raise Refused(
                409, f"Image status transition from {row['status']} to uploading is not allowed"
            )
        self.cloud.store.blobs.put(f"{row['id']}.staged", content)
        row["status"] = "uploading"
        self.table.put(row)

    def import_from(self, row: Row, uri: str) -> None:
        """Import an image from the web.

        Nothing is fetched: a few bytes made from the address stand in for the image. An address
        with port 1, where nobody listens, makes the import fail, and a host below .invalid is
        known to no name server.
        """
        parts = urlsplit(uri)
        host = parts.hostname or ""
        if parts.scheme not in {"http", "https"} or not host or host.endswith(".invalid"):
            raise Refused(400, f"URI for web-download does not pass filtering: {uri}")
        until = self.cloud.after(self.cloud.latency("image.import"))
        done: Row = {"os_glance_importing_to_stores": "", "os_glance_failed_import": ""}
        if parts.port == 1:
            done |= {"status": "queued", "os_glance_failed_import": "file"}
        else:
            finished = row | {}
            self.keep(finished, f"devcloud did not fetch {uri}\n".encode())
            done |= {name: finished[name] for name in KEPT}
        begin(row, until, done, status="importing", os_glance_importing_to_stores="file")
        self.table.put(row)

    def import_staged(self, row: Row) -> None:
        """Make what was staged the image."""
        content = self.cloud.store.blobs.get(f"{row['id']}.staged")
        if row["status"] != "uploading" or content is None:
            raise Refused(409, "Image needs to be staged before 'glance-direct' method can be used")
        self.keep(row, content)
        self.cloud.store.blobs.pop(f"{row['id']}.staged")
        self.table.put(row)

    def keep(self, row: Row, content: bytes) -> None:
        """Store the bytes and note what is known of them."""
        self.cloud.store.blobs.put(row["id"], content)
        row["size"] = len(content)
        row["virtual_size"] = len(content) if row["disk_format"] == "raw" else None
        row["checksum"] = hashlib.md5(content, usedforsecurity=False).hexdigest()
        row["os_hash_algo"] = "sha512"
        row["os_hash_value"] = hashlib.sha512(content).hexdigest()
        row["status"] = "active"
        row["stores"] = "file"
        row["updated_at"] = self.now()

    def content(self, row: Row) -> bytes | None:
        """Return an image's bytes, None when it has none yet."""
        if row["status"] == "deactivated":
            raise Refused(
                403, "The requested image has been deactivated. Image data download is forbidden."
            )
        return self.cloud.store.blobs.get(row["id"]) if row["status"] == "active" else None

    def remove(self, row: Row) -> None:
        """Remove an image with its bytes and members."""
        if row["protected"]:
            raise Refused(403, f"Image {row['id']} is protected and cannot be deleted.")
        self.table.pop(row["id"])
        self.gone.put({"id": row["id"]})
        for name in (row["id"], f"{row['id']}.staged"):
            self.cloud.store.blobs.pop(name)
        for member in self.members.find("image_id", row["id"]):
            self.members.pop(member["id"])

    def add_member(self, row: Row, member: str) -> Row:
        """Share an image with a project."""
        if row["visibility"] != "shared":
            raise Refused(403, "Only shared images have members.")
        if f"{row['id']}|{member}" in self.members:
            raise Refused(409, f"Member {member} is duplicated for image {row['id']}")
        now = self.now()
        row["_members"] = [*row.get("_members", ()), member]
        self.table.put(row)
        return self.members.put(
            {
                "id": f"{row['id']}|{member}",
                "member_id": member,
                "image_id": row["id"],
                "status": "pending",
                "created_at": now,
                "updated_at": now,
            }
        )

    def member(self, row: Row, member: str) -> Row:
        """Return a member of an image."""
        found = self.members.get(f"{row['id']}|{member}")
        if found is None:
            raise Refused(404, f"{member} not found in the member list of the image {row['id']}.")
        return found

    def drop_member(self, row: Row, member: str) -> None:
        """No longer share an image with a project."""
        self.members.pop(self.member(row, member)["id"])
        row["_members"] = [name for name in row.get("_members", ()) if name != member]
        self.table.put(row)

    def now(self) -> str:
        """Return the present moment as glance writes it."""
        return stamp(self.cloud.now())[:19] + "Z"


KEPT = (
    "size",
    "virtual_size",
    "checksum",
    "os_hash_algo",
    "os_hash_value",
    "status",
    "stores",
    "updated_at",
)


def check(row: Row) -> None:
    """Refuse an image whose fields are not of the kinds that they must be."""
    if UUID.fullmatch(row["id"]) is None:
        raise mismatch(f"{row['id']!r} does not match '^([0-9a-fA-F]){{8}}-...$'", "id")
    for name in ("name", "disk_format", "container_format", "owner"):
        if row[name] is not None and not isinstance(row[name], str):
            raise mismatch(f"{row[name]!r} is not of type 'null', 'string'", name)
    one_of(row, "disk_format", (None, *DISK_FORMATS))
    one_of(row, "container_format", (None, *CONTAINER_FORMATS))
    one_of(row, "visibility", VISIBILITIES)
    for name in ("min_disk", "min_ram"):
        if not isinstance(row[name], int) or isinstance(row[name], bool):
            raise mismatch(f"{row[name]!r} is not of type 'integer'", name)
        if row[name] < 0:
            raise mismatch(f"{row[name]!r} is less than the minimum of 0", name)
    for name in ("protected", "os_hidden"):
        if not isinstance(row[name], bool):
            raise mismatch(f"{row[name]!r} is not of type 'boolean'", name)
    tags = row["tags"]
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise mismatch(f"{tags!r} is not of type 'array' of strings", "tags")
    row["tags"] = list(dict.fromkeys(tags))
    for name, value in row.items():
        if name not in BASE and name[0] != "_" and value is not None and not isinstance(value, str):
            raise mismatch(f"{value!r} is not of type 'null', 'string'", name)


def one_of(row: Row, name: str, allowed: tuple[str | None, ...]) -> None:
    """Refuse a value that is not one of these."""
    if row[name] not in allowed:
        raise mismatch(f"{row[name]!r} is not one of {list(allowed)}", name)


def mismatch(why: str, name: str) -> Refused:
    """Return the refusal of a field."""
    return Refused(
        400,
        f"Provided object does not match schema 'image': {why}  On instance['{name}']",
    )


def need_formats(row: Row) -> None:
    """Refuse to fill an image of which nobody said what it is."""
    missing = [name for name in ("disk_format", "container_format") if not row[name]]
    if missing:
        raise Refused(400, f"Properties {', '.join(missing)} must be set prior to saving data.")
