"""Block devices: what a new server boots from, and the volumes that servers are given."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from devcloud.cinder import volumes
from devcloud.cinder.state import BlockStorage
from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.progress import GONE, begin
from devcloud.kernel.store import Row
from devcloud.kernel.web import Refused, Token
from devcloud.nova import checks, images
from devcloud.nova.state import Compute

MAPPING = {
    "uuid", "boot_index", "source_type", "destination_type", "volume_size", "device_name",
    "delete_on_termination", "guest_format", "disk_bus", "device_type", "no_device",
    "volume_id", "snapshot_id", "image_id", "tag", "volume_type", "virtual_name",
}  # fmt: skip
INVALID = "Block Device Mapping is Invalid: "
NO_BOOT = (
    f"{INVALID}Boot sequence for the instance and image/block device mapping combination is not "
    "valid."
)


@dataclass(frozen=True)
class Device:
    """One volume that a server is to be made with."""

    source: str
    source_id: str | None
    size: int | None
    boot: bool
    delete: bool
    name: str | None
    tag: str | None
    volume_type: str | None


def storage_of(cloud: DevCloud) -> BlockStorage:
    """Return block storage's state."""
    found: BlockStorage = cloud.state("volume")
    return found


def devices(cloud: DevCloud, token: Token, wanted: Any, image_id: str) -> list[Device]:
    """Return the volumes that a request's block_device_mapping_v2 asks for, checked."""
    if not isinstance(wanted, list):
        raise checks.invalid("block_device_mapping_v2", wanted, "is not of type 'array'")
    found: list[Device] = []
    local_boot = bool(image_id)
    boots = 0
    for one in wanted:
        mapping = checks.properties("block_device_mapping_v2", one, allowed=MAPPING)
        device = device_from(mapping)
        index = mapping.get("boot_index")
        boots += index is not None and str(index) == "0"
        if device is None:
            local_boot = local_boot or str(index) == "0"
            continue
        check_source(cloud, token, device)
        found.append(device)
    if boots > 1 or (image_id and any(one.boot for one in found)):
        raise Refused(400, NO_BOOT)
    if not local_boot and not any(one.boot for one in found):
        raise Refused(400, NO_BOOT)
    return found


def device_from(mapping: dict[str, Any]) -> Device | None:
    """Read one mapping; None stands for a disk on the server's host."""
    source = mapping.get("source_type") or guess_source(mapping)
    checks.chosen("source_type", source, ["volume", "image", "snapshot", "blank"])
    source_id = mapping.get("uuid") or mapping.get(f"{source}_id")
    if source != "blank" and not source_id:
        raise Refused(400, f"{INVALID}Missing device UUID.")
    default = "local" if source in {"image", "blank"} else "volume"
    destination = mapping.get("destination_type") or default
    if destination == "local":
        if source in {"volume", "snapshot"}:
            raise Refused(400, f"{INVALID}Mapping {source} to local is not supported.")
        return None
    size = mapping.get("volume_size")
    size = None if size in {None, ""} else checks.whole("volume_size", size)
    if source == "image" and not size:
        raise Refused(
            400, "Images with destination_type 'volume' need to have a non-zero size specified"
        )
    if source == "blank" and not size:
        raise Refused(
            400, "Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size"
        )
    index = mapping.get("boot_index")
    return Device(
        source=source,
        source_id=source_id,
        size=size,
        boot=index is not None and str(index) == "0",
        delete=checks.flag("delete_on_termination", mapping.get("delete_on_termination") or False),
        name=mapping.get("device_name"),
        tag=mapping.get("tag"),
        volume_type=mapping.get("volume_type"),
    )


def guess_source(mapping: dict[str, Any]) -> str:
    """Return the source of a mapping that does not say it."""
    for source in ("volume", "snapshot", "image"):
        if mapping.get(f"{source}_id"):
            return source
    return "blank"


def check_source(cloud: DevCloud, token: Token, device: Device) -> None:
    """Refuse a device whose source is not there or not fit."""
    storage = storage_of(cloud)
    source_id = device.source_id or ""
    if device.source == "volume":
        try:
            volume = storage.volume(token, source_id)
        except Refused:
            raise Refused(400, f"{INVALID}failed to get volume {source_id}.") from None
        if device.boot and not volume["bootable"]:
            raise Refused(400, f"Block Device {source_id} is not bootable.")
        if volume["status"] == "available":
            return
        if not (volume["multiattach"] and volume["status"] == "in-use"):
            raise Refused(400, f"{INVALID}{not_available(volume)}")
    if device.source == "snapshot":
        try:
            storage.snapshot(token, source_id)
        except Refused:
            raise Refused(400, f"{INVALID}failed to get snapshot {source_id}.") from None
    if device.source == "image" and images.find(cloud, token, source_id) is None:
        raise Refused(400, f"{INVALID}failed to get image {source_id}.")


def not_available(volume: Row) -> str:
    """Say that a volume can't be taken as it is."""
    return (
        f"volume {volume['id']} is in status {volume['status']}, and only an available one can be "
        "attached."
    )


def give(
    compute: Compute, token: Token, server: Row, wanted: list[Device], until: datetime
) -> None:
    """Make the volumes that a new server is to have, and attach them by the time it is ready."""
    storage = storage_of(compute.cloud)
    for device in wanted:
        volume = volume_for(storage, token, server, device)
        join(compute, server, volume, device.name, until, tag=device.tag, delete=device.delete)


def volume_for(storage: BlockStorage, token: Token, server: Row, device: Device) -> Row:
    """Return the device's volume, made unless it is one that exists."""
    if device.source == "volume":
        return storage.volume(token, device.source_id or "")
    keys = {"image": "imageRef", "snapshot": "snapshot_id"}
    wanted: dict[str, Any] = {
        "size": device.size,
        "name": f"{server['id']}-blank-vol" if device.source == "blank" else "",
        "description": "",
        "volume_type": device.volume_type,
    }
    if device.source in keys:
        wanted[keys[device.source]] = device.source_id
    return volumes.make(storage, token, wanted)


def join(
    compute: Compute,
    server: Row,
    volume: Row,
    name: str | None,
    until: datetime,
    *,
    tag: str | None = None,
    delete: bool = False,
) -> Row:
    """Attach a volume to a server by a given moment."""
    storage = storage_of(compute.cloud)
    device = device_name(compute, server, name)
    storage.finish(volume)
    attachment_id = storage.attach(volume, server["id"], device, until)
    return compute.attachments.put(
        {
            "id": compute.cloud.new_id(),
            "server_id": server["id"],
            "volume_id": volume["id"],
            "attachment_id": attachment_id,
            "device": device,
            "tag": tag,
            "delete_on_termination": delete,
        }
    )


def break_off(compute: Compute, attachment: Row, volume: Row, until: datetime) -> None:
    """Have an attachment that began come to nothing."""
    done = "in-use" if volume["attachments"] else "available"
    begin(volume, until, done, status="attaching")
    storage_of(compute.cloud).volumes.put(volume)
    begin(attachment, until, GONE)
    compute.attachments.put(attachment)


def device_name(compute: Compute, server: Row, wanted: str | None) -> str:
    """Return the name wanted, or the first free one."""
    if wanted:
        return wanted if wanted.startswith("/dev/") else f"/dev/{wanted}"
    taken = {one["device"] for one in compute.attached(server["id"])}
    if server["image_id"]:
        taken.add(server["root_device"])
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = [f"/dev/vd{a}{b}" for a in ("", *letters) for b in letters]
    return next(name for name in names if name not in taken)


def part(compute: Compute, attachment: Row, until: datetime) -> None:
    """Begin to take a volume from its server."""
    storage = storage_of(compute.cloud)
    volume = storage.present(storage.volumes, storage.volumes.get(attachment["volume_id"]))
    if volume is not None:
        storage.detach(volume, attachment["server_id"], until, delete=False)
    begin(attachment, until, GONE)
    compute.attachments.put(attachment)


def part_all(compute: Compute, server: Row, until: datetime) -> None:
    """Begin to take every volume from a server that is being deleted."""
    storage = storage_of(compute.cloud)
    for one in compute.attached(server["id"]):
        volume = storage.present(storage.volumes, storage.volumes.get(one["volume_id"]))
        if volume is not None:
            delete = one["delete_on_termination"]
            storage.detach(volume, server["id"], until, delete=delete)
