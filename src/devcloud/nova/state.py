"""What the compute service holds, and how its servers are looked up as they are now."""

from datetime import datetime
from typing import Any

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.progress import GONE, begin, settled, stamp
from devcloud.kernel.store import Row
from devcloud.kernel.web import Refused, Token

ZONE = "nova"
HOST = "devcloud"
REMEMBERED = 500
"""How many deleted servers are still listed for who asks for deleted ones."""
QUOTAS = {
    "cores": 4000,
    "fixed_ips": -1,
    "floating_ips": -1,
    "injected_file_content_bytes": 10240,
    "injected_file_path_bytes": 255,
    "injected_files": 5,
    "instances": 1000,
    "key_pairs": 500,
    "metadata_items": 256,
    "ram": 4096000,
    "security_group_rules": -1,
    "security_groups": -1,
    "server_group_members": 200,
    "server_groups": 200,
}


class Compute:
    """Servers, and what is needed to make them."""

    def __init__(self, cloud: DevCloud) -> None:
        self.cloud = cloud
        self.servers = cloud.store.table("compute.server")
        self.deleted = cloud.store.table("compute.deleted")
        self.attachments = cloud.store.table("compute.attachment")
        self.flavors = cloud.store.table("compute.flavor")
        self.keypairs = cloud.store.table("compute.keypair")
        self.groups = cloud.store.table("compute.server_group")
        self.quotas = cloud.store.table("compute.quota")

    def server(self, token: Token, server_id: str) -> Row:
        """Return a server of the caller's project."""
        row = self.present(self.servers.get(server_id))
        if row is None or not (token.is_admin or row["project_id"] == token.project_id):
            raise Refused(404, f"Instance {server_id} could not be found.")
        return row

    def present(self, row: Row | None) -> Row | None:
        """Return a server as it is now; None when it is deleted."""
        if row is None or "_until" not in row:
            return row
        until = row["_until"]
        if settled(self.servers, row, self.cloud.now()) is not None:
            return row
        for attachment in self.attachments.find("server_id", row["id"]):
            self.attachments.pop(attachment["id"])
        gone = row | {
            "vm_state": "deleted", "task_state": None, "terminated_at": until, "updated": until
        }  # fmt: skip
        del gone[GONE]
        self.deleted.put(gone)
        if len(self.deleted) > REMEMBERED:
            self.deleted.pop(next(iter(self.deleted))["id"])
        return None

    def of_project(self, project_id: str) -> list[Row]:
        """Return the servers of a project, oldest first."""
        return self.current(self.servers.find("project_id", project_id))

    def current(self, rows: list[Row]) -> list[Row]:
        """Return servers as they are now, without the deleted ones."""
        return [row for row in rows if "_until" not in row or self.present(row) is not None]

    def members(self, group_id: str) -> list[str]:
        """Return the ids of the servers of a group."""
        return [row["id"] for row in self.current(self.servers.find("group_id", group_id))]

    def put(self, row: Row) -> Row:
        """Keep a changed server."""
        row["updated"] = stamp(self.cloud.now())
        return self.servers.put(row)

    def work(
        self, row: Row, name: str, task: str | None, done: dict[str, Any] | str, **now: Any
    ) -> datetime:
        """Keep a server at a task for as long as it takes, and return when that is over."""
        until = self.cloud.after(self.cloud.latency(f"server.{name}"))
        if isinstance(done, dict):
            done = {"task_state": None, "updated": stamp(until), **done}
        begin(row, until, done, task_state=task, **now)
        self.put(row)
        return until

    def attached(self, server_id: str) -> list[Row]:
        """Return how volumes are attached to a server."""
        return [
            row
            for row in self.attachments.find("server_id", server_id)
            if "_until" not in row or settled(self.attachments, row, self.cloud.now()) is not None
        ]

    def flavor(self, token: Token, flavor_id: str) -> Row:
        """Return a flavor that the caller may use."""
        row = self.flavors.get(flavor_id)
        if row is None or not (
            row["is_public"] or token.is_admin or token.project_id in row["_access"]
        ):
            raise Refused(404, f"Flavor {flavor_id} could not be found.")
        return row

    def keypair(self, user_id: str, name: str) -> Row | None:
        """Return a user's key pair."""
        return self.keypairs.get(f"{user_id}:{name}")

    def limits(self, project_id: str) -> dict[str, int]:
        """Return a project's quotas; -1 means no limit."""
        own: dict[str, int] = (self.quotas.get(project_id) or {}).get("limits", {})
        return QUOTAS | own

    def usage(self, project_id: str) -> dict[str, int]:
        """Return what a project uses of its quotas."""
        rows = self.of_project(project_id)
        return {
            "instances": len(rows),
            "cores": sum(row["flavor"]["vcpus"] for row in rows),
            "ram": sum(row["flavor"]["ram"] for row in rows),
            "server_groups": self.groups.count("project_id", project_id),
        }

    def check_quota(self, project_id: str, asked: dict[str, int]) -> None:
        """Refuse what would be more than the project may have."""
        limits = self.limits(project_id)
        used = self.usage(project_id)
        over = [name for name in asked if 0 <= limits[name] < used[name] + asked[name]]
        if not over:
            return
        names = ", ".join(over)
        wanted = ", ".join(str(asked[name]) for name in over)
        have = ", ".join(str(used[name]) for name in over)
        most = ", ".join(str(limits[name]) for name in over)
        raise Refused(
            403,
            f"Quota exceeded for {names}: Requested {wanted}, but already used {have} of {most} "
            f"{names}",
        )
