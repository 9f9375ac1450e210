"""Shows servers as the compute API does, by microversion."""

import hashlib
from typing import Any

from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Refused
from devcloud.nova.network import Networking
from devcloud.nova.state import HOST, Compute

RESIZING = {
    "resize_prep": "RESIZE",
    "resize_migrating": "RESIZE",
    "resize_migrated": "RESIZE",
    "resize_finish": "RESIZE",
}
REBUILDING = {"rebuilding": "REBUILD"}
STATUSES: dict[str, tuple[str, dict[str, str]]] = {
    "active": (
        "ACTIVE",
        {
            "rebooting": "REBOOT",
            "rebooting_hard": "HARD_REBOOT",
            "updating_password": "PASSWORD",
            "migrating": "MIGRATING",
            **RESIZING,
            **REBUILDING,
        },
    ),
    "building": ("BUILD", {}),
    "stopped": ("SHUTOFF", {"resize_reverting": "REVERT_RESIZE", **RESIZING, **REBUILDING}),
    "resized": ("VERIFY_RESIZE", {"resize_reverting": "REVERT_RESIZE"}),
    "paused": ("PAUSED", {"migrating": "MIGRATING"}),
    "suspended": ("SUSPENDED", {}),
    "rescued": ("RESCUE", {}),
    "error": ("ERROR", REBUILDING),
    "deleted": ("DELETED", {}),
    "soft-delete": ("SOFT_DELETED", {}),
    "shelved": ("SHELVED", {}),
    "shelved_offloaded": ("SHELVED_OFFLOADED", {}),
}
"""vm_state to the status it is shown as, by itself and during some tasks."""
PROGRESSING = {
    "ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING", "PAUSED",
}  # fmt: skip


def minor_of(call: Call) -> int:
    """Return the minor number of the microversion."""
    return (call.request.microversion or (2, 1))[1]


def must_be_admin(call: Call, rule: str) -> None:
    """Refuse whoever is not admin."""
    if not call.token.is_admin:
        raise Refused(403, f"Policy doesn't allow os_compute_api:{rule} to be performed.")


def seconds(text: str | None) -> str | None:
    """Show a moment to the second."""
    return None if text is None else f"{text[:19]}Z"


def zeros(text: str | None) -> str | None:
    """Show a moment to the second, as the older part of the API writes it."""
    return None if text is None else f"{text[:19]}.000000"


def status_of(row: Row) -> str:
    """Return the status that a server's states add up to."""
    status, during = STATUSES[row["vm_state"]]
    task: str | None = row["task_state"]
    return during.get(task, status) if task else status


def links(base: str, kind: str, row_id: str) -> list[dict[str, str]]:
    """Return an object's links."""
    return [
        {"rel": "self", "href": f"{base}/compute/v2.1/{kind}/{row_id}"},
        {"rel": "bookmark", "href": f"{base}/compute/{kind}/{row_id}"},
    ]


def summary(call: Call, row: Row) -> dict[str, Any]:
    """Show a server in a list without details."""
    base = call.request.base
    return {"id": row["id"], "name": row["name"], "links": links(base, "servers", row["id"])}


def host_id(row: Row) -> str:
    """Return what a project may know of its server's host: whether two are the same."""
    if row["host"] is None:
        return ""
    found: str | None = row.get("_host_id")
    if found is None:
        text = f"{row['project_id']}{HOST}"
        found = row["_host_id"] = hashlib.sha224(text.encode()).hexdigest()
    return found


class Shown:
    """Shows servers in answer to one request."""

    def __init__(self, call: Call, compute: Compute) -> None:
        self.call = call
        self.compute = compute
        self.base = call.request.base
        self.minor = minor_of(call)
        self.admin = call.token.is_admin
        self.networking = Networking(call.cloud)

    def core(self, row: Row, *, plain_addresses: bool = False) -> dict[str, Any]:
        """Show what every reply about a server has."""
        return self.described(row, self.addresses(row, plain=plain_addresses))

    def described(self, row: Row, addresses: dict[str, Any]) -> dict[str, Any]:
        """Show a server with addresses that are known already."""
        base, row_id = self.base, row["id"]
        status = status_of(row)
        view: dict[str, Any] = {
            "accessIPv4": row["access_ipv4"],
            "accessIPv6": row["access_ipv6"],
            "addresses": addresses,
            "created": f"{row['created'][:19]}Z",
            "flavor": self.flavor(row),
            "hostId": host_id(row),
            "id": row_id,
            "image": self.image(row),
            "links": links(base, "servers", row_id),
            "metadata": row["metadata"],
            "name": row["name"],
            "status": status,
            "tenant_id": row["project_id"],
            "user_id": row["user_id"],
            "updated": f"{row['updated'][:19]}Z",
            "OS-DCF:diskConfig": row["disk_config"],
        }
        if status in PROGRESSING:
            view["progress"] = 0
        if row["fault"] is not None and status in {"ERROR", "DELETED"}:
            view["fault"] = self.fault(row["fault"])
        if self.minor >= 9:
            view["locked"] = row["locked"] is not None
        if self.minor >= 19:
            view["description"] = row["description"]
        if self.minor >= 26:
            view["tags"] = row["tags"]
        if self.minor >= 63:
            view["trusted_image_certificates"] = None
        if self.minor >= 73:
            view["locked_reason"] = row["locked_reason"]
        return view

    def full(self, row: Row, *, alone: bool = True) -> dict[str, Any]:
        """Show a server in full; alone, or in a list."""
        ports = self.ports(row)
        view = self.described(row, self.listed_addresses(ports))
        view["OS-EXT-AZ:availability_zone"] = row["availability_zone"] if row["host"] else ""
        view["config_drive"] = row["config_drive"]
        view["key_name"] = row["key_name"]
        view["OS-SRV-USG:launched_at"] = zeros(row["launched_at"])
        view["OS-SRV-USG:terminated_at"] = zeros(row["terminated_at"])
        if ports:
            view["security_groups"] = self.groups(ports)
        if self.admin:
            self.add_host(row, view)
        view["OS-EXT-STS:task_state"] = row["task_state"]
        view["OS-EXT-STS:vm_state"] = row["vm_state"]
        view["OS-EXT-STS:power_state"] = row["power_state"]
        view["os-extended-volumes:volumes_attached"] = self.volumes(row)
        if self.minor >= 71 and alone:
            view["server_groups"] = [row["group_id"]] if row["group_id"] else []
        if self.minor >= 90:
            view["OS-EXT-SRV-ATTR:hostname"] = row["hostname"]
        if self.minor >= 96:
            view["pinned_availability_zone"] = row["asked_zone"]
        return view

    def add_host(self, row: Row, view: dict[str, Any]) -> None:
        """Add what admins see of where a server runs."""
        view["OS-EXT-SRV-ATTR:host"] = row["host"]
        view["OS-EXT-SRV-ATTR:instance_name"] = row["instance_name"]
        view["OS-EXT-SRV-ATTR:hypervisor_hostname"] = row["host"]
        if self.minor >= 3:
            view["OS-EXT-SRV-ATTR:hostname"] = row["hostname"]
            view["OS-EXT-SRV-ATTR:kernel_id"] = ""
            view["OS-EXT-SRV-ATTR:launch_index"] = row["launch_index"]
            view["OS-EXT-SRV-ATTR:ramdisk_id"] = ""
            view["OS-EXT-SRV-ATTR:reservation_id"] = row["reservation_id"]
            view["OS-EXT-SRV-ATTR:root_device_name"] = row["root_device"]
            view["OS-EXT-SRV-ATTR:user_data"] = row["user_data"]
        if self.minor >= 16:
            view["host_status"] = "UP" if row["host"] else ""

    def flavor(self, row: Row) -> dict[str, Any]:
        """Show a server's flavor: as it was when it was used, from 2.47 on."""
        if self.minor >= 47:
            found: dict[str, Any] = row["flavor"]
            return found
        flavor_id = row["flavor_id"]
        href = f"{self.base}/compute/flavors/{flavor_id}"
        return {"id": flavor_id, "links": [{"rel": "bookmark", "href": href}]}

    def image(self, row: Row) -> dict[str, Any] | str:
        """Show a server's image; one that boots from a volume has none."""
        image_id = row["image_id"]
        if not image_id:
            return ""
        href = f"{self.base}/compute/images/{image_id}"
        return {"id": image_id, "links": [{"rel": "bookmark", "href": href}]}

    def fault(self, fault: dict[str, Any]) -> dict[str, Any]:
        """Show why a server failed; admins see the details."""
        view = {"code": fault["code"], "created": seconds(fault["created"])}
        view["message"] = fault["message"]
        if self.admin or fault["code"] != 500:
            view["details"] = fault["details"]
        return view

    def addresses(self, row: Row, *, plain: bool = False) -> dict[str, list[dict[str, Any]]]:
        """Show a server's addresses by network."""
        return self.listed_addresses(self.ports(row), plain=plain)

    def ports(self, row: Row) -> list[Row]:
        """Return a server's ports; while it is building none are known of."""
        return [] if row["vm_state"] == "building" else self.networking.ports(row["id"])

    def listed_addresses(
        self, ports: list[Row], *, plain: bool = False
    ) -> dict[str, list[dict[str, Any]]]:
        """Show the addresses of ports by network."""
        found: dict[str, list[dict[str, Any]]] = {}
        networking = self.networking
        for port in ports:
            entries = found.setdefault(networking.network_name(port["network_id"]), [])
            floating = networking.floating_ips(port["id"])
            for fixed in port["fixed_ips"]:
                address = fixed["ip_address"]
                entries.append(self.address(address, "fixed", port, plain=plain))
                entries.extend(
                    self.address(one["floating_ip_address"], "floating", port, plain=plain)
                    for one in floating
                    if one["fixed_ip_address"] == address
                )
        return found

    def address(self, address: str, kind: str, port: Row, *, plain: bool) -> dict[str, Any]:
        """Show one address."""
        view: dict[str, Any] = {"version": 6 if ":" in address else 4, "addr": address}
        if not plain:
            view["OS-EXT-IPS:type"] = kind
            view["OS-EXT-IPS-MAC:mac_addr"] = port["mac_address"]
        return view

    def groups(self, ports: list[Row]) -> list[dict[str, str]]:
        """Show the names of the security groups of ports."""
        networking = self.networking
        ids = {group_id: None for port in ports for group_id in port["security_groups"]}
        return [{"name": networking.group_name(group_id)} for group_id in ids]

    def volumes(self, row: Row) -> list[dict[str, Any]]:
        """Show which volumes a server has."""
        attached = self.compute.attached(row["id"])
        if self.minor < 3:
            return [{"id": one["volume_id"]} for one in attached]
        return [
            {"id": one["volume_id"], "delete_on_termination": one["delete_on_termination"]}
            for one in attached
        ]
