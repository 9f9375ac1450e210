"""Turns what a client proves about itself into a token."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from devcloud.kernel.progress import stamp
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused, Reply
from devcloud.keystone import views
from devcloud.keystone.state import Identity, Scope

UNAUTHORISED = "The request you have made requires authentication."
KEPT_AFTER_EXPIRY = 2 * 24 * 3600
"""For so many seconds a service may still ask what an expired token said."""


@dataclass
class Proof:
    """Who it was shown to be, and by which means."""

    user: Row
    methods: list[str]
    scope: Scope | None = None
    """Where the means themselves settle the scope."""
    application_credential_id: str | None = None
    expires: float | None = None
    """A token made from a token lives no longer."""
    audit_id: str | None = None


def issue(call: Call) -> Reply:
    """Answer POST /v3/auth/tokens."""
    identity: Identity = call.cloud.state("identity")
    auth = member(call.body, "auth", "request body")
    proof = prove(identity, member(auth, "identity", "auth"))
    scope = scope_of(identity, proof, auth.get("scope"))
    row = make_token(identity, proof, scope)
    catalogue = "nocatalog" not in call.request.query
    body = views.token_body(identity, call.request, row, catalogue=catalogue)
    return Reply(201, body, {"X-Subject-Token": row["id"], "Vary": "X-Auth-Token"})


def prove(identity: Identity, means: dict[str, Any]) -> Proof:
    """Check every method named; all must show the same user."""
    methods = means.get("methods")
    if not isinstance(methods, list) or not methods:
        raise missing("methods", "identity")
    proof: Proof | None = None
    for method in methods:
        check = METHODS.get(method)
        if check is None:
            raise Refused(401, f"Attempted to authenticate with an unsupported method: {method}.")
        found = check(identity, member(means, method, "identity"))
        if proof is None:
            proof = found
        elif found.user["id"] != proof.user["id"]:
            raise denied()
        else:
            proof.methods += [name for name in found.methods if name not in proof.methods]
    if proof is None or not usable(identity, proof.user):
        raise denied()
    return proof


def by_password(identity: Identity, given: dict[str, Any]) -> Proof:
    """Check a user's password."""
    named = member(given, "user", "password")
    user = find_user(identity, named)
    if user is None or not identity.has_password(user, named.get("password")):
        raise denied()
    return Proof(user, ["password"])


def by_token(identity: Identity, given: dict[str, Any]) -> Proof:
    """Check a token that the client holds."""
    token_id = given.get("id")
    token = identity.token(token_id) if isinstance(token_id, str) else None
    row = identity.tokens.get(token.id) if token else None
    if token is None or row is None:
        raise denied()
    if row["trust_id"] is not None:
        raise forbidden(
            "Using trust-scoped token to create another token. "
            "Create a new trust-scoped token instead."
        )
    if row["application_credential_id"] is not None:
        raise forbidden("Using an application credential token to create another token.")
    user = identity.users.get(row["user_id"])
    if user is None:
        raise denied()
    methods = [*row["methods"], *(["token"] if "token" not in row["methods"] else [])]
    return Proof(user, methods, expires=row["_expires"], audit_id=row["audit_ids"][-1])


def by_application_credential(identity: Identity, given: dict[str, Any]) -> Proof:
    """Check an application credential: by id, or by its name and its user."""
    credential = identity.application_credentials.get(given.get("id"))
    if credential is None and given.get("name"):
        user = find_user(identity, member(given, "user", "application_credential"))
        rows = identity.application_credentials.find("name", given["name"])
        mine = [row for row in rows if user is not None and row["user_id"] == user["id"]]
        credential = mine[0] if mine else None
    if credential is None or credential["_secret"] != given.get("secret"):
        raise denied()
    if credential["_expires"] is not None and credential["_expires"] <= identity.epoch():
        raise denied()
    return Proof(
        identity.need(identity.users, credential["user_id"], "user"),
        ["application_credential"],
        scope=Scope(project_id=credential["project_id"]),
        application_credential_id=credential["id"],
        expires=credential["_expires"],
    )


METHODS: dict[str, Callable[[Identity, dict[str, Any]], Proof]] = {
    "password": by_password,
    "token": by_token,
    "application_credential": by_application_credential,
}


def scope_of(identity: Identity, proof: Proof, wanted: Any) -> Scope:
    """Return the scope asked for, once the user may have it."""
    if proof.scope is not None:
        if wanted:
            raise denied()
        return proof.scope
    if wanted == "unscoped" or (isinstance(wanted, dict) and "unscoped" in wanted):
        return Scope()
    if not wanted:
        return default_scope(identity, proof)
    if not isinstance(wanted, dict):
        raise Refused(400, f"Expecting to find a scope in auth. {views.MALFORMED}")
    if "OS-TRUST:trust" in wanted:
        return trust_scope(identity, proof, member(wanted, "OS-TRUST:trust", "scope"))
    if "system" in wanted:
        scope = Scope(system=True)
    elif "project" in wanted:
        scope = Scope(project_id=find_project(identity, member(wanted, "project", "scope"))["id"])
    elif "domain" in wanted:
        scope = Scope(domain_id=find_domain(identity, member(wanted, "domain", "scope"))["id"])
    else:
        raise Refused(400, f"Expecting to find project or domain in scope. {views.MALFORMED}")
    if not identity.roles_on(proof.user["id"], scope):
        raise denied()
    return scope


def default_scope(identity: Identity, proof: Proof) -> Scope:
    """Return the user's default project, where there is one to be had."""
    scope = Scope(project_id=proof.user.get("default_project_id"))
    project = identity.projects.get(scope.project_id)
    if "token" in proof.methods or project is None or not project["enabled"]:
        return Scope()
    return scope if identity.roles_on(proof.user["id"], scope) else Scope()


def trust_scope(identity: Identity, proof: Proof, wanted: dict[str, Any]) -> Scope:
    """Check that the user is the trustee and that the trustor can still give what it gave."""
    trust = identity.live_trust(str(wanted.get("id")))
    if trust is None:
        raise denied()
    if trust["trustee_user_id"] != proof.user["id"]:
        raise forbidden("User is not a trustee.")
    trustor = identity.users.get(trust["trustor_user_id"])
    scope = Scope(project_id=trust["project_id"], trust_id=trust["id"])
    if trustor is None or not usable(identity, trustor):
        raise forbidden("Trustor is disabled.")
    if not set(trust["_roles"]) <= identity.roles_on(trustor["id"], scope):
        raise forbidden("The trustor no longer has the roles of the trust.")
    return scope


def make_token(identity: Identity, proof: Proof, scope: Scope) -> Row:
    """Make a token; a trust with limited uses has one less then."""
    cloud = identity.cloud
    now = cloud.now()
    expires = (now + cloud.settings.token_lifetime).timestamp()
    if proof.expires is not None:
        expires = min(expires, proof.expires)
    row: Row = {
        "id": "gAAAAA" + cloud.new_hex() + cloud.new_hex(),
        "user_id": proof.user["id"],
        "methods": proof.methods,
        "audit_ids": [cloud.new_hex()[:22], *([proof.audit_id] if proof.audit_id else [])],
        "project_id": scope.project_id,
        "domain_id": scope.domain_id,
        "system": scope.system,
        "trust_id": scope.trust_id,
        "application_credential_id": proof.application_credential_id,
        "issued_at": shown_time(now.timestamp()),
        "expires_at": shown_time(expires),
        "_expires": expires,
    }
    trust = identity.trusts.get(scope.trust_id)
    if trust is not None:
        use_trust(identity, trust, row)
    prune(identity)
    return identity.tokens.put(row)


def use_trust(identity: Identity, trust: Row, row: Row) -> None:
    """Write the trust into the token, and count the use."""
    row["_trust"] = {
        "id": trust["id"],
        "impersonation": trust["impersonation"],
        "trustor_user": {"id": trust["trustor_user_id"]},
        "trustee_user": {"id": trust["trustee_user_id"]},
    }
    if trust["impersonation"]:
        row["user_id"] = trust["trustor_user_id"]
    if trust["_expires"] is not None and trust["_expires"] < row["_expires"]:
        row["_expires"] = trust["_expires"]
        row["expires_at"] = shown_time(trust["_expires"])
    if trust["remaining_uses"] is not None:
        trust["remaining_uses"] -= 1
        row["_roles"] = sorted(identity.with_implied(trust["_roles"]))
        if trust["remaining_uses"] == 0:
            identity.trusts.pop(trust["id"])
        else:
            identity.trusts.put(trust)


def prune(identity: Identity) -> None:
    """Forget tokens that expired long ago; the oldest come first."""
    gone = identity.epoch() - KEPT_AFTER_EXPIRY
    for row in identity.tokens.first(2):
        if row["_expires"] < gone:
            identity.tokens.pop(row["id"])


def find_user(identity: Identity, named: dict[str, Any]) -> Row | None:
    """Find a user by id, or by name within a domain."""
    if named.get("id"):
        return identity.users.get(named["id"])
    if not named.get("name"):
        raise missing("id or name", "user")
    domain = find_domain(identity, member(named, "domain", "user"))
    return identity.named(identity.users, named["name"], domain["id"])


def find_project(identity: Identity, named: dict[str, Any]) -> Row:
    """Find an enabled project by id, or by name within a domain."""
    if named.get("id"):
        project = identity.projects.get(named["id"])
    elif named.get("name"):
        domain = find_domain(identity, member(named, "domain", "project"))
        project = identity.named(identity.projects, named["name"], domain["id"])
    else:
        raise missing("id or name", "project")
    if project is None or not project["enabled"]:
        raise denied()
    return project


def find_domain(identity: Identity, named: dict[str, Any]) -> Row:
    """Find an enabled domain by id or name."""
    if named.get("id"):
        domain = identity.domains.get(named["id"])
    elif named.get("name"):
        rows = identity.domains.find("name", named["name"])
        domain = rows[0] if rows else None
    else:
        raise missing("id or name", "domain")
    if domain is None or not domain["enabled"]:
        raise denied()
    return domain


def usable(identity: Identity, user: Row) -> bool:
    """Say whether a user and its domain are enabled."""
    domain = identity.domains.get(user["domain_id"])
    return bool(user["enabled"] and domain is not None and domain["enabled"])


def member(body: Any, name: str, where: str) -> dict[str, Any]:
    """Return an object within a body, or refuse."""
    found = body.get(name) if isinstance(body, dict) else None
    if not isinstance(found, dict):
        raise missing(name, where)
    return found


def missing(name: str, where: str) -> Refused:
    """Return the refusal of a body that lacks something."""
    return Refused(400, f"Expecting to find {name} in {where}. {views.MALFORMED}")


def denied() -> Refused:
    """Return the refusal that tells nobody why."""
    return Refused(401, UNAUTHORISED)


def forbidden(what: str) -> Refused:
    """Return the refusal of someone known."""
    return Refused(403, f"You are not authorized to perform the requested action: {what}")


def shown_time(epoch: float) -> str:
    """Return a moment as tokens show it: to the second."""
    return stamp(datetime.fromtimestamp(int(epoch), UTC))
