"""How refusals are worded where several services do it alike."""

from typing import Any

from devcloud.kernel.web import Refused, Reply, Request

_TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_FAULTS = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "itemNotFound",
    405: "badMethod",
    409: "conflictingRequest",
    413: "overLimit",
    415: "badMediaType",
    429: "overLimit",
    501: "notImplemented",
    503: "serviceUnavailable",
}


def title(status: int) -> str:
    """Return the words of HTTP for a status."""
    return _TITLES.get(status, "Error")


def named_fault(refused: Refused, request: Request) -> Reply:
    """Render a refusal under the name of its fault, as compute and block storage do."""
    del request
    name = _FAULTS.get(refused.status, "computeFault")
    fault: dict[str, Any] = {"code": refused.status, "message": refused.message}
    if refused.status in {413, 429}:
        fault["retryAfter"] = "0"
    return Reply(refused.status, {name: fault})
