"""Shows volumes and what belongs to them as the block storage API does."""

from typing import Any

from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused


def at_least(call: Call, minor: int) -> bool:
    """Say whether the request asked for this microversion of version 3, or a later one."""
    return (call.request.microversion or (3, 0)) >= (3, minor)


def must_be_admin(call: Call, rule: str) -> None:
    """Refuse whoever is not admin."""
    if not call.token.is_admin:
        raise Refused(403, f"Policy doesn't allow {rule} to be performed.")


def when(text: str | None) -> str | None:
    """Show a moment: the API keeps whole seconds."""
    return None if text is None else text[:19] + ".000000"


def links(call: Call, kind: str, row_id: str) -> list[dict[str, str]]:
    """Return an object's links."""
    base = call.request.base
    project = call.params.get("project_id")
    root = f"{base}/volume/v3/{project}" if project else f"{base}/volume/v3"
    tail = f"{project}/{kind}" if project else kind
    return [
        {"rel": "self", "href": f"{root}/{kind}/{row_id}"},
        {"rel": "bookmark", "href": f"{base}/volume/{tail}/{row_id}"},
    ]


def volume_summary(call: Call, row: Row) -> dict[str, Any]:
    """Show a volume in a list without details."""
    return {"id": row["id"], "name": row["name"], "links": links(call, "volumes", row["id"])}


def volume(call: Call, row: Row, *, full: bool = True) -> dict[str, Any]:
    """Show a volume; `full` adds what a reply to its creation does not have."""
    metadata = row["metadata"]
    view: dict[str, Any] = {
        "id": row["id"],
        "status": row["status"],
        "size": row["size"],
        "availability_zone": row["availability_zone"],
        "created_at": when(row["created_at"]),
        "updated_at": when(row["updated_at"]),
        "name": row["name"],
        "description": row["description"],
        "volume_type": row["volume_type"],
        "snapshot_id": row["snapshot_id"],
        "source_volid": row["source_volid"],
        "metadata": metadata | {"readonly": "True"} if row["readonly"] else metadata,
        "links": links(call, "volumes", row["id"]),
        "user_id": row["user_id"],
        "bootable": "true" if row["bootable"] else "false",
        "encrypted": False,
        "replication_status": None,
        "consistencygroup_id": None,
        "multiattach": row["multiattach"],
        "attachments": row["attachments"],
    }
    later: dict[int, dict[str, Any]] = {
        13: {"group_id": None},
        48: {"shared_targets": False, "service_uuid": None},
        61: {"cluster_name": None} if call.token.is_admin else {},
        63: {"volume_type_id": row["volume_type_id"]},
        65: {"consumes_quota": True},
    }
    for minor, more in later.items():
        if at_least(call, minor):
            view |= more
    if full:
        if call.token.is_admin:
            view |= {
                "migration_status": None,
                "os-vol-mig-status-attr:migstat": None,
                "os-vol-mig-status-attr:name_id": None,
                "os-vol-host-attr:host": "devcloud@lab#lab",
            }
        view["os-vol-tenant-attr:tenant_id"] = row["project_id"]
        if row["image_metadata"] is not None:
            view["volume_image_metadata"] = row["image_metadata"]
    return view


def snapshot(call: Call, row: Row, *, full: bool = True) -> dict[str, Any]:
    """Show a snapshot."""
    view: dict[str, Any] = {
        "id": row["id"],
        "created_at": when(row["created_at"]),
        "updated_at": when(row["updated_at"]),
        "name": row["name"],
        "description": row["description"],
        "volume_id": row["volume_id"],
        "status": row["status"],
        "size": row["size"],
        "metadata": row["metadata"],
    }
    later: dict[int, dict[str, Any]] = {
        14: {"group_snapshot_id": None},
        41: {"user_id": row["user_id"]},
        65: {"consumes_quota": True},
    }
    for minor, more in later.items():
        if at_least(call, minor):
            view |= more
    if full:
        done = row["status"] == "available"
        view |= {
            "os-extended-snapshot-attributes:project_id": row["project_id"],
            "os-extended-snapshot-attributes:progress": "100%" if done else "0%",
        }
    return view


def backup_summary(call: Call, row: Row) -> dict[str, Any]:
    """Show a backup in a list without details, or when it was asked for."""
    return {"id": row["id"], "name": row["name"], "links": links(call, "backups", row["id"])}


def backup(call: Call, row: Row) -> dict[str, Any]:
    """Show a backup."""
    view: dict[str, Any] = {
        "id": row["id"],
        "status": row["status"],
        "size": row["size"],
        "object_count": row["size"] if row["status"] == "available" else 0,
        "availability_zone": row["availability_zone"],
        "container": row["container"],
        "created_at": when(row["created_at"]),
        "updated_at": when(row["updated_at"]),
        "name": row["name"],
        "description": row["description"],
        "fail_reason": row["fail_reason"],
        "volume_id": row["volume_id"],
        "links": links(call, "backups", row["id"]),
        "is_incremental": row["is_incremental"],
        "has_dependent_backups": False,
        "snapshot_id": row["snapshot_id"],
        "data_timestamp": when(row["created_at"]),
    }
    if at_least(call, 43):
        view["metadata"] = row["metadata"]
    return view


def volume_type(call: Call, row: Row, *, access: bool = True) -> dict[str, Any]:
    """Show a volume type; what its extra specs say is for admins."""
    admin = call.token.is_admin
    view: dict[str, Any] = {
        "id": row["id"],
        "name": row["name"],
        "is_public": row["is_public"],
        "description": row["description"],
        "extra_specs": row["extra_specs"] if admin else {},
    }
    if admin:
        view["qos_specs_id"] = None
    if access:
        view["os-volume-type-access:is_public"] = row["is_public"]
    return view
