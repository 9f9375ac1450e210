"""Domains, projects, users, groups, roles, services, endpoints and regions."""

from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Handler, Refused, Reply
from devcloud.keystone import rules, views
from devcloud.keystone.auth import member
from devcloud.keystone.collections import Collection
from devcloud.keystone.state import Identity, drop


def prepare_project(call: Call, row: Row, new: bool) -> None:
    """Put a project without a parent below its domain."""
    identity = rules.identity_of(call)
    if new and not row.get("parent_id"):
        row["parent_id"] = row["domain_id"]
    if row["parent_id"] not in identity.projects and row["parent_id"] not in identity.domains:
        raise Refused(404, f"Could not find project: {row['parent_id']}.")
    if not row["enabled"]:
        identity.revoke("project_id", row["id"])


def prepare_user(call: Call, row: Row, new: bool) -> None:
    """Hash the password; a disabled user's tokens end."""
    identity = rules.identity_of(call)
    if "password" in row:
        identity.set_password(row, row.pop("password"))
    if not new and not row["enabled"]:
        identity.revoke("user_id", row["id"])


def prepare_endpoint(call: Call, row: Row, new: bool) -> None:
    """Check the service, and make the region known."""
    del new
    identity = rules.identity_of(call)
    identity.need(identity.services, row["service_id"], "service")
    if "region" in row:
        row["region_id"] = row["region"]
    row.setdefault("region_id", None)
    row["region"] = row["region_id"]
    if row["region_id"] and row["region_id"] not in identity.regions:
        identity.regions.put({"id": row["region_id"], "description": "", "parent_region_id": None})


def drop_domain(identity: Identity, row: Row) -> None:
    """Only a disabled domain can be removed."""
    if row["enabled"]:
        raise Refused(403, "Cannot delete a domain that is enabled, please disable it first.")
    identity.drop_domain(row["id"])


def drop_project(identity: Identity, row: Row) -> None:
    """Remove a project, unless it has children."""
    if identity.projects.find("parent_id", row["id"]):
        raise Refused(
            403,
            "Cannot delete a project that is not a leaf in the hierarchy: "
            f"the project {row['id']} has children.",
        )
    identity.drop_project(row["id"])


def drop_service(identity: Identity, row: Row) -> None:
    """Remove a service and its endpoints."""
    identity.services.pop(row["id"])
    drop(identity.endpoints, "service_id", row["id"])


class Regions(Collection):
    """Regions have ids that clients choose."""

    def on_create(self, call: Call) -> Reply:
        """Make a region."""
        rules.require(call, "create_region")
        identity = rules.identity_of(call)
        given = member(call.body, "region", "request body")
        region_id = str(given.get("id") or call.cloud.new_hex())
        if region_id in identity.regions:
            raise Refused(
                409,
                f"Conflict occurred attempting to store region - Duplicate ID, {region_id}.",
            )
        row = identity.regions.put({"id": region_id} | self.defaults | self.given(call))
        return Reply(201, {"region": self.shown(call, row)})


class Endpoints(Collection):
    """Endpoints of devcloud's own services follow the host that the client asked."""

    def shown(self, call: Call, row: Row) -> Row:
        """Return an endpoint as shown."""
        url = row["url"].replace("$(base)s", call.request.base)
        return views.item(call.request, row | {"url": url}, self.plural)


COLLECTIONS = (
    Collection(
        "domain",
        "domains",
        lambda identity: identity.domains,
        {"description": "", "enabled": True, "tags": [], "options": {}},
        ("name", "enabled"),
        show=(rules.own_domain,),
        drop=drop_domain,
    ),
    Collection(
        "project",
        "projects",
        lambda identity: identity.projects,
        {
            "domain_id": None,
            "description": "",
            "enabled": True,
            "parent_id": None,
            "is_domain": False,
            "tags": [],
            "options": {},
        },
        ("name", "domain_id", "enabled", "parent_id", "is_domain"),
        within_domain=True,
        show=(rules.own_project,),
        prepare=prepare_project,
        drop=drop_project,
    ),
    Collection(
        "user",
        "users",
        lambda identity: identity.users,
        {"domain_id": None, "enabled": True, "password_expires_at": None, "options": {}},
        ("name", "domain_id", "enabled"),
        within_domain=True,
        show=(rules.owner,),
        prepare=prepare_user,
        drop=lambda identity, row: identity.drop_user(row["id"]),
    ),
    Collection(
        "group",
        "groups",
        lambda identity: identity.groups,
        {"domain_id": None, "description": ""},
        ("name", "domain_id"),
        within_domain=True,
        drop=lambda identity, row: identity.drop_group(row["id"]),
    ),
    Collection(
        "role",
        "roles",
        lambda identity: identity.roles,
        {"domain_id": None, "description": None, "options": {}},
        ("name", "domain_id"),
        drop=lambda identity, row: identity.drop_role(row["id"]),
    ),
    Collection(
        "service",
        "services",
        lambda identity: identity.services,
        {"name": "", "enabled": True},
        ("name", "type"),
        required=("type",),
        drop=drop_service,
    ),
    Endpoints(
        "endpoint",
        "endpoints",
        lambda identity: identity.endpoints,
        {"enabled": True},
        ("interface", "service_id", "region_id"),
        required=("service_id", "interface", "url"),
        prepare=prepare_endpoint,
    ),
    Regions(
        "region",
        "regions",
        lambda identity: identity.regions,
        {"description": "", "parent_region_id": None},
        ("parent_region_id",),
        required=(),
        show=(rules.anyone,),
        list=(rules.anyone,),
    ),
)


def routes() -> dict[tuple[str, str], Handler]:
    """Return the routes of all collections."""
    return {key: handler for one in COLLECTIONS for key, handler in one.routes().items()} | {
        ("POST", "/v3/users/{user_id}/password"): change_password,
        ("GET", "/v3/users/{user_id}/projects"): list_user_projects,
        ("GET", "/v3/users/{user_id}/groups"): list_user_groups,
        ("GET", "/v3/groups/{group_id}/users"): list_members,
        ("PUT", "/v3/groups/{group_id}/users/{user_id}"): add_member,
        ("GET", "/v3/groups/{group_id}/users/{user_id}"): check_member,
        ("DELETE", "/v3/groups/{group_id}/users/{user_id}"): remove_member,
    }


def change_password(call: Call) -> Reply:
    """Let users change their own password, when they know the present one."""
    identity = rules.identity_of(call)
    user = identity.need(identity.users, call.params["user_id"], "user")
    given = member(call.body, "user", "request body")
    if not identity.has_password(user, given.get("original_password")):
        raise Refused(401, "The request you have made requires authentication.")
    identity.set_password(user, str(given.get("password")))
    identity.users.put(user)
    return Reply(204)


def list_user_projects(call: Call) -> dict[str, object]:
    """List the projects in which a user has a role."""
    rules.require(call, "list_user_projects", rules.owner)
    rows = rules.identity_of(call).projects_of(call.params["user_id"])
    shown = [views.item(call.request, row, "projects") for row in rows]
    return views.listed(call.request, "projects", shown)


def list_user_groups(call: Call) -> dict[str, object]:
    """List the groups of a user."""
    rules.require(call, "list_groups_for_user", rules.owner)
    identity = rules.identity_of(call)
    identity.need(identity.users, call.params["user_id"], "user")
    rows = identity.memberships.find("user_id", call.params["user_id"])
    groups = [row for found in rows if (row := identity.groups.get(found["group_id"]))]
    shown = [
        views.item(call.request, row, "groups") | {"membership_expires_at": None} for row in groups
    ]
    return views.listed(call.request, "groups", shown)


def list_members(call: Call) -> dict[str, object]:
    """List the users of a group."""
    rules.require(call, "list_users_in_group")
    identity = rules.identity_of(call)
    identity.need(identity.groups, call.params["group_id"], "group")
    rows = identity.memberships.find("group_id", call.params["group_id"])
    users = [row for found in rows if (row := identity.users.get(found["user_id"]))]
    return views.listed(
        call.request, "users", [views.item(call.request, row, "users") for row in users]
    )


def add_member(call: Call) -> Reply:
    """Put a user into a group."""
    rules.require(call, "add_user_to_group")
    identity = rules.identity_of(call)
    group = identity.need(identity.groups, call.params["group_id"], "group")
    user = identity.need(identity.users, call.params["user_id"], "user")
    identity.memberships.put(
        {"id": f"{group['id']}|{user['id']}", "group_id": group["id"], "user_id": user["id"]}
    )
    return Reply(204)


def check_member(call: Call) -> Reply:
    """Say whether a user is in a group."""
    rules.require(call, "check_user_in_group", rules.owner)
    need_member(call)
    return Reply(204)


def remove_member(call: Call) -> Reply:
    """Take a user out of a group; its tokens end, for what they say is no longer true."""
    rules.require(call, "remove_user_from_group")
    identity = rules.identity_of(call)
    identity.memberships.pop(need_member(call)["id"])
    identity.revoke("user_id", call.params["user_id"])
    return Reply(204)


def need_member(call: Call) -> Row:
    """Return the membership that the path names."""
    user_id, group_id = call.params["user_id"], call.params["group_id"]
    found = rules.identity_of(call).memberships.get(f"{group_id}|{user_id}")
    if found is None:
        raise Refused(404, f"User '{user_id}' not found in group '{group_id}'")
    return found
