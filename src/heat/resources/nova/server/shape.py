"""What a template says about a server."""

from collections.abc import Iterable, Iterator
from typing import Any

from heat.base.problems import Problem
from heat.base.unknown import Unknown
from heat.plugin.checks import length, one_of
from heat.plugin.fields import Difference, Struct, attribute, fixed, mutable
from heat.plugin.resource import conflict
from heat.plugin.rest import RestResource
from heat.resources.glance.common import AN_IMAGE
from heat.resources.nova.common import A_FLAVOR, A_KEY_PAIR
from heat.resources.nova.server import blocks, changing, nics

POLICY = "What a change of {} does."


class SwiftPlace(Struct):
    """Where deployment metadata is put for the server to poll."""

    container: str | None = fixed("Name of the container.", check=length(1))
    object: str | None = fixed("Name of the object.", check=length(1))


class ServerShape(RestResource):
    """The properties and attributes of a server, and what they may be together."""

    rest = changing.SERVERS

    name: str | None = mutable("Name; one is made up when it is left out.", shown=True)
    image: str | None = mutable("Image to boot from.", find=AN_IMAGE, wire="imageRef")
    block_device_mapping: list[blocks.Mapping] | None = fixed(
        "Volumes to plug in, in the older form.", sent=False
    )
    block_device_mapping_v2: list[blocks.Device] | None = fixed(
        "Block devices of the server.", sent=False
    )
    flavor: str = mutable("Size of the server.", find=A_FLAVOR, wire="flavorRef")
    flavor_update_policy: str = mutable(
        POLICY.format("the flavor"),
        default="RESIZE",
        check=one_of("RESIZE", "REPLACE"),
        sent=False,
    )
    image_update_policy: str = mutable(
        POLICY.format("the image"),
        default="REBUILD",
        check=one_of("REBUILD", "REPLACE", "REBUILD_PRESERVE_EPHEMERAL"),
        sent=False,
    )
    key_name: str | None = fixed("Key pair to put into the server.", find=A_KEY_PAIR)
    admin_user: str | None = fixed(
        "Name of the administrator; has no effect.",
        sent=False,
        support={"status": "HIDDEN", "version": "5.0.0"},
    )
    availability_zone: str | None = fixed("Availability zone to place the server in.")
    security_groups: list[Any] = fixed(
        "Security groups by name or id; not for interfaces that name a port.",
        default=[],
        sent=False,
    )
    networks: list[nics.Nic] | None = mutable(
        "Interfaces of the server, in order.",
        sent=False,
        shown=attribute("Addresses by network name and id.", type="Map"),
    )
    scheduler_hints: dict[str, Any] | None = fixed("Hints on where to place it.", sent=False)
    metadata: dict[str, Any] = mutable("Metadata seen inside the server.", default={}, sent=False)
    user_data_format: str = fixed(
        "Whether user data is handed out as it is, or beside what Heat adds.",
        default="HEAT_CFNTOOLS",
        check=one_of("HEAT_CFNTOOLS", "RAW", "SOFTWARE_CONFIG"),
        sent=False,
    )
    software_config_transport: str = mutable(
        "How the server gets its deployment metadata.",
        default="POLL_SERVER_CFN",
        check=one_of("POLL_SERVER_CFN", "POLL_SERVER_HEAT", "POLL_TEMP_URL", "ZAQAR_MESSAGE"),
        sent=False,
    )
    user_data_update_policy: str = mutable(
        POLICY.format("user data"),
        default="REPLACE",
        check=one_of("REPLACE", "IGNORE", "REBUILD"),
        sent=False,
    )
    user_data: str = mutable(
        "What to run at the first boot: text, or the id of a software config.",
        default="",
        sent=False,
    )
    reservation_id: str | None = fixed("Reservation to place the server in.", sent=False)
    config_drive: bool | None = fixed("Whether metadata comes on a drive too.")
    diskConfig: str | None = fixed(  # noqa: N815 - the name that templates use
        "How the disk is partitioned.", check=one_of("AUTO", "MANUAL"), wire="OS-DCF:diskConfig"
    )
    personality: dict[str, Any] = fixed(
        "Files to put into the server, by path; clouds of today may refuse it.",
        default={},
        sent=False,
        support={"status": "DEPRECATED", "version": "12.0.0"},
    )
    admin_pass: str | None = mutable(
        "Password of the administrator.", wire="adminPass", secret=True
    )
    tags: list[str] | None = mutable("Tags to put on the server.", sent=False, shown=True)
    deployment_swift_data: SwiftPlace = mutable(
        "Where to put deployment metadata in Swift.", default={}, sent=False
    )

    addresses = attribute("Addresses with their ports, by network name and id.", type="Map")
    first_address = attribute(
        "First address of the server.",
        type=None,
        support={"status": "HIDDEN", "version": "5.0.0"},
    )
    instance_name = attribute("Name of the server on its hypervisor.")
    accessIPv4 = attribute("IPv4 address to reach it by.")  # noqa: N815
    accessIPv6 = attribute("IPv6 address to reach it by.")  # noqa: N815
    console_urls = attribute("URLs of its consoles, by kind.", type="Map")
    os_collect_config = attribute(
        "Where the agent inside gets its metadata.", type="Map", cached=False
    )

    def problems(self) -> Iterator[Problem]:
        """Check what it boots from, its interfaces and where its metadata goes."""
        yield from super().problems()
        yield from nics.problems(_items(self.networks), self.security_groups)
        older, newer = self.block_device_mapping, self.block_device_mapping_v2
        if older is not None and newer is not None:
            yield conflict(
                "block_device_mapping", "block_device_mapping_v2", at="block_device_mapping"
            )
        elif self.image is None and not older and not _bootable(newer):
            yield Problem(
                "Nothing to boot from",
                ("image",),
                "Neither image nor bootable volume is specified for the server.",
                cure="give an image, or a block device with a volume, snapshot or image",
                code="H702",
            )

    def must_replace(self, before: Any, changes: Iterable[Difference]) -> str | None:
        """Follow the update policies; what boots from a volume can't be rebuilt."""
        changed = {change.name for change in changes}
        if "flavor" in changed and self.flavor_update_policy == "REPLACE":
            return "flavor_update_policy is REPLACE"
        if "image" in changed:
            if self.image_update_policy == "REPLACE":
                return "image_update_policy is REPLACE"
            if self.image is None or before.image is None:
                return "a server that boots from a volume can't be rebuilt"
        if "user_data" in changed:
            if self.user_data_update_policy == "REPLACE":
                return "user_data_update_policy is REPLACE"
            if self.user_data_update_policy == "REBUILD" and self.image is None:
                return "a server that boots from a volume can't be rebuilt"
        return None


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]


def _bootable(devices: Any) -> bool:
    """Tell whether one of the devices may be booted from; unknown ones may."""
    return isinstance(devices, Unknown) or any(
        not isinstance(device, blocks.Device) or device.bootable for device in devices or ()
    )
