"""The object storage service's paths."""

from typing import Any

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Handler, Refused, Reply, Request, Service
from devcloud.swift import temporary
from devcloud.swift.state import LOCATION, Objects, change_headers, moment

DEPTH = 6
"""So many slashes may the name of an object have, and one less."""
ACCOUNT, CONTAINER = "/v1/{account}", "/v1/{account}/{container}"
OBJECTS = [
    "/".join([CONTAINER, *(f"{{part{number}}}" for number in range(depth))])
    for depth in range(1, DEPTH + 1)
]
PAGE = 10000


def service(cloud: DevCloud) -> Service:
    """Return the object storage service."""
    return Service(
        name="object-store",
        title="swift",
        prefix="/object-store",
        routes=routes(),
        error=error,
        state=Objects(cloud),
        catalogue={"object-store": "/v1/AUTH_$(project_id)s"},
        open=frozenset(OBJECTS),
        decodes=False,
    )


def routes() -> dict[tuple[str, str], Handler]:
    """Return every route of the service."""
    found: dict[tuple[str, str], Handler] = {
        ("GET", ACCOUNT): show_account,
        ("POST", ACCOUNT): change_account,
        ("GET", CONTAINER): show_container,
        ("PUT", CONTAINER): put_container,
        ("POST", CONTAINER): put_container,
        ("DELETE", CONTAINER): delete_container,
    }
    for path in OBJECTS:
        found |= {
            ("GET", path): show_object,
            ("PUT", path): put_object,
            ("POST", path): change_object,
            ("DELETE", path): delete_object,
        }
    return found


def error(refused: Refused, request: Request) -> Reply:
    """Render a refusal as swift does: a few words of HTML."""
    del request
    page = f"<html><h1>{refused.status}</h1><p>{refused.message}</p></html>"
    headers = {"Content-Type": "text/html; charset=UTF-8"}
    return Reply(refused.status, headers=headers, raw=page.encode())


def show_account(call: Call) -> Reply:
    """List the containers of an account."""
    stored, account = stored_of(call), own_account(call)
    rows = stored.containers_of(account)
    shown = [{"name": row["name"], **_size(stored.objects_of(row))} for row in rows]
    headers = {"X-Account-Container-Count": str(len(rows)), **stored.account(account)["headers"]}
    return listed(call, shown, headers)


def change_account(call: Call) -> Reply:
    """Change the headers of an account."""
    stored = stored_of(call)
    row = stored.account(own_account(call))
    change_headers(row, meta(call, "account"))
    stored.accounts.put(row)
    return Reply(204)


def show_container(call: Call) -> Reply:
    """List the objects of a container."""
    stored = stored_of(call)
    container = stored.container(own_account(call), call.params["container"])
    rows, prefix = stored.objects_of(container), call.arg("prefix") or ""
    shown = [
        {
            "name": row["name"],
            "hash": row["hash"],
            "bytes": row["bytes"],
            "content_type": row["headers"]["content-type"],
            "last_modified": moment(row),
        }
        for row in rows
        if row["name"].startswith(prefix)
    ]
    size = _size(rows)
    headers = {
        "X-Container-Object-Count": str(size["count"]),
        "X-Container-Bytes-Used": str(size["bytes"]),
        **container["headers"],
    }
    return listed(call, shown, headers)


def put_container(call: Call) -> Reply:
    """Make a container, or change its headers."""
    stored, account, name = stored_of(call), own_account(call), call.params["container"]
    if call.request.method == "POST":
        stored.container(account, name)
    is_new = stored.put_container(account, name, meta(call, "container"))
    return Reply(204 if call.request.method == "POST" else 201 if is_new else 202)


def delete_container(call: Call) -> Reply:
    """Remove an empty container."""
    stored = stored_of(call)
    container = stored.container(own_account(call), call.params["container"])
    if stored.objects_of(container):
        raise Refused(409, "There was a conflict when trying to complete your request.")
    stored.containers.pop(container["id"])
    return Reply(204)


def show_object(call: Call) -> Reply:
    """Return an object."""
    stored, container = reached(call)
    row = stored.object(container, name_of(call))
    headers = {
        "Content-Type": row["headers"]["content-type"],
        "ETag": row["hash"],
        "X-Timestamp": row["timestamp"],
        **{name: value for name, value in row["headers"].items() if name.startswith("x-")},
    }
    return Reply(200, headers=headers, raw=stored.content(row))


def put_object(call: Call) -> Reply:
    """Store an object."""
    stored, container = reached(call)
    kind = call.request.headers.get("content-type") or "application/octet-stream"
    headers = meta(call, "object") | {"content-type": kind}
    row = stored.put_object(container, name_of(call), call.request.raw, headers)
    return Reply(201, headers={"ETag": row["hash"]})


def change_object(call: Call) -> Reply:
    """Change the headers of an object."""
    stored, container = reached(call)
    row = stored.object(container, name_of(call))
    row["headers"] = meta(call, "object") | {"content-type": row["headers"]["content-type"]}
    stored.objects.put(row)
    return Reply(202)


def delete_object(call: Call) -> Reply:
    """Remove an object."""
    stored, container = reached(call)
    stored.drop_object(container, stored.object(container, name_of(call)))
    return Reply(204)


def reached(call: Call) -> tuple[Objects, Row]:
    """Return the container of an object that the caller may do this with."""
    stored, account = stored_of(call), call.params["account"]
    if call.request.token is not None:
        return stored, stored.container(own_account(call), call.params["container"])
    container = stored.containers.get(f"{account}/{call.params['container']}")
    if container is None:
        raise Refused(401, "Unauthorized")
    temporary.check(call, stored, account, container)
    return stored, container


def stored_of(call: Call) -> Objects:
    """Return what is stored."""
    stored: Objects = call.cloud.state("object-store")
    return stored


def own_account(call: Call) -> str:
    """Return the account that the path names, if it is the caller's."""
    account = call.params["account"]
    if account != f"AUTH_{call.project_id}" and not call.token.is_admin:
        raise Refused(403, "Access was denied to this resource.")
    return account


def name_of(call: Call) -> str:
    """Return the name of an object, slashes and all."""
    parts = [call.params[f"part{n}"] for n in range(DEPTH) if f"part{n}" in call.params]
    return "/".join(parts)


def meta(call: Call, kind: str) -> dict[str, str]:
    """Return the headers of a request that are kept."""
    found: dict[str, str] = {}
    for name, value in call.request.headers.items():
        if name.startswith(f"x-{kind}-meta-") or name == LOCATION:
            found[name] = value
        elif name.startswith((f"x-remove-{kind}-meta-", "x-remove-versions-location")):
            found[name.replace("x-remove-", "x-")] = ""
    return found


def listed(call: Call, shown: list[dict[str, Any]], headers: dict[str, str]) -> Reply:
    """Return a page of a listing, as JSON or as lines."""
    marker, limit = call.arg("marker") or "", int(call.arg("limit") or PAGE)
    page = [one for one in shown if one["name"] > marker][:limit]
    wants = call.request.headers.get("accept", "")
    if call.arg("format") == "json" or "json" in wants:
        return Reply(200, page, headers)
    text = "".join(f"{one['name']}\n" for one in page)
    kind = {"Content-Type": "text/plain; charset=utf-8"}
    return Reply(200 if page else 204, headers=headers | kind, raw=text.encode())


def _size(rows: list[Row]) -> dict[str, int]:
    return {"count": len(rows), "bytes": sum(row["bytes"] for row in rows)}
