"""Who may call which operation of the identity service."""

from collections.abc import Callable

from devcloud.kernel.web import Call, Refused
from devcloud.keystone.state import Identity

Rule = Callable[[Call], bool]


def identity_of(call: Call) -> Identity:
    """Return the identity service's state."""
    identity: Identity = call.cloud.state("identity")
    return identity


def require(call: Call, operation: str, *rules: Rule) -> None:
    """Refuse the call unless the caller is an admin or one of the rules holds."""
    if call.token.is_admin or any(rule(call) for rule in rules):
        return
    raise Refused(
        403, f"You are not authorized to perform the requested action: identity:{operation}."
    )


def anyone(call: Call) -> bool:
    """Allow everybody who has a token."""
    return bool(call.token.id)


def owner(call: Call) -> bool:
    """Allow the user that the path names."""
    return call.params.get("user_id", call.params.get("id")) == call.token.user_id


def own_project(call: Call) -> bool:
    """Allow whoever has a role in the project that the path names."""
    projects = identity_of(call).projects_of(call.token.user_id)
    return any(project["id"] == call.params.get("id") for project in projects)


def own_domain(call: Call) -> bool:
    """Allow the domain that the caller's token or user belongs to."""
    token = call.token
    return call.params.get("id") in {
        token.domain_id,
        token.user_domain_id,
        token.project_domain_id,
    }


def of_service(call: Call) -> bool:
    """Allow services: those that have the role service."""
    return "service" in call.token.roles


def direct(call: Call, what: str) -> None:
    """Refuse a token that stands for someone else or for an application."""
    if call.token.trust_id is not None or "application_credential" in call.token.methods:
        raise Refused(403, what)
