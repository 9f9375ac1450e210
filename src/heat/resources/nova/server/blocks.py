"""The block devices of a server, in the older and the newer form."""

from collections.abc import Iterable, Iterator
from typing import Any

from heat.base.json import Body
from heat.base.problems import Problem
from heat.plugin.checks import at_least, one_of
from heat.plugin.fields import Struct, fixed
from heat.plugin.resource import conflict
from heat.plugin.rest import to_wire
from heat.resources.cinder.common import A_SNAPSHOT, A_VOLUME, A_VOLUME_TYPE
from heat.resources.glance.common import AN_IMAGE


class Mapping(Struct):
    """A volume, or one made from a snapshot, under a device name."""

    device_name: str = fixed("Name of the device in the server, such as vda.")
    volume_id: str | None = fixed("Volume to plug in.", find=A_VOLUME)
    snapshot_id: str | None = fixed("Snapshot to make a volume from.", find=A_SNAPSHOT)
    volume_size: int | None = fixed("Size of the volume made from the snapshot, in GB.")
    delete_on_termination: bool | None = fixed("Whether the volume goes with the server.")

    def problems(self) -> Iterator[Problem]:
        """Want one of volume and snapshot."""
        if self.volume_id is not None and self.snapshot_id is not None:
            yield conflict("volume_id", "snapshot_id", at="volume_id")
        elif self.volume_id is None and self.snapshot_id is None:
            yield Problem(
                "Block device without a source",
                (),
                "Either volume_id or snapshot_id must be specified for device mapping "
                f"{self.device_name}",
                cure="give volume_id or snapshot_id",
                code="H702",
            )

    def body(self) -> Body:
        """Return it as Nova's older form has it."""
        return to_wire(self, self.__properties__)


FORMATS = one_of("ext2", "ext3", "ext4", "xfs", "ntfs")
BUSES = one_of("ide", "lame_bus", "sata", "scsi", "usb", "virtio")


class Device(Struct):
    """A block device made of a volume, a snapshot, an image or nothing."""

    device_name: str | None = fixed("Name of the device in the server, such as vda.")
    volume_id: str | None = fixed("Volume to plug in.", find=A_VOLUME, sent=False)
    image: str | None = fixed(
        "Image to make a volume from.", find=AN_IMAGE, was="image_id", sent=False
    )
    snapshot_id: str | None = fixed("Snapshot to make a volume from.", find=A_SNAPSHOT, sent=False)
    swap_size: int | None = fixed("Size of a swap device, in MB.", sent=False)
    ephemeral_size: int | None = fixed(
        "Size of a local device that goes with the server, in GB.", check=at_least(1), sent=False
    )
    ephemeral_format: str | None = fixed(
        "File system of the local device.", check=FORMATS, sent=False
    )
    device_type: str | None = fixed("Whether it is a disk or a CD.", check=one_of("cdrom", "disk"))
    disk_bus: str | None = fixed("Bus it is on.", check=BUSES)
    boot_index: int | None = fixed("Place in the boot order; 0 is tried first.")
    volume_size: int | None = fixed("Size of the volume to make, in GB.")
    delete_on_termination: bool | None = fixed("Whether the volume goes with the server.")
    volume_type: str | None = fixed("Type of the volume to make.", find=A_VOLUME_TYPE)

    @property
    def bootable(self) -> bool:
        """Whether it has content that a server may boot from."""
        return any(source is not None for source in self._sources)

    def problems(self) -> Iterator[Problem]:
        """Want one source."""
        local = (self.swap_size, self.ephemeral_size, self.ephemeral_format)
        if not self.bootable and all(value is None for value in local):
            names = "volume_id, snapshot_id, image, swap_size, ephemeral_size or ephemeral_format"
            yield Problem(
                "Block device without a source",
                (),
                f"One of {names} must be given for a block device",
                cure="say what the device is made of",
                code="H702",
                kind="PropertyUnspecifiedError",
            )
        elif sum(source is not None for source in self._sources) > 1:
            yield conflict("volume_id", "snapshot_id", "image", at="volume_id")
        elif self.swap_size is not None and (
            self.ephemeral_size is not None or self.ephemeral_format is not None
        ):
            yield conflict("swap_size", "ephemeral_size", "ephemeral_format", at="swap_size")
        elif self.bootable and any(value is not None for value in local):
            yield conflict(
                "volume_id", "snapshot_id", "image", "swap_size", "ephemeral_size", at="volume_id"
            )

    def body(self) -> Body:
        """Return it as Nova's newer form has it."""
        return to_wire(self, self.__properties__) | self._made_of()

    @property
    def _sources(self) -> tuple[str | None, ...]:
        return self.volume_id, self.snapshot_id, self.image

    def _made_of(self) -> Body:
        kinds = zip(("volume", "snapshot", "image"), self._sources, strict=True)
        for kind, source in kinds:
            if source is not None:
                return {"uuid": source, "source_type": kind, "destination_type": "volume"}
        made: dict[str, Any] = {
            "source_type": "blank",
            "destination_type": "local",
            "boot_index": self.boot_index if self.boot_index is not None else -1,
            "delete_on_termination": True,
        }
        if self.swap_size is not None:
            return made | {"volume_size": self.swap_size, "guest_format": "swap"}
        if self.ephemeral_size is not None:
            made["volume_size"] = self.ephemeral_size
        if self.ephemeral_format is not None:
            made["guest_format"] = self.ephemeral_format
        return made


def bodies(devices: Iterable[Mapping] | Iterable[Device] | None) -> list[Body]:
    """Return block devices as Nova takes them."""
    return [device.body() for device in devices or ()]
