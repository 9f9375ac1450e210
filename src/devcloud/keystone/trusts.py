"""Trusts: a user lets another act with some of its roles in a project."""

from datetime import UTC, datetime
from typing import Any

from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Handler, Refused, Reply
from devcloud.keystone import rules, views
from devcloud.keystone.auth import forbidden, member, shown_time
from devcloud.keystone.state import Identity, Scope

REDELEGATIONS = 3
REQUIRED = ("trustee_user_id", "trustor_user_id", "impersonation")


def routes() -> dict[tuple[str, str], Handler]:
    """Return the routes of trusts."""
    one = "/v3/OS-TRUST/trusts/{id}"
    return {
        ("GET", "/v3/OS-TRUST/trusts"): list_trusts,
        ("POST", "/v3/OS-TRUST/trusts"): create_trust,
        ("GET", one): show_trust,
        ("DELETE", one): delete_trust,
        ("GET", f"{one}/roles"): list_trust_roles,
        ("GET", f"{one}/roles/{{role_id}}"): show_trust_role,
    }


def create_trust(call: Call) -> Reply:
    """Make a trust; only the trustor itself may, with roles it has."""
    identity = rules.identity_of(call)
    given = member(call.body, "trust", "request body")
    for name in REQUIRED:
        if name not in given:
            raise Refused(
                400,
                f"Invalid input for field/attribute trust. Value: {given}. "
                f"'{name}' is a required property",
            )
    if given["trustor_user_id"] != call.token.user_id:
        raise forbidden("identity:create_trust.")
    rules.direct(call, delegated(call))
    identity.need(identity.users, given["trustee_user_id"], "user")
    roles = wanted_roles(identity, given)
    check_roles(call, identity, given, roles)
    expires = read_expiry(identity, given.get("expires_at"))
    uses = given.get("remaining_uses")
    if uses is not None and (not isinstance(uses, int) or isinstance(uses, bool) or uses < 1):
        raise Refused(
            400,
            f"Invalid input for field/attribute remaining_uses. Value: {uses}. "
            "remaining_uses must be a positive integer or null.",
        )
    row = identity.trusts.put(
        {
            "id": call.cloud.new_hex(),
            "trustor_user_id": given["trustor_user_id"],
            "trustee_user_id": given["trustee_user_id"],
            "project_id": given.get("project_id"),
            "impersonation": bool(given["impersonation"]),
            "expires_at": None if expires is None else shown_time(expires),
            "remaining_uses": uses,
            "deleted_at": None,
            "redelegated_trust_id": None,
            "redelegation_count": REDELEGATIONS if given.get("allow_redelegation") else 0,
            "_roles": roles,
            "_expires": expires,
        }
    )
    return Reply(201, {"trust": shown(call, identity, row, full=True)})


def delegated(call: Call) -> str:
    """Say why a token that stands for someone else can't make a trust."""
    if call.token.trust_id is not None:
        return "Remaining redelegation depth of 0 out of allowed range of [0..3]"
    return (
        "You are not authorized to perform the requested action: "
        "Delegated tokens cannot manage trusts."
    )


def wanted_roles(identity: Identity, given: dict[str, Any]) -> list[str]:
    """Return the ids of the roles that the trust is to give."""
    found: list[str] = []
    for reference in given.get("roles") or []:
        if reference.get("id"):
            found.append(identity.need(identity.roles, reference["id"], "role")["id"])
            continue
        role = identity.named(identity.roles, reference.get("name", ""), None)
        if role is None:
            raise Refused(404, f"Could not find role: {reference.get('name')}.")
        found.append(role["id"])
    return found


def check_roles(call: Call, identity: Identity, given: dict[str, Any], roles: list[str]) -> None:
    """Refuse roles that the trustor does not have in the project."""
    project_id = given.get("project_id")
    if not project_id:
        return
    if not roles:
        raise forbidden("At least one role should be specified.")
    identity.need(identity.projects, project_id, "project")
    held = identity.roles_on(call.token.user_id, Scope(project_id=project_id))
    for role_id in roles:
        if role_id not in held:
            raise Refused(404, f"Could not find role: {role_id}.")


def read_expiry(identity: Identity, text: Any) -> float | None:
    """Return when a trust or credential ends, in seconds since 1970."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        raise Refused(
            400,
            "The server could not comply with the request since it is either malformed: "
            f"expires_at is no time: {text!r}. Expected format: YYYY-MM-DDThh:mm:ss.ssssssZ.",
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment.timestamp() <= identity.epoch():
        raise Refused(400, f"The 'expires_at' must not be before now. {views.MALFORMED}")
    return moment.timestamp()


def list_trusts(call: Call) -> dict[str, Any]:
    """List trusts: all for admins, one's own by trustor or trustee."""
    trustor, trustee = call.arg("trustor_user_id"), call.arg("trustee_user_id")
    mine = call.token.user_id
    if not call.token.is_admin:
        if trustor is None and trustee is None:
            raise forbidden("identity:list_trusts.")
        if trustor is not None and trustor != mine:
            raise forbidden("identity:list_trusts_for_trustor.")
        if trustor is None and trustee != mine:
            raise forbidden("identity:list_trusts_for_trustee.")
    identity = rules.identity_of(call)
    rows = [
        row
        for row in identity.trusts.all()
        if identity.live_trust(row["id"])
        and (trustor is None or row["trustor_user_id"] == trustor)
        and (trustee is None or row["trustee_user_id"] == trustee)
    ]
    listed = [shown(call, identity, row, full=False) for row in rows]
    return views.listed(call.request, "trusts", listed)


def show_trust(call: Call) -> dict[str, Any]:
    """Show a trust to those whose it is."""
    identity = rules.identity_of(call)
    return {"trust": shown(call, identity, need_trust(call, "get_trust"), full=True)}


def delete_trust(call: Call) -> Reply:
    """End a trust; its tokens end with it."""
    trust = need_trust(call, "delete_trust", trustee=False)
    identity = rules.identity_of(call)
    identity.trusts.pop(trust["id"])
    identity.revoke("trust_id", trust["id"])
    return Reply(204)


def list_trust_roles(call: Call) -> dict[str, Any]:
    """List the roles that a trust gives."""
    trust = need_trust(call, "list_roles_for_trust")
    return {
        "roles": shown_roles(call, rules.identity_of(call), trust),
        "links": roles_links(call, trust),
    }


def show_trust_role(call: Call) -> dict[str, Any]:
    """Show one role that a trust gives."""
    trust = need_trust(call, "get_role_for_trust")
    if call.params["role_id"] not in trust["_roles"]:
        raise Refused(404, f"Could not find role: {call.params['role_id']}.")
    identity = rules.identity_of(call)
    role = identity.need(identity.roles, call.params["role_id"], "role")
    return {"role": views.item(call.request, role, "roles")}


def need_trust(call: Call, operation: str, *, trustee: bool = True) -> Row:
    """Return the trust that the path names, if the caller has part in it."""
    trust = rules.identity_of(call).live_trust(call.params["id"])
    if trust is None:
        raise Refused(404, f"Could not find trust: {call.params['id']}.")
    parties = {trust["trustor_user_id"], *([trust["trustee_user_id"]] if trustee else [])}
    rules.require(call, operation, lambda asked: asked.token.user_id in parties)
    return trust


def shown(call: Call, identity: Identity, trust: Row, *, full: bool) -> Row:
    """Return a trust as shown; lists leave the roles out."""
    item = views.item(call.request, trust, "OS-TRUST/trusts")
    if full:
        item["roles"] = shown_roles(call, identity, trust)
        item["roles_links"] = roles_links(call, trust)
    return item


def shown_roles(call: Call, identity: Identity, trust: Row) -> list[Row]:
    """Return the roles of a trust as shown."""
    rows = [row for role_id in trust["_roles"] if (row := identity.roles.get(role_id))]
    return [views.item(call.request, row, "roles") for row in rows]


def roles_links(call: Call, trust: Row) -> Row:
    """Return the links of a trust's roles."""
    path = f"{views.root(call.request)}/OS-TRUST/trusts/{trust['id']}/roles"
    return {"self": path, "next": None, "previous": None}
