"""Flavors, who may use them, and their extra specs."""

from typing import Any

from devcloud.kernel import listing
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused, Reply
from devcloud.nova import checks
from devcloud.nova.servers import state
from devcloud.nova.views import links, minor_of, must_be_admin

ALLOWED = {
    "id", "flavorid", "name", "ram", "vcpus", "disk", "swap", "rxtx_factor",
    "OS-FLV-EXT-DATA:ephemeral", "os-flavor-access:is_public",
}  # fmt: skip


def flavor_of(call: Call) -> Row:
    """Return the flavor that the path names."""
    return state(call).flavor(call.token, call.params["id"])


def summary(call: Call, row: Row) -> dict[str, Any]:
    """Show a flavor in a list without details."""
    base = call.request.base
    view = {"id": row["id"], "name": row["name"], "links": links(base, "flavors", row["id"])}
    if minor_of(call) >= 55:
        view["description"] = row["description"]
    return view


def full(call: Call, row: Row) -> dict[str, Any]:
    """Show a flavor."""
    minor = minor_of(call)
    view: dict[str, Any] = {
        "id": row["id"],
        "name": row["name"],
        "ram": row["ram"],
        "disk": row["disk"],
        "swap": row["swap"] or (0 if minor >= 75 else ""),
        "OS-FLV-EXT-DATA:ephemeral": row["ephemeral"],
        "OS-FLV-DISABLED:disabled": False,
        "vcpus": row["vcpus"],
        "os-flavor-access:is_public": row["is_public"],
        "rxtx_factor": row["rxtx_factor"],
        "links": links(call.request.base, "flavors", row["id"]),
    }
    if minor >= 55:
        view["description"] = row["description"]
    if minor >= 61:
        view["extra_specs"] = row["extra_specs"]
    return view


def list_short(call: Call) -> dict[str, Any]:
    """List flavors by name."""
    rows, more = listed(call, "")
    return {"flavors": [summary(call, row) for row in rows], **more}


def list_long(call: Call) -> dict[str, Any]:
    """List flavors in full."""
    rows, more = listed(call, "/detail")
    return {"flavors": [full(call, row) for row in rows], **more}


def listed(call: Call, tail: str) -> tuple[list[Row], dict[str, Any]]:
    """Return one page of the flavors that the caller may use, and the link to the next."""
    rows = [row for row in state(call).flavors if row["is_public"] or sees(call, row)]
    public = call.arg("is_public")
    if call.token.is_admin and (public or "").lower() != "none":
        wanted = public is None or checks.flag("is_public", public)
        rows = [row for row in rows if row["is_public"] == wanted]
    for name, field in (("minRam", "ram"), ("minDisk", "disk")):
        least = call.arg(name)
        if least is not None:
            if not least.isdigit():
                raise Refused(400, f"Invalid {name} filter [{least}]")
            rows = [row for row in rows if row[field] >= int(least)]
    key = {"flavorid": "id", "memory_mb": "ram", "root_gb": "disk"}.get(
        call.arg("sort_key") or "flavorid", call.arg("sort_key") or "id"
    )
    rows = listing.ordered(rows, [key], [call.arg("sort_dir") or "asc"])
    limit = listing.limit_of(call.request.query, most=1000)
    page, more = listing.page(rows, limit, call.arg("marker"))
    if not page or not (more or len(page) == limit):
        return page, {}
    href = listing.link_after(call.request, f"/compute/v2.1/flavors{tail}", page[-1]["id"])
    return page, {"flavors_links": [{"rel": "next", "href": href}]}


def sees(call: Call, row: Row) -> bool:
    """Say whether the caller sees a flavor that is not public."""
    return call.token.is_admin or call.project_id in row["_access"]


def show(call: Call) -> dict[str, Any]:
    """Show a flavor."""
    return {"flavor": full(call, flavor_of(call))}


def create(call: Call) -> dict[str, Any]:
    """Make a flavor."""
    must_be_admin(call, "os-flavor-manage:create")
    allowed = ALLOWED | ({"description"} if minor_of(call) >= 55 else set[str]())
    wanted = checks.element(
        call.body, "flavor", required=["name", "ram", "vcpus", "disk"], allowed=allowed
    )
    name = checks.title("name", wanted["name"])
    flavor_id = wanted.get("id") or wanted.get("flavorid") or "auto"
    flavors = state(call).flavors
    row: Row = {
        "id": call.cloud.new_id() if flavor_id == "auto" else str(flavor_id),
        "name": name,
        "ram": checks.whole("ram", wanted["ram"], least=1),
        "vcpus": checks.whole("vcpus", wanted["vcpus"], least=1),
        "disk": checks.whole("disk", wanted["disk"]),
        "ephemeral": checks.whole("ephemeral", wanted.get("OS-FLV-EXT-DATA:ephemeral", 0)),
        "swap": checks.whole("swap", wanted.get("swap") or 0),
        "rxtx_factor": float(wanted.get("rxtx_factor", 1.0)),
        "is_public": checks.flag(
            "os-flavor-access:is_public", wanted.get("os-flavor-access:is_public", True)
        ),
        "description": wanted.get("description"),
        "extra_specs": {},
        "_access": [],
    }
    if flavors.find("name", name):
        raise Refused(409, f"Flavor with name {name} already exists.")
    if row["id"] in flavors:
        raise Refused(409, f"Flavor with ID {row['id']} already exists.")
    return {"flavor": full(call, flavors.put(row))}


def update(call: Call) -> dict[str, Any]:
    """Change a flavor's description."""
    must_be_admin(call, "os-flavor-manage:update")
    if minor_of(call) < 55:
        raise Refused(404, "The resource could not be found.")
    wanted = checks.element(call.body, "flavor", required=["description"], allowed=["description"])
    row = flavor_of(call)
    row["description"] = wanted["description"]
    return {"flavor": full(call, state(call).flavors.put(row))}


def delete(call: Call) -> Reply:
    """Remove a flavor; servers keep what they know of it."""
    must_be_admin(call, "os-flavor-manage:delete")
    state(call).flavors.pop(flavor_of(call)["id"])
    return Reply(202)


def show_access(call: Call) -> dict[str, Any]:
    """List the projects that may use a flavor that is not public."""
    must_be_admin(call, "os-flavor-access")
    row = flavor_of(call)
    if row["is_public"]:
        raise Refused(404, "Access list not available for public flavors.")
    entries = [{"flavor_id": row["id"], "tenant_id": one} for one in row["_access"]]
    return {"flavor_access": entries}


def act(call: Call) -> dict[str, Any]:
    """Let a project use a flavor, or no longer."""
    name, wanted = next(iter(checks.properties("action", call.body).items()), ("", {}))
    if name not in {"addTenantAccess", "removeTenantAccess"}:
        raise Refused(400, f"There is no such action: {name}")
    rule = "add_tenant_access" if name == "addTenantAccess" else "remove_tenant_access"
    must_be_admin(call, f"os-flavor-access:{rule}")
    project = checks.properties(name, wanted, required=["tenant"])["tenant"]
    row = flavor_of(call)
    if name == "addTenantAccess":
        if row["is_public"]:
            raise Refused(409, "Can not add access to a public flavor.")
        if project in row["_access"]:
            raise Refused(
                409,
                f"Flavor access already exists for flavor {row['id']} and project {project} "
                "combination.",
            )
        row["_access"] = [*row["_access"], project]
    else:
        if project not in row["_access"]:
            raise Refused(404, f"Flavor access not found for {row['id']} / {project} combination.")
        row["_access"] = [one for one in row["_access"] if one != project]
    state(call).flavors.put(row)
    return show_access(call)


def list_specs(call: Call) -> dict[str, Any]:
    """Show a flavor's extra specs."""
    return {"extra_specs": flavor_of(call)["extra_specs"]}


def add_specs(call: Call) -> dict[str, Any]:
    """Add extra specs to a flavor."""
    must_be_admin(call, "os-flavor-extra-specs:create")
    specs = spec_values(checks.element(call.body, "extra_specs"))
    keep_specs(call, flavor_of(call)["extra_specs"] | specs)
    return {"extra_specs": specs}


def spec_values(wanted: dict[str, Any]) -> dict[str, str]:
    """Return extra specs as texts, which may come as numbers."""
    return checks.metadata("extra_specs", {name: str(value) for name, value in wanted.items()})


def keep_specs(call: Call, specs: dict[str, str]) -> None:
    """Keep a flavor's extra specs. Servers share the old mapping, so it is never changed."""
    row = flavor_of(call)
    row["extra_specs"] = specs
    state(call).flavors.put(row)


def show_spec(call: Call) -> dict[str, Any]:
    """Show one extra spec."""
    row, key = flavor_of(call), call.params["key"]
    if key not in row["extra_specs"]:
        raise Refused(404, f"Flavor {row['id']} has no extra specs with key {key}.")
    return {key: row["extra_specs"][key]}


def set_spec(call: Call) -> dict[str, Any]:
    """Set one extra spec."""
    must_be_admin(call, "os-flavor-extra-specs:update")
    specs = spec_values(checks.properties("extra_specs", call.body))
    if set(specs) != {call.params["key"]}:
        raise Refused(400, "Request body and URI mismatch")
    keep_specs(call, flavor_of(call)["extra_specs"] | specs)
    return dict(specs)


def remove_spec(call: Call) -> Reply:
    """Remove one extra spec."""
    must_be_admin(call, "os-flavor-extra-specs:delete")
    show_spec(call)
    specs = flavor_of(call)["extra_specs"]
    keep_specs(call, {key: text for key, text in specs.items() if key != call.params["key"]})
    return Reply(200)
