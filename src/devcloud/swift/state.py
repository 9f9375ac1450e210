"""Accounts, containers and objects, and what is kept of objects that are written over."""

from datetime import UTC, datetime
from hashlib import md5
from typing import Any

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.store import Row
from devcloud.kernel.web import Refused

LOCATION = "x-versions-location"


class Objects:
    """All that is stored, by account, container and name."""

    def __init__(self, cloud: DevCloud) -> None:
        self.cloud = cloud
        self.accounts = cloud.store.table("object-store.account")
        self.containers = cloud.store.table("object-store.container")
        self.objects = cloud.store.table("object-store.object")

    def account(self, name: str) -> Row:
        """Return an account; there is one for every project."""
        return self.accounts.get(name) or {"id": name, "headers": {}}

    def container(self, account: str, name: str) -> Row:
        """Return a container, or refuse."""
        found = self.containers.get(f"{account}/{name}")
        if found is None:
            raise Refused(404, "The resource could not be found.")
        return found

    def containers_of(self, account: str) -> list[Row]:
        """Return the containers of an account by name."""
        found = [row for row in self.containers.all() if row["account"] == account]
        return sorted(found, key=lambda row: row["name"])

    def objects_of(self, container: Row) -> list[Row]:
        """Return the objects of a container by name."""
        found = [row for row in self.objects.all() if row["container"] == container["id"]]
        return sorted(found, key=lambda row: row["name"])

    def object(self, container: Row, name: str) -> Row:
        """Return an object, or refuse."""
        found = self.objects.get(f"{container['id']}/{name}")
        if found is None:
            raise Refused(404, "The resource could not be found.")
        return found

    def put_container(self, account: str, name: str, headers: dict[str, str]) -> bool:
        """Make a container, or add to its headers; says whether it is new."""
        row_id = f"{account}/{name}"
        known = self.containers.get(row_id)
        row = known or {"id": row_id, "account": account, "name": name, "headers": {}}
        change_headers(row, headers)
        self.containers.put(row)
        return known is None

    def put_object(self, container: Row, name: str, raw: bytes, headers: dict[str, str]) -> Row:
        """Store an object; what it writes over is kept where the container wants that."""
        row_id = f"{container['id']}/{name}"
        if (before := self.objects.get(row_id)) is not None:
            self._keep(container, before)
        blob = self.cloud.new_hex()
        self.cloud.store.blobs.put(blob, raw)
        row: Row = {
            "id": row_id,
            "container": container["id"],
            "name": name,
            "bytes": len(raw),
            "hash": md5(raw, usedforsecurity=False).hexdigest(),
            "headers": headers,
            "timestamp": f"{self.cloud.now().timestamp():.5f}",
            "blob": blob,
        }
        return self.objects.put(row)

    def drop_object(self, container: Row, row: Row) -> None:
        """Remove an object; the one that it was written over comes back."""
        self.objects.pop(row["id"])
        self.cloud.store.blobs.pop(row["blob"])
        location = container["headers"].get(LOCATION)
        archive = location and self.containers.get(f"{container['account']}/{location}")
        if archive:
            kept = [one for one in self.objects_of(archive) if one.get("of") == row["id"]]
            if kept:
                last = kept[-1]
                self.objects.pop(last["id"])
                back = {**last, "id": row["id"], "container": container["id"], "name": row["name"]}
                del back["of"]
                self.objects.put(back)

    def content(self, row: Row) -> bytes:
        """Return the bytes of an object."""
        return self.cloud.store.blobs.get(row["blob"]) or b""

    def _keep(self, container: Row, row: Row) -> None:
        location = container["headers"].get(LOCATION)
        archive = location and self.containers.get(f"{container['account']}/{location}")
        if not archive:
            self.cloud.store.blobs.pop(row["blob"])
            return
        name = f"{len(row['name']):03x}{row['name']}/{row['timestamp']}"
        kept = {**row, "id": f"{archive['id']}/{name}", "container": archive["id"], "name": name}
        self.objects.put(kept | {"of": row["id"]})


def change_headers(row: Row, headers: dict[str, str]) -> None:
    """Set headers; one with no value goes."""
    kept: dict[str, Any] = row["headers"] | headers
    row["headers"] = {name: value for name, value in kept.items() if value}


def moment(row: Row) -> str:
    """Return when an object was stored, as listings show it."""
    return datetime.fromtimestamp(float(row["timestamp"]), UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
