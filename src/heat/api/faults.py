"""The one place where a fault becomes an answer: its class gives the status."""

import json
import logging
from http import HTTPStatus
from typing import Any

import falcon
import msgspec

from heat.base.errors import (
    Conflict,
    Denied,
    Fault,
    Invalid,
    NotFound,
    Permanent,
    Temporary,
    Unavailable,
    problem_to_wire,
)
from heat.base.problems import Place, Problem

_log = logging.getLogger(__name__)

STATUS: dict[type[Fault], int] = {
    Invalid: 400,
    Denied: 403,
    NotFound: 404,
    Conflict: 409,
    Unavailable: 503,
    Temporary: 503,
    Permanent: 400,
}
EXPLANATIONS = {
    400: "The request can't be carried out as it was sent.",
    401: "The request needs a valid token.",
    403: "The request is not allowed.",
    404: "What the request names could not be found.",
    405: "The method is not allowed here.",
    409: "The request clashes with the present state.",
    500: "The service failed.",
    503: "The service, or one it needs, is away for the moment.",
}
NOBODY = "The request needs a token for a project, in X-Auth-Token, that is still good."


def status_of(fault: Fault) -> int:
    """Return the HTTP status of a fault."""
    return next((STATUS[cls] for cls in type(fault).__mro__ if cls in STATUS), 500)


def body(status: int, kind: str, message: str, problems: list[Any] | None = None) -> dict[str, Any]:
    """Return the body that clients know; ``problems`` says the same as data."""
    error: dict[str, Any] = {"type": kind, "traceback": None, "message": message}
    if problems:
        error["problems"] = problems
    return {
        "code": status,
        "title": HTTPStatus(status).phrase,
        "explanation": EXPLANATIONS.get(status, HTTPStatus(status).phrase),
        "error": error,
    }


def write(response: falcon.Response, status: int, content: Any) -> None:
    """Write an answer as JSON."""
    response.status = falcon.code_to_http_status(status)
    response.content_type = "application/json"
    response.data = msgspec.json.encode(content)


def install(app: "falcon.App[Any, Any]") -> None:
    """Answer every fault and error of an application in the same form."""
    app.add_error_handler(Exception, _on_error)
    app.add_error_handler(Fault, _on_fault)
    app.add_error_handler(falcon.HTTPError, _on_http_error)
    app.set_error_serializer(lambda _request, _response, _error: None)


def _on_fault(_request: Any, response: falcon.Response, fault: Fault, _params: Any) -> None:
    status = status_of(fault)
    problems: list[Any] = []
    if isinstance(fault, Invalid):
        problems = [problem_to_wire(problem) for problem in fault.problems]
    message = str(fault)
    write(response, status, body(status, fault.kind, message, problems))


def _on_http_error(
    _request: Any, response: falcon.Response, error: falcon.HTTPError, _params: Any
) -> None:
    status = error.status_code
    kind = type(error).__name__
    message = error.description or EXPLANATIONS.get(status) or HTTPStatus(status).phrase
    headers: dict[Any, Any] = dict(error.headers or {})
    for name, value in headers.items():
        response.set_header(name, value)
    write(response, status, body(status, kind, message))


def _on_error(
    request: falcon.Request, response: falcon.Response, error: Exception, _params: Any
) -> None:
    # The words of an unforeseen error may hold secrets, so only the log has them.
    _log.error("%s %s failed", request.method, request.path, exc_info=error)
    message = "The service failed unexpectedly; its log says why."
    write(response, 500, body(500, type(error).__name__, message))


def bad_request(message: str) -> Invalid:
    """Return the fault for a request that is malformed."""
    return Invalid(message, kind="HTTPBadRequest")


def not_json(text: bytes) -> Invalid:
    """Say where a body stops being JSON."""
    try:
        json.loads(text)
        detail, place = "it is not JSON", None
    except json.JSONDecodeError as error:
        lines = error.doc.splitlines() or [""]
        line = lines[min(error.lineno, len(lines)) - 1]
        detail = error.msg
        place = Place("request", error.lineno, error.colno, line if len(line) <= 200 else "")
    except (ValueError, RecursionError) as error:
        detail, place = type(error).__name__, None
    return Invalid(
        problems=[
            Problem(
                "The body of the request is not JSON",
                detail=detail,
                code="H901",
                kind="HTTPBadRequest",
                where="request",
                place=place,
            )
        ]
    )
