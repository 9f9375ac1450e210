"""The identity service's paths: versions, tokens, and what the other modules offer."""

from typing import Any

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Handler, Refused, Reply, Request, Service
from devcloud.keystone import assignments, auth, credentials, objects, rules, trusts, views
from devcloud.keystone.state import Identity

VERSIONS, V3, TOKENS = "/", "/v3", "/v3/auth/tokens"


def service(cloud: DevCloud) -> Service:
    """Return the identity service."""
    return Service(
        name="identity",
        title="keystone",
        prefix="/identity",
        routes=routes(),
        error=views.error,
        state=Identity(cloud),
        catalogue={"identity": "/v3"},
        open=frozenset({VERSIONS, V3, TOKENS}),
    )


def routes() -> dict[tuple[str, str], Handler]:
    """Return every route of the service."""
    return {
        ("GET", VERSIONS): list_versions,
        ("GET", V3): show_version,
        ("POST", TOKENS): auth.issue,
        ("GET", TOKENS): validate_token,
        ("DELETE", TOKENS): revoke_token,
        ("GET", "/v3/auth/catalog"): show_catalog,
        ("GET", "/v3/auth/projects"): list_own_projects,
        ("GET", "/v3/auth/domains"): list_own_domains,
        ("GET", "/v3/auth/system"): list_own_systems,
        **objects.routes(),
        **assignments.routes(),
        **trusts.routes(),
        **credentials.routes(),
    }


def list_versions(call: Call) -> Reply:
    """Say which versions there are; the status makes clients choose one."""
    body = {"versions": {"values": [version(call.request)]}}
    return Reply(300, body, {"Location": f"{views.root(call.request)}/"})


def show_version(call: Call) -> dict[str, Any]:
    """Describe version 3."""
    return {"version": version(call.request)}


def version(request: Request) -> Row:
    """Return version 3 as discovery documents show it."""
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": f"{views.root(request)}/"}],
        "media-types": [
            {"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}
        ],
    }


def validate_token(call: Call) -> Reply:
    """Tell a service what a token says, or a user what its own does."""
    row = subject(call, "validate_token")
    catalogue = "nocatalog" not in call.request.query
    body = views.token_body(rules.identity_of(call), call.request, row, catalogue=catalogue)
    return Reply(200, body, {"X-Subject-Token": row["id"], "Vary": "X-Auth-Token"})


def revoke_token(call: Call) -> Reply:
    """End a token."""
    row = subject(call, "revoke_token")
    rules.identity_of(call).tokens.pop(row["id"])
    return Reply(204)


def subject(call: Call, operation: str) -> Row:
    """Return the token that is asked about."""
    caller = call.token
    token_id = call.request.headers.get("x-subject-token")
    if not token_id:
        raise Refused(404, "No token in the request")
    rules.require(call, operation, rules.of_service, lambda _: token_id == caller.id)
    identity = rules.identity_of(call)
    # Services ask about expired tokens when a fellow service vouches for the request.
    late = call.arg("allow_expired") in {"1", "true", "True"}
    token = identity.token(token_id, allow_expired=late)
    row = identity.tokens.get(token_id)
    if token is None or row is None:
        raise Refused(404, f"Could not find token: {token_id}.")
    return row


def show_catalog(call: Call) -> dict[str, Any]:
    """Return the catalogue of the caller's scope."""
    token = call.token
    if not (token.project_id or token.domain_id or token.system):
        raise Refused(403, "You are not authorized to perform the requested action: catalog.")
    entries = views.catalog(rules.identity_of(call), call.request, token.project_id)
    return {"catalog": entries, "links": views.list_links(call.request)}


def list_own_projects(call: Call) -> dict[str, Any]:
    """List the projects that the caller may have a token for."""
    rows = rules.identity_of(call).projects_of(call.token.user_id)
    shown = [views.item(call.request, row, "projects") for row in rows]
    return views.listed(call.request, "projects", shown)


def list_own_domains(call: Call) -> dict[str, Any]:
    """List the domains that the caller may have a token for."""
    identity = rules.identity_of(call)
    shown = [
        views.item(call.request, row, "domains")
        for row in identity.domains.all()
        if row["enabled"]
        and identity.roles_on(call.token.user_id, assignments.scope_for("domain", row["id"]))
    ]
    return views.listed(call.request, "domains", shown)


def list_own_systems(call: Call) -> dict[str, Any]:
    """Say whether the caller may have a token for the system."""
    identity = rules.identity_of(call)
    has = identity.roles_on(call.token.user_id, assignments.scope_for("system", "all"))
    return {"system": [{"all": True}] if has else [], "links": views.list_links(call.request)}
