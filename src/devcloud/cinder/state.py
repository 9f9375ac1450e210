"""What the block storage service holds, and the rules by which volumes change."""

from datetime import datetime

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.faults import Fault
from devcloud.kernel.progress import GONE, begin, settled, stamp
from devcloud.kernel.store import Row, Table
from devcloud.kernel.web import Refused, Token

ZONE = "nova"
DELETABLE = {
    "available", "error", "error_restoring", "error_extending", "error_managing"
}  # fmt: skip
NOT_DELETABLE = (
    "Invalid volume: Volume status must be available or error or error_restoring or "
    "error_extending or error_managing and must not be migrating, attached, belong to a group, "
    "have snapshots, awaiting a transfer, or be disassociated from snapshots after volume transfer."
)
QUOTAS = {
    "volumes": 1000,
    "per_volume_gigabytes": -1,
    "snapshots": 1000,
    "gigabytes": 100000,
    "backups": 1000,
    "backup_gigabytes": 100000,
    "groups": 10,
}


class BlockStorage:
    """Volumes, their snapshots and backups, and the types of volumes."""

    def __init__(self, cloud: DevCloud) -> None:
        self.cloud = cloud
        self.volumes = cloud.store.table("volume.volume")
        self.snapshots = cloud.store.table("volume.snapshot")
        self.backups = cloud.store.table("volume.backup")
        self.types = cloud.store.table("volume.type")
        self.quotas = cloud.store.table("volume.quota")

    def present(self, table: Table, row: Row | None) -> Row | None:
        """Return a row as it is now; None when its time is over."""
        return settled(table, row, self.cloud.now())

    def owned(self, table: Table, token: Token, row_id: str, name: str) -> Row:
        """Return an object of the caller's project."""
        row = self.present(table, table.get(row_id))
        if row is None or not (token.is_admin or row["project_id"] == token.project_id):
            raise Refused(404, f"{name} {row_id} could not be found.")
        return row

    def volume(self, token: Token, volume_id: str) -> Row:
        """Return a volume of the caller's project."""
        return self.owned(self.volumes, token, volume_id, "Volume")

    def snapshot(self, token: Token, snapshot_id: str) -> Row:
        """Return a snapshot of the caller's project."""
        return self.owned(self.snapshots, token, snapshot_id, "Snapshot")

    def of_project(self, table: Table, project_id: str) -> list[Row]:
        """Return what a project has now, oldest first."""
        return self.current(table, table.find("project_id", project_id))

    def current(self, table: Table, rows: list[Row]) -> list[Row]:
        """Return rows as they are now, without those whose time is over."""
        now = self.cloud.now()
        return [row for row in rows if "_until" not in row or settled(table, row, now) is not None]

    def volume_type(self, token: Token, name_or_id: str) -> Row:
        """Return a volume type by id or name."""
        row = self.types.get(name_or_id) or next(iter(self.types.find("name", name_or_id)), None)
        if row is None or not (
            row["is_public"] or token.is_admin or token.project_id in row["_access"]
        ):
            raise Refused(404, f"Volume type with name {name_or_id} could not be found.")
        return row

    def default_type(self) -> Row | None:
        """Return the type of a volume for which none is asked: the oldest."""
        return next((row for row in self.types if row["is_public"]), None)

    def add_type(
        self,
        name: str,
        *,
        description: str | None = None,
        is_public: bool = True,
        extra_specs: dict[str, str] | None = None,
    ) -> Row:
        """Make a volume type."""
        if self.types.find("name", name):
            raise Refused(409, f"Volume Type {name} already exists.")
        return self.types.put(
            {
                "id": self.cloud.new_id(),
                "name": name,
                "description": description,
                "is_public": is_public,
                "extra_specs": dict(extra_specs or {}),
                "_access": [],
            }
        )

    def new_volume(
        self, token: Token, wanted: Row, fault: Fault | None = None, until: datetime | None = None
    ) -> Row:
        """Make a volume; it is creating until its time has come."""
        self.check_quota(str(token.project_id), volumes=1, gigabytes=wanted["size"])
        now = stamp(self.cloud.now())
        until = until or self.cloud.after(self.cloud.latency("volume.create"))
        row: Row = {
            "id": self.cloud.new_id(),
            "name": None,
            "description": None,
            "status": "creating",
            "project_id": token.project_id,
            "user_id": token.user_id,
            "created_at": now,
            "updated_at": None,
            "availability_zone": ZONE,
            "volume_type": None,
            "volume_type_id": None,
            "snapshot_id": None,
            "source_volid": None,
            "metadata": {},
            "image_metadata": None,
            "bootable": False,
            "multiattach": False,
            "readonly": False,
            "attachments": [],
            **wanted,
        }
        if fault is not None and fault.action == "goto_error":
            begin(row, until, {"status": "error", "updated_at": stamp(until)})
        elif fault is None or fault.action != "stay_build":
            begin(row, until, {"status": "available", "updated_at": stamp(until)})
        return self.volumes.put(row)

    def delete_volume(self, row: Row, fault: Fault | None = None) -> None:
        """Begin to delete a volume that nothing needs."""
        snapshots = self.current(self.snapshots, self.snapshots.find("volume_id", row["id"]))
        if row["status"] not in DELETABLE or row["attachments"] or snapshots:
            raise Refused(400, NOT_DELETABLE)
        until = self.cloud.after(self.cloud.latency("volume.delete"))
        failed = {"status": "error_deleting", "updated_at": stamp(until)}
        spoilt = fault is not None and fault.action == "goto_error"
        begin(row, until, failed if spoilt else GONE, status="deleting")
        self.volumes.put(row)

    def attach(
        self,
        row: Row,
        server_id: str | None,
        device: str,
        until: datetime,
        status: str = "reserved",
    ) -> str:
        """Begin to attach a volume to a server, and return the attachment's id."""
        attachment_id = self.cloud.new_id()
        attachment = {
            "id": row["id"],
            "attachment_id": attachment_id,
            "volume_id": row["id"],
            "server_id": server_id,
            "host_name": None,
            "device": device,
            "attached_at": stamp(until)[:19] + ".000000",
        }
        attachments = [*row["attachments"], attachment]
        done = {"status": "in-use", "attachments": attachments, "updated_at": stamp(until)}
        begin(row, until, done, status=status)
        self.volumes.put(row)
        return attachment_id

    def detach(self, row: Row, server_id: str | None, until: datetime, *, delete: bool) -> None:
        """Begin to detach a volume from a server; `delete` removes it when that is done."""
        self.finish(row)
        left = [one for one in row["attachments"] if one["server_id"] != server_id]
        status = "in-use" if left else "available"
        done = {"status": status, "attachments": left, "updated_at": stamp(until)}
        begin(row, until, GONE if delete and not left else done, status="detaching")
        self.volumes.put(row)

    def finish(self, row: Row) -> None:
        """Let what the volume is busy with be over at once."""
        then = row.pop("_then", None)
        if row.pop("_until", None) is not None and isinstance(then, dict):
            row.update(then)

    def usage(self, project_id: str) -> dict[str, int]:
        """Return how much of each quota a project uses."""
        volumes = self.of_project(self.volumes, project_id)
        snapshots = self.of_project(self.snapshots, project_id)
        backups = self.of_project(self.backups, project_id)
        return {
            "volumes": len(volumes),
            "per_volume_gigabytes": 0,
            "snapshots": len(snapshots),
            "gigabytes": sum(row["size"] for row in (*volumes, *snapshots)),
            "backups": len(backups),
            "backup_gigabytes": sum(row["size"] for row in backups),
            "groups": 0,
        }

    def limits(self, project_id: str) -> dict[str, int]:
        """Return a project's quotas; -1 means no limit."""
        own: dict[str, int] = (self.quotas.get(project_id) or {}).get("limits", {})
        return QUOTAS | own

    def check_quota(
        self, project_id: str, *, volumes: int = 0, gigabytes: int = 0, snapshots: int = 0
    ) -> None:
        """Refuse what would be more than the project may have."""
        limits = self.limits(project_id)
        used = self.usage(project_id)
        asked = {"volumes": volumes, "snapshots": snapshots}
        for name, more in asked.items():
            if more and 0 <= limits[name] < used[name] + more:
                kind = name.removesuffix("s").capitalize()
                raise Refused(
                    413,
                    f"{kind}LimitExceeded: Maximum number of {name} allowed ({limits[name]}) "
                    f"exceeded for quota '{name}'.",
                )
        if 0 <= limits["per_volume_gigabytes"] < gigabytes:
            raise Refused(
                413,
                f"VolumeSizeExceedsLimit: Requested volume size {gigabytes}G is larger than "
                f"maximum allowed limit {limits['per_volume_gigabytes']}G.",
            )
        if gigabytes and 0 <= limits["gigabytes"] < used["gigabytes"] + gigabytes:
            raise Refused(
                413,
                "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed "
                f"gigabytes quota. Requested {gigabytes}G, quota is {limits['gigabytes']}G and "
                f"{used['gigabytes']}G has been consumed.",
            )
