"""Applies a JSON patch to an image."""

from typing import Any

from devcloud.glance.state import BASE, READ_ONLY
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused

MEDIA_TYPES = (
    "application/openstack-images-v2.0-json-patch",
    "application/openstack-images-v2.1-json-patch",
)
OPERATIONS = ("add", "replace", "remove")


def apply(call: Call, row: Row) -> Row:
    """Return the image as the request's operations leave it."""
    kind = call.request.headers.get("content-type", "")
    if kind not in MEDIA_TYPES:
        raise Refused(
            415,
            f"The request media type {kind} is not supported by this server.",
            detail=f"Image PATCH expects Content-Type one of: {', '.join(MEDIA_TYPES)}",
            headers={"Accept-Patch": ", ".join(MEDIA_TYPES)},
        )
    if not isinstance(call.body, list):
        raise Refused(400, "Request body must be a JSON array of operation objects.")
    changed = dict(row)
    for operation in call.body:
        change(changed, operation)
    return changed


def change(row: Row, operation: Any) -> None:
    """Carry out one operation."""
    name, path, value = read(operation)
    if path in READ_ONLY or path == "id":
        raise Refused(403, f"Attribute '{path}' is read-only.")
    if path.startswith(("_", "os_glance_")):
        raise Refused(403, f"Attribute '{path}' is reserved.")
    if name == "remove":
        if path in BASE:
            raise Refused(
                403,
                "Access was denied to this resource.",
                detail=f"Property {path} may not be removed.",
            )
        need(row, path)
        del row[path]
    else:
        if name == "replace":
            need(row, path)
        row[path] = value


def need(row: Row, path: str) -> None:
    """Refuse an operation on a property that is not there."""
    if path not in row and path not in BASE:
        raise Refused(
            409,
            "There was a conflict when trying to complete your request.",
            detail=f"Property {path} does not exist.",
        )


def read(operation: Any) -> tuple[str, str, Any]:
    """Return an operation's name, the property it is about, and the value."""
    if not isinstance(operation, dict):
        raise Refused(400, "Operations must be JSON objects.")
    name, path = operation.get("op"), operation.get("path")
    if name is None:
        # Version 2.0 of the media type names the path by the operation.
        found = [one for one in OPERATIONS if one in operation]
        name = found[0] if found else None
        path = operation.get(name) if name else None
    if name not in OPERATIONS:
        allowed = ", ".join(OPERATIONS)
        raise Refused(400, f"Operations must be one of: {allowed}. {name!r} is none.")
    if not isinstance(path, str) or not path.startswith("/") or path == "/":
        raise Refused(400, f"Pointer `{path}` does not start with '/' and name a property.")
    if name != "remove" and "value" not in operation:
        raise Refused(400, f'Operation "{name}" requires a member named "value".')
    pointed = path[1:].replace("~1", "/").replace("~0", "~")
    return str(name), pointed, operation.get("value")
