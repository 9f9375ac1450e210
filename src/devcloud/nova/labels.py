"""Words on a server: its metadata and its tags."""

from typing import Any

from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused, Reply
from devcloud.nova import checks, creation
from devcloud.nova.servers import check_lock, server_of, state
from devcloud.nova.views import minor_of


def show_metadata(call: Call) -> dict[str, Any]:
    """Show all metadata."""
    return {"metadata": server_of(call)["metadata"]}


def add_metadata(call: Call) -> dict[str, Any]:
    """Add metadata."""
    more = checks.element(call.body, "metadata")
    return keep_metadata(call, server_of(call)["metadata"] | more)


def replace_metadata(call: Call) -> dict[str, Any]:
    """Set all metadata."""
    return keep_metadata(call, checks.element(call.body, "metadata"))


def keep_metadata(call: Call, metadata: dict[str, Any]) -> dict[str, Any]:
    """Keep a server's metadata."""
    row = server_of(call)
    check_lock(call, row)
    row["metadata"] = creation.server_metadata(call, state(call), metadata)
    state(call).put(row)
    return {"metadata": row["metadata"]}


def one_metadata(call: Call) -> str:
    """Return the metadata that the path names."""
    found: str | None = server_of(call)["metadata"].get(call.params["key"])
    if found is None:
        raise Refused(404, "Metadata item was not found")
    return found


def show_one_metadata(call: Call) -> dict[str, Any]:
    """Show one piece of metadata."""
    return {"meta": {call.params["key"]: one_metadata(call)}}


def set_one_metadata(call: Call) -> dict[str, Any]:
    """Set one piece of metadata."""
    meta = checks.element(call.body, "meta")
    if set(meta) != {call.params["key"]}:
        raise Refused(400, "Request body and URI mismatch")
    keep_metadata(call, server_of(call)["metadata"] | meta)
    return {"meta": meta}


def remove_one_metadata(call: Call) -> Reply:
    """Remove one piece of metadata."""
    one_metadata(call)
    row = server_of(call)
    key = call.params["key"]
    keep_metadata(call, {name: text for name, text in row["metadata"].items() if name != key})
    return Reply(204)


def tagged(call: Call) -> Row:
    """Return the server whose tags are meant; there are tags from 2.26 on."""
    if minor_of(call) < 26:
        raise Refused(404, "The resource could not be found.")
    return server_of(call)


def show_tags(call: Call) -> dict[str, Any]:
    """Show all tags."""
    return {"tags": tagged(call)["tags"]}


def replace_tags(call: Call) -> dict[str, Any]:
    """Set all tags."""
    row = tagged(call)
    if not isinstance(call.body, dict) or "tags" not in call.body:
        raise Refused(400, "'tags' is a required property")
    row["tags"] = creation.checked_tags(call.body["tags"])
    state(call).put(row)
    return {"tags": row["tags"]}


def remove_tags(call: Call) -> Reply:
    """Remove all tags."""
    row = tagged(call)
    row["tags"] = []
    state(call).put(row)
    return Reply(204)


def has_tag(call: Call) -> Reply:
    """Say whether a server has a tag."""
    row = tagged(call)
    if call.params["tag"] not in row["tags"]:
        raise Refused(404, f"Server {row['id']} has no tag '{call.params['tag']}'")
    return Reply(204)


def add_tag(call: Call) -> Reply:
    """Add a tag."""
    row = tagged(call)
    tag = creation.checked_tag(call.params["tag"])
    if tag in row["tags"]:
        return Reply(204)
    row["tags"] = creation.checked_tags([*row["tags"], tag])
    state(call).put(row)
    return Reply(201)


def remove_tag(call: Call) -> Reply:
    """Remove a tag."""
    row = tagged(call)
    if call.params["tag"] not in row["tags"]:
        raise Refused(404, f"Instance {row['id']} has no tag '{call.params['tag']}'")
    row["tags"] = [one for one in row["tags"] if one != call.params["tag"]]
    state(call).put(row)
    return Reply(204)
