"""Who has which role where, and which role implies which."""

from collections.abc import Callable
from typing import Any

from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Handler, Refused, Reply
from devcloud.keystone import rules, views
from devcloud.keystone.state import Identity, Scope, assignment_id

INHERITED = "/inherited_to_projects"


def routes() -> dict[tuple[str, str], Handler]:
    """Return the routes: every target, every kind of actor, direct and inherited."""
    found: dict[tuple[str, str], Handler] = {
        ("GET", "/v3/role_assignments"): list_assignments,
        ("GET", "/v3/role_inferences"): list_inferences,
        ("GET", "/v3/roles/{id}/implies"): list_implied,
        ("GET", "/v3/roles/{id}/implies/{implied_id}"): check_implied,
        ("PUT", "/v3/roles/{id}/implies/{implied_id}"): imply,
        ("DELETE", "/v3/roles/{id}/implies/{implied_id}"): unimply,
    }
    for target in ("projects/{project_id}", "domains/{domain_id}", "system"):
        for actor in ("users/{user_id}", "groups/{group_id}"):
            found |= grant_routes(f"/v3/{target}/{actor}/roles", "", inherited=False)
            if target != "system":
                path = f"/v3/OS-INHERIT/{target}/{actor}/roles"
                found |= grant_routes(path, INHERITED, inherited=True)
    return found


def grant_routes(path: str, end: str, *, inherited: bool) -> dict[tuple[str, str], Handler]:
    """Return the routes of one kind of grant."""

    def bound(act: Callable[[Call, bool], Reply]) -> Handler:
        return lambda call: act(call, inherited)

    return {
        ("GET", path + end): bound(list_grants),
        ("PUT", f"{path}/{{role_id}}{end}"): bound(grant),
        ("GET", f"{path}/{{role_id}}{end}"): bound(check_grant),
        ("DELETE", f"{path}/{{role_id}}{end}"): bound(revoke_grant),
    }


def list_grants(call: Call, inherited: bool) -> Reply:
    """List the roles of an actor on a target."""
    rules.require(call, "list_grants")
    identity = rules.identity_of(call)
    actor, target = actor_of(call), target_of(call)
    roles = [
        identity.roles.get(row["role_id"])
        for row in identity.assignments.find("actor", actor)
        if row["target"] == target and row["inherited"] == inherited
    ]
    shown = [views.item(call.request, row, "roles") for row in roles if row]
    return Reply(200, views.listed(call.request, "roles", shown))


def grant(call: Call, inherited: bool) -> Reply:
    """Give a role."""
    rules.require(call, "create_grant")
    identity = rules.identity_of(call)
    role = identity.need(identity.roles, call.params["role_id"], "role")
    identity.assign(role["id"], actor_of(call), target_of(call), inherited=inherited)
    return Reply(204)


def check_grant(call: Call, inherited: bool) -> Reply:
    """Say whether a role was given."""
    rules.require(call, "check_grant")
    need_grant(call, inherited)
    return Reply(204)


def revoke_grant(call: Call, inherited: bool) -> Reply:
    """Take a role back."""
    rules.require(call, "revoke_grant")
    rules.identity_of(call).assignments.pop(need_grant(call, inherited))
    return Reply(204)


def need_grant(call: Call, inherited: bool) -> str:
    """Return the id of the assignment that the path names."""
    identity = rules.identity_of(call)
    identity.need(identity.roles, call.params["role_id"], "role")
    actor, target, role_id = actor_of(call), target_of(call), call.params["role_id"]
    found = assignment_id(role_id, actor, target, inherited=inherited)
    if found not in identity.assignments:
        raise Refused(
            404,
            f"Could not find role assignment with role: {role_id}, "
            f"user or group: {actor.partition(':')[2]}, "
            f"project, domain, or system: {target.partition(':')[2]}.",
        )
    return found


def actor_of(call: Call) -> str:
    """Return the actor that the path names."""
    identity = rules.identity_of(call)
    if "user_id" in call.params:
        return f"user:{identity.need(identity.users, call.params['user_id'], 'user')['id']}"
    return f"group:{identity.need(identity.groups, call.params['group_id'], 'group')['id']}"


def target_of(call: Call) -> str:
    """Return the target that the path names."""
    identity = rules.identity_of(call)
    if "project_id" in call.params:
        found = identity.need(identity.projects, call.params["project_id"], "project")
        return f"project:{found['id']}"
    if "domain_id" in call.params:
        found = identity.need(identity.domains, call.params["domain_id"], "domain")
        return f"domain:{found['id']}"
    return "system:all"


def list_assignments(call: Call) -> dict[str, Any]:
    """List assignments, filtered; effective ones follow groups, inheritance and implications."""
    rules.require(call, "list_role_assignments")
    identity = rules.identity_of(call)
    rows = identity.assignments.all()
    if truthy(call, "effective"):
        rows = effective(identity, rows)
    wanted = {
        "actor": one_of(call, {"user.id": "user:", "group.id": "group:"}),
        "target": one_of(call, {"scope.project.id": "project:", "scope.domain.id": "domain:"}),
        "role_id": call.arg("role.id"),
    }
    if call.arg("scope.system"):
        wanted["target"] = "system:all"
    rows = [
        row
        for row in rows
        if all(value is None or row[key] == value for key, value in wanted.items())
    ]
    names = truthy(call, "include_names")
    shown = [shown_assignment(call, identity, row, names=names) for row in rows]
    return views.listed(call.request, "role_assignments", shown)


def effective(identity: Identity, rows: list[Row]) -> list[Row]:
    """Return what the assignments amount to, a row for each user, target and role."""
    pairs: dict[tuple[str, str], Scope] = {}
    for row in rows:
        kind, _, actor_id = row["actor"].partition(":")
        users = [actor_id]
        if kind == "group":
            users = [m["user_id"] for m in identity.memberships.find("group_id", actor_id)]
        for target, scope in effective_targets(identity, row):
            pairs |= {(user_id, target): scope for user_id in users}
    return [
        {"actor": f"user:{user_id}", "target": target, "role_id": role_id, "inherited": False}
        for (user_id, target), scope in pairs.items()
        for role_id in sorted(identity.roles_on(user_id, scope))
    ]


def effective_targets(identity: Identity, row: Row) -> list[tuple[str, Scope]]:
    """Return where an assignment counts: itself, or every project that inherits it."""
    kind, _, target_id = row["target"].partition(":")
    if not row["inherited"]:
        return [(row["target"], scope_for(kind, target_id))]
    scopes = [Scope(project_id=project["id"]) for project in identity.projects.all()]
    return [
        (f"project:{scope.project_id}", scope)
        for scope in scopes
        if (row["target"], True) in set(identity.targets(scope))
    ]


def scope_for(kind: str, target_id: str) -> Scope:
    """Return the scope of a target."""
    if kind == "project":
        return Scope(project_id=target_id)
    return Scope(domain_id=target_id) if kind == "domain" else Scope(system=True)


def one_of(call: Call, names: dict[str, str]) -> str | None:
    """Return the first of these query arguments, with its prefix."""
    for name, prefix in names.items():
        value = call.arg(name)
        if value:
            return prefix + value
    return None


def truthy(call: Call, name: str) -> bool:
    """Say whether a flag is in the query; alone it counts as set."""
    value = call.arg(name)
    return value is not None and value.lower() not in {"0", "false", "no"}


def shown_assignment(call: Call, identity: Identity, row: Row, *, names: bool) -> Row:
    """Return an assignment as shown."""
    actor_kind, _, actor_id = row["actor"].partition(":")
    kind, _, target_id = row["target"].partition(":")
    place = "system" if kind == "system" else f"{kind}s/{target_id}"
    path = f"{place}/{actor_kind}s/{actor_id}/roles/{row['role_id']}"
    if row["inherited"]:
        path = f"OS-INHERIT/{path}{INHERITED}"
    actor: Row = {"id": actor_id}
    target: Row = {"id": target_id}
    role: Row = {"id": row["role_id"]}
    if names:
        actor = named_actor(identity, actor_kind, actor_id)
        role["name"] = (identity.roles.get(row["role_id"]) or {}).get("name")
        if kind == "project":
            target = views.project_ref(identity, target_id)
        elif kind == "domain":
            target = views.domain_ref(identity, target_id)
    scope: Row = {"system": {"all": True}} if kind == "system" else {kind: target}
    if row["inherited"]:
        scope["OS-INHERIT:inherited_to"] = "projects"
    return {
        "links": {"assignment": f"{views.root(call.request)}/{path}"},
        "scope": scope,
        actor_kind: actor,
        "role": role,
    }


def named_actor(identity: Identity, kind: str, actor_id: str) -> Row:
    """Return a user or group with its names."""
    if kind == "user":
        return views.user_ref(identity, actor_id)
    group = identity.groups.get(actor_id) or {"name": "", "domain_id": ""}
    domain = views.domain_ref(identity, group["domain_id"])
    return {"id": actor_id, "name": group["name"], "domain": domain}


def list_inferences(call: Call) -> dict[str, Any]:
    """List which role implies which."""
    identity = rules.identity_of(call)
    rules.require(call, "list_role_inference_rules", rules.anyone)
    shown = [
        inference(call, identity, role, [identity.roles.get(row["implied_id"]) for row in rows])
        for role in identity.roles.all()
        if (rows := identity.implied.find("prior_id", role["id"]))
    ]
    return views.listed(call.request, "role_inferences", shown)


def inference(call: Call, identity: Identity, prior: Row, implied: list[Row | None]) -> Row:
    """Return a role and what it implies, as shown."""
    del identity
    return {
        "prior_role": role_link(call, prior),
        "implies": [role_link(call, row) for row in implied if row],
    }


def role_link(call: Call, role: Row) -> Row:
    """Return a role with its link."""
    shown = views.item(call.request, role, "roles")
    return {"id": shown["id"], "name": shown["name"], "links": shown["links"]}


def list_implied(call: Call) -> dict[str, Any]:
    """List what a role implies."""
    rules.require(call, "list_implied_roles")
    identity = rules.identity_of(call)
    prior = identity.need(identity.roles, call.params["id"], "role")
    rows = identity.implied.find("prior_id", prior["id"])
    shown = inference(call, identity, prior, [identity.roles.get(r["implied_id"]) for r in rows])
    return {"role_inference": shown, "links": views.list_links(call.request)}


def check_implied(call: Call) -> dict[str, Any]:
    """Say whether a role implies another."""
    rules.require(call, "get_implied_role")
    identity = rules.identity_of(call)
    prior, implied = implied_pair(call)
    if f"{prior['id']}|{implied['id']}" not in identity.implied:
        raise Refused(404, f"{prior['id']} does not imply {implied['id']}")
    return {
        "role_inference": {
            "prior_role": role_link(call, prior),
            "implies": role_link(call, implied),
        }
    }


def imply(call: Call) -> Reply:
    """Make a role imply another."""
    rules.require(call, "create_implied_role")
    identity = rules.identity_of(call)
    prior, implied = implied_pair(call)
    identity.implied.put(
        {
            "id": f"{prior['id']}|{implied['id']}",
            "prior_id": prior["id"],
            "implied_id": implied["id"],
        }
    )
    return Reply(201, check_implied(call))


def unimply(call: Call) -> Reply:
    """Make a role no longer imply another."""
    rules.require(call, "delete_implied_role")
    prior, implied = implied_pair(call)
    rules.identity_of(call).implied.pop(f"{prior['id']}|{implied['id']}")
    return Reply(204)


def implied_pair(call: Call) -> tuple[Row, Row]:
    """Return the two roles that the path names."""
    identity = rules.identity_of(call)
    return (
        identity.need(identity.roles, call.params["id"], "role"),
        identity.need(identity.roles, call.params["implied_id"], "role"),
    )
