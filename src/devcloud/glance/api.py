"""The image service's paths."""

import html
from typing import Any
from urllib.parse import urlencode

from devcloud.glance import listing, patch, schemas
from devcloud.glance.state import READ_ONLY, Images
from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.progress import visible
from devcloud.kernel.refusals import title
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Handler, Refused, Reply, Request, Service

IMPORT_METHODS = ("glance-direct", "web-download")
NEWEST = 17
HIDDEN_VERSIONS = {14, 16}
"""Minor versions that glance does not list; their features need more than one store."""


def service(cloud: DevCloud) -> Service:
    """Return the image service."""
    return Service(
        name="image",
        title="glance",
        prefix="/image",
        routes=routes(),
        error=error,
        state=Images(cloud),
        catalogue={"image": ""},
        open=frozenset({"/", "/versions"}),
    )


def routes() -> dict[tuple[str, str], Handler]:
    """Return every route of the service."""
    one = "/v2/images/{id}"
    return {
        ("GET", "/"): list_versions,
        ("GET", "/versions"): show_versions,
        ("GET", "/v2/images"): list_images,
        ("POST", "/v2/images"): create_image,
        ("GET", one): show_image,
        ("PATCH", one): change_image,
        ("DELETE", one): delete_image,
        ("GET", f"{one}/file"): download,
        ("PUT", f"{one}/file"): upload,
        ("PUT", f"{one}/stage"): stage,
        ("POST", f"{one}/import"): import_image,
        ("GET", f"{one}/tasks"): list_tasks,
        ("PUT", f"{one}/tags/{{tag}}"): add_tag,
        ("DELETE", f"{one}/tags/{{tag}}"): remove_tag,
        ("POST", f"{one}/actions/deactivate"): deactivate,
        ("POST", f"{one}/actions/reactivate"): reactivate,
        ("GET", f"{one}/members"): list_members,
        ("POST", f"{one}/members"): add_member,
        ("GET", f"{one}/members/{{member}}"): show_member,
        ("PUT", f"{one}/members/{{member}}"): change_member,
        ("DELETE", f"{one}/members/{{member}}"): remove_member,
        ("GET", "/v2/schemas/{name}"): schemas.show,
        ("GET", "/v2/info/import"): show_import_methods,
        ("GET", "/v2/info/stores"): show_stores,
    }


def error(refused: Refused, request: Request) -> Reply:
    """Render a refusal as glance does: a page."""
    heading = f"{refused.status} {title(refused.status)}"
    detail = html.escape(str(refused.detail)) if refused.detail else ""
    page = (
        f"<html>\n <head>\n  <title>{heading}</title>\n </head>\n <body>\n  <h1>{heading}</h1>\n"
        f"  {html.escape(refused.message)}<br /><br />\n{detail}\n\n\n </body>\n</html>"
    )
    headers = {"Content-Type": "text/html; charset=UTF-8"}
    if refused.status == 401:
        headers["WWW-Authenticate"] = f'Keystone uri="{request.base}/identity/v3"'
    return Reply(refused.status, headers=headers, raw=page.encode())


def state(call: Call) -> Images:
    """Return the images."""
    images: Images = call.cloud.state("image")
    return images


def list_versions(call: Call) -> Reply:
    """Say which versions there are; the status makes clients choose one."""
    return Reply(300, show_versions(call))


def show_versions(call: Call) -> dict[str, Any]:
    """Describe the versions."""
    links = [{"rel": "self", "href": f"{call.request.base}/image/v2/"}]
    minors = [NEWEST, *(n for n in reversed(range(NEWEST)) if n not in HIDDEN_VERSIONS)]
    return {
        "versions": [
            {
                "id": f"v2.{minor}",
                "status": "CURRENT" if minor == NEWEST else "SUPPORTED",
                "links": links,
            }
            for minor in minors
        ]
    }


def list_images(call: Call) -> dict[str, Any]:
    """List images, filtered, sorted and paged."""
    rows, marker = listing.select(call, state(call).visible_to(call.token))
    query = {name: values for name, values in call.request.query.items() if name != "marker"}
    first = "/v2/images" + (f"?{urlencode(query, doseq=True)}" if query else "")
    body: dict[str, Any] = {
        "images": [shown(row) for row in rows],
        "first": first,
        "schema": "/v2/schemas/images",
    }
    if marker is not None:
        body["next"] = f"/v2/images?{urlencode(query | {'marker': [marker]}, doseq=True)}"
    return body


def create_image(call: Call) -> Reply:
    """Make an image without bytes."""
    given = call.body
    if not isinstance(given, dict):
        raise Refused(400, "Body must be a JSON object that describes the image.")
    for name in given:
        if name in READ_ONLY:
            raise Refused(403, f"Attribute '{name}' is read-only.")
        if name.startswith(("_", "os_glance_")):
            raise Refused(403, f"Attribute '{name}' is reserved.")
    given = dict(given)
    image_id = given.pop("id", None)
    if image_id is not None and not isinstance(image_id, str):
        raise Refused(400, f"Provided object does not match schema 'image': {image_id!r} is no id")
    owner = given.pop("owner", None) or call.token.project_id
    if owner != call.token.project_id and not call.token.is_admin:
        raise Refused(403, f"You are not permitted to create images owned by '{owner}'.")
    check_publicity(call, given.get("visibility"))
    row = state(call).add_image(owner=owner, image_id=image_id, **given)
    headers = {
        "Location": f"{call.request.base}/image/v2/images/{row['id']}",
        "OpenStack-image-import-methods": ",".join(IMPORT_METHODS),
        "OpenStack-image-store-ids": "file",
    }
    return Reply(201, shown(row), headers)


def check_publicity(call: Call, visibility: Any) -> None:
    """Refuse to make an image public to whoever is no admin."""
    if visibility == "public" and not call.token.is_admin:
        raise Refused(403, "You are not authorized to complete publicize_image action.")


def show_image(call: Call) -> dict[str, Any]:
    """Show an image."""
    return shown(state(call).get(call.token, call.params["id"]))


def change_image(call: Call) -> dict[str, Any]:
    """Change an image by a list of operations."""
    row = state(call).own(call.token, call.params["id"], "modify_image")
    changed = patch.apply(call, row)
    if changed["visibility"] != row["visibility"]:
        check_publicity(call, changed["visibility"])
    if changed["owner"] != row["owner"] and not call.token.is_admin:
        raise Refused(403, "You are not permitted to modify the owner of this image.")
    return shown(state(call).change(row, changed))


def delete_image(call: Call) -> Reply:
    """Remove an image."""
    try:
        row = state(call).own(call.token, call.params["id"], "delete_image")
    except Refused as refused:
        if refused.status == 404:
            why = f"Failed to find image {call.params['id']} to delete"
            raise Refused(404, why) from refused
        raise
    state(call).remove(row)
    return Reply(204)


def download(call: Call) -> Reply:
    """Return an image's bytes."""
    row = state(call).get(call.token, call.params["id"])
    content = state(call).content(row)
    if content is None:
        return Reply(204)
    headers = {"Content-Type": "application/octet-stream", "Content-MD5": row["checksum"]}
    return Reply(200, headers=headers, raw=content)


def upload(call: Call) -> Reply:
    """Take an image's bytes."""
    row = state(call).own(call.token, call.params["id"], "upload_image")
    need_bytes(call)
    state(call).upload(row, call.request.raw)
    return Reply(204)


def stage(call: Call) -> Reply:
    """Put bytes aside for an import."""
    row = state(call).own(call.token, call.params["id"], "upload_image")
    need_bytes(call)
    state(call).stage(row, call.request.raw)
    return Reply(204)


def need_bytes(call: Call) -> None:
    """Refuse a body that is not declared as bytes."""
    kind = call.request.headers.get("content-type", "")
    if kind != "application/octet-stream":
        raise Refused(
            415,
            f"The request media type {kind} is not supported by this server.",
            detail=f"Invalid content type {kind}",
        )


def import_image(call: Call) -> Reply:
    """Start an import."""
    row = state(call).own(call.token, call.params["id"], "upload_image")
    body = call.body if isinstance(call.body, dict) else {}
    method = body.get("method")
    name = method.get("name") if isinstance(method, dict) else None
    if name not in IMPORT_METHODS or not isinstance(method, dict):
        raise Refused(400, f"Unknown import method name '{name}'.")
    if name == "glance-direct":
        state(call).import_staged(row)
        return Reply(202)
    if row["status"] != "queued":
        raise Refused(409, f"Image with status {row['status']} cannot be target for import")
    if not row["disk_format"] or not row["container_format"]:
        missing = "disk_format" if not row["disk_format"] else "container_format"
        raise Refused(400, f"'{missing}' needs to be set before import")
    if not isinstance(method.get("uri"), str):
        raise Refused(400, "'web-download' needs a 'uri' in the method.")
    state(call).import_from(row, method["uri"])
    return Reply(202)


def list_tasks(call: Call) -> dict[str, Any]:
    """List the tasks of an image; none are kept."""
    state(call).get(call.token, call.params["id"])
    return {"tasks": []}


def add_tag(call: Call) -> Reply:
    """Tag an image."""
    row = state(call).own(call.token, call.params["id"], "modify_image")
    state(call).change(row, row | {"tags": [*row["tags"], call.params["tag"]]})
    return Reply(204)


def remove_tag(call: Call) -> Reply:
    """Take a tag off an image."""
    row = state(call).own(call.token, call.params["id"], "modify_image")
    if call.params["tag"] not in row["tags"]:
        raise Refused(404, "The resource could not be found.")
    kept = [tag for tag in row["tags"] if tag != call.params["tag"]]
    state(call).change(row, row | {"tags": kept})
    return Reply(204)


def deactivate(call: Call) -> Reply:
    """Forbid the download of an image."""
    return set_active(call, "deactivated", {"active", "deactivated"})


def reactivate(call: Call) -> Reply:
    """Allow the download of an image again."""
    return set_active(call, "active", {"active", "deactivated"})


def set_active(call: Call, status: str, allowed: set[str]) -> Reply:
    """Change the status of an image that has bytes."""
    row = state(call).own(call.token, call.params["id"], "deactivate")
    if row["status"] not in allowed:
        raise Refused(
            403, f"Image status transition from {row['status']} to {status} is not allowed"
        )
    state(call).change(row, row | {"status": status})
    return Reply(204)


def list_members(call: Call) -> dict[str, Any]:
    """List the projects that an image is shared with."""
    row = state(call).get(call.token, call.params["id"])
    rows = state(call).members.find("image_id", row["id"])
    if not call.token.is_admin and row["owner"] != call.token.project_id:
        rows = [member for member in rows if member["member_id"] == call.token.project_id]
    return {"members": [shown_member(one) for one in rows], "schema": "/v2/schemas/members"}


def add_member(call: Call) -> dict[str, Any]:
    """Share an image with a project."""
    row = state(call).own(call.token, call.params["id"], "add_member")
    member = call.body.get("member") if isinstance(call.body, dict) else None
    if not isinstance(member, str) or not member:
        raise Refused(400, "Expected a member of the form: {'member': 'image_id'}")
    return shown_member(state(call).add_member(row, member))


def show_member(call: Call) -> dict[str, Any]:
    """Show a member of an image."""
    row = state(call).get(call.token, call.params["id"])
    return shown_member(state(call).member(row, call.params["member"]))


def change_member(call: Call) -> dict[str, Any]:
    """Let a project accept or reject an image that is shared with it."""
    row = state(call).get(call.token, call.params["id"])
    if not call.token.is_admin and call.params["member"] != call.token.project_id:
        raise Refused(403, "You are not authorized to complete modify_member action.")
    found = state(call).member(row, call.params["member"])
    status = call.body.get("status") if isinstance(call.body, dict) else None
    if status not in {"pending", "accepted", "rejected"}:
        raise Refused(400, "The status of a member is pending, accepted or rejected.")
    found |= {"status": status, "updated_at": state(call).now()}
    return shown_member(state(call).members.put(found))


def remove_member(call: Call) -> Reply:
    """No longer share an image with a project."""
    row = state(call).own(call.token, call.params["id"], "delete_member")
    state(call).drop_member(row, call.params["member"])
    return Reply(204)


def show_import_methods(call: Call) -> dict[str, Any]:
    """Say how images can be imported."""
    del call
    methods = {"description": "Import methods available.", "type": "array"}
    return {"import-methods": methods | {"value": list(IMPORT_METHODS)}}


def show_stores(call: Call) -> dict[str, Any]:
    """Say where bytes are kept."""
    del call
    return {"stores": [{"id": "file", "default": "true"}]}


def shown(row: Row) -> Row:
    """Return an image as shown."""
    path = f"/v2/images/{row['id']}"
    return visible(row) | {"self": path, "file": f"{path}/file", "schema": "/v2/schemas/image"}


def shown_member(row: Row) -> Row:
    """Return a member as shown."""
    kept = {name: value for name, value in row.items() if name != "id"}
    return kept | {"schema": "/v2/schemas/member"}
