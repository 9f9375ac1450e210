"""Server groups: which servers should run together or apart."""

from typing import Any

from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused, Reply
from devcloud.nova import checks
from devcloud.nova.servers import state
from devcloud.nova.views import minor_of

POLICIES = ["anti-affinity", "affinity"]
SOFT = ["soft-anti-affinity", "soft-affinity"]


def create(call: Call) -> dict[str, Any]:
    """Make a group."""
    minor = minor_of(call)
    known = POLICIES + (SOFT if minor >= 15 else [])
    if minor >= 64:
        wanted = checks.element(
            call.body,
            "server_group",
            required=["name", "policy"],
            allowed=["name", "policy", "rules"],
        )
        policy = checks.chosen("policy", wanted["policy"], known)
        rules = checked_rules(policy, wanted.get("rules") or {})
    else:
        names = ["name", "policies"]
        wanted = checks.element(call.body, "server_group", required=names, allowed=names)
        policies = wanted["policies"]
        if not isinstance(policies, list) or len(policies) != 1:
            raise checks.invalid("policies", policies, f"{policies!r} is not valid")
        policy = checks.chosen("0", policies[0], known)
        rules = {}
    check_quota(call)
    row: Row = {
        "id": call.cloud.new_id(),
        "name": checks.title("name", wanted["name"]),
        "policy": policy,
        "rules": rules,
        "project_id": call.project_id,
        "user_id": call.token.user_id,
    }
    return {"server_group": view(call, state(call).groups.put(row))}


def checked_rules(policy: str, rules: Any) -> dict[str, int]:
    """Return the rules of a policy."""
    found = checks.properties("rules", rules, allowed=["max_server_per_host"])
    if found and policy != "anti-affinity":
        raise Refused(400, "Only anti-affinity policy supports rules.")
    return {name: checks.whole(name, value, least=1) for name, value in found.items()}


def check_quota(call: Call) -> None:
    """Refuse more groups than the project may have."""
    compute = state(call)
    most = compute.limits(call.project_id)["server_groups"]
    if 0 <= most <= compute.groups.count("project_id", call.project_id):
        raise Refused(403, "Quota exceeded, too many server groups.")


def view(call: Call, row: Row) -> dict[str, Any]:
    """Show a group."""
    minor = minor_of(call)
    found: dict[str, Any] = {"id": row["id"], "name": row["name"]}
    if minor >= 64:
        found |= {"policy": row["policy"], "rules": row["rules"]}
    else:
        found |= {"policies": [row["policy"]], "metadata": {}}
    found["members"] = state(call).members(row["id"])
    if minor >= 13:
        found |= {"project_id": row["project_id"], "user_id": row["user_id"]}
    return found


def group_of(call: Call) -> Row:
    """Return the group that the path names."""
    row = state(call).groups.get(call.params["id"])
    if row is None or not (call.token.is_admin or row["project_id"] == call.project_id):
        raise Refused(404, f"Instance group {call.params['id']} could not be found.")
    return row


def listed(call: Call) -> dict[str, Any]:
    """List groups."""
    groups = state(call).groups
    everywhere = call.token.is_admin and "all_projects" in call.request.query
    rows = groups.all() if everywhere else groups.find("project_id", call.project_id)
    offset = int(call.arg("offset") or 0)
    limit = int(call.arg("limit") or 1000)
    return {"server_groups": [view(call, row) for row in rows[offset : offset + limit]]}


def show(call: Call) -> dict[str, Any]:
    """Show a group."""
    return {"server_group": view(call, group_of(call))}


def delete(call: Call) -> Reply:
    """Remove a group; its servers stay."""
    state(call).groups.pop(group_of(call)["id"])
    return Reply(204)
