"""Queues of projects, and the messages in them until their time is over."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.store import Row
from devcloud.kernel.web import Refused


class Queues:
    """All queues; the first message makes one, too."""

    def __init__(self, cloud: DevCloud) -> None:
        self.cloud = cloud
        self.queues = cloud.store.table("messaging.queue")
        self.messages = cloud.store.table("messaging.message")

    def of_project(self, project: str) -> list[Row]:
        """Return the queues of a project by name."""
        found = [row for row in self.queues.all() if row["project"] == project]
        return sorted(found, key=lambda row: row["name"])

    def get(self, project: str, name: str) -> Row:
        """Return a queue, or refuse."""
        found = self.queues.get(f"{project}/{name}")
        if found is None:
            raise Refused(404, f"Queue {name} does not exist for project {project}")
        return found

    def make(self, project: str, name: str, metadata: Mapping[str, Any]) -> bool:
        """Make a queue; says whether it is new. One that is there stays as it is."""
        key = f"{project}/{name}"
        if self.queues.get(key) is not None:
            return False
        self.queues.put({"id": key, "project": project, "name": name, "metadata": dict(metadata)})
        return True

    def drop(self, project: str, name: str) -> None:
        """Remove a queue with its messages, if it is there."""
        key = f"{project}/{name}"
        for row in [row for row in self.messages.all() if row["queue"] == key]:
            self.messages.pop(row["id"])
        if self.queues.get(key) is not None:
            self.queues.pop(key)

    def post(self, queue: Row, client: str, messages: Iterable[tuple[Any, int]]) -> list[str]:
        """Put messages, each a body and its time, into a queue; returns their ids."""
        found: list[str] = []
        for body, ttl in messages:
            row: Row = {
                "id": self.cloud.new_hex(),
                "queue": queue["id"],
                "client": client,
                "ttl": ttl,
                "body": body,
                "posted": self.cloud.now().timestamp(),
            }
            self.messages.put(row)
            found.append(row["id"])
        return found

    def within(self, queue: Row) -> list[Row]:
        """Return the messages in a queue whose time is not over, in the order they came in."""
        now = self.cloud.now()
        return [
            row
            for row in self.messages.all()
            if row["queue"] == queue["id"] and age(row, now) < row["ttl"]
        ]


def age(message: Row, now: datetime) -> int:
    """Return for how many seconds a message has been there."""
    return int(now.timestamp() - message["posted"])
