"""What can be done with a volume: POST volumes/{id}/action."""

from collections.abc import Callable
from typing import Any

from devcloud.cinder import views
from devcloud.cinder.volumes import state
from devcloud.kernel.progress import GONE, begin, stamp
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused, Reply
from devcloud.nova import checks

Action = Callable[[Call, Row, Any], Reply | dict[str, Any]]
NOT_ATTACHED = (
    "Invalid volume: Unable to detach volume. Volume status must be 'in-use' and "
    "attach_status must be 'attached' to detach."
)
STATUSES = (
    "creating", "available", "deleting", "error", "attaching", "detaching", "in-use",
    "maintenance", "error_deleting", "error_extending", "reserved",
)  # fmt: skip


def act(call: Call) -> Reply | dict[str, Any]:
    """Do what the body's only key says."""
    body = checks.properties("action", call.body)
    name = next(iter(body), "")
    action = ACTIONS.get(name)
    if action is None:
        raise Refused(
            400,
            f"There is no such action: {name}. Verify the request body and Content-Type header "
            "and try again.",
        )
    row = state(call).volume(call.token, call.params["id"])
    return action(call, row, body[name])


def extend(call: Call, row: Row, wanted: Any) -> Reply:
    """Make a volume larger; a volume in use only from microversion 3.42 on."""
    size = checks.whole(
        "new_size",
        checks.properties("os-extend", wanted, required=["new_size"])["new_size"],
        least=1,
    )
    online = row["status"] == "in-use" and views.at_least(call, 42)
    if row["status"] != "available" and not online:
        raise Refused(
            400,
            f"Invalid volume: Volume {row['id']} status must be '{{'status': 'available'}}' to "
            f"extend, currently {row['status']}.",
        )
    if size <= row["size"]:
        raise Refused(
            400,
            "Invalid input received: New size for extend must be greater than current size. "
            f"(current: {row['size']}, extended: {size}).",
        )
    state(call).check_quota(row["project_id"], gigabytes=size - row["size"])
    done = {"status": row["status"], "size": size}
    return busy(call, row, "extend", "extending", done, failed="error_extending")


def busy(
    call: Call, row: Row, name: str, status: str, done: dict[str, Any], failed: str = "error"
) -> Reply:
    """Keep the volume busy for as long as the action takes."""
    until = call.cloud.after(call.cloud.latency(f"volume.{name}"))
    if call.fault is not None and call.fault.action == "goto_error":
        done = {"status": failed}
    begin(row, until, done | {"updated_at": stamp(until)}, status=status)
    state(call).volumes.put(row)
    return Reply(202)


def retype(call: Call, row: Row, wanted: Any) -> Reply:
    """Give a volume another type."""
    name = checks.properties("os-retype", wanted, required=["new_type"])["new_type"]
    kind = state(call).volume_type(call.token, name)
    if row["status"] not in {"available", "in-use"} or kind["id"] == row["volume_type_id"]:
        raise Refused(
            400,
            "Invalid volume: Retype needs volume to be in available or in-use state, not be part "
            "of an active migration or a consistency group, requested type has to be different "
            "that the one from the volume, and for in-use volumes front-end qos specs cannot "
            "change.",
        )
    done = {
        "status": row["status"], "volume_type": kind["name"], "volume_type_id": kind["id"]
    }  # fmt: skip
    return busy(call, row, "retype", "retyping", done)


def reset_status(call: Call, row: Row, wanted: Any) -> Reply:
    """Say what status a volume has."""
    views.must_be_admin(call, "volume_extension:volume_admin_actions:reset_status")
    fields = checks.properties("os-reset_status", wanted)
    if "status" in fields:
        state(call).finish(row)
        row["status"] = checks.chosen("status", fields["status"], STATUSES)
    if fields.get("attach_status") == "detached":
        row["attachments"] = []
    return changed(call, row, 202)


def changed(call: Call, row: Row, status: int) -> Reply:
    """Keep a changed volume."""
    row["updated_at"] = stamp(call.cloud.now())
    state(call).volumes.put(row)
    return Reply(status)


def set_bootable(call: Call, row: Row, wanted: Any) -> Reply:
    """Say whether a server can boot from the volume."""
    fields = checks.properties("os-set_bootable", wanted, required=["bootable"])
    row["bootable"] = checks.flag("bootable", fields["bootable"])
    return changed(call, row, 200)


def set_readonly(call: Call, row: Row, wanted: Any) -> Reply:
    """Say whether servers may only read the volume."""
    fields = checks.properties("os-update_readonly_flag", wanted, required=["readonly"])
    if row["status"] != "available":
        raise Refused(
            400,
            f"Invalid volume: Volume {row['id']} status must be available to update readonly "
            f"flag, but current status is: {row['status']}.",
        )
    row["readonly"] = checks.flag("readonly", fields["readonly"])
    return changed(call, row, 202)


def reserve(call: Call, row: Row, wanted: Any) -> Reply:
    """Keep a volume for an attachment to come."""
    del wanted
    if row["status"] != "available":
        raise Refused(
            400,
            "Invalid volume: Volume status must be available to reserve, but the status is "
            f"{row['status']}.",
        )
    row["status"] = "attaching"
    return changed(call, row, 202)


def unreserve(call: Call, row: Row, wanted: Any) -> Reply:
    """Give up a reservation."""
    del wanted
    if row["status"] == "attaching":
        row["status"] = "in-use" if row["attachments"] else "available"
    return changed(call, row, 202)


def attach(call: Call, row: Row, wanted: Any) -> Reply:
    """Note that a volume is attached."""
    fields = checks.properties("os-attach", wanted, required=["mountpoint"])
    if row["readonly"] and fields.get("mode", "rw") == "rw":
        raise Refused(400, f"Invalid attaching mode 'rw' for volume {row['id']}.")
    if row["status"] not in {"available", "attaching"}:
        raise Refused(
            400,
            f"Invalid volume: Volume status must be available or attaching, not {row['status']}.",
        )
    now = call.cloud.now()
    state(call).attach(row, fields.get("instance_uuid"), fields["mountpoint"], now)
    return Reply(202)


def begin_detaching(call: Call, row: Row, wanted: Any) -> Reply:
    """Keep others from a volume that is about to be detached."""
    del wanted
    if row["status"] != "in-use" or not row["attachments"]:
        raise Refused(400, NOT_ATTACHED)
    row["status"] = "detaching"
    return changed(call, row, 202)


def roll_detaching(call: Call, row: Row, wanted: Any) -> Reply:
    """Give up detaching."""
    del wanted
    if row["status"] == "detaching":
        row["status"] = "in-use"
    return changed(call, row, 202)


def detach(call: Call, row: Row, wanted: Any) -> Reply:
    """Note that a volume is no longer attached."""
    wanted_id = (wanted or {}).get("attachment_id")
    row["attachments"] = [
        one for one in row["attachments"] if wanted_id and one["attachment_id"] != wanted_id
    ]
    row["status"] = "in-use" if row["attachments"] else "available"
    return changed(call, row, 202)


def force_delete(call: Call, row: Row, wanted: Any) -> Reply:
    """Delete a volume whatever its status."""
    del wanted
    views.must_be_admin(call, "volume_extension:volume_admin_actions:force_delete")
    until = call.cloud.after(call.cloud.latency("volume.delete"))
    begin(row, until, GONE, status="deleting")
    state(call).volumes.put(row)
    return Reply(202)


def set_image_metadata(call: Call, row: Row, wanted: Any) -> dict[str, Any]:
    """Add to what is known of the volume's image."""
    fields = checks.properties("os-set_image_metadata", wanted, required=["metadata"])
    row["image_metadata"] = (row["image_metadata"] or {}) | fields["metadata"]
    state(call).volumes.put(row)
    return {"metadata": row["image_metadata"]}


def initialize(call: Call, row: Row, wanted: Any) -> dict[str, Any]:
    """Tell how a host reaches the volume."""
    del call, wanted
    data = {"volume_id": row["id"], "access_mode": "ro" if row["readonly"] else "rw"}
    return {"connection_info": {"driver_volume_type": "local", "data": data}}


def terminate(call: Call, row: Row, wanted: Any) -> Reply:
    """Close a host's way to the volume, of which nothing is kept."""
    del call, row, wanted
    return Reply(202)


ACTIONS: dict[str, Action] = {
    "os-extend": extend,
    "os-retype": retype,
    "os-reset_status": reset_status,
    "os-set_bootable": set_bootable,
    "os-update_readonly_flag": set_readonly,
    "os-reserve": reserve,
    "os-unreserve": unreserve,
    "os-attach": attach,
    "os-detach": detach,
    "os-begin_detaching": begin_detaching,
    "os-roll_detaching": roll_detaching,
    "os-force_delete": force_delete,
    "os-force_detach": detach,
    "os-set_image_metadata": set_image_metadata,
    "os-initialize_connection": initialize,
    "os-terminate_connection": terminate,
}
