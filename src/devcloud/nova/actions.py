"""What can be done with a server: POST servers/{id}/action."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devcloud.kernel.progress import begin, stamp
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused, Reply
from devcloud.nova import checks, creation, images
from devcloud.nova.network import Networking
from devcloud.nova.servers import check_lock, console_url, remove, server_of, state
from devcloud.nova.state import HOST
from devcloud.nova.views import Shown, minor_of, must_be_admin

Act = Callable[[Call, Row, Any], Reply | dict[str, Any]]


@dataclass(frozen=True)
class Step:
    """An action that takes a server from some states, by a task, to another state."""

    name: str
    """What nova calls the action when it refuses it."""
    vm_states: frozenset[str]
    task: str
    done: dict[str, Any]


def states(*names: str) -> frozenset[str]:
    """Return a set of states."""
    return frozenset(names)


RUNNING = {"vm_state": "active", "power_state": 1}
STEPS: dict[str, Step] = {
    "os-start": Step("start", states("stopped"), "powering-on", RUNNING),
    "os-stop": Step(
        "stop",
        states("active", "error", "rescued"),
        "powering-off",
        {"vm_state": "stopped", "power_state": 4},
    ),
    "pause": Step(
        "pause",
        states("active", "rescued"),
        "pausing",
        {"vm_state": "paused", "power_state": 3},
    ),
    "unpause": Step("unpause", states("paused"), "unpausing", RUNNING),
    "suspend": Step(
        "suspend",
        states("active", "rescued"),
        "suspending",
        {"vm_state": "suspended", "power_state": 4},
    ),
    "resume": Step("resume", states("suspended"), "resuming", RUNNING),
    "shelve": Step(
        "shelve",
        states("active", "stopped", "paused", "suspended"),
        "shelving",
        {"vm_state": "shelved_offloaded", "power_state": 4, "host": None},
    ),
    "shelveOffload": Step(
        "shelveOffload",
        states("shelved"),
        "shelving_offloading",
        {"vm_state": "shelved_offloaded", "power_state": 4, "host": None},
    ),
    "unshelve": Step(
        "unshelve",
        states("shelved", "shelved_offloaded"),
        "unshelving",
        RUNNING | {"host": HOST},
    ),
    "unrescue": Step("unrescue", states("rescued"), "unrescuing", RUNNING),
}


def act(call: Call) -> Reply | dict[str, Any]:
    """Do what the body's only key says."""
    body = call.body
    if not isinstance(body, dict) or len(body) != 1:
        raise Refused(400, "Invalid request body: there must be exactly one action")
    name, wanted = next(iter(body.items()))
    step = STEPS.get(name)
    action = ACTIONS.get(name)
    row = server_of(call)
    if name not in UNLOCKED:
        check_lock(call, row)
    if step is not None:
        check_state(row, step.name, step.vm_states)
        return work(call, row, name.removeprefix("os-"), step.task, step.done)
    if action is None:
        raise Refused(400, f"There is no such action: {name}")
    return action(call, row, wanted)


def check_state(
    row: Row, name: str, vm_states: frozenset[str], tasks: frozenset[str | None] | None = None
) -> None:
    """Refuse an action that the server's state does not allow."""
    where = f"Cannot '{name}' instance {row['id']} while it is in "
    if row["vm_state"] not in vm_states:
        raise Refused(409, f"{where}vm_state {row['vm_state']}")
    if row["task_state"] not in (tasks or {None}):
        raise Refused(409, f"{where}task_state {row['task_state']}")


def work(call: Call, row: Row, name: str, task: str, done: dict[str, Any], **now: Any) -> Reply:
    """Keep a server at a task; a fault rule may have it fail or never end."""
    compute = state(call)
    fault = call.fault.action if call.fault else ""
    if fault == "goto_error":
        until = call.cloud.after(call.cloud.latency(f"server.{name}"))
        row["task_state"] = task
        creation.fail(row, until, creation.spoilt(call) or "")
        compute.put(row)
    elif fault == "stay_build":
        row.update({"task_state": task, **now})
        compute.put(row)
    else:
        compute.work(row, name, task, done, **now)
    return Reply(202)


def reboot(call: Call, row: Row, wanted: Any) -> Reply:
    """Start a server anew."""
    kinds = ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]
    fields = checks.properties("reboot", wanted, required=["type"], allowed=["type"])
    kind = checks.chosen("type", fields["type"], kinds).upper()
    if kind == "SOFT":
        check_state(row, "reboot", states("active"))
    else:
        allowed = states("active", "stopped", "paused", "suspended", "error", "rescued")
        tasks: frozenset[str | None] = frozenset({None, "rebooting", "rebooting_hard", "pausing"})
        check_state(row, "reboot", allowed, tasks)
    task = "rebooting" if kind == "SOFT" else "rebooting_hard"
    return work(call, row, "reboot", task, dict(RUNNING))


def resize(call: Call, row: Row, wanted: Any) -> Reply:
    """Move a server to another flavor, to be confirmed."""
    names = ["flavorRef", "OS-DCF:diskConfig"]
    fields = checks.properties("resize", wanted, required=["flavorRef"], allowed=names)
    compute = state(call)
    new = creation.flavor_fields(call, compute, fields)
    check_state(row, "resize", states("active", "stopped"))
    if new["flavor_id"] == row["flavor_id"]:
        raise Refused(400, "When resizing, instances must change flavor!")
    flavor, old = new["flavor"], row["flavor"]
    if flavor["disk"] < old["disk"] and flavor["disk"] == 0 and row["image_id"]:
        raise Refused(400, "Resize to zero disk flavor is not allowed.")
    more = {name: flavor[key] - old[key] for name, key in (("cores", "vcpus"), ("ram", "ram"))}
    compute.check_quota(row["project_id"], {name: by for name, by in more.items() if by > 0})
    done: Row = {
        **new,
        "vm_state": "resized",
        "power_state": row["power_state"],
        "_before": {
            "flavor_id": row["flavor_id"],
            "flavor": old,
            "vm_state": row["vm_state"],
            "power_state": row["power_state"],
        },
    }
    return work(call, row, "resize", "resize_prep", done)


def confirm_resize(call: Call, row: Row, wanted: Any) -> Reply:
    """Keep the new flavor."""
    del wanted
    check_state(row, "confirmResize", states("resized"))
    before = row.pop("_before", RUNNING)
    done = {"vm_state": before["vm_state"], "power_state": before["power_state"]}
    begin(row, call.cloud.now(), done | {"task_state": None})
    state(call).put(row)
    return Reply(204)


def revert_resize(call: Call, row: Row, wanted: Any) -> Reply:
    """Go back to the flavor from before."""
    del wanted
    check_state(row, "revertResize", states("resized"))
    before = row.pop("_before", RUNNING)
    return work(call, row, "revertResize", "resize_reverting", dict(before))


def rebuild(call: Call, row: Row, wanted: Any) -> Reply:
    """Make a server anew from an image, with the same id, ports and volumes."""
    minor = minor_of(call)
    allowed = {
        "imageRef", "adminPass", "name", "metadata", "preserve_ephemeral", "OS-DCF:diskConfig",
        "accessIPv4", "accessIPv6", "personality",
    }  # fmt: skip
    since = {19: "description", 54: "key_name", 57: "user_data", 63: "trusted_image_certificates"}
    allowed |= {name for at, name in since.items() if minor >= at}
    allowed |= {"hostname"} if minor >= 90 else set[str]()
    fields = checks.properties("rebuild", wanted, required=["imageRef"], allowed=allowed)
    image_id = creation.image_reference(fields)
    check_state(row, "rebuild", states("active", "stopped", "error"))
    if images.find(call.cloud, call.token, image_id) is None:
        raise Refused(400, "Cannot find image for rebuild")
    creation.check_image(call, image_id, row["flavor"])
    compute = state(call)
    if "name" in fields:
        row["name"] = checks.title("name", fields["name"])
    if "metadata" in fields:
        row["metadata"] = creation.server_metadata(call, compute, fields["metadata"])
    key_name = fields.get("key_name", row["key_name"])
    if key_name != row["key_name"] and key_name is not None:
        creation.check_key(compute, row["user_id"], key_name)
    row["key_name"] = key_name
    row["description"] = fields.get("description", row["description"])
    row["user_data"] = creation.checked_user_data(fields.get("user_data", row["user_data"]))
    row["image_id"] = image_id if row["image_id"] else ""
    row["fault"] = None
    stopped = row["vm_state"] == "stopped"
    done = {"vm_state": "stopped", "power_state": 4} if stopped else dict(RUNNING)
    work(call, row, "rebuild", "rebuilding", done | {"launched_at": stamp(call.cloud.now())})
    shown = Shown(call, compute)
    view = shown.full(row) if minor >= 75 else shown.core(row, plain_addresses=True)
    if minor >= 57:
        view["user_data"] = row["user_data"]
    if minor >= 54:
        view["key_name"] = row["key_name"]
    view["adminPass"] = fields.get("adminPass") or creation.random_text(call, 12)
    return Reply(202, {"server": view})


def rescue(call: Call, row: Row, wanted: Any) -> dict[str, Any]:
    """Start a server from a rescue image."""
    check_state(row, "rescue", states("active", "stopped", "error"))
    password = (wanted or {}).get("adminPass") or creation.random_text(call, 12)
    work(call, row, "rescue", "rescuing", {"vm_state": "rescued", "power_state": 1})
    return {"adminPass": password}


def lock(call: Call, row: Row, wanted: Any) -> Reply:
    """Keep everybody but admins and the one who locked it from changing a server."""
    reason = (wanted or {}).get("locked_reason") if minor_of(call) >= 73 else None
    row["locked"] = "admin" if call.token.is_admin else "owner"
    row["locked_reason"] = reason
    state(call).put(row)
    return Reply(202)


def unlock(call: Call, row: Row, wanted: Any) -> Reply:
    """Open a server again."""
    del wanted
    if row["locked"] == "admin":
        must_be_admin(call, "os-lock-server:unlock:unlock_override")
    row["locked"] = row["locked_reason"] = None
    state(call).put(row)
    return Reply(202)


def change_password(call: Call, row: Row, wanted: Any) -> Reply:
    """Give a server another password, of which nothing is kept."""
    del call
    fields = checks.properties("changePassword", wanted, required=["adminPass"])
    checks.string("adminPass", fields["adminPass"])
    check_state(row, "changePassword", states("active"))
    return Reply(202)


def create_image(call: Call, row: Row, wanted: Any) -> Reply:
    """Make an image of a server."""
    fields = checks.properties(
        "createImage", wanted, required=["name"], allowed=["name", "metadata"]
    )
    name = checks.title("name", fields["name"])
    metadata = checks.metadata("metadata", fields.get("metadata") or {})
    check_state(row, "createImage", states("active", "stopped", "paused", "suspended"))
    properties = {
        "base_image_ref": row["image_id"],
        "image_type": "snapshot",
        "instance_uuid": row["id"],
        "user_id": call.token.user_id,
        "image_state": "available",
        "image_location": "snapshot",
        "owner_id": row["project_id"],
        **metadata,
    }
    image = images.add_snapshot(call.cloud, call.token, name, properties, row["flavor"]["disk"])
    same = {"vm_state": row["vm_state"], "power_state": row["power_state"]}
    state(call).work(row, "createImage", "image_snapshot_pending", same)
    if minor_of(call) >= 45:
        return Reply(202, {"image_id": image["id"]})
    href = f"{call.request.base}/image/images/{image['id']}"
    return Reply(202, None, {"Location": href})


def console_output(call: Call, row: Row, wanted: Any) -> dict[str, Any]:
    """Return what the console says."""
    del call
    fields = checks.properties("os-getConsoleOutput", wanted or {}, allowed=["length"])
    if row["host"] is None:
        raise Refused(409, f"Instance {row['id']} is not ready")
    lines = [f"{row['hostname']} login:"]
    length = fields.get("length")
    if length not in {None, ""}:
        lines = lines[-checks.whole("length", length, least=-1) :]
    return {"output": "\n".join(lines)}


def old_console(call: Call, row: Row, wanted: Any) -> dict[str, Any]:
    """Return where a console would be."""
    fields = checks.properties("os-getVNCConsole", wanted, required=["type"])
    return {"console": {"type": fields["type"], "url": console_url(call, row)}}


def add_security_group(call: Call, row: Row, wanted: Any) -> Reply:
    """Put a server's ports into a security group."""
    group = group_of(call, row, wanted, "addSecurityGroup")

    def add(ids: list[str]) -> list[str]:
        return ids if group["id"] in ids else [*ids, group["id"]]

    Networking(call.cloud).regroup(row["id"], add)
    return Reply(202)


def remove_security_group(call: Call, row: Row, wanted: Any) -> Reply:
    """Take a server's ports out of a security group."""
    group = group_of(call, row, wanted, "removeSecurityGroup")
    networking = Networking(call.cloud)
    if not any(group["id"] in port["security_groups"] for port in networking.ports(row["id"])):
        raise Refused(
            404,
            f"Security group {group['name']} not associated with the instance {row['id']}",
        )
    networking.regroup(row["id"], lambda ids: [one for one in ids if one != group["id"]])
    return Reply(202)


def group_of(call: Call, row: Row, wanted: Any, action: str) -> Row:
    """Return the security group that an action names."""
    name = checks.properties(action, wanted, required=["name"])["name"]
    group = Networking(call.cloud).group(call.token, str(name))
    if group is None:
        raise Refused(404, f"Security group {name} is not found for project {row['project_id']}")
    return group


def reset_state(call: Call, row: Row, wanted: Any) -> Reply:
    """Say what state a server is in."""
    must_be_admin(call, "os-admin-actions:reset_state")
    fields = checks.properties("os-resetState", wanted, required=["state"])
    row["vm_state"] = checks.chosen("state", fields["state"], ["active", "error"])
    row["task_state"] = None
    for key in ("_until", "_then"):
        row.pop(key, None)
    state(call).put(row)
    return Reply(202)


def force_delete(call: Call, row: Row, wanted: Any) -> Reply:
    """Delete a server."""
    del wanted
    remove(call, row)
    return Reply(202)


def migrate(call: Call, row: Row, wanted: Any) -> Reply:
    """Move a server to another host: there is only one."""
    del wanted
    must_be_admin(call, "os-migrate-server:migrate")
    check_state(row, "migrate", states("active", "stopped"))
    raise Refused(400, creation.NO_HOST)


def reset_network(call: Call, row: Row, wanted: Any) -> Reply:
    """Do what older clients ask for and nothing is left to do for."""
    del call, row, wanted
    return Reply(202)


ACTIONS: dict[str, Act] = {
    "reboot": reboot,
    "resize": resize,
    "confirmResize": confirm_resize,
    "revertResize": revert_resize,
    "rebuild": rebuild,
    "rescue": rescue,
    "lock": lock,
    "unlock": unlock,
    "changePassword": change_password,
    "createImage": create_image,
    "os-getConsoleOutput": console_output,
    "os-getVNCConsole": old_console,
    "os-getSPICEConsole": old_console,
    "os-getSerialConsole": old_console,
    "addSecurityGroup": add_security_group,
    "removeSecurityGroup": remove_security_group,
    "os-resetState": reset_state,
    "forceDelete": force_delete,
    "migrate": migrate,
    "injectNetworkInfo": reset_network,
    "resetNetwork": reset_network,
}
UNLOCKED = {
    "lock", "unlock", "createImage", "os-getConsoleOutput", "os-getVNCConsole",
    "os-getSPICEConsole", "os-getSerialConsole", "addSecurityGroup", "removeSecurityGroup",
    "os-resetState",
}  # fmt: skip
"""Actions that a lock does not stop."""
