"""What compute says of itself: quotas, limits, zones, hosts, processes and extensions."""

from typing import Any

from devcloud.kernel.progress import stamp
from devcloud.kernel.web import Call, Refused, Reply
from devcloud.nova import checks
from devcloud.nova.servers import state
from devcloud.nova.state import HOST, QUOTAS, ZONE
from devcloud.nova.views import minor_of, must_be_admin, zeros

NETWORK_QUOTAS = {"fixed_ips", "floating_ips", "security_group_rules", "security_groups"}
FILE_QUOTAS = {"injected_file_content_bytes", "injected_file_path_bytes", "injected_files"}
LIMITS = {
    "maxTotalCores": "cores",
    "maxPersonality": "injected_files",
    "maxPersonalitySize": "injected_file_content_bytes",
    "maxTotalInstances": "instances",
    "maxTotalKeypairs": "key_pairs",
    "maxServerMeta": "metadata_items",
    "maxImageMeta": "metadata_items",
    "maxTotalRAMSize": "ram",
    "maxServerGroups": "server_groups",
    "maxServerGroupMembers": "server_group_members",
    "maxTotalFloatingIps": "floating_ips",
    "maxSecurityGroups": "security_groups",
    "maxSecurityGroupRules": "security_group_rules",
}
EXTENSIONS = {
    "os-server-groups": "ServerGroups",
    "os-keypairs": "Keypairs",
    "os-volumes": "Volumes",
    "os-attach-interfaces": "AttachInterfaces",
    "os-availability-zone": "AvailabilityZone",
    "os-flavor-access": "FlavorAccess",
    "os-flavor-extra-specs": "FlavorExtraSpecs",
    "os-config-drive": "ConfigDrive",
    "os-user-data": "UserData",
    "os-block-device-mapping-v2-boot": "BlockDeviceMappingV2Boot",
    "OS-SCH-HNT": "SchedulerHints",
    "OS-EXT-STS": "ExtendedStatus",
    "OS-DCF": "DiskConfig",
}


def quotas_shown(call: Call, limits: dict[str, int]) -> dict[str, int]:
    """Leave out the quotas that newer microversions no longer know."""
    minor = minor_of(call)
    hidden = NETWORK_QUOTAS if minor >= 36 else set[str]()
    hidden = hidden | (FILE_QUOTAS if minor >= 57 else set[str]())
    return {name: limit for name, limit in limits.items() if name not in hidden}


def show_quotas(call: Call) -> dict[str, Any]:
    """Show a project's quotas."""
    project_id = target(call)
    return {"quota_set": {"id": project_id, **quotas_shown(call, state(call).limits(project_id))}}


def target(call: Call) -> str:
    """Return the project that the path names; another's is for admins."""
    project_id = call.params["target"]
    if project_id != call.project_id:
        must_be_admin(call, "os-quota-sets:show")
    return project_id


def detail_quotas(call: Call) -> dict[str, Any]:
    """Show a project's quotas with what is used of them."""
    project_id = target(call)
    used = state(call).usage(project_id)
    limits = quotas_shown(call, state(call).limits(project_id))
    found = {
        name: {"limit": limit, "in_use": used.get(name, 0), "reserved": 0}
        for name, limit in limits.items()
    }
    return {"quota_set": {"id": project_id, **found}}


def default_quotas(call: Call) -> dict[str, Any]:
    """Show the quotas of a project for which none are set."""
    return {"quota_set": {"id": call.params["target"], **quotas_shown(call, QUOTAS)}}


def set_quotas(call: Call) -> dict[str, Any]:
    """Set some of a project's quotas."""
    must_be_admin(call, "os-quota-sets:update")
    allowed = {*quotas_shown(call, QUOTAS), "force"}
    wanted = checks.element(call.body, "quota_set", allowed=allowed)
    compute = state(call)
    project_id = call.params["target"]
    row = compute.quotas.get(project_id) or {"id": project_id, "limits": {}}
    for name, value in wanted.items():
        if name != "force":
            row["limits"][name] = checks.whole(name, value, least=-1)
    compute.quotas.put(row)
    return {"quota_set": quotas_shown(call, compute.limits(project_id))}


def reset_quotas(call: Call) -> Reply:
    """Forget what was set for a project."""
    must_be_admin(call, "os-quota-sets:delete")
    state(call).quotas.pop(call.params["target"])
    return Reply(202)


def show_limits(call: Call) -> dict[str, Any]:
    """Show the caller's quotas and what is used of them."""
    compute = state(call)
    project_id = call.project_id
    if call.token.is_admin and call.arg("tenant_id"):
        project_id = str(call.arg("tenant_id"))
    shown = quotas_shown(call, compute.limits(project_id))
    absolute = {name: shown[key] for name, key in LIMITS.items() if key in shown}
    if minor_of(call) >= 39:
        absolute.pop("maxImageMeta")
    used = compute.usage(project_id)
    absolute |= {
        "totalRAMUsed": used["ram"],
        "totalCoresUsed": used["cores"],
        "totalInstancesUsed": used["instances"],
        "totalServerGroupsUsed": used["server_groups"],
    }
    if minor_of(call) < 36:
        absolute |= {"totalFloatingIpsUsed": 0, "totalSecurityGroupsUsed": 0}
    return {"limits": {"rate": [], "absolute": absolute}}


def list_zones(call: Call) -> dict[str, Any]:
    """List the availability zones."""
    del call
    zone = {"zoneName": ZONE, "zoneState": {"available": True}, "hosts": None}
    return {"availabilityZoneInfo": [zone]}


def detail_zones(call: Call) -> dict[str, Any]:
    """List the availability zones and their hosts."""
    must_be_admin(call, "os-availability-zone:detail")
    now = zeros(stamp(call.cloud.now()))

    def zone(name: str, *binaries: str) -> dict[str, Any]:
        alive = {"available": True, "active": True, "updated_at": now}
        hosts = {HOST: {f"nova-{one}": alive for one in binaries}}
        return {"zoneName": name, "zoneState": {"available": True}, "hosts": hosts}

    return {
        "availabilityZoneInfo": [
            zone("internal", "scheduler", "conductor"),
            zone(ZONE, "compute"),
        ]
    }


def hypervisor() -> dict[str, Any]:
    """Return the one host."""
    return {"id": 1, "hypervisor_hostname": HOST, "state": "up", "status": "enabled"}


def list_hypervisors(call: Call) -> dict[str, Any]:
    """List the hosts."""
    must_be_admin(call, "os-hypervisors:list")
    return {"hypervisors": [hypervisor()]}


def full_hypervisor() -> dict[str, Any]:
    """Return the one host in full."""
    return hypervisor() | {
        "hypervisor_type": "fake",
        "hypervisor_version": 1000,
        "host_ip": "127.0.0.1",
        "service": {"id": 3, "host": HOST, "disabled_reason": None},
    }


def detail_hypervisors(call: Call) -> dict[str, Any]:
    """List the hosts in full."""
    must_be_admin(call, "os-hypervisors:list-detail")
    return {"hypervisors": [full_hypervisor()]}


def show_hypervisor(call: Call) -> dict[str, Any]:
    """Show the host."""
    must_be_admin(call, "os-hypervisors:show")
    if call.params["id"] not in {"1", HOST}:
        raise Refused(404, f"Compute host {call.params['id']} could not be found.")
    return {"hypervisor": full_hypervisor()}


def list_services(call: Call) -> dict[str, Any]:
    """List the processes that a real service consists of."""
    must_be_admin(call, "os-services:list")
    now = zeros(stamp(call.cloud.now()))
    zones = {"scheduler": "internal", "conductor": "internal", "compute": ZONE}
    return {
        "services": [
            {
                "binary": f"nova-{name}",
                "host": HOST,
                "id": number,
                "zone": zone,
                "status": "enabled",
                "state": "up",
                "updated_at": now,
                "disabled_reason": None,
            }
            for number, (name, zone) in enumerate(zones.items(), 1)
        ]
    }


def extension(alias: str) -> dict[str, Any]:
    """Show an extension."""
    return {
        "alias": alias,
        "name": EXTENSIONS[alias],
        "description": f"{EXTENSIONS[alias]}.",
        "links": [],
        "namespace": "http://docs.openstack.org/compute/ext/fake_xml",
        "updated": "2014-12-03T00:00:00Z",
    }


def list_extensions(call: Call) -> dict[str, Any]:
    """List what was once optional."""
    del call
    return {"extensions": [extension(alias) for alias in EXTENSIONS]}


def show_extension(call: Call) -> dict[str, Any]:
    """Show an extension."""
    alias = call.params["alias"]
    if alias not in EXTENSIONS:
        raise Refused(404, f"No extension found with alias {alias}")
    return {"extension": extension(alias)}


def list_aggregates(call: Call) -> dict[str, Any]:
    """List host aggregates: there are none."""
    must_be_admin(call, "os-aggregates:index")
    return {"aggregates": []}
