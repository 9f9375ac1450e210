"""Metadata of volumes and snapshots: the paths below {volumes,snapshots}/{id}/metadata."""

from typing import Any

from devcloud.cinder.volumes import state
from devcloud.kernel.progress import stamp
from devcloud.kernel.store import Row, Table
from devcloud.kernel.web import Call, Handler, Refused, Reply, Routes
from devcloud.nova import checks


def routes(kind: str) -> Routes:
    """Return the routes below one collection."""

    def owner(call: Call) -> tuple[Table, Row]:
        storage = state(call)
        if kind == "volumes":
            return storage.volumes, storage.volume(call.token, call.params["id"])
        return storage.snapshots, storage.snapshot(call.token, call.params["id"])

    def keep(call: Call, metadata: dict[str, str]) -> None:
        table, row = owner(call)
        row["metadata"] = metadata
        row["updated_at"] = stamp(call.cloud.now())
        table.put(row)

    def show(call: Call) -> dict[str, Any]:
        return {"metadata": owner(call)[1]["metadata"]}

    def add(call: Call) -> dict[str, Any]:
        more = checks.metadata("metadata", checks.element(call.body, "metadata"))
        keep(call, owner(call)[1]["metadata"] | more)
        return show(call)

    def replace(call: Call) -> dict[str, Any]:
        keep(call, checks.metadata("metadata", checks.element(call.body, "metadata")))
        return show(call)

    def value(call: Call) -> str:
        found: str | None = owner(call)[1]["metadata"].get(call.params["key"])
        if found is None:
            name = kind.removesuffix("s").capitalize()
            raise Refused(
                404,
                f"{name} {call.params['id']} has no metadata with key {call.params['key']}.",
            )
        return found

    def show_one(call: Call) -> dict[str, Any]:
        return {"meta": {call.params["key"]: value(call)}}

    def set_one(call: Call) -> dict[str, Any]:
        meta = checks.metadata("meta", checks.element(call.body, "meta"))
        if set(meta) != {call.params["key"]}:
            raise Refused(400, "Request body and URI mismatch")
        keep(call, owner(call)[1]["metadata"] | meta)
        return {"meta": meta}

    def remove_one(call: Call) -> Reply:
        value(call)
        _, row = owner(call)
        keep(
            call, {key: text for key, text in row["metadata"].items() if key != call.params["key"]}
        )
        return Reply(200)

    path = f"/{kind}/{{id}}/metadata"
    table: dict[tuple[str, str], Handler] = {
        ("GET", path): show,
        ("POST", path): add,
        ("PUT", path): replace,
        ("GET", f"{path}/{{key}}"): show_one,
        ("PUT", f"{path}/{{key}}"): set_one,
        ("DELETE", f"{path}/{{key}}"): remove_one,
    }
    return table
