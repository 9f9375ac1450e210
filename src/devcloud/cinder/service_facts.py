"""What block storage says of itself: quotas, limits, zones, services, and who is attached."""

from typing import Any

from devcloud.cinder import views
from devcloud.cinder.state import QUOTAS, ZONE
from devcloud.cinder.volumes import state
from devcloud.kernel.progress import stamp
from devcloud.kernel.web import Call, Refused, Reply
from devcloud.nova import checks


def show_quotas(call: Call) -> dict[str, Any]:
    """Show a project's quotas, with what is used of them when asked."""
    project_id = call.params["target"]
    if not call.token.is_admin and project_id != call.project_id:
        raise Refused(403, "Policy doesn't allow volume_extension:quotas:show to be performed.")
    limits = per_type(call, state(call).limits(project_id))
    if call.arg("usage") not in {"True", "true", "1"}:
        return {"quota_set": {**limits, "id": project_id}}
    used = state(call).usage(project_id)
    with_use = {
        name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0}
        for name, limit in limits.items()
    }
    return {"quota_set": {**with_use, "id": project_id}}


def per_type(call: Call, limits: dict[str, int]) -> dict[str, int]:
    """Add the quotas that each volume type has."""
    more = {
        f"{name}_{row['name']}": -1
        for row in state(call).types
        for name in ("volumes", "gigabytes", "snapshots")
    }
    return more | limits


def default_quotas(call: Call) -> dict[str, Any]:
    """Show the quotas of a project for which none are set."""
    return {"quota_set": {**per_type(call, QUOTAS), "id": call.params["target"]}}


def set_quotas(call: Call) -> dict[str, Any]:
    """Set some of a project's quotas."""
    views.must_be_admin(call, "volume_extension:quotas:update")
    wanted = checks.element(call.body, "quota_set")
    storage = state(call)
    project_id = call.params["target"]
    row = storage.quotas.get(project_id) or {"id": project_id, "limits": {}}
    for name, value in wanted.items():
        if name not in {"tenant_id", "id", "force"}:
            row["limits"][name] = checks.whole(name, value, least=-1)
    storage.quotas.put(row)
    return {"quota_set": per_type(call, storage.limits(project_id))}


def reset_quotas(call: Call) -> Reply:
    """Forget what was set for a project."""
    views.must_be_admin(call, "volume_extension:quotas:delete")
    state(call).quotas.pop(call.params["target"])
    return Reply(200)


def show_limits(call: Call) -> dict[str, Any]:
    """Show the caller's quotas and what is used of them."""
    storage = state(call)
    limits = storage.limits(call.project_id)
    used = storage.usage(call.project_id)
    absolute = {
        "maxTotalVolumes": limits["volumes"],
        "maxTotalSnapshots": limits["snapshots"],
        "maxTotalVolumeGigabytes": limits["gigabytes"],
        "maxTotalBackups": limits["backups"],
        "maxTotalBackupGigabytes": limits["backup_gigabytes"],
        "totalVolumesUsed": used["volumes"],
        "totalGigabytesUsed": used["gigabytes"],
        "totalSnapshotsUsed": used["snapshots"],
        "totalBackupsUsed": used["backups"],
        "totalBackupGigabytesUsed": used["backup_gigabytes"],
    }
    return {"limits": {"rate": [], "absolute": absolute}}


def list_zones(call: Call) -> dict[str, Any]:
    """List the availability zones."""
    del call
    return {"availabilityZoneInfo": [{"zoneName": ZONE, "zoneState": {"available": True}}]}


def list_services(call: Call) -> dict[str, Any]:
    """List the processes that a real service consists of."""
    views.must_be_admin(call, "volume_extension:services:index")
    now = stamp(call.cloud.now())
    services = [
        {
            "binary": f"cinder-{word}",
            "host": "devcloud",
            "zone": ZONE,
            "status": "enabled",
            "state": "up",
            "updated_at": views.when(now),
            "disabled_reason": None,
        }
        for word in ("scheduler", "volume", "backup")
    ]
    return {"services": services}


def list_pools(call: Call) -> dict[str, Any]:
    """List the back ends."""
    views.must_be_admin(call, "scheduler_extension:scheduler_stats:get_pools")
    return {"pools": [{"name": "devcloud@lab#lab"}]}


def list_nothing(name: str) -> Any:
    """Return a handler that lists none of a kind."""

    def nothing(call: Call) -> dict[str, Any]:
        del call
        return {name: []}

    return nothing


def attachments(call: Call) -> list[dict[str, Any]]:
    """Return how the caller's volumes are attached."""
    storage = state(call)
    return [
        {
            "id": one["attachment_id"],
            "volume_id": row["id"],
            "instance": one["server_id"],
            "status": "attached",
            "attached_at": one["attached_at"],
            "detached_at": None,
            "attach_mode": "ro" if row["readonly"] else "rw",
            "connection_info": {},
        }
        for row in storage.of_project(storage.volumes, call.project_id)
        for one in row["attachments"]
    ]


def list_attachments(call: Call) -> dict[str, Any]:
    """List attachments."""
    names = ("id", "volume_id", "instance", "status")
    short = [{name: one[name] for name in names} for one in attachments(call)]
    return {"attachments": short}


def detail_attachments(call: Call) -> dict[str, Any]:
    """List attachments in full."""
    return {"attachments": attachments(call)}


def show_attachment(call: Call) -> dict[str, Any]:
    """Show an attachment."""
    for one in attachments(call):
        if one["id"] == call.params["id"]:
            return {"attachment": one}
    raise Refused(
        404,
        f"Volume attachment could not be found with filter: attachment_id = {call.params['id']}.",
    )
