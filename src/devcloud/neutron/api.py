"""Neutron's API v2.0: routes and what they answer."""

from collections.abc import Callable
from functools import partial
from typing import Any

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Handler, Reply, Service
from devcloud.neutron import checks, extras, lists, refusals, routers, security, simple, tags
from devcloud.neutron.kinds import (
    ADDRESS_GROUP,
    KINDS,
    QOS_POLICY,
    ROUTER,
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
    Kind,
    checked,
)
from devcloud.neutron.state import NetworkState
from devcloud.neutron.tables import Caller, Tables
from devcloud.neutron.views import view

PREFIX = "/network"
RouterVerb = Callable[[Tables, Caller, Row, Any], Row]


def service(cloud: DevCloud) -> Service:
    """Return the network service."""
    state = NetworkState(cloud)
    return Service(
        name="network",
        title="neutron",
        prefix=PREFIX,
        routes=routes(state),
        error=refusals.render,
        state=state,
        catalogue={"network": ""},
    )


def routes(state: NetworkState) -> dict[tuple[str, str], Handler]:
    """Return every route."""
    found: dict[tuple[str, str], Handler] = {
        ("GET", "/"): versions,
        ("GET", "/v2.0"): resources,
    }
    for kind in KINDS:
        path = path_of(kind)
        found |= {
            ("GET", path): partial(list_all, state, kind),
            ("POST", path): partial(create, state, kind),
            ("GET", f"{path}/{{id}}"): partial(show, state, kind),
            ("PUT", f"{path}/{{id}}"): partial(update, state, kind),
            ("DELETE", f"{path}/{{id}}"): partial(delete, state, kind),
        }
        if "tags" in kind.fields:
            found |= tags.routes(state.tables, kind, path)
    router = f"{path_of(ROUTER)}/{{id}}"
    group = f"{path_of(ADDRESS_GROUP)}/{{id}}"
    return {
        **found,
        ("PUT", f"{router}/add_router_interface"): partial(
            connect, state, routers.add_interface, "add_router_interface"
        ),
        ("PUT", f"{router}/remove_router_interface"): partial(
            connect, state, routers.remove_interface, "remove_router_interface"
        ),
        ("PUT", f"{router}/add_extraroutes"): partial(reroute, state, routers.add_routes),
        ("PUT", f"{router}/remove_extraroutes"): partial(reroute, state, routers.remove_routes),
        ("PUT", f"{group}/add_addresses"): partial(readdress, state, "add"),
        ("PUT", f"{group}/remove_addresses"): partial(readdress, state, "remove"),
        **extras.routes(state.tables),
    }


def path_of(kind: Kind) -> str:
    """Return the path of a kind's list."""
    part = "qos/policies" if kind is QOS_POLICY else kind.collection
    return f"/v2.0/{part}"


def versions(call: Call) -> Row:
    """Tell the versions of the API."""
    href = f"{call.request.base}{PREFIX}/v2.0/"
    links = [{"rel": "self", "href": href}]
    return {"versions": [{"id": "v2.0", "status": "CURRENT", "links": links}]}


def resources(call: Call) -> Row:
    """Tell what the API has."""
    base = f"{call.request.base}{PREFIX}/v2.0"
    return {
        "resources": [
            {
                "name": name,
                "collection": f"{name}s",
                "links": [{"rel": "self", "href": f"{base}/{name}s"}],
            }
            for name in ("network", "subnet", "subnetpool", "port")
        ]
    }


def list_all(state: NetworkState, kind: Kind, call: Call) -> Row:
    """List the objects that the caller sees and asks for."""
    caller = Caller.of(call.token)
    if kind is SECURITY_GROUP and caller.project_id:
        security.default_group(state.tables, caller.project_id)
    rows = lists.listed(state.tables, kind, caller, call.request.query)
    page, links = lists.paged(kind, rows, call.request, f"{PREFIX}{path_of(kind)}")
    fields = call.args("fields")
    shown = [view(state.tables, kind, row, caller, fields) for row in page]
    return {kind.plural: shown} | ({f"{kind.plural}_links": links} if links else {})


def create(state: NetworkState, kind: Kind, call: Call) -> Reply:
    """Make one object, or several at once."""
    caller = Caller.of(call.token)
    body = call.body if isinstance(call.body, dict) else {}
    if kind.plural in body and kind.name not in body:
        return create_several(state, kind, call, caller, body[kind.plural])
    row = state.create(kind, caller, inner(kind, call.body), call.fault)
    return Reply(201, {kind.name: view(state.tables, kind, row, caller)})


def create_several(
    state: NetworkState, kind: Kind, call: Call, caller: Caller, wanted: Any
) -> Reply:
    """Make several objects, or none when one is refused."""
    if not isinstance(wanted, list) or not wanted:
        raise refusals.malformed("Resources required")
    bodies = [inner(kind, {kind.name: one}) for one in wanted]
    if kind is SECURITY_GROUP_RULE:
        security.refuse_twins(bodies)
    made: list[Row] = []
    try:
        for body in bodies:
            made.append(state.create(kind, caller, body, call.fault))
    except Exception:
        for row in reversed(made):
            state.delete(kind, Caller(caller.project_id, admin=True), row["id"])
        raise
    return Reply(201, {kind.plural: [view(state.tables, kind, row, caller) for row in made]})


def show(state: NetworkState, kind: Kind, call: Call) -> Row:
    """Show an object."""
    caller = Caller.of(call.token)
    row = state.tables.seen(kind, caller, call.params["id"])
    return {kind.name: view(state.tables, kind, row, caller, call.args("fields"))}


def update(state: NetworkState, kind: Kind, call: Call) -> Row:
    """Change an object."""
    caller = Caller.of(call.token)
    wanted = inner(kind, call.body)
    check_revision(state, kind, call, caller)
    row = state.update(kind, caller, call.params["id"], wanted)
    return {kind.name: view(state.tables, kind, row, caller)}


def delete(state: NetworkState, kind: Kind, call: Call) -> Reply:
    """Remove an object."""
    if call.body:
        raise refusals.malformed("Request body is not supported in DELETE.")
    caller = Caller.of(call.token)
    check_revision(state, kind, call, caller)
    state.delete(kind, caller, call.params["id"])
    return Reply(204)


def connect(state: NetworkState, verb: RouterVerb, name: str, call: Call) -> Row:
    """Attach a router to a subnet, or detach it."""
    caller = Caller.of(call.token)
    router = state.tables.owned(ROUTER, caller, call.params["id"], name)
    return verb(state.tables, caller, router, call.body)


def reroute(state: NetworkState, verb: RouterVerb, call: Call) -> Row:
    """Add or remove some of a router's routes."""
    caller = Caller.of(call.token)
    router = state.tables.owned(ROUTER, caller, call.params["id"], "update_router")
    wanted = inner(ROUTER, call.body).get("routes")
    found = checked("routes", ROUTER.fields["routes"], wanted)
    row = verb(state.tables, caller, router, found)
    return {"router": view(state.tables, ROUTER, row, caller)}


def readdress(state: NetworkState, how: str, call: Call) -> Row:
    """Add or remove some of an address group's addresses."""
    caller = Caller.of(call.token)
    group = state.tables.owned(ADDRESS_GROUP, caller, call.params["id"], "update_address_group")
    wanted = (call.body if isinstance(call.body, dict) else {}).get("addresses")
    try:
        found = checks.cidrs(wanted)
    except checks.Wrong as wrong:
        raise refusals.malformed(f"Invalid input for addresses. Reason: {wrong}.") from None
    row = simple.change_addresses(state.tables, group, **{how: found})
    return {"address_group": view(state.tables, ADDRESS_GROUP, row, caller)}


def inner(kind: Kind, body: Any) -> Row:
    """Return the object within a body."""
    if body is not None and not isinstance(body, dict):
        raise refusals.malformed("Body contains invalid data")
    if not body or kind.name not in body:
        raise refusals.malformed(f"Unable to find '{kind.name}' in request body")
    wanted = body[kind.name]
    if not isinstance(wanted, dict):
        raise refusals.malformed(f"Object '{kind.name}' contains invalid data")
    return wanted


def check_revision(state: NetworkState, kind: Kind, call: Call, caller: Caller) -> None:
    """Refuse to touch an object that changed since the caller saw it."""
    name, _, value = str(call.request.headers.get("if-match", "")).partition("=")
    if name != "revision_number":
        return
    row = state.tables.seen(kind, caller, call.params["id"])
    present = row.get("revision_number")
    if value != str(present):
        raise refusals.refused(
            412,
            "RevisionNumberConstraintFailed",
            f"Constrained to {value}, but current revision is {present}",
        )
