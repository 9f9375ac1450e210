"""Copies of volumes: snapshots and backups."""

from typing import Any

from devcloud.cinder import views, volumes
from devcloud.cinder.state import ZONE
from devcloud.cinder.volumes import change_words, listed, state
from devcloud.kernel.progress import GONE, begin, stamp
from devcloud.kernel.store import Row, Table
from devcloud.kernel.web import Call, Refused, Reply
from devcloud.nova import checks


def make(call: Call, table: Table, kind: str, fields: Row) -> Row:
    """Make a copy; it is creating until its time has come."""
    until = call.cloud.after(call.cloud.latency(f"{kind}.create"))
    row: Row = {
        "id": call.cloud.new_id(),
        "project_id": call.project_id,
        "user_id": call.token.user_id,
        "created_at": stamp(call.cloud.now()),
        "updated_at": None,
        "status": "creating",
        **fields,
    }
    fault = call.fault.action if call.fault else ""
    if fault != "stay_build":
        status = "error" if fault == "goto_error" else "available"
        begin(row, until, {"status": status, "updated_at": stamp(until)})
    return table.put(row)


def remove(call: Call, table: Table, kind: str, row: Row) -> Reply:
    """Begin to delete a copy."""
    if row["status"] not in {"available", "error", "error_deleting"}:
        raise Refused(
            400,
            f"Invalid {kind}: {kind.capitalize()} status must be available or error, but it is "
            f"{row['status']}.",
        )
    until = call.cloud.after(call.cloud.latency(f"{kind}.delete"))
    failed = call.fault is not None and call.fault.action == "goto_error"
    begin(row, until, {"status": "error_deleting"} if failed else GONE, status="deleting")
    table.put(row)
    return Reply(202)


def create_snapshot(call: Call) -> Reply:
    """Make a snapshot of a volume; of one in use only by force."""
    storage = state(call)
    wanted = checks.element(call.body, "snapshot", required=["volume_id"])
    volume = storage.volume(call.token, wanted["volume_id"])
    force = checks.flag("force", wanted.get("force", False)) or views.at_least(call, 66)
    if volume["status"] != "available" and not (force and volume["status"] == "in-use"):
        raise Refused(
            400,
            f"Invalid volume: Volume {volume['id']} status must be available, but current "
            f"status is: {volume['status']}.",
        )
    storage.check_quota(call.project_id, snapshots=1, gigabytes=volume["size"])
    fields: Row = {
        "name": wanted.get("name", wanted.get("display_name")),
        "description": wanted.get("description"),
        "volume_id": volume["id"],
        "size": volume["size"],
        "metadata": checks.metadata("metadata", wanted.get("metadata") or {}),
    }
    row = make(call, storage.snapshots, "snapshot", fields)
    return Reply(202, {"snapshot": views.snapshot(call, row, full=False)})


def list_snapshots(call: Call) -> dict[str, Any]:
    """List snapshots."""
    rows, links = listed(call, state(call).snapshots, "snapshots", "Snapshot")
    return {"snapshots": [views.snapshot(call, row, full=False) for row in rows], **links}


def detail_snapshots(call: Call) -> dict[str, Any]:
    """List snapshots in full."""
    rows, links = listed(call, state(call).snapshots, "snapshots", "Snapshot", "/detail")
    return {"snapshots": [views.snapshot(call, row) for row in rows], **links}


def show_snapshot(call: Call) -> dict[str, Any]:
    """Show a snapshot."""
    return {"snapshot": views.snapshot(call, state(call).snapshot(call.token, call.params["id"]))}


def update_snapshot(call: Call) -> dict[str, Any]:
    """Change a snapshot's name or description."""
    row = state(call).snapshot(call.token, call.params["id"])
    change_words(checks.element(call.body, "snapshot"), row)
    row["updated_at"] = stamp(call.cloud.now())
    state(call).snapshots.put(row)
    return {"snapshot": views.snapshot(call, row, full=False)}


def delete_snapshot(call: Call) -> Reply:
    """Begin to delete a snapshot."""
    storage = state(call)
    row = storage.snapshot(call.token, call.params["id"])
    return remove(call, storage.snapshots, "snapshot", row)


def act_on_snapshot(call: Call) -> Reply:
    """Say what status a snapshot has."""
    row = state(call).snapshot(call.token, call.params["id"])
    wanted = checks.element(call.body, "os-reset_status", required=["status"])
    views.must_be_admin(call, "volume_extension:snapshot_admin_actions:reset_status")
    row["status"] = wanted["status"]
    state(call).snapshots.put(row)
    return Reply(202)


def create_backup(call: Call) -> Reply:
    """Make a backup of a volume."""
    storage = state(call)
    wanted = checks.element(call.body, "backup", required=["volume_id"])
    volume = storage.volume(call.token, wanted["volume_id"])
    force = checks.flag("force", wanted.get("force", False))
    if volume["status"] != "available" and not (force and volume["status"] == "in-use"):
        raise Refused(
            400,
            "Invalid volume: Volume to be backed up must be available or in-use, but the current "
            f'status is "{volume["status"]}".',
        )
    if wanted.get("snapshot_id"):
        storage.snapshot(call.token, wanted["snapshot_id"])
    fields: Row = {
        "name": wanted.get("name"),
        "description": wanted.get("description"),
        "volume_id": volume["id"],
        "snapshot_id": wanted.get("snapshot_id"),
        "size": volume["size"],
        "container": wanted.get("container") or "backups",
        "availability_zone": ZONE,
        "fail_reason": None,
        "is_incremental": checks.flag("incremental", wanted.get("incremental", False)),
        "metadata": checks.metadata("metadata", wanted.get("metadata") or {}),
        "of_volume": dict(volume["metadata"]),
    }
    row = make(call, storage.backups, "backup", fields)
    return Reply(202, {"backup": views.backup_summary(call, row)})


def backup_of(call: Call) -> Row:
    """Return the backup that the path names."""
    return state(call).owned(state(call).backups, call.token, call.params["id"], "Backup")


def list_backups(call: Call) -> dict[str, Any]:
    """List backups by name."""
    rows, links = listed(call, state(call).backups, "backups", "Backup")
    return {"backups": [views.backup_summary(call, row) for row in rows], **links}


def detail_backups(call: Call) -> dict[str, Any]:
    """List backups in full."""
    rows, links = listed(call, state(call).backups, "backups", "Backup", "/detail")
    return {"backups": [views.backup(call, row) for row in rows], **links}


def show_backup(call: Call) -> dict[str, Any]:
    """Show a backup."""
    return {"backup": views.backup(call, backup_of(call))}


def update_backup(call: Call) -> dict[str, Any]:
    """Change a backup's name or description."""
    row = backup_of(call)
    change_words(checks.element(call.body, "backup"), row)
    row["updated_at"] = stamp(call.cloud.now())
    state(call).backups.put(row)
    return {"backup": views.backup_summary(call, row)}


def delete_backup(call: Call) -> Reply:
    """Begin to delete a backup."""
    return remove(call, state(call).backups, "backup", backup_of(call))


def restore_backup(call: Call) -> Reply:
    """Write a backup to a volume, a new one when none is named."""
    storage = state(call)
    row = backup_of(call)
    wanted = checks.element(call.body, "restore")
    if row["status"] != "available":
        raise Refused(
            400,
            f"Invalid backup: Backup status must be available, not {row['status']}.",
        )
    until = call.cloud.after(call.cloud.latency("backup.restore"))
    if wanted.get("volume_id"):
        volume = storage.volume(call.token, wanted["volume_id"])
        if volume["status"] != "available":
            raise Refused(400, "Invalid volume: Volume to be restored to must be available")
        if volume["size"] < row["size"]:
            raise Refused(
                400,
                f"Invalid volume: volume size {volume['size']} is too small to restore backup of "
                f"size {row['size']}.",
            )
    else:
        name = wanted.get("name") or f"restore_backup_{row['id']}"
        wanted_volume = {"size": row["size"], "name": name}
        volume = volumes.make(storage, call.token, wanted_volume)
    failed = call.fault is not None and call.fault.action == "goto_error"
    status = "error_restoring" if failed else "available"
    done: Row = {"status": status, "updated_at": stamp(until)}
    if row.get("of_volume") and not failed:
        done["metadata"] = row["of_volume"]
    begin(volume, until, done, status="restoring-backup")
    begin(row, until, "available", status="restoring")
    storage.volumes.put(volume)
    storage.backups.put(row)
    view = {"backup_id": row["id"], "volume_id": volume["id"], "volume_name": volume["name"]}
    return Reply(202, {"restore": view})
