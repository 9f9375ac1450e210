"""Tags: words that clients hang on objects."""

from functools import partial
from typing import Any

from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Handler, Reply
from devcloud.neutron import checks, refusals
from devcloud.neutron.kinds import Kind
from devcloud.neutron.tables import Caller, Tables

LONGEST = 255


def routes(tables: Tables, kind: Kind, path: str) -> dict[tuple[str, str], Handler]:
    """Return the routes to the tags of a kind."""
    all_of, one = f"{path}/{{id}}/tags", f"{path}/{{id}}/tags/{{tag}}"
    return {
        ("GET", all_of): partial(show_all, tables, kind),
        ("PUT", all_of): partial(replace, tables, kind),
        ("POST", all_of): partial(add_several, tables, kind),
        ("DELETE", all_of): partial(clear, tables, kind),
        ("GET", one): partial(show, tables, kind),
        ("PUT", one): partial(add, tables, kind),
        ("DELETE", one): partial(remove, tables, kind),
    }


def show_all(tables: Tables, kind: Kind, call: Call) -> Row:
    """Show an object's tags."""
    row = tables.seen(kind, Caller.of(call.token), call.params["id"])
    return {"tags": row["tags"]}


def show(tables: Tables, kind: Kind, call: Call) -> Reply:
    """Say whether an object has a tag."""
    row = tables.seen(kind, Caller.of(call.token), call.params["id"])
    find(row, call.params["tag"])
    return Reply(204)


def replace(tables: Tables, kind: Kind, call: Call) -> Row:
    """Set an object's tags."""
    wanted = given(call.body)
    keep(tables, kind, own(tables, kind, call), set(wanted))
    return {"tags": wanted}


def add_several(tables: Tables, kind: Kind, call: Call) -> Row:
    """Add tags to those of an object."""
    wanted = given(call.body)
    row = own(tables, kind, call)
    keep(tables, kind, row, {*row["tags"], *wanted})
    return {"tags": wanted}


def add(tables: Tables, kind: Kind, call: Call) -> Reply:
    """Add a tag to those of an object."""
    tag = checked(call.params["tag"])
    row = own(tables, kind, call)
    keep(tables, kind, row, {*row["tags"], tag})
    return Reply(201, raw=b"null", headers={"Content-Type": "application/json"})


def remove(tables: Tables, kind: Kind, call: Call) -> Reply:
    """Take a tag off an object."""
    row = own(tables, kind, call)
    tag = find(row, call.params["tag"])
    keep(tables, kind, row, {*row["tags"]} - {tag})
    return Reply(204)


def clear(tables: Tables, kind: Kind, call: Call) -> Reply:
    """Take every tag off an object."""
    keep(tables, kind, own(tables, kind, call), set())
    return Reply(204)


def own(tables: Tables, kind: Kind, call: Call) -> Row:
    """Return the object, if the caller may change it."""
    rule = f"update_{kind.name}:tags"
    return tables.owned(kind, Caller.of(call.token), call.params["id"], rule)


def keep(tables: Tables, kind: Kind, row: Row, tags: set[str]) -> None:
    """Keep an object's tags."""
    if set(row["tags"]) != tags:
        tables.change(kind, row, {"tags": sorted(tags)})


def given(body: Any) -> list[str]:
    """Return the tags of a request."""
    if not isinstance(body, dict) or "tags" not in body:
        raise refusals.invalid("Invalid tags body")
    wanted = body["tags"]
    if not isinstance(wanted, list):
        raise refusals.invalid(f"'{wanted}' is not a list")
    return list(dict.fromkeys(checked(tag) for tag in wanted))


def checked(tag: Any) -> str:
    """Return a tag as it is kept."""
    try:
        return str(checks.string(LONGEST)(tag))
    except checks.Wrong as wrong:
        raise refusals.invalid(str(wrong)) from None


def find(row: Row, tag: str) -> str:
    """Return the tag, if the object has it."""
    if tag not in row["tags"]:
        raise refusals.refused(404, "TagNotFound", f"Tag {tag} could not be found.")
    return tag
