"""Makes servers: checks the wish, then takes ports and volumes for what will be there."""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Any

from devcloud.kernel.progress import begin, stamp
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused, Reply
from devcloud.nova import blocks, checks, images
from devcloud.nova.network import Networking, Nic, wishes
from devcloud.nova.state import HOST, ZONE, Compute
from devcloud.nova.views import links, minor_of

ALLOWED = {
    "name", "imageRef", "flavorRef", "adminPass", "metadata", "networks", "OS-DCF:diskConfig",
    "accessIPv4", "accessIPv6", "personality", "availability_zone", "block_device_mapping",
    "block_device_mapping_v2", "config_drive", "key_name", "min_count", "max_count",
    "return_reservation_id", "security_groups", "user_data",
}  # fmt: skip
SINCE = {
    19: "description",
    52: "tags",
    63: "trusted_image_certificates",
    74: "host",
    90: "hostname",
}
LETTERS = "abcdefghijklmnopqrstuvwxyz23456789"
NO_HOST = "No valid host was found. There are not enough hosts available."


@dataclass(frozen=True)
class Plan:
    """All that a request says of the server it wants."""

    fields: Row
    nics: list[Nic]
    group_ids: list[str]
    devices: list[blocks.Device]
    count: int


def create(call: Call) -> Reply:
    """Make servers."""
    compute: Compute = call.cloud.state("compute")
    wanted = checks.element(call.body, "server")
    plan = planned(call, compute, wanted)
    check_quota(call, compute, plan)
    password = wanted.get("adminPass") or random_text(call, 12)
    reservation = f"r-{random_text(call, 8)}"
    rows = [
        build(call, compute, plan, {"reservation_id": reservation, "launch_index": index})
        for index in range(plan.count)
    ]
    if checks.flag("return_reservation_id", wanted.get("return_reservation_id", False)):
        return Reply(202, {"reservation_id": reservation})
    first = rows[0]
    groups = wanted.get("security_groups") or [{"name": "default"}]
    view = {
        "id": first["id"],
        "links": links(call.request.base, "servers", first["id"]),
        "OS-DCF:diskConfig": first["disk_config"],
        "security_groups": groups,
        "adminPass": password,
    }
    href = f"{call.request.base}/compute/v2.1/servers/{first['id']}"
    return Reply(202, {"server": view}, {"Location": href})


def planned(call: Call, compute: Compute, wanted: dict[str, Any]) -> Plan:
    """Check what is wanted, in the order in which nova does."""
    minor = minor_of(call)
    allowed = ALLOWED | {name for since, name in SINCE.items() if minor >= since}
    if minor >= 57:
        allowed -= {"personality"}
    required = ["name", "flavorRef"] + (["networks"] if minor >= 37 else [])
    checks.properties("server", wanted, required=required, allowed=allowed)
    if minor < 37 and isinstance(wanted.get("networks"), str):
        networks = wanted["networks"]
        raise checks.invalid("networks", networks, f"{networks!r} is not of type 'array'")
    fields = plain_fields(call, compute, wanted)
    count = server_count(wanted)
    networking = Networking(call.cloud)
    fields |= hinted(call, compute)
    flavor = flavor_fields(call, compute, wanted)
    fields |= flavor
    image_id = image_reference(wanted)
    nics = wishes(
        networking, call.token, wanted.get("networks"), named="networks" in wanted, minor=minor
    )
    if image_id:
        check_image(call, image_id, flavor["flavor"])
    mapping = wanted.get("block_device_mapping_v2") or wanted.get("block_device_mapping") or []
    devices = blocks.devices(call.cloud, call.token, mapping, image_id) if mapping else []
    if not image_id and not devices:
        raise Refused(400, "Missing imageRef attribute")
    fields["image_id"] = image_id
    group_ids = security_groups(call, networking, wanted.get("security_groups"))
    if count > 1 and any(nic.port_id for nic in nics):
        raise Refused(400, "Unable to launch multiple instances with a single configured port ID.")
    return Plan(fields, nics, group_ids, devices, count)


def plain_fields(call: Call, compute: Compute, wanted: dict[str, Any]) -> Row:
    """Return what a server takes from the request as it is."""
    name = checks.title("name", wanted["name"])
    zone = wanted.get("availability_zone")
    if zone is not None and zone.split(":")[0] != ZONE:
        raise Refused(400, "The requested availability zone is not available")
    key_name = wanted.get("key_name")
    if key_name is not None:
        check_key(compute, call.token.user_id, key_name)
    description = wanted.get("description")
    if description is None and minor_of(call) < 19:
        description = name
    return {
        "name": name,
        "description": description,
        "metadata": server_metadata(call, compute, wanted.get("metadata") or {}),
        "tags": checked_tags(wanted.get("tags") or []),
        "asked_zone": zone,
        "key_name": key_name,
        "user_data": checked_user_data(wanted.get("user_data")),
        "config_drive": "True" if is_on(wanted.get("config_drive")) else "",
        "disk_config": wanted.get("OS-DCF:diskConfig") or "MANUAL",
        "access_ipv4": wanted.get("accessIPv4") or "",
        "access_ipv6": wanted.get("accessIPv6") or "",
        "hostname": wanted.get("hostname") or host_name(name),
    }


def check_key(compute: Compute, user_id: str, name: Any) -> None:
    """Refuse a key pair that the user does not have."""
    if compute.keypair(user_id, str(name)) is None:
        raise Refused(400, "Invalid key_name provided.")


def server_metadata(call: Call, compute: Compute, wanted: Any) -> dict[str, str]:
    """Return a server's metadata; there may be only so much of it."""
    found = checks.metadata("metadata", wanted)
    most = compute.limits(call.project_id)["metadata_items"]
    if 0 <= most < len(found):
        raise Refused(403, f"Maximum number of metadata items exceeds {most}")
    return found


def checked_tags(wanted: Any) -> list[str]:
    """Return tags, each once."""
    if not isinstance(wanted, list):
        raise checks.invalid("tags", wanted, f"{wanted!r} is not of type 'array'")
    if len(wanted) > 50:
        raise checks.invalid("tags", wanted, f"{wanted!r} is too long")
    for one in wanted:
        checked_tag(one)
    return sorted(set(wanted))


def checked_tag(tag: Any) -> str:
    """Return one tag."""
    text = checks.string("0", tag, shortest=1, longest=60)
    if "/" in text or "," in text:
        raise checks.invalid("0", text, f"{text!r} does not match '^[^,/]*$'")
    return text


def checked_user_data(text: Any) -> str | None:
    """Return user data, which comes as base64."""
    if text is None:
        return None
    try:
        base64.b64decode(checks.string("user_data", text, longest=65535))
    except binascii.Error:
        raise checks.invalid("user_data", text, f"{text!r} is not a 'base64'") from None
    return str(text)


def is_on(value: Any) -> bool:
    """Say whether an optional flag is set."""
    return value is not None and value != "" and checks.flag("config_drive", value)


def host_name(name: str) -> str:
    """Return the host name that a server's name makes."""
    text = re.sub(r"[ _]", "-", name.lower())
    return re.sub(r"[^a-z0-9.-]", "", text).strip(".-")[:63] or "server"


def server_count(wanted: dict[str, Any]) -> int:
    """Return how many servers are wanted."""
    least = checks.whole("min_count", wanted.get("min_count", 1), least=1)
    most = checks.whole("max_count", wanted.get("max_count", least), least=1)
    if least > most:
        raise Refused(400, "min_count must be <= max_count")
    return most


def hinted(call: Call, compute: Compute) -> Row:
    """Return what the scheduler hints say: the server's group."""
    body = call.body
    hints = body.get("os:scheduler_hints") or body.get("OS-SCH-HNT:scheduler_hints") or {}
    group_id = checks.properties("os:scheduler_hints", hints).get("group")
    if group_id is None:
        return {"group_id": None}
    checks.uuid("group", group_id)
    group = compute.groups.get(group_id)
    if group is None or group["project_id"] != call.project_id:
        raise Refused(400, f"Instance group {group_id} could not be found.")
    most = compute.limits(call.project_id)["server_group_members"]
    if 0 <= most <= len(compute.members(group_id)):
        raise Refused(403, "Quota exceeded, too many servers in group")
    return {"group_id": group_id}


def flavor_fields(call: Call, compute: Compute, wanted: dict[str, Any]) -> Row:
    """Return what a server keeps of its flavor."""
    reference = str(wanted["flavorRef"]).rpartition("/")[2]
    try:
        flavor = compute.flavor(call.token, reference)
    except Refused as refused:
        raise Refused(400, refused.message) from None
    return {"flavor_id": flavor["id"], "flavor": embedded(flavor)}


def embedded(flavor: Row) -> Row:
    """Return a flavor as a server shows it."""
    return {
        "vcpus": flavor["vcpus"],
        "ram": flavor["ram"],
        "disk": flavor["disk"],
        "ephemeral": flavor["ephemeral"],
        "swap": flavor["swap"],
        "original_name": flavor["name"],
        "extra_specs": flavor["extra_specs"],
    }


def image_reference(wanted: dict[str, Any]) -> str:
    """Return the id of the image asked for; empty when there is none."""
    reference = str(wanted.get("imageRef") or "").rpartition("/")[2]
    if reference and checks.UUID.fullmatch(reference) is None:
        raise checks.invalid(
            "imageRef", reference, f"{reference!r} is not valid under any of the given schemas"
        )
    return reference


def check_image(call: Call, image_id: str, flavor: Row) -> Row:
    """Return the image, if the flavor is large enough for it."""
    image = images.find(call.cloud, call.token, image_id)
    if image is None:
        raise Refused(400, "Can not find requested image")
    if image["status"] != "active":
        raise Refused(400, f"Image {image_id} is not active.")
    if (image.get("min_ram") or 0) > flavor["ram"]:
        raise Refused(400, "Flavor's memory is too small for requested image.")
    if (image.get("min_disk") or 0) > flavor["disk"] > 0:
        raise Refused(
            400,
            "Flavor's disk is too small for requested image. Flavor disk is "
            f"{flavor['disk'] << 30} bytes, image is {image['min_disk'] << 30} bytes.",
        )
    return image


def security_groups(call: Call, networking: Networking, wanted: Any) -> list[str]:
    """Return the ids of the security groups for ports to be made."""
    found: list[str] = []
    for one in wanted or []:
        name = checks.properties("security_groups", one).get("name", "default")
        group = networking.group(call.token, name)
        if group is not None:
            found.append(group["id"])
        elif name != "default":
            raise Refused(400, f"Unable to find security_group with name or id '{name}'")
    return list(dict.fromkeys(found))


def check_quota(call: Call, compute: Compute, plan: Plan) -> None:
    """Refuse more servers than the project may have."""
    flavor = plan.fields["flavor"]
    asked = {
        "instances": plan.count,
        "cores": plan.count * flavor["vcpus"],
        "ram": plan.count * flavor["ram"],
    }
    compute.check_quota(call.project_id, asked)


def random_text(call: Call, length: int) -> str:
    """Return letters and digits by chance."""
    return "".join(call.cloud.random.choice(LETTERS) for _ in range(length))


def build(call: Call, compute: Compute, plan: Plan, more: Row) -> Row:
    """Make one server, which is building until its time has come."""
    now = stamp(call.cloud.now())
    row: Row = {
        "id": call.cloud.new_id(),
        **plan.fields,
        **more,
        "project_id": call.project_id,
        "user_id": call.token.user_id,
        "created": now,
        "updated": now,
        "launched_at": None,
        "terminated_at": None,
        "vm_state": "building",
        "task_state": "scheduling",
        "power_state": 0,
        "availability_zone": ZONE,
        "host": None,
        "root_device": "/dev/vda",
        "locked": None,
        "locked_reason": None,
        "fault": None,
        "made_ports": [],
        "nic_tags": {},
    }
    if plan.count > 1:
        row["name"] = f"{row['name']}-{more['launch_index'] + 1}"
        row["hostname"] = f"{row['hostname']}-{more['launch_index'] + 1}"
    row["instance_name"] = f"instance-{len(compute.servers) + len(compute.deleted) + 1:08x}"
    row["metadata"] = dict(row["metadata"])
    compute.servers.put(row)
    until = call.cloud.after(call.cloud.latency("server.create"))
    failure = spoilt(call) or provide(call, compute, plan, row)
    if failure is not None:
        fail(row, until, failure)
    elif call.fault is None or call.fault.action != "stay_build":
        done = {
            "vm_state": "active",
            "task_state": None,
            "power_state": 1,
            "host": HOST,
            "launched_at": stamp(until),
            "updated": stamp(until),
        }
        begin(row, until, done)
    return compute.servers.put(row)


def spoilt(call: Call) -> str | None:
    """Return why the server fails when a fault rule says that it does."""
    if call.fault is None or call.fault.action != "goto_error":
        return None
    return NO_HOST if call.fault.message.startswith("A fault was asked") else call.fault.message


def provide(call: Call, compute: Compute, plan: Plan, row: Row) -> str | None:
    """Take ports and volumes for a new server; return why that failed."""
    networking = Networking(call.cloud)
    aborted = f"Build of instance {row['id']} aborted: "
    try:
        for nic in plan.nics:
            port = networking.join(call.token, row, nic, plan.group_ids)
            if nic.tag:
                row["nic_tags"][port["id"]] = nic.tag
    except Refused as refused:
        networking.leave_all(row)
        if refused.type == "OverQuota":
            compute.servers.pop(row["id"])
            raise Refused(403, "Maximum number of ports exceeded") from None
        return aborted + network_failure(refused)
    until = call.cloud.after(call.cloud.latency("server.create"))
    try:
        blocks.give(compute, call.token, row, plan.devices, until)
    except Refused as refused:
        blocks.part_all(compute, row, call.cloud.now())
        networking.leave_all(row)
        return aborted + refused.message
    return None


def network_failure(refused: Refused) -> str:
    """Say why no port could be made, as nova does."""
    if refused.type in {"InvalidIpForNetwork", "InvalidIpForSubnet", "InvalidInput"}:
        return f"Invalid input received: {refused.message}"
    return "Failed to allocate the network(s), not rescheduling."


def fail(row: Row, until: Any, message: str) -> None:
    """Have a server be in error when its time has come."""
    fault = {"code": 500, "created": stamp(until), "message": message, "details": ""}
    done = {"vm_state": "error", "task_state": None, "fault": fault, "updated": stamp(until)}
    begin(row, until, done)
