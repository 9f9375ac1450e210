"""Quotas: how many objects of a kind a project may have."""

from typing import Any

from devcloud.kernel.store import Row
from devcloud.neutron import refusals
from devcloud.neutron.kinds import KINDS, Kind
from devcloud.neutron.tables import Tables

UNLIMITED = -1
DEFAULTS = {
    "network": 1000,
    "subnet": 1000,
    "subnetpool": UNLIMITED,
    "port": 10000,
    "router_route": 30,
    "router": 1000,
    "floatingip": 1000,
    "rbac_policy": 10,
    "security_group": 1000,
    "security_group_rule": 10000,
    "trunk": UNLIMITED,
}


def limits(tables: Tables, project_id: str) -> dict[str, int]:
    """Return a project's quotas."""
    row = tables.quotas.get(project_id)
    return DEFAULTS | (row["limits"] if row else {})


def take(tables: Tables, kind: Kind, project_id: str, count: int = 1) -> None:
    """Refuse more objects than the project may have."""
    if kind.quota is None:
        return
    limit = limits(tables, project_id)[kind.quota]
    if limit != UNLIMITED and used(tables, kind, project_id) + count > limit:
        raise refusals.over_quota(kind.quota)


def usage(tables: Tables, project_id: str) -> dict[str, Any]:
    """Return a project's quotas with what is used of them."""
    counts = {kind.quota: used(tables, kind, project_id) for kind in KINDS if kind.quota}
    return {
        name: {"limit": limit, "used": counts.get(name, 0), "reserved": 0}
        for name, limit in limits(tables, project_id).items()
    }


def change(tables: Tables, project_id: str, wanted: dict[str, Any]) -> dict[str, int]:
    """Set some of a project's quotas."""
    row: Row = tables.quotas.get(project_id) or {"id": project_id, "limits": {}}
    row["limits"] = row["limits"] | checked(wanted)
    tables.quotas.put(row)
    return limits(tables, project_id)


def forget(tables: Tables, project_id: str) -> None:
    """Put a project back to the defaults."""
    if tables.quotas.pop(project_id) is None:
        raise refusals.refused(
            404,
            "TenantQuotaNotFound",
            f"Quota for project {project_id} could not be found.",
        )


def used(tables: Tables, kind: Kind, project_id: str) -> int:
    """Return how many objects of a kind a project has."""
    return tables.of(kind).count("project_id", project_id)


def checked(wanted: dict[str, Any]) -> dict[str, int]:
    """Return the limits of a request."""
    unknown = [name for name in wanted if name not in DEFAULTS]
    if unknown:
        raise refusals.malformed(f"Unrecognized attribute(s) '{', '.join(unknown)}'")
    found: dict[str, int] = {}
    for name, value in wanted.items():
        try:
            found[name] = int(value)
        except (TypeError, ValueError):
            raise refusals.invalid(f"'{value}' is not an integer") from None
        if found[name] < UNLIMITED:
            raise refusals.malformed(
                f"Invalid input for {name}. Reason: '{value}' is too small - must be at least '-1'."
            )
    return found
