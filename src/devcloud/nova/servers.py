"""Servers: listed, shown, changed and deleted."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from devcloud.kernel import listing
from devcloud.kernel.progress import GONE, begin, moment, stamp
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused, Reply
from devcloud.nova import blocks, checks, creation
from devcloud.nova.network import Networking
from devcloud.nova.state import Compute
from devcloud.nova.views import Shown, minor_of, status_of, summary

SORT_KEYS = {"created_at": "created", "updated_at": "updated", "display_name": "name"}


def state(call: Call) -> Compute:
    """Return the service's state."""
    found: Compute = call.cloud.state("compute")
    return found


def server_of(call: Call) -> Row:
    """Return the server that the path names."""
    return state(call).server(call.token, call.params["id"])


def list_short(call: Call) -> dict[str, Any]:
    """List servers by name."""
    rows, more = listed(call, "")
    return {"servers": [summary(call, row) for row in rows], **more}


def list_long(call: Call) -> dict[str, Any]:
    """List servers in full."""
    rows, more = listed(call, "/detail")
    shown = Shown(call, state(call))
    return {"servers": [shown.full(row, alone=False) for row in rows], **more}


def listed(call: Call, tail: str) -> tuple[list[Row], dict[str, Any]]:
    """Return one page of the servers asked for, newest first, and the link to the next."""
    rows = candidates(call)
    query = call.request.query
    for name, keep in FILTERS.items():
        if name in query:
            wanted = query[name]
            rows = [row for row in rows if keep(call, row, wanted)]
    rows.reverse()
    keys = [SORT_KEYS.get(key, key) for key in call.args("sort_key")]
    if keys:
        rows = listing.ordered(rows, keys, call.args("sort_dir"), default="desc")
    text = call.arg("limit")
    if text is not None and re.fullmatch(r"[0-9]*", text) is None:
        raise Refused(
            400,
            f"Invalid input for query parameters limit. Value: {text}. "
            f"{text!r} does not match '^[0-9]*$'",
        )
    limit = min(int(text), 1000) if text else 1000
    page, more = listing.page(rows, limit, call.arg("marker"))
    if not page or not (more or len(page) == limit):
        return page, {}
    href = listing.link_after(call.request, f"/compute/v2.1/servers{tail}", page[-1]["id"])
    return page, {"servers_links": [{"rel": "next", "href": href}]}


def candidates(call: Call) -> list[Row]:
    """Return the servers that the caller may list."""
    compute = state(call)
    everywhere = is_yes(call.arg("all_tenants")) if "all_tenants" in call.request.query else False
    if everywhere and not call.token.is_admin:
        raise Refused(
            403,
            "Policy doesn't allow os_compute_api:servers:index:get_all_tenants to be performed.",
        )
    if everywhere:
        rows = compute.current(compute.servers.all())
        project = call.arg("project_id") or call.arg("tenant_id")
        if project:
            rows = [row for row in rows if row["project_id"] == project]
    else:
        rows = compute.of_project(call.project_id)
    since = call.arg("changes-since")
    if since is None and not (call.token.is_admin and is_yes(call.arg("deleted") or "0")):
        return rows
    gone = compute.deleted.all()
    if not everywhere:
        gone = [row for row in gone if row["project_id"] == call.project_id]
    return rows + gone if since is not None else gone


def is_yes(text: str | None) -> bool:
    """Say whether a query argument means yes; given without a value it does."""
    return (text or "1").lower() in {"1", "true", "t", "yes", "y", "on"}


def by_name(call: Call, row: Row, wanted: list[str]) -> bool:
    """Match a name as a regular expression, as the database would."""
    del call
    try:
        return re.search(wanted[0], row["name"], re.IGNORECASE) is not None
    except re.error:
        return wanted[0] in row["name"]


def by_status(call: Call, row: Row, wanted: list[str]) -> bool:
    """Match the status shown."""
    del call
    return status_of(row) in {one.upper() for one in wanted}


def by_field(name: str) -> Callable[[Call, Row, list[str]], bool]:
    """Return a filter on a plain field."""

    def keep(call: Call, row: Row, wanted: list[str]) -> bool:
        del call
        return str(row[name]) in wanted

    return keep


def by_reference(name: str) -> Callable[[Call, Row, list[str]], bool]:
    """Return a filter on a field that may be asked for by URL."""

    def keep(call: Call, row: Row, wanted: list[str]) -> bool:
        del call
        return row[name] in {one.rpartition("/")[2] for one in wanted}

    return keep


def by_address(call: Call, row: Row, wanted: list[str]) -> bool:
    """Match any of a server's addresses as a regular expression."""
    addresses = Shown(call, state(call)).addresses(row)
    found = [one["addr"] for entries in addresses.values() for one in entries]
    return any(re.search(wanted[0], address) for address in found)


def by_change(call: Call, row: Row, wanted: list[str]) -> bool:
    """Keep what changed since a moment."""
    del call
    return bool(row["updated"] >= stamp(date_time("changes-since", wanted[0])))


def by_earlier_change(call: Call, row: Row, wanted: list[str]) -> bool:
    """Keep what changed before a moment."""
    del call
    return bool(row["updated"] <= stamp(date_time("changes-before", wanted[0])))


def date_time(name: str, text: str) -> datetime:
    """Read a moment; without a zone it is UTC."""
    try:
        found = moment(text.replace(" ", "+"))
    except ValueError:
        raise Refused(
            400,
            f"Invalid input for query parameters {name}. Value: {text}. "
            f"{text!r} is not a 'date-time'",
        ) from None
    return found if found.tzinfo else moment(f"{text}+00:00")


def all_tags(call: Call, row: Row, wanted: list[str]) -> bool:
    """Keep servers with all of the tags."""
    del call
    return set(wanted[0].split(",")) <= set(row["tags"])


def any_tag(call: Call, row: Row, wanted: list[str]) -> bool:
    """Keep servers with any of the tags."""
    del call
    return not set(wanted[0].split(",")).isdisjoint(row["tags"])


def no_tags(keep: Callable[[Call, Row, list[str]], bool]) -> Callable[[Call, Row, list[str]], bool]:
    """Return the opposite of a filter."""
    return lambda call, row, wanted: not keep(call, row, wanted)


def by_lock(call: Call, row: Row, wanted: list[str]) -> bool:
    """Keep locked servers, or the others."""
    del call
    return (row["locked"] is not None) == is_yes(wanted[0])


FILTERS: dict[str, Callable[[Call, Row, list[str]], bool]] = {
    "name": by_name,
    "status": by_status,
    "uuid": by_field("id"),
    "image": by_reference("image_id"),
    "flavor": by_reference("flavor_id"),
    "host": by_field("host"),
    "user_id": by_field("user_id"),
    "key_name": by_field("key_name"),
    "vm_state": by_field("vm_state"),
    "task_state": by_field("task_state"),
    "power_state": by_field("power_state"),
    "availability_zone": by_field("availability_zone"),
    "hostname": by_field("hostname"),
    "reservation_id": by_field("reservation_id"),
    "description": by_field("description"),
    "ip": by_address,
    "ip6": by_address,
    "changes-since": by_change,
    "changes-before": by_earlier_change,
    "tags": all_tags,
    "tags-any": any_tag,
    "not-tags": no_tags(all_tags),
    "not-tags-any": no_tags(any_tag),
    "locked": by_lock,
}


def show(call: Call) -> dict[str, Any]:
    """Show a server."""
    return {"server": Shown(call, state(call)).full(server_of(call))}


def update(call: Call) -> dict[str, Any]:
    """Change a server's name, description or access addresses."""
    minor = minor_of(call)
    names = {"name", "OS-DCF:diskConfig", "accessIPv4", "accessIPv6"}
    names |= {"description"} if minor >= 19 else set[str]()
    names |= {"hostname"} if minor >= 90 else set[str]()
    wanted = checks.element(call.body, "server", allowed=names)
    row = server_of(call)
    if "name" in wanted:
        row["name"] = checks.title("name", wanted["name"])
    if "description" in wanted:
        row["description"] = wanted["description"]
    row["hostname"] = wanted.get("hostname", row["hostname"])
    row["disk_config"] = wanted.get("OS-DCF:diskConfig", row["disk_config"])
    row["access_ipv4"] = wanted.get("accessIPv4", row["access_ipv4"]) or ""
    row["access_ipv6"] = wanted.get("accessIPv6", row["access_ipv6"]) or ""
    state(call).put(row)
    shown = Shown(call, state(call))
    return {"server": shown.full(row) if minor >= 75 else shown.core(row, plain_addresses=True)}


def delete(call: Call) -> Reply:
    """Begin to delete a server."""
    row = server_of(call)
    check_lock(call, row)
    remove(call, row)
    return Reply(204)


def check_lock(call: Call, row: Row) -> None:
    """Refuse to touch a locked server; admins may."""
    if row["locked"] is not None and not call.token.is_admin:
        raise Refused(409, f"Instance {row['id']} is locked")


def remove(call: Call, row: Row) -> None:
    """Have a server go, its ports at once and its volumes together with it."""
    if row["task_state"] == "deleting":
        return
    compute = state(call)
    until = call.cloud.after(call.cloud.latency("server.delete"))
    if call.fault is not None and call.fault.action == "goto_error":
        creation.fail(row, until, creation.spoilt(call) or "")
        row["task_state"] = "deleting"
        compute.put(row)
        return
    Networking(call.cloud).leave_all(row)
    blocks.part_all(compute, row, until)
    begin(row, until, GONE, task_state="deleting")
    compute.put(row)


def list_addresses(call: Call) -> dict[str, Any]:
    """List a server's addresses."""
    return {"addresses": Shown(call, state(call)).addresses(server_of(call), plain=True)}


def show_addresses(call: Call) -> dict[str, Any]:
    """List a server's addresses on one network."""
    found = Shown(call, state(call)).addresses(server_of(call), plain=True)
    label = call.params["label"]
    if label not in found:
        raise Refused(404, "Instance is not a member of specified network")
    return {label: found[label]}


def list_security_groups(call: Call) -> dict[str, Any]:
    """List the security groups of a server's ports."""
    networking = Networking(call.cloud)
    ids = {
        group_id: None
        for port in networking.ports(server_of(call)["id"])
        for group_id in port["security_groups"]
    }
    rows = [row for row in map(networking.group_row, ids) if row is not None]
    return {
        "security_groups": [
            {
                "id": row["id"],
                "name": row["name"],
                "description": row["description"],
                "tenant_id": row["project_id"],
                "rules": [],
            }
            for row in rows
        ]
    }


def diagnose(call: Call) -> dict[str, Any]:
    """List what was done to a server, of which no record is kept."""
    server_of(call)
    return {"instanceActions": []}


def add_console(call: Call) -> dict[str, Any]:
    """Return where a console would be."""
    row = server_of(call)
    wanted = checks.element(call.body, "remote_console", required=["protocol", "type"])
    view = {"protocol": wanted["protocol"], "type": wanted["type"]}
    return {"remote_console": view | {"url": console_url(call, row)}}


def console_url(call: Call, row: Row) -> str:
    """Return the address of a console that nobody serves."""
    del row
    return f"http://127.0.0.1:6080/vnc_auto.html?path=%3Ftoken%3D{call.cloud.new_id()}"
