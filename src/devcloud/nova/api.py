"""The compute API, version 2.1: its routes, versions and errors."""

from typing import Any

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.refusals import named_fault
from devcloud.kernel.web import (
    Call,
    Handler,
    Microversions,
    Service,
)
from devcloud.nova import (
    actions,
    attaching,
    creation,
    flavors,
    groups,
    keypairs,
    labels,
    servers,
    service_facts,
)
from devcloud.nova.state import Compute

VERSIONS = Microversions("compute", (2, 1), (2, 96), "X-OpenStack-Nova-API-Version")
SERVER = "/v2.1/servers/{id}"


def list_versions(call: Call) -> dict[str, Any]:
    """List the API's versions."""
    return {"versions": [version(call)]}


def show_version(call: Call) -> dict[str, Any]:
    """Describe version 2.1."""
    view = version(call)
    view["links"].append(
        {"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"}
    )
    kind = "application/vnd.openstack.compute+json;version=2.1"
    return {"version": view | {"media-types": [{"base": "application/json", "type": kind}]}}


def version(call: Call) -> dict[str, Any]:
    """Return the description of version 2.1."""
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": "2.96",
        "min_version": "2.1",
        "updated": "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": f"{call.request.base}/compute/v2.1/"}],
    }


ROUTES: dict[tuple[str, str], Handler] = {
    ("GET", "/"): list_versions,
    ("GET", "/v2.1"): show_version,
    ("GET", "/v2.1/servers"): servers.list_short,
    ("POST", "/v2.1/servers"): creation.create,
    ("GET", "/v2.1/servers/detail"): servers.list_long,
    ("GET", SERVER): servers.show,
    ("PUT", SERVER): servers.update,
    ("DELETE", SERVER): servers.delete,
    ("POST", f"{SERVER}/action"): actions.act,
    ("GET", f"{SERVER}/ips"): servers.list_addresses,
    ("GET", f"{SERVER}/ips/{{label}}"): servers.show_addresses,
    ("GET", f"{SERVER}/os-security-groups"): servers.list_security_groups,
    ("GET", f"{SERVER}/os-instance-actions"): servers.diagnose,
    ("POST", f"{SERVER}/remote-consoles"): servers.add_console,
    ("GET", f"{SERVER}/metadata"): labels.show_metadata,
    ("POST", f"{SERVER}/metadata"): labels.add_metadata,
    ("PUT", f"{SERVER}/metadata"): labels.replace_metadata,
    ("GET", f"{SERVER}/metadata/{{key}}"): labels.show_one_metadata,
    ("PUT", f"{SERVER}/metadata/{{key}}"): labels.set_one_metadata,
    ("DELETE", f"{SERVER}/metadata/{{key}}"): labels.remove_one_metadata,
    ("GET", f"{SERVER}/tags"): labels.show_tags,
    ("PUT", f"{SERVER}/tags"): labels.replace_tags,
    ("DELETE", f"{SERVER}/tags"): labels.remove_tags,
    ("GET", f"{SERVER}/tags/{{tag}}"): labels.has_tag,
    ("PUT", f"{SERVER}/tags/{{tag}}"): labels.add_tag,
    ("DELETE", f"{SERVER}/tags/{{tag}}"): labels.remove_tag,
    ("GET", f"{SERVER}/os-interface"): attaching.list_interfaces,
    ("POST", f"{SERVER}/os-interface"): attaching.attach_interface,
    ("GET", f"{SERVER}/os-interface/{{port_id}}"): attaching.show_interface,
    ("DELETE", f"{SERVER}/os-interface/{{port_id}}"): attaching.detach_interface,
    ("GET", f"{SERVER}/os-volume_attachments"): attaching.list_volumes,
    ("POST", f"{SERVER}/os-volume_attachments"): attaching.attach_volume,
    ("GET", f"{SERVER}/os-volume_attachments/{{volume_id}}"): attaching.show_volume,
    ("PUT", f"{SERVER}/os-volume_attachments/{{volume_id}}"): attaching.update_volume,
    ("DELETE", f"{SERVER}/os-volume_attachments/{{volume_id}}"): attaching.detach_volume,
    ("GET", "/v2.1/flavors"): flavors.list_short,
    ("POST", "/v2.1/flavors"): flavors.create,
    ("GET", "/v2.1/flavors/detail"): flavors.list_long,
    ("GET", "/v2.1/flavors/{id}"): flavors.show,
    ("PUT", "/v2.1/flavors/{id}"): flavors.update,
    ("DELETE", "/v2.1/flavors/{id}"): flavors.delete,
    ("POST", "/v2.1/flavors/{id}/action"): flavors.act,
    ("GET", "/v2.1/flavors/{id}/os-flavor-access"): flavors.show_access,
    ("GET", "/v2.1/flavors/{id}/os-extra_specs"): flavors.list_specs,
    ("POST", "/v2.1/flavors/{id}/os-extra_specs"): flavors.add_specs,
    ("GET", "/v2.1/flavors/{id}/os-extra_specs/{key}"): flavors.show_spec,
    ("PUT", "/v2.1/flavors/{id}/os-extra_specs/{key}"): flavors.set_spec,
    ("DELETE", "/v2.1/flavors/{id}/os-extra_specs/{key}"): flavors.remove_spec,
    ("GET", "/v2.1/os-keypairs"): keypairs.listed,
    ("POST", "/v2.1/os-keypairs"): keypairs.create,
    ("GET", "/v2.1/os-keypairs/{name}"): keypairs.show,
    ("DELETE", "/v2.1/os-keypairs/{name}"): keypairs.delete,
    ("GET", "/v2.1/os-server-groups"): groups.listed,
    ("POST", "/v2.1/os-server-groups"): groups.create,
    ("GET", "/v2.1/os-server-groups/{id}"): groups.show,
    ("DELETE", "/v2.1/os-server-groups/{id}"): groups.delete,
    ("GET", "/v2.1/limits"): service_facts.show_limits,
    ("GET", "/v2.1/os-quota-sets/{target}"): service_facts.show_quotas,
    ("PUT", "/v2.1/os-quota-sets/{target}"): service_facts.set_quotas,
    ("DELETE", "/v2.1/os-quota-sets/{target}"): service_facts.reset_quotas,
    ("GET", "/v2.1/os-quota-sets/{target}/detail"): service_facts.detail_quotas,
    ("GET", "/v2.1/os-quota-sets/{target}/defaults"): service_facts.default_quotas,
    ("GET", "/v2.1/os-availability-zone"): service_facts.list_zones,
    ("GET", "/v2.1/os-availability-zone/detail"): service_facts.detail_zones,
    ("GET", "/v2.1/os-hypervisors"): service_facts.list_hypervisors,
    ("GET", "/v2.1/os-hypervisors/detail"): service_facts.detail_hypervisors,
    ("GET", "/v2.1/os-hypervisors/{id}"): service_facts.show_hypervisor,
    ("GET", "/v2.1/os-services"): service_facts.list_services,
    ("GET", "/v2.1/os-aggregates"): service_facts.list_aggregates,
    ("GET", "/v2.1/extensions"): service_facts.list_extensions,
    ("GET", "/v2.1/extensions/{alias}"): service_facts.show_extension,
}


def service(cloud: DevCloud) -> Service:
    """Return compute for a cloud."""
    return Service(
        name="compute",
        prefix="/compute",
        routes=ROUTES,
        error=named_fault,
        state=Compute(cloud),
        catalogue={"compute": "/v2.1"},
        title="nova",
        open=frozenset({"/", "/v2.1"}),
        microversions=VERSIONS,
    )
