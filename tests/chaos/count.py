"""Counts at the end what there is in the cloud against what is recorded."""

from collections import Counter
from dataclasses import dataclass, field

from sqlalchemy import text
from tests.chaos.lives import Users
from tests.chaos.site import Site

from heat.store.database import Database

KINDS = {
    "OS::Nova::Server": "compute.server",
    "OS::Cinder::Volume": "volume.volume",
    "OS::Neutron::Net": "network.network",
    "OS::Neutron::Subnet": "network.subnet",
    "OS::Neutron::Port": "network.port",
}


@dataclass
class Count:
    """What is not as it should be."""

    orphans: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)
    told_twice: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        return not (self.orphans or self.missing or self.duplicates or self.told_twice)


def objects(site: Site) -> dict[str, dict[str, str]]:
    """Return the names of the cloud's objects by kind and id."""
    return {
        kind: {
            row["id"]: row.get("name") or "" for row in site.heat.peek(f"state/{kind}")["objects"]
        }
        for kind in KINDS.values()
    }


def count(site: Site, users: Users, before: dict[str, dict[str, str]]) -> Count:
    """Compare the cloud with what the stacks record."""
    found, now = Count(), objects(site)
    recorded: dict[str, set[str]] = {kind: set() for kind in KINDS.values()}
    _, listed = users.ask("GET", "/stacks")
    for name in [stack["stack_name"] for stack in listed["stacks"]]:
        status, said = users.ask("GET", f"/stacks/{name}/resources?nested_depth=5")
        assert status == 200, said
        for row in said["resources"]:
            if kind := KINDS.get(row["resource_type"]):
                recorded[kind].add(row["physical_resource_id"])
    for kind, rows in now.items():
        # What has no name the cloud has made by itself: the ports of servers on a network.
        live = {key: name for key, name in rows.items() if name and key not in before[kind]}
        found.orphans += [f"{kind} {key} {live[key]}" for key in live.keys() - recorded[kind]]
        found.missing += [f"{kind} {key}" for key in recorded[kind] - live.keys()]
        names = Counter(live.values())
        found.duplicates += [f"{kind} {name}" for name, times in names.items() if times > 1]
    found.told_twice = told_twice(site)
    return found


def told_twice(site: Site) -> list[str]:
    """Return what was told to be complete more often than to have begun.

    What one request begins another may end, when it came in the middle. Nested stacks are left
    out: a group asks them as often as it has batches.
    """
    database = Database(site.database_url)
    types = ", ".join(f"'{one}'" for one in KINDS)
    ends = "sum(CASE WHEN status = 'COMPLETE' THEN 1 ELSE 0 END)"
    begins = "sum(CASE WHEN status = 'IN_PROGRESS' THEN 1 ELSE 0 END)"
    query = text(
        f"SELECT resource, resource_name, action, {ends} FROM event "
        f"WHERE resource_type IN ({types}) AND action <> 'SIGNAL' "
        f"GROUP BY resource, resource_name, action HAVING {ends} > {begins}"
    )
    story = text(
        "SELECT created_at, action, status, reason, request_id FROM event "
        "WHERE resource = :resource ORDER BY number"
    )
    with database.engine.connect() as connection:
        found = connection.execute(query).all()
        told = [
            f"{row[1]} ({row[0]}): {row[2]} COMPLETE {row[3]} times: "
            + "; ".join(
                " ".join(map(str, one)) for one in connection.execute(story, {"resource": row[0]})
            )
            for row in found
        ]
    database.close()
    return told
