"""The messaging service's paths: queues, and their messages for whoever reads them."""

from collections.abc import Mapping
from typing import Annotated, Any, cast
from urllib.parse import quote
from uuid import UUID

import msgspec

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Handler, Refused, Reply, Request, Service
from devcloud.zaqar.state import Queues, age

PATCH = "application/openstack-messaging-v2.0-json-patch"
PAGE, MOST = 10, 20
LARGEST = 262144
RESERVED: Mapping[str, Any] = {
    "_max_messages_post_size": LARGEST,
    "_default_message_ttl": 3600,
    "_default_message_delay": 0,
    "_dead_letter_queue": None,
    "_dead_letter_queue_messages_ttl": None,
    "_max_claim_count": None,
    "_enable_encrypt_messages": False,
}
ALL, ONE = "/v2/queues", "/v2/queues/{name}"


class Message(msgspec.Struct):
    """A message as it is sent."""

    body: Any
    ttl: Annotated[int, msgspec.Meta(ge=60, le=1209600)] = 3600


class Posted(msgspec.Struct):
    """The messages of a request."""

    messages: Annotated[list[Message], msgspec.Meta(min_length=1, max_length=MOST)]


def service(cloud: DevCloud) -> Service:
    """Return the messaging service."""
    return Service(
        name="messaging",
        title="zaqar",
        prefix="/messaging",
        routes=routes(),
        error=error,
        state=Queues(cloud),
        catalogue={"messaging": ""},
        open=frozenset({"/v2/ping"}),
    )


def routes() -> dict[tuple[str, str], Handler]:
    """Return every route of the service."""
    return {
        ("GET", "/v2/ping"): lambda _call: Reply(204),
        ("GET", ALL): list_queues,
        ("PUT", ONE): make_queue,
        ("GET", ONE): show_queue,
        ("PATCH", ONE): change_queue,
        ("DELETE", ONE): delete_queue,
        ("POST", f"{ONE}/messages"): post,
        ("GET", f"{ONE}/messages"): list_messages,
        ("DELETE", f"{ONE}/messages/{{message}}"): delete_message,
    }


def error(refused: Refused, request: Request) -> Reply:
    """Render a refusal as zaqar does."""
    del request
    titles = {400: "Bad request", 404: "Not found", 503: "Service temporarily unavailable"}
    title = titles.get(refused.status, str(refused.status))
    return Reply(refused.status, {"title": title, "description": refused.message})


def list_queues(call: Call) -> Reply:
    """List the queues of the project."""
    client_of(call)
    rows = state_of(call).of_project(call.project_id)
    marker, limit = call.arg("marker") or "", page_size(call)
    page = [row for row in rows if row["name"] > marker][:limit]
    shown = [{"name": row["name"], "href": address(row)} for row in page]
    if call.arg("detailed") == "true":
        for one, row in zip(shown, page, strict=True):
            one["metadata"] = row["metadata"]
    last = page[-1]["name"] if page else marker
    links = [{"rel": "next", "href": f"{ALL}?marker={quote(last)}&limit={limit}"}]
    return Reply(200, {"queues": shown, "links": links})


def make_queue(call: Call) -> Reply:
    """Make a queue, unless it is there."""
    client_of(call)
    name = call.params["name"]
    if len(name) > 64 or not name.replace("-", "").replace("_", "").isalnum():
        raise Refused(400, "Queue names may only contain ASCII letters, digits, - and _.")
    if call.body is not None and not isinstance(call.body, dict):
        raise Refused(400, "Queue metadata must be an object.")
    stored = state_of(call)
    new = stored.make(call.project_id, name, call.body or {})
    return Reply(201 if new else 204, headers={"Location": address({"name": name})})


def show_queue(call: Call) -> Reply:
    """Return the metadata of a queue."""
    client_of(call)
    row = state_of(call).get(call.project_id, call.params["name"])
    return Reply(200, {**RESERVED, **row["metadata"]})


def change_queue(call: Call) -> Reply:
    """Change the metadata of a queue by a JSON patch."""
    client_of(call)
    if call.request.headers.get("content-type") != PATCH:
        raise Refused(406, f"Accepted content type for PATCH: {PATCH}.")
    if not isinstance(call.body, list):
        raise Refused(400, "Request body must be a JSON array of operation objects.")
    stored = state_of(call)
    row = stored.get(call.project_id, call.params["name"])
    metadata: dict[str, Any] = dict(row["metadata"])
    for step in cast("list[dict[str, Any]]", call.body):
        prefix, _, name = str(step.get("path", "")).partition("/metadata/")
        if prefix or not name:
            raise Refused(400, "The only allowed path is /metadata/<name>.")
        match step.get("op"):
            case "add":
                metadata[name] = step.get("value")
            case "replace" if name in metadata or name in RESERVED:
                metadata[name] = step.get("value")
            case "remove" if name in metadata:
                del metadata[name]
            case other:
                raise Refused(409, f"Can't {other} non-existent object {name}.")
    row["metadata"] = metadata
    stored.queues.put(row)
    return Reply(200, {**RESERVED, **metadata})


def delete_queue(call: Call) -> Reply:
    """Remove a queue; one that is not there is no mistake."""
    client_of(call)
    state_of(call).drop(call.project_id, call.params["name"])
    return Reply(204)


def post(call: Call) -> Reply:
    """Put messages into a queue, which need not be there yet."""
    client = client_of(call)
    try:
        given = msgspec.convert(call.body, Posted).messages
    except msgspec.ValidationError as wrong:
        raise Refused(400, f"{wrong}.") from None
    if len(call.request.raw) > LARGEST:
        raise Refused(400, f"Message collection size is too large. Max size {LARGEST}")
    stored, name = state_of(call), call.params["name"]
    stored.make(call.project_id, name, {})
    queue = stored.get(call.project_id, name)
    ids = stored.post(queue, client, [(one.body, one.ttl) for one in given])
    return Reply(201, {"resources": [f"{address(queue)}/messages/{one}" for one in ids]})


def list_messages(call: Call) -> Reply:
    """List messages; those of the caller itself only with ``echo``."""
    client, stored = client_of(call), state_of(call)
    queue = stored.queues.get(f"{call.project_id}/{call.params['name']}")
    rows = stored.within(queue) if queue else []
    if call.arg("echo") != "true":
        rows = [row for row in rows if row["client"] != client]
    start, limit = int(call.arg("marker") or 0), page_size(call)
    page = rows[start : start + limit]
    now = call.cloud.now()
    shown = [
        {
            "id": row["id"],
            "href": f"{ALL}/{call.params['name']}/messages/{row['id']}",
            "ttl": row["ttl"],
            "age": age(row, now),
            "body": row["body"],
        }
        for row in page
    ]
    following = f"{ALL}/{call.params['name']}/messages?marker={start + len(page)}"
    return Reply(200, {"messages": shown, "links": [{"rel": "next", "href": following}]})


def delete_message(call: Call) -> Reply:
    """Remove a message, if it is there."""
    client_of(call)
    stored, key = state_of(call), f"{call.project_id}/{call.params['name']}"
    row = stored.messages.get(call.params["message"])
    if row is not None and row["queue"] == key:
        stored.messages.pop(row["id"])
    return Reply(204)


def client_of(call: Call) -> str:
    """Return the id that a client gives itself; every request needs one."""
    said = call.request.headers.get("client-id")
    if said is None:
        raise Refused(400, "The header Client-ID is required.")
    try:
        return str(UUID(said))
    except ValueError:
        raise Refused(400, "Malformed hexadecimal UUID.") from None


def state_of(call: Call) -> Queues:
    """Return all queues."""
    stored: Queues = call.cloud.state("messaging")
    return stored


def address(queue: Row) -> str:
    """Return the path of a queue."""
    return f"{ALL}/{quote(queue['name'], safe='')}"


def page_size(call: Call) -> int:
    """Return how many are wanted at once."""
    return min(int(call.arg("limit") or PAGE), MOST)
