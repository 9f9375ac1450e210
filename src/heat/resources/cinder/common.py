"""What Cinder's items share: how they are found by name or id, and how volumes are waited for."""

from heat.plugin.rest import Rest
from heat.plugin.steps import VOLUME, Finder, Wait

A_VOLUME = Finder("block-storage", "/volumes", "volume", "cinder.volume")
A_SNAPSHOT = Finder("block-storage", "/snapshots", "snapshot", "cinder.snapshot")
A_BACKUP = Finder("block-storage", "/backups", "backup", "cinder.backup")
A_VOLUME_TYPE = Finder("block-storage", "/types", "volume_type", "cinder.vtype", name_filter=False)

MARK = "heat"
"""The metadata key under which a volume bears the mark of its resource."""

VOLUMES = Rest(
    VOLUME,
    "/volumes",
    "volume",
    ready=("available",),
    failing=(
        "error",
        "error_deleting",
        "error_extending",
        "error_restoring",
        "error_managing",
        "error_attaching",
        "error_detaching",
    ),
    detail="/volumes/detail",
)


def until_volume(item: str, *wanted: str) -> Wait:
    """Return the step that waits until a volume has one of these states."""
    return VOLUME.get(VOLUMES.item(item)).until(
        VOLUMES.field("status"), *wanted, failing=VOLUMES.failing, listed=VOLUMES.listed(item)
    )
