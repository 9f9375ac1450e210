"""Volume types and what is said of them."""

from typing import Any

from devcloud.cinder import views
from devcloud.cinder.volumes import state
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused, Reply
from devcloud.nova import checks


def seen(call: Call) -> Row:
    """Return the type that the path names."""
    row = state(call).types.get(call.params["id"])
    if row is None or not visible(call, row):
        raise Refused(404, f"Volume type {call.params['id']} could not be found.")
    return row


def visible(call: Call, row: Row) -> bool:
    """Say whether the caller sees a type."""
    return bool(row["is_public"] or call.token.is_admin or call.project_id in row["_access"])


def listed(call: Call) -> dict[str, Any]:
    """List types, newest first."""
    rows = [row for row in reversed(state(call).types.all()) if visible(call, row)]
    wanted = call.arg("is_public")
    if call.token.is_admin and wanted not in {None, "None", "none"}:
        rows = [row for row in rows if row["is_public"] == checks.flag("is_public", wanted)]
    if call.arg("name"):
        rows = [row for row in rows if row["name"] == call.arg("name")]
    return {"volume_types": [views.volume_type(call, row) for row in rows]}


def show(call: Call) -> dict[str, Any]:
    """Show a type."""
    return {"volume_type": views.volume_type(call, seen(call))}


def show_default(call: Call) -> dict[str, Any]:
    """Show the type of a volume for which none is asked."""
    row = state(call).default_type()
    if row is None:
        raise Refused(404, "Default volume type can not be found.")
    return {"volume_type": views.volume_type(call, row, access=False)}


def create(call: Call) -> dict[str, Any]:
    """Make a type."""
    views.must_be_admin(call, "volume_extension:type_create")
    wanted = checks.element(call.body, "volume_type", required=["name"])
    row = state(call).add_type(
        checks.title("name", wanted["name"]),
        description=wanted.get("description"),
        is_public=checks.flag("is_public", wanted.get("os-volume-type-access:is_public", True)),
        extra_specs=checks.metadata("extra_specs", wanted.get("extra_specs") or {}),
    )
    return {"volume_type": views.volume_type(call, row)}


def update(call: Call) -> dict[str, Any]:
    """Change a type's name, description or who sees it."""
    views.must_be_admin(call, "volume_extension:type_update")
    row = seen(call)
    wanted = checks.element(call.body, "volume_type")
    name = wanted.get("name") or row["name"]
    if any(one["id"] != row["id"] for one in state(call).types.find("name", name)):
        raise Refused(409, f"Volume Type {name} already exists.")
    row["name"] = name
    row["description"] = wanted.get("description", row["description"])
    if wanted.get("is_public") is not None:
        row["is_public"] = checks.flag("is_public", wanted["is_public"])
    state(call).types.put(row)
    return {"volume_type": views.volume_type(call, row, access=False)}


def delete(call: Call) -> Reply:
    """Remove a type that no volume has."""
    views.must_be_admin(call, "volume_extension:type_delete")
    row = seen(call)
    storage = state(call)
    if storage.current(storage.volumes, storage.volumes.find("volume_type_id", row["id"])):
        raise Refused(400, "Target volume type is still in use.")
    storage.types.pop(row["id"])
    return Reply(202)


def list_specs(call: Call) -> dict[str, Any]:
    """Show a type's extra specs."""
    row = seen(call)
    return {"extra_specs": row["extra_specs"] if call.token.is_admin else {}}


def add_specs(call: Call) -> dict[str, Any]:
    """Add extra specs to a type."""
    views.must_be_admin(call, "volume_extension:types_extra_specs:create")
    row = seen(call)
    specs = checks.metadata("extra_specs", checks.element(call.body, "extra_specs"))
    row["extra_specs"] = row["extra_specs"] | specs
    state(call).types.put(row)
    return {"extra_specs": specs}


def spec(call: Call, row: Row) -> str:
    """Return the extra spec that the path names."""
    key = call.params["key"]
    if key not in row["extra_specs"]:
        raise Refused(404, f"Volume Type {row['id']} has no extra specs with key {key}.")
    return str(row["extra_specs"][key])


def show_spec(call: Call) -> dict[str, Any]:
    """Show one extra spec."""
    return {call.params["key"]: spec(call, seen(call))}


def set_spec(call: Call) -> dict[str, Any]:
    """Set one extra spec."""
    views.must_be_admin(call, "volume_extension:types_extra_specs:update")
    row = seen(call)
    row["extra_specs"] = row["extra_specs"] | checks.metadata("extra_specs", call.body)
    state(call).types.put(row)
    return dict(call.body)


def remove_spec(call: Call) -> Reply:
    """Remove one extra spec."""
    views.must_be_admin(call, "volume_extension:types_extra_specs:delete")
    row = seen(call)
    spec(call, row)
    row["extra_specs"] = {
        key: text for key, text in row["extra_specs"].items() if key != call.params["key"]
    }
    state(call).types.put(row)
    return Reply(202)


def show_encryption(call: Call) -> dict[str, Any]:
    """Show how volumes of the type are encrypted: not at all."""
    seen(call)
    return {}


def list_access(call: Call) -> dict[str, Any]:
    """List the projects that may use a type that is not public."""
    views.must_be_admin(call, "volume_extension:volume_type_access:get_all_for_type")
    row = seen(call)
    if row["is_public"]:
        raise Refused(404, "Access list not available for public volume types.")
    entries = [{"volume_type_id": row["id"], "project_id": one} for one in row["_access"]]
    return {"volume_type_access": entries}


def act(call: Call) -> Reply:
    """Let a project use a type, or no longer."""
    views.must_be_admin(call, "volume_extension:volume_type_access:addProjectAccess")
    row = seen(call)
    name, wanted = next(iter(checks.properties("action", call.body).items()), ("", {}))
    project = checks.properties(name, wanted, required=["project"])["project"]
    if row["is_public"]:
        raise Refused(409, "Type access modification is not applicable to public volume type.")
    if name == "addProjectAccess":
        if project in row["_access"]:
            raise Refused(
                409,
                f"Volume type access for {row['id']} / {project} combination already exists.",
            )
        row["_access"] = [*row["_access"], project]
    elif name == "removeProjectAccess":
        if project not in row["_access"]:
            raise Refused(
                404, f"Volume type access not found for {row['id']} / {project} combination."
            )
        row["_access"] = [one for one in row["_access"] if one != project]
    else:
        raise Refused(400, f"There is no such action: {name}")
    state(call).types.put(row)
    return Reply(202)
