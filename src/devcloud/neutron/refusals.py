"""Neutron's refusals: each has a type, which clients look at, beside its status and text."""

from typing import Any

from devcloud.kernel.web import Refused, Reply, Request

UNTYPED = {
    400: "HTTPBadRequest",
    404: "HTTPNotFound",
    405: "HTTPMethodNotAllowed",
    500: "HTTPInternalServerError",
}
WEBOB_400 = (
    "The server could not comply with the request since it is either malformed or "
    "otherwise incorrect."
)


def refused(status: int, type_: str, message: str) -> Refused:
    """Return a refusal of this type."""
    return Refused(status, message, type=type_)


def malformed(message: str) -> Refused:
    """Return the refusal of a body whose attributes are wrong."""
    return refused(400, "HTTPBadRequest", message)


def bad(resource: str, message: str) -> Refused:
    """Return the refusal of a request that makes no sense for the resource."""
    return refused(400, "BadRequest", f"Bad {resource} request: {message}.")


def invalid(message: str) -> Refused:
    """Return the refusal of a value that an operation can't take."""
    return refused(400, "InvalidInput", f"Invalid input for operation: {message}.")


def conflict(type_: str, message: str) -> Refused:
    """Return the refusal of what other objects stand against."""
    return refused(409, type_, message)


def denied(rule: str, *more: str) -> Refused:
    """Return the refusal of what the caller's roles do not allow."""
    text = f"rule:{rule}" if not more else f"(rule:{rule} and {' and '.join(more)})"
    return refused(403, "PolicyNotAuthorized", f"{text} is disallowed by policy")


def over_quota(resource: str) -> Refused:
    """Return the refusal of one object too many."""
    return conflict("OverQuota", f"Quota exceeded for resources: ['{resource}'].")


def render(refusal: Refused, _request: Request) -> Reply:
    """Render a refusal as neutron does."""
    if refusal.status == 401:
        body: Any = {
            "error": {"code": 401, "title": "Unauthorized", "message": refusal.message},
        }
        return Reply(401, body)
    message = refusal.message
    if refusal.code == "malformed":
        message = "Body contains invalid data"
    elif refusal.status == 405 and not refusal.type:
        message = WEBOB_400
    type_ = refusal.type or UNTYPED.get(refusal.status, "NeutronException")
    error = {"type": type_, "message": message, "detail": refusal.detail}
    return Reply(refusal.status, {"NeutronError": error})
