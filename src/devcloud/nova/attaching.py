"""What is attached to a server while it lives: its interfaces and its volumes."""

from typing import Any

from devcloud.kernel.progress import begin
from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused, Reply
from devcloud.nova import blocks, checks
from devcloud.nova.actions import check_state, states
from devcloud.nova.network import Networking, Nic
from devcloud.nova.servers import check_lock, server_of, state
from devcloud.nova.views import minor_of

ALIVE = states("active", "stopped", "paused", "suspended", "resized")
UNSURE_NETWORK = "Multiple possible networks found, use a Network ID to be more specific."


def list_interfaces(call: Call) -> dict[str, Any]:
    """List a server's ports."""
    row = server_of(call)
    ports = Networking(call.cloud).present_ports(row["id"])
    return {"interfaceAttachments": [interface(call, row, port) for port in ports]}


def interface(call: Call, row: Row, port: Row) -> dict[str, Any]:
    """Show a port as an interface."""
    view: dict[str, Any] = {
        "net_id": port["network_id"],
        "port_id": port["id"],
        "mac_addr": port["mac_address"],
        "port_state": port["status"],
        "fixed_ips": port["fixed_ips"],
    }
    if minor_of(call) >= 70:
        view["tag"] = row["nic_tags"].get(port["id"])
    return view


def port_of(call: Call, row: Row) -> Row:
    """Return the port of a server that the path names."""
    for port in Networking(call.cloud).present_ports(row["id"]):
        if port["id"] == call.params["port_id"]:
            return port
    raise Refused(404, f"Port id {call.params['port_id']} could not be found.")


def show_interface(call: Call) -> dict[str, Any]:
    """Show one of a server's ports."""
    row = server_of(call)
    return {"interfaceAttachment": interface(call, row, port_of(call, row))}


def attach_interface(call: Call) -> dict[str, Any]:
    """Give a server one more port."""
    body = call.body or {"interfaceAttachment": {}}
    names = {"port_id", "net_id", "fixed_ips"} | ({"tag"} if minor_of(call) >= 49 else set[str]())
    wanted = checks.element(body, "interfaceAttachment", allowed=names)
    row = server_of(call)
    check_lock(call, row)
    if wanted.get("port_id") and (wanted.get("net_id") or wanted.get("fixed_ips")):
        raise Refused(400, "Must not input both network_id and port_id")
    if wanted.get("fixed_ips") and not wanted.get("net_id"):
        raise Refused(400, "Must input network_id when request IP address")
    check_state(row, "attach_interface", states("active", "paused", "stopped", "suspended"))
    networking = Networking(call.cloud)
    nic = wished(call, networking, wanted)
    before = {port["id"] for port in networking.ports(row["id"])}
    try:
        port = networking.join(call.token, row, nic, [])
    except Refused as refused:
        for made in [one["id"] for one in networking.ports(row["id"]) if one["id"] not in before]:
            networking.leave(row, made)
        raise interface_failure(refused) from None
    if wanted.get("tag"):
        row["nic_tags"][port["id"]] = wanted["tag"]
    state(call).put(row)
    return {"interfaceAttachment": interface(call, row, port)}


def wished(call: Call, networking: Networking, wanted: dict[str, Any]) -> Nic:
    """Return the port or network that is asked for."""
    port_id = wanted.get("port_id")
    if port_id:
        port = networking.port(call.token, port_id)
        if port is None:
            raise Refused(404, f"Port id {port_id} could not be found.")
        if port["device_id"]:
            raise Refused(409, f"Port {port_id} is still in use.")
        return Nic(port["network_id"], port_id=port_id)
    network_id = wanted.get("net_id")
    if not network_id:
        found = networking.available(call.token)
        if len(found) != 1:
            raise Refused(400, UNSURE_NETWORK if found else "No networks found")
        return Nic(found[0]["id"])
    if networking.network(call.token, network_id) is None:
        raise Refused(404, f"Network {network_id} could not be found.")
    fixed_ips: list[dict[str, str]] = wanted.get("fixed_ips") or [{}]
    return Nic(network_id, fixed_ip=fixed_ips[0].get("ip_address"))


def interface_failure(refused: Refused) -> Refused:
    """Return what nova makes of the network service's refusal."""
    if refused.type == "OverQuota":
        return Refused(403, "Maximum number of ports exceeded")
    if refused.status == 409:
        return Refused(400, refused.message)
    return Refused(refused.status, refused.message)


def detach_interface(call: Call) -> Reply:
    """Take a port from a server."""
    row = server_of(call)
    check_lock(call, row)
    port = port_of(call, row)
    check_state(row, "detach_interface", states("active", "paused", "stopped", "suspended"))
    row["nic_tags"].pop(port["id"], None)
    Networking(call.cloud).leave(row, port["id"])
    state(call).put(row)
    return Reply(202)


def list_volumes(call: Call) -> dict[str, Any]:
    """List a server's volumes."""
    rows = state(call).attached(server_of(call)["id"])
    limit = call.arg("limit")
    offset = int(call.arg("offset") or 0)
    rows = rows[offset : offset + int(limit)] if limit else rows[offset:]
    return {"volumeAttachments": [attachment(call, row) for row in rows]}


def attachment(call: Call, row: Row) -> dict[str, Any]:
    """Show how a volume is attached."""
    minor = minor_of(call)
    view: dict[str, Any] = {} if minor >= 89 else {"id": row["volume_id"]}
    view |= {
        "volumeId": row["volume_id"],
        "serverId": row["server_id"],
        "device": row["device"],
    }
    if minor >= 70:
        view["tag"] = row["tag"]
    if minor >= 79:
        view["delete_on_termination"] = row["delete_on_termination"]
    if minor >= 89:
        view |= {"attachment_id": row["attachment_id"], "bdm_uuid": row["id"]}
    return view


def attachment_of(call: Call, server: Row) -> Row | None:
    """Return how the volume that the path names is attached."""
    for row in state(call).attached(server["id"]):
        if row["volume_id"] == call.params["volume_id"]:
            return row
    return None


def not_attached(call: Call, server: Row) -> Refused:
    """Return the refusal of a volume that the server does not have."""
    volume_id = call.params["volume_id"]
    return Refused(404, f"Instance {server['id']} is not attached to volume {volume_id}")


def show_volume(call: Call) -> dict[str, Any]:
    """Show how a volume is attached."""
    server = server_of(call)
    row = attachment_of(call, server)
    if row is None:
        raise not_attached(call, server)
    return {"volumeAttachment": attachment(call, row)}


def attach_volume(call: Call) -> dict[str, Any]:
    """Begin to attach a volume to a server."""
    minor = minor_of(call)
    names = {"volumeId", "device"}
    names |= {"tag"} if minor >= 49 else set[str]()
    names |= {"delete_on_termination"} if minor >= 79 else set[str]()
    wanted = checks.element(call.body, "volumeAttachment", required=["volumeId"], allowed=names)
    volume_id = checks.uuid("volumeId", wanted["volumeId"])
    server = server_of(call)
    check_lock(call, server)
    compute = state(call)
    storage = blocks.storage_of(call.cloud)
    volume = storage.volume(call.token, volume_id)
    check_state(server, "attach_volume", ALIVE | {"shelved", "shelved_offloaded"})
    device = wanted.get("device")
    taken = {one["device"] for one in compute.attached(server["id"])}
    if device and device in taken:
        raise Refused(409, f"The supplied device path ({device}) is in use.")
    check_volume(volume, server)
    until = call.cloud.after(call.cloud.latency("volume.attach"))
    row = blocks.join(
        compute,
        server,
        volume,
        device,
        until,
        tag=wanted.get("tag"),
        delete=bool(wanted.get("delete_on_termination", False)),
    )
    if call.fault is not None and call.fault.action == "goto_error":
        blocks.break_off(compute, row, volume, until)
    view = attachment(call, row)
    if minor < 79:
        view.pop("tag", None)
    return {"volumeAttachment": view | {"id": volume_id}}


def check_volume(volume: Row, server: Row) -> None:
    """Refuse a volume that can't be attached to the server now."""
    others = [str(one["server_id"]) for one in volume["attachments"]]
    if volume["status"] == "in-use" and (not volume["multiattach"] or server["id"] in others):
        raise Refused(
            400,
            f"Invalid volume: volume {volume['id']} is already attached to instances: "
            f"{', '.join(others)}",
        )
    if volume["status"] not in {"available", "in-use"}:
        raise Refused(
            400,
            "Invalid input received: Invalid volume: Volume "
            f"{volume['id']} status must be available or downloading to reserve, but the current "
            f"status is {volume['status']}. (HTTP 400)",
        )


def update_volume(call: Call) -> Reply:
    """Say whether a volume goes together with its server."""
    wanted = checks.element(call.body, "volumeAttachment", required=["volumeId"])
    server = server_of(call)
    row = attachment_of(call, server)
    if row is None:
        raise not_attached(call, server)
    if wanted["volumeId"] != row["volume_id"]:
        raise Refused(403, "Policy doesn't allow os_compute_api:os-volumes-attachments:swap")
    if "delete_on_termination" in wanted:
        row["delete_on_termination"] = checks.flag(
            "delete_on_termination", wanted["delete_on_termination"]
        )
        state(call).attachments.put(row)
    return Reply(202)


def detach_volume(call: Call) -> Reply:
    """Begin to take a volume from a server."""
    server = server_of(call)
    check_lock(call, server)
    storage = blocks.storage_of(call.cloud)
    volume = storage.volume(call.token, call.params["volume_id"])
    row = attachment_of(call, server)
    if row is None:
        raise not_attached(call, server)
    check_state(server, "detach_volume", ALIVE | {"shelved", "shelved_offloaded"})
    if row["device"] == server["root_device"] and not server["image_id"]:
        raise Refused(403, "Cannot detach a root device volume")
    if volume["status"] != "in-use":
        raise Refused(
            400,
            "Invalid volume: Invalid input received: Invalid volume: Unable to detach volume. "
            "Volume status must be 'in-use' and attach_status must be 'attached' to detach. "
            "(HTTP 400)",
        )
    until = call.cloud.after(call.cloud.latency("volume.detach"))
    if call.fault is not None and call.fault.action == "goto_error":
        begin(volume, until, "in-use", status="detaching")
        storage.volumes.put(volume)
    else:
        blocks.part(state(call), row, until)
    return Reply(202)
