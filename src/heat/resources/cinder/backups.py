"""Snapshots of a volume: backups of it."""

from collections.abc import Mapping
from typing import Any

from heat.base.json import Json
from heat.plugin.actions import act
from heat.plugin.resource import Here
from heat.plugin.steps import VOLUME, Keep, Search, Steps, Wait, pick
from heat.resources.cinder.common import until_volume


def make(volume: str, here: Here) -> Steps[dict[str, Json]]:
    """Back a volume up, in use or not, and return what is to be remembered of it."""
    wanted = {"volume_id": volume, "name": here.name, "force": True}
    search = Search(
        VOLUME.get("/backups/detail", {"volume_id": volume}),
        "backups",
        "backup",
        {"name": here.name},
        since=True,
    )
    reply = yield VOLUME.post("/backups", {"backup": wanted}, search=search)
    backup = str(reply["backup"]["id"])
    yield Keep({**here.data, "backup_id": backup})  # however the wait for it ends
    yield _until_backup(backup)
    return {"backup_id": backup}


def restore(backup: str, volume: str) -> Steps[None]:
    """Bring the content of a backup back into a volume."""
    yield from act(
        VOLUME.post(f"/backups/{backup}/restore", {"restore": {"volume_id": volume}}),
        VOLUME.get(f"/volumes/{volume}"),
        lambda live: pick(live, "volume.status") == "restoring-backup",
    )
    yield until_volume(volume, "available")
    yield _until_backup(backup)


def drop(data: Mapping[str, Any]) -> Steps[None]:
    """Delete the backup of a snapshot."""
    if backup := data.get("backup_id"):
        where = f"/backups/{backup}"
        live = yield VOLUME.get(where, missing_ok=True)
        if pick(live, "backup.status") == "creating":
            # Cinder deletes no backup that it is still making.
            yield VOLUME.get(where).until("backup.status", "available", "error", failing=())
        yield VOLUME.delete(where)
        yield VOLUME.get(where).until_gone("backup.status", why="backup.fail_reason")


def _until_backup(backup: str) -> Wait:
    return VOLUME.get(f"/backups/{backup}").until(
        "backup.status", "available", why="backup.fail_reason"
    )
