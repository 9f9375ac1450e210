"""Volumes: made from nothing, an image, a snapshot or another volume; listed, changed, deleted."""

from typing import Any

from devcloud.cinder import views
from devcloud.cinder.state import ZONE, BlockStorage
from devcloud.kernel import listing
from devcloud.kernel.faults import Fault
from devcloud.kernel.progress import stamp
from devcloud.kernel.store import Row, Table
from devcloud.kernel.web import Call, Refused, Reply, Token
from devcloud.nova import checks, images

MALFORMED = (
    "The server could not comply with the request since it is either malformed or otherwise "
    "incorrect."
)
FILTERS = ("name", "status", "size", "availability_zone", "snapshot_id", "source_volid", "id")
NOT_SMALLER = "They must be >= original {} size."


def state(call: Call) -> BlockStorage:
    """Return the service's state."""
    found: BlockStorage = call.cloud.state("volume")
    return found


def create(call: Call) -> Reply:
    """Make a volume."""
    wanted = checks.element(call.body, "volume")
    row = make(state(call), call.token, wanted, call.fault)
    return Reply(202, {"volume": views.volume(call, row, full=False)})


def make(
    storage: BlockStorage, token: Token, wanted: dict[str, Any], fault: Fault | None = None
) -> Row:
    """Make a volume as a request describes it."""
    size = wanted.get("size")
    if size is not None:
        size = checks.whole("size", size, least=1)
    fields: Row = {
        "name": wanted.get("name", wanted.get("display_name")),
        "description": wanted.get("description", wanted.get("display_description")),
        "metadata": checks.metadata("metadata", wanted.get("metadata") or {}),
        "multiattach": checks.flag("multiattach", wanted.get("multiattach") or False),
        "availability_zone": zone(wanted.get("availability_zone")),
    }
    kind: Row | None = None
    if wanted.get("volume_type"):
        kind = storage.volume_type(token, str(wanted["volume_type"]))
    source = origin(storage, token, wanted, size)
    fields |= source
    kind_name = source.pop("volume_type", None)
    if kind is None and kind_name:
        kind = storage.volume_type(token, kind_name)
    kind = kind or storage.default_type()
    fields |= {
        "volume_type": kind["name"] if kind else None,
        "volume_type_id": kind["id"] if kind else None,
    }
    if kind and kind["extra_specs"].get("multiattach") == "<is> True":
        fields["multiattach"] = True
    return storage.new_volume(token, fields, fault)


def zone(name: Any) -> str:
    """Return the zone for a volume."""
    if name not in {None, "", ZONE}:
        raise Refused(400, f"Availability zone '{name}' is invalid.")
    return ZONE


def origin(
    storage: BlockStorage, token: Token, wanted: dict[str, Any], size: int | None
) -> dict[str, Any]:
    """Return what a volume takes over from where its content comes from, and its size."""
    if wanted.get("snapshot_id"):
        snapshot = storage.snapshot(token, wanted["snapshot_id"])
        if snapshot["status"] != "available":
            raise Refused(
                400, "Invalid snapshot: Originating snapshot status must be one of available values"
            )
        size = enough(size, snapshot["size"], "the snapshot", "snapshot")
        volume = storage.volumes.get(snapshot["volume_id"]) or {}
        return inherited(volume) | {"size": size, "snapshot_id": snapshot["id"]}
    if wanted.get("source_volid"):
        volume = storage.volume(token, wanted["source_volid"])
        size = enough(size, volume["size"], "original volume", "volume")
        return inherited(volume) | {"size": size, "source_volid": volume["id"]}
    image_id = wanted.get("imageRef") or wanted.get("image_id")
    if size is None:
        raise Refused(400, MALFORMED)
    if not image_id:
        return {"size": size}
    image = images.find(storage.cloud, token, str(image_id))
    if image is None:
        raise Refused(400, "Invalid image identifier or unable to access requested image.")
    return from_image(image, size)


def enough(size: int | None, least: int, what: str, word: str) -> int:
    """Return the size asked for, at least the origin's."""
    if size is None:
        return least
    if size < least:
        gap = "  " if word == "volume" else " "
        raise Refused(
            400,
            f"Invalid input received: Volume size '{size}'GB cannot be smaller than "
            f"{what} size{gap}{least}GB. {NOT_SMALLER.format(word)}",
        )
    return size


def inherited(volume: Row) -> dict[str, Any]:
    """Return what a copy has from its volume."""
    names = ("volume_type", "bootable", "image_metadata")
    return {name: volume[name] for name in names if name in volume}


def from_image(image: Row, size: int) -> dict[str, Any]:
    """Return what a volume has from its image."""
    if image["status"] != "active":
        raise Refused(
            400,
            f"Invalid input received: Image {image['id']} is not active.",
        )
    least = image.get("min_disk") or 0
    if size < least:
        raise Refused(
            400,
            f"Invalid input received: Volume size {size}GB cannot be smaller than the image "
            f"minDisk size {least}GB.",
        )
    bytes_ = image.get("size") or 0
    if size << 30 < bytes_:
        raise Refused(
            400,
            "Invalid input received: Size of specified image "
            f"{-(-bytes_ >> 30)}GB is larger than volume size {size}GB.",
        )
    return {"size": size, "bootable": True, "image_metadata": images.described(image)}


def list_short(call: Call) -> dict[str, Any]:
    """List volumes by name."""
    rows, links = listed(call, state(call).volumes, "volumes", "Volume")
    return {"volumes": [views.volume_summary(call, row) for row in rows], **links}


def list_long(call: Call) -> dict[str, Any]:
    """List volumes in full."""
    rows, links = listed(call, state(call).volumes, "volumes", "Volume", "/detail")
    return {"volumes": [views.volume(call, row) for row in rows], **links}


def listed(
    call: Call, table: Table, kind: str, name: str, tail: str = ""
) -> tuple[list[Row], dict[str, Any]]:
    """Return one page of what the caller has, newest first, and the link to the next page."""
    storage = state(call)
    everywhere = call.token.is_admin and call.arg("all_tenants") in {"1", "true", "True"}
    if everywhere:
        rows = storage.current(table, table.all())
        if call.arg("project_id"):
            rows = [row for row in rows if row["project_id"] == call.arg("project_id")]
    else:
        rows = storage.of_project(table, call.project_id)
    rows = filtered(call, rows, (*FILTERS, "volume_id"))
    rows.reverse()
    sort = call.arg("sort") or call.arg("sort_key")
    if sort:
        pairs = [part.partition(":") for part in sort.split(",")]
        directions = [pair[2] or call.arg("sort_dir") or "desc" for pair in pairs]
        rows = listing.ordered(rows, [pair[0] for pair in pairs], directions)
    offset = int(call.arg("offset") or 0)
    limit = listing.limit_of(call.request.query, most=1000)
    marker = call.arg("marker")
    missing = Refused(404, f"{name} {marker} could not be found.")
    found, more = listing.page(rows[offset:], limit, marker, missing=missing)
    if not more and not (limit and len(found) == limit and "limit" in call.request.query):
        return found, {}
    path = call.request.path.rstrip("/")
    path = path if path.endswith(kind + tail) else f"/v3/{kind}{tail}"
    href = listing.link_after(call.request, f"/volume{path}", found[-1]["id"])
    return found, {f"{kind}_links": [{"rel": "next", "href": href}]}


def filtered(call: Call, rows: list[Row], names: tuple[str, ...]) -> list[Row]:
    """Keep the rows that the query asks for."""
    query = call.request.query
    for name in names:
        if name in query:
            values = set(query[name])
            rows = [row for row in rows if listing.text(row.get(name)) in values]
    for name in ("bootable", "multiattach"):
        if name in query:
            yes = checks.flag(name, query[name][0])
            rows = [row for row in rows if row.get(name, False) == yes]
    if "name~" in query:
        rows = [row for row in rows if query["name~"][0] in (row["name"] or "")]
    if "metadata" in query:
        rows = [row for row in rows if has_metadata(row, query["metadata"][0])]
    return rows


def has_metadata(row: Row, text: str) -> bool:
    """Say whether a row has the metadata that a query spells like {'key': 'value'}."""
    pairs = [part.partition(":") for part in text.strip("{} ").split(",") if part]
    return all(
        row["metadata"].get(key.strip(" '\"")) == value.strip(" '\"") for key, _, value in pairs
    )


def show(call: Call) -> dict[str, Any]:
    """Show a volume."""
    return {"volume": views.volume(call, state(call).volume(call.token, call.params["id"]))}


def update(call: Call) -> dict[str, Any]:
    """Change a volume's name, description or metadata."""
    row = state(call).volume(call.token, call.params["id"])
    wanted = checks.element(call.body, "volume")
    change_words(wanted, row)
    if "metadata" in wanted:
        row["metadata"] = checks.metadata("metadata", wanted["metadata"])
    row["updated_at"] = stamp(call.cloud.now())
    state(call).volumes.put(row)
    return {"volume": views.volume(call, row, full=False)}


def change_words(wanted: dict[str, Any], row: Row) -> None:
    """Set the name and the description as far as they are given."""
    for name in ("name", "description"):
        value = wanted.get(name, wanted.get(f"display_{name}", row[name]))
        row[name] = value if value is None else checks.string(name, value)


def delete(call: Call) -> Reply:
    """Begin to delete a volume."""
    storage = state(call)
    row = storage.volume(call.token, call.params["id"])
    if call.arg("cascade") in {"true", "True", "1"}:
        for snapshot in storage.snapshots.find("volume_id", row["id"]):
            storage.snapshots.pop(snapshot["id"])
    storage.delete_volume(row, call.fault)
    return Reply(202)
