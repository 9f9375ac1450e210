"""Containers of object storage in which servers lay their answers, one for each resource.

Anyone may lay an object there who has the address, which is signed with the container's own key.
Where more than one may come the container keeps those that are written over: under a name that
begins with the length of the object's and ends with the time at which it came.
"""

import hmac
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from heat.plugin.resource import Here
from heat.plugin.steps import OBJECT_STORE, Call, Reply, Steps
from heat.plugin.users import expel

BOX = "box"
OBJECT = "signal"
FOREVER = 2**31 - 1
"""The last second, since 1970, that every service can tell."""
LONGEST = 2**20
"""Bytes of an object that are read."""


def box_of(data: Mapping[str, Any]) -> str:
    """Return the container of a resource: ``""`` where it has none."""
    return str(data.get(BOX) or "")


def put_up(box: str, key: str, *, keeps_all: bool) -> Steps[None]:
    """Make a container."""
    headers = {"X-Container-Meta-Temp-URL-Key": key}
    if keeps_all:
        headers["X-Versions-Location"] = quote(box, safe="")
    yield OBJECT_STORE.put(_path(box), headers=headers)


def address_of(box: str, key: str, endpoint: str) -> str:
    """Return where anyone may lay an object."""
    path = f"{urlsplit(endpoint).path}{_path(box)}/{OBJECT}"
    found = hmac.digest(key.encode(), f"PUT\n{FOREVER}\n{path}".encode(), "sha256").hex()
    query = f"temp_url_sig={found}&temp_url_expires={FOREVER}"
    return f"{endpoint}{_path(box)}/{OBJECT}?{query}"


def empty(box: str) -> Steps[None]:
    """Take out the last object."""
    if box:
        yield OBJECT_STORE.delete(f"{_path(box)}/{OBJECT}")


def take_down(box: str) -> Steps[None]:
    """Remove the container with all that is in it."""
    if not box:
        return
    # Else each object that is removed would bring back the one before it.
    yield OBJECT_STORE.post(
        _path(box), headers={"X-Remove-Versions-Location": "x"}, repeatable=True, missing_ok=True
    )
    listed = yield look_at(box)
    for name in _names(listed):
        yield OBJECT_STORE.delete(f"{_path(box)}/{quote(name)}")
    yield OBJECT_STORE.delete(_path(box))


def dismantle(here: Here) -> Steps[None]:
    """Remove all by which a server may answer: its user, and its container."""
    yield from expel(here)
    yield from take_down(box_of(here.data))


def look_at(box: str) -> Call:
    """Return the call that lists a container."""
    return OBJECT_STORE.get(_path(box), {"format": "json"}, missing_ok=True)


def letters_in(listed: Reply) -> list[str]:
    """Return the names of the objects of a list, in the order in which they came."""
    names = list(_names(listed))
    return [*sorted(name for name in names if taken_at(name)), *({OBJECT} & set(names))]


def taken_at(name: str) -> str | None:
    """Return when an object came that was written over since; None for the last one."""
    kept, _, when = name.rpartition("/")
    return when if kept == f"{len(OBJECT):03x}{OBJECT}" else None


def read_letter(box: str, name: str, *, method: str = "GET") -> Call:
    """Return the call that reads an object; one that is too long to mean anything, in part."""
    headers = {"Range": f"bytes=0-{LONGEST - 1}"} if method == "GET" else {}
    path = f"{_path(box)}/{quote(name)}"
    return Call("object-store", method, path, headers=headers, missing_ok=True)


def _names(listed: Reply) -> Iterator[str]:
    for item in listed.get("items") or ():
        yield str(item["name"])


def _path(box: str) -> str:
    return f"/{quote(box, safe='')}"
