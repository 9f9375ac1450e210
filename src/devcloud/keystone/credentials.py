"""Credentials beside the password: application credentials, EC2 key pairs and free-form ones."""

import hashlib
from typing import Any

import msgspec

from devcloud.kernel.progress import visible
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Handler, Refused, Reply
from devcloud.keystone import rules, views
from devcloud.keystone.auth import Proof, forbidden, make_token, member, shown_time, trust_scope
from devcloud.keystone.ec2 import signed
from devcloud.keystone.state import Identity, Scope
from devcloud.keystone.trusts import read_expiry, wanted_roles


def routes() -> dict[tuple[str, str], Handler]:
    """Return the routes of credentials."""
    applications = "/v3/users/{user_id}/application_credentials"
    pairs = "/v3/users/{user_id}/credentials/OS-EC2"
    return {
        ("GET", applications): list_applications,
        ("POST", applications): create_application,
        ("GET", f"{applications}/{{id}}"): show_application,
        ("DELETE", f"{applications}/{{id}}"): delete_application,
        ("GET", pairs): list_pairs,
        ("POST", pairs): create_pair,
        ("GET", f"{pairs}/{{access}}"): show_pair,
        ("DELETE", f"{pairs}/{{access}}"): delete_pair,
        ("GET", "/v3/credentials"): list_credentials,
        ("POST", "/v3/credentials"): create_credential,
        ("GET", "/v3/credentials/{id}"): show_credential,
        ("PATCH", "/v3/credentials/{id}"): change_credential,
        ("DELETE", "/v3/credentials/{id}"): delete_credential,
        ("POST", "/v3/ec2tokens"): exchange_signature,
    }


def list_applications(call: Call) -> dict[str, Any]:
    """List a user's application credentials."""
    rules.require(call, "list_application_credentials", rules.owner)
    identity = rules.identity_of(call)
    rows = identity.application_credentials.find("user_id", call.params["user_id"])
    name = call.arg("name")
    shown = [shown_application(call, row) for row in rows if name in {None, row["name"]}]
    return views.listed(call.request, "application_credentials", shown)


def create_application(call: Call) -> Reply:
    """Make an application credential for the project of the token; its secret is told once."""
    identity = rules.identity_of(call)
    if call.token.user_id != call.params["user_id"]:
        raise forbidden("identity:create_application_credential.")
    check_may_manage(call)
    given = member(call.body, "application_credential", "request body")
    name = given.get("name")
    if not isinstance(name, str) or not name:
        raise Refused(
            400,
            f"Invalid input for field/attribute application_credential. Value: {given}. "
            "'name' is a required property",
        )
    if call.token.project_id is None:
        raise Refused(400, "An application credential needs a token scoped to a project.")
    mine = identity.application_credentials.find("user_id", call.token.user_id)
    if any(row["name"] == name for row in mine):
        raise Refused(
            409,
            "Conflict occurred attempting to store application_credential - "
            f"Duplicate entry found with name {name}.",
        )
    held = identity.roles_on(call.token.user_id, Scope(project_id=call.token.project_id))
    roles = wanted_roles(identity, given) or sorted(held)
    if not set(roles) <= held:
        raise Refused(
            400,
            "Invalid application credential: "
            "Cannot create an application credential with unassigned role",
        )
    secret = given.get("secret") or call.cloud.new_hex() + call.cloud.new_hex()
    expires = read_expiry(identity, given.get("expires_at"))
    row = identity.application_credentials.put(
        {
            "id": call.cloud.new_hex(),
            "name": name,
            "description": given.get("description"),
            "user_id": call.token.user_id,
            "project_id": call.token.project_id,
            "system": None,
            "expires_at": None if expires is None else shown_time(expires),
            "unrestricted": given.get("unrestricted"),
            "_roles": sorted(identity.with_implied(roles)),
            "_secret": secret,
            "_expires": expires,
        }
    )
    shown = shown_application(call, row) | {"secret": secret}
    return Reply(201, {"application_credential": shown})


def show_application(call: Call) -> dict[str, Any]:
    """Show an application credential."""
    rules.require(call, "get_application_credential", rules.owner)
    return {"application_credential": shown_application(call, need_application(call))}


def delete_application(call: Call) -> Reply:
    """Remove an application credential; its tokens end."""
    rules.require(call, "delete_application_credential", rules.owner)
    check_may_manage(call)
    row = need_application(call)
    identity = rules.identity_of(call)
    identity.application_credentials.pop(row["id"])
    identity.revoke("application_credential_id", row["id"])
    return Reply(204)


def check_may_manage(call: Call) -> None:
    """Refuse tokens of trusts, and of application credentials that are restricted."""
    if call.token.trust_id is not None:
        raise Refused(
            403,
            "Cannot manage application credentials with a token issued via delegation.",
        )
    identity = rules.identity_of(call)
    token = identity.tokens.get(call.token.id) or {}
    used = identity.application_credentials.get(token.get("application_credential_id"))
    if used is not None and not used["unrestricted"]:
        raise forbidden(
            "Using method 'application_credential' is not allowed for managing "
            "additional application credentials."
        )


def need_application(call: Call) -> Row:
    """Return the application credential that the path names."""
    row = rules.identity_of(call).application_credentials.get(call.params["id"])
    if row is None or row["user_id"] != call.params["user_id"]:
        raise Refused(404, f"Could not find Application Credential: {call.params['id']}.")
    return row


def shown_application(call: Call, row: Row) -> Row:
    """Return an application credential as shown."""
    identity = rules.identity_of(call)
    roles = [visible(role) for role_id in row["_roles"] if (role := identity.roles.get(role_id))]
    path = f"users/{row['user_id']}/application_credentials"
    return views.item(call.request, row, path) | {"roles": roles}


def list_pairs(call: Call) -> dict[str, Any]:
    """List a user's EC2 key pairs."""
    rules.require(call, "ec2_list_credentials", rules.owner)
    rows = rules.identity_of(call).credentials.find("user_id", call.params["user_id"])
    shown = [shown_pair(call, row) for row in rows if row["type"] == "ec2"]
    return views.listed(call.request, "credentials", shown)


def create_pair(call: Call) -> Reply:
    """Make an EC2 key pair for a user in a project."""
    rules.require(call, "ec2_create_credential", rules.owner)
    identity = rules.identity_of(call)
    identity.need(identity.users, call.params["user_id"], "user")
    project_id = (call.body or {}).get("tenant_id")
    identity.need(identity.projects, str(project_id), "project")
    access, secret = call.cloud.new_hex(), call.cloud.new_hex()
    blob = {"access": access, "secret": secret, "trust_id": call.token.trust_id}
    row = identity.credentials.put(
        {
            "id": pair_id(access),
            "user_id": call.params["user_id"],
            "project_id": project_id,
            "type": "ec2",
            "blob": msgspec.json.encode(blob).decode(),
        }
    )
    return Reply(201, {"credential": shown_pair(call, row)})


def show_pair(call: Call) -> dict[str, Any]:
    """Show an EC2 key pair."""
    rules.require(call, "ec2_get_credential", rules.owner)
    return {"credential": shown_pair(call, need_pair(call))}


def delete_pair(call: Call) -> Reply:
    """Remove an EC2 key pair."""
    rules.require(call, "ec2_delete_credential", rules.owner)
    rules.identity_of(call).credentials.pop(need_pair(call)["id"])
    return Reply(204)


def need_pair(call: Call) -> Row:
    """Return the key pair that the path names."""
    row_id = pair_id(call.params["access"])
    row = rules.identity_of(call).credentials.get(row_id)
    if row is None or row["user_id"] != call.params["user_id"]:
        raise Refused(404, f"Could not find credential: {row_id}.")
    return row


def pair_id(access: str) -> str:
    """Return the id under which the credential of an access key is kept."""
    return hashlib.sha256(access.encode()).hexdigest()


def shown_pair(call: Call, row: Row) -> Row:
    """Return an EC2 key pair as shown."""
    blob = msgspec.json.decode(row["blob"])
    path = f"users/{row['user_id']}/credentials/OS-EC2/{blob.get('access')}"
    return {
        "user_id": row["user_id"],
        "tenant_id": row["project_id"],
        "access": blob.get("access"),
        "secret": blob.get("secret"),
        "trust_id": blob.get("trust_id"),
        "links": {"self": f"{views.root(call.request)}/{path}"},
    }


def list_credentials(call: Call) -> dict[str, Any]:
    """List credentials: everybody's for admins, else one's own."""
    rows = rules.identity_of(call).credentials.all()
    if not call.token.is_admin:
        rows = [row for row in rows if row["user_id"] == call.token.user_id]
    for name in ("user_id", "type"):
        value = call.arg(name)
        if value is not None:
            rows = [row for row in rows if row[name] == value]
    shown = [views.item(call.request, row, "credentials") for row in rows]
    return views.listed(call.request, "credentials", shown)


def create_credential(call: Call) -> Reply:
    """Keep a credential; those of type ec2 must be a key pair."""
    given = member(call.body, "credential", "request body")
    user_id = given.get("user_id") or call.token.user_id
    rules.require(call, "create_credential", lambda asked: asked.token.user_id == user_id)
    identity = rules.identity_of(call)
    kind, blob = given.get("type"), given.get("blob")
    if not isinstance(kind, str) or not isinstance(blob, str):
        raise Refused(
            400,
            "Invalid input for field/attribute credential. "
            "'blob' and 'type' are required properties",
        )
    row_id = call.cloud.new_hex()
    if kind == "ec2":
        pair = read_pair(blob)
        if not given.get("project_id"):
            raise Refused(
                400, "Invalid input for field/attribute project_id: an ec2 credential needs it."
            )
        row_id = pair_id(pair["access"])
        blob = msgspec.json.encode(pair | {"trust_id": call.token.trust_id}).decode()
        if row_id in identity.credentials:
            raise Refused(
                409,
                "Conflict occurred attempting to store credential - "
                f"Duplicate entry found with ID {row_id}.",
            )
    row = identity.credentials.put(
        {
            "id": row_id,
            "user_id": user_id,
            "project_id": given.get("project_id"),
            "type": kind,
            "blob": blob,
        }
    )
    return Reply(201, {"credential": views.item(call.request, row, "credentials")})


def read_pair(blob: str) -> dict[str, Any]:
    """Return the key pair in the blob of an ec2 credential."""
    try:
        pair = msgspec.json.decode(blob)
    except msgspec.DecodeError:
        pair = None
    if not isinstance(pair, dict) or not isinstance(pair.get("access"), str):
        raise Refused(400, "Invalid blob in credential")
    return pair


def show_credential(call: Call) -> dict[str, Any]:
    """Show a credential."""
    row = need_credential(call, "get_credential")
    return {"credential": views.item(call.request, row, "credentials")}


def change_credential(call: Call) -> dict[str, Any]:
    """Change a credential's content."""
    row = need_credential(call, "update_credential")
    given = member(call.body, "credential", "request body")
    row |= {name: given[name] for name in ("blob", "type", "project_id") if name in given}
    rules.identity_of(call).credentials.put(row)
    return {"credential": views.item(call.request, row, "credentials")}


def delete_credential(call: Call) -> Reply:
    """Remove a credential."""
    row = need_credential(call, "delete_credential")
    rules.identity_of(call).credentials.pop(row["id"])
    return Reply(204)


def need_credential(call: Call, operation: str) -> Row:
    """Return the credential that the path names; others' are hidden behind a 403."""
    row = rules.identity_of(call).credentials.get(call.params["id"])
    owner = None if row is None else row["user_id"]
    rules.require(call, operation, lambda asked: asked.token.user_id == owner)
    if row is None:
        raise Refused(404, f"Could not find credential: {call.params['id']}.")
    return row


def exchange_signature(call: Call) -> Reply:
    """Give a service a token for a request that was signed with an EC2 key."""
    rules.require(call, "ec2tokens_validate", rules.of_service)
    body = call.body if isinstance(call.body, dict) else {}
    given = body.get("ec2Credentials") or body.get("credentials")
    if not isinstance(given, dict):
        raise Refused(400, f"Expecting to find ec2Credentials in request body. {views.MALFORMED}")
    identity = rules.identity_of(call)
    credential = identity.credentials.get(pair_id(str(given.get("access"))))
    if credential is None or credential["type"] != "ec2":
        raise Refused(404, "EC2 access key not found.")
    blob = msgspec.json.decode(credential["blob"])
    if not signed(given, str(blob["secret"]), identity.epoch()):
        raise Refused(401, "The request you have made requires authentication.")
    row = token_for(identity, credential, blob)
    body = views.token_body(identity, call.request, row)
    return Reply(200, body, {"X-Subject-Token": row["id"], "Vary": "X-Auth-Token"})


def token_for(identity: Identity, credential: Row, blob: dict[str, Any]) -> Row:
    """Make the token of a key pair: the user's in the project, or the trust's it was made with."""
    user = identity.users.get(credential["user_id"])
    if user is None or not user["enabled"]:
        raise Refused(401, "The request you have made requires authentication.")
    proof = Proof(user, ["ec2credential"])
    trust = identity.live_trust(blob.get("trust_id"))
    if blob.get("trust_id"):
        trustee = identity.users.get(trust["trustee_user_id"]) if trust else None
        if trust is None or trustee is None:
            raise Refused(401, "The request you have made requires authentication.")
        proof = Proof(trustee, ["ec2credential"])
        return make_token(identity, proof, trust_scope(identity, proof, {"id": trust["id"]}))
    scope = Scope(project_id=credential["project_id"])
    if not identity.roles_on(user["id"], scope):
        raise Refused(401, "The request you have made requires authentication.")
    return make_token(identity, proof, scope)
