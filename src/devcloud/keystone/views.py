"""What the identity service shows of its objects."""

from collections.abc import Iterable
from typing import Any

from devcloud.kernel.progress import visible
from devcloud.kernel.refusals import title
from devcloud.kernel.store import Row
from devcloud.kernel.web import Refused, Reply, Request
from devcloud.keystone.state import Identity, Scope

MALFORMED = (
    "The server could not comply with the request since it is either malformed or otherwise "
    "incorrect. The client is assumed to be in error."
)


def error(refused: Refused, request: Request) -> Reply:
    """Render a refusal as keystone does."""
    message = refused.message
    if refused.code == "malformed":
        message = f"Expecting to find valid JSON in request body. {MALFORMED}"
    body = {"error": {"code": refused.status, "message": message, "title": title(refused.status)}}
    headers = {"Vary": "X-Auth-Token"}
    if refused.status == 401:
        headers["WWW-Authenticate"] = f'Keystone uri="{root(request)}"'
    return Reply(refused.status, body, headers)


def root(request: Request) -> str:
    """Return the URL of the v3 API."""
    return f"{request.base}/identity/v3"


def item(request: Request, row: Row, path: str) -> Row:
    """Return a row as shown, with the link to itself."""
    shown = visible(row)
    shown["links"] = {"self": f"{root(request)}/{path}/{row['id']}"}
    return shown


def listed(request: Request, name: str, rows: Iterable[Row]) -> dict[str, Any]:
    """Return a list of shown rows."""
    return {name: list(rows), "links": list_links(request)}


def list_links(request: Request) -> dict[str, str | None]:
    """Return the links of a list; keystone gives the whole list at once."""
    query = "&".join(f"{k}={v}" for k, values in request.query.items() for v in values)
    path = f"{request.base}/identity{request.path}"
    return {"next": None, "self": f"{path}?{query}" if query else path, "previous": None}


def role_refs(identity: Identity, role_ids: Iterable[str]) -> list[Row]:
    """Return roles as a token names them."""
    rows = [row for role_id in role_ids if (row := identity.roles.get(role_id))]
    return [{"id": row["id"], "name": row["name"]} for row in rows]


def domain_ref(identity: Identity, domain_id: str) -> Row:
    """Return a domain as others refer to it."""
    row = identity.domains.get(domain_id)
    return {"id": domain_id, "name": row["name"] if row else ""}


def user_ref(identity: Identity, user_id: str) -> Row:
    """Return a user as others refer to it."""
    row = identity.users.get(user_id) or {"name": "", "domain_id": ""}
    return {
        "id": user_id,
        "name": row["name"],
        "domain": domain_ref(identity, row["domain_id"]),
    }


def project_ref(identity: Identity, project_id: str) -> Row:
    """Return a project as others refer to it."""
    row = identity.projects.get(project_id) or {"name": "", "domain_id": ""}
    return {
        "id": project_id,
        "name": row["name"],
        "domain": domain_ref(identity, row["domain_id"]),
    }


def token_body(
    identity: Identity, request: Request, row: Row, *, catalogue: bool = True
) -> dict[str, Any]:
    """Return what a token says, as the API shows it."""
    scope = Scope(row["project_id"], row["domain_id"], row["system"], row["trust_id"])
    shown: dict[str, Any] = {
        "methods": row["methods"],
        "user": user_ref(identity, row["user_id"]) | {"password_expires_at": None},
        "audit_ids": row["audit_ids"],
        "expires_at": row["expires_at"],
        "issued_at": row["issued_at"],
    }
    if scope.trust_id is not None:
        shown["OS-TRUST:trust"] = row["_trust"]
    if scope.project_id is not None:
        shown["project"] = project_ref(identity, scope.project_id)
        shown["is_domain"] = False
    if scope.domain_id is not None:
        shown["domain"] = domain_ref(identity, scope.domain_id)
    if scope.system:
        shown["system"] = {"all": True}
    if scope != Scope():
        shown["roles"] = role_refs(identity, sorted(identity.granted(row) or ()))
        if catalogue:
            shown["catalog"] = catalog(identity, request, scope.project_id)
    credential = identity.application_credentials.get(row["application_credential_id"])
    if credential is not None:
        shown["application_credential"] = {
            "id": credential["id"],
            "name": credential["name"],
            "restricted": not credential["unrestricted"],
        }
    return {"token": shown}


def catalog(identity: Identity, request: Request, project_id: str | None) -> list[Row]:
    """Return the service catalogue of a project; entries that need one are left out without."""
    entries: list[Row] = []
    for service in identity.services.all():
        if not service["enabled"]:
            continue
        endpoints = [
            {
                "id": row["id"],
                "interface": row["interface"],
                "region_id": row["region_id"],
                "region": row["region_id"],
                "url": url,
            }
            for row in identity.endpoints.find("service_id", service["id"])
            if row["enabled"] and (url := endpoint_url(row["url"], request, project_id)) is not None
        ]
        entries.append(
            {
                "id": service["id"],
                "type": service["type"],
                "name": service["name"],
                "endpoints": endpoints,
            }
        )
    return entries


def endpoint_url(url: str, request: Request, project_id: str | None) -> str | None:
    """Fill in an endpoint's URL; None when it needs a project and there is none."""
    url = url.replace("$(base)s", request.base)
    for name in ("project_id", "tenant_id"):
        for marker in (f"$({name})s", f"%({name})s"):
            if marker in url:
                if project_id is None:
                    return None
                url = url.replace(marker, project_id)
    return url
