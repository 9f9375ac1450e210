"""The block storage API, version 3: its routes, versions and errors."""

from typing import Any

from devcloud.cinder import actions, copies, metadata, service_facts, types, volumes
from devcloud.cinder.state import BlockStorage
from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.refusals import named_fault
from devcloud.kernel.web import (
    Call,
    Handler,
    Microversions,
    Refused,
    Reply,
    Routes,
    Service,
)

VERSIONS = Microversions("volume", (3, 0), (3, 71))
ROUTES: dict[tuple[str, str], Handler] = {
    ("GET", "/volumes"): volumes.list_short,
    ("POST", "/volumes"): volumes.create,
    ("GET", "/volumes/detail"): volumes.list_long,
    ("GET", "/volumes/{id}"): volumes.show,
    ("PUT", "/volumes/{id}"): volumes.update,
    ("DELETE", "/volumes/{id}"): volumes.delete,
    ("POST", "/volumes/{id}/action"): actions.act,
    **metadata.routes("volumes"),
    ("GET", "/snapshots"): copies.list_snapshots,
    ("POST", "/snapshots"): copies.create_snapshot,
    ("GET", "/snapshots/detail"): copies.detail_snapshots,
    ("GET", "/snapshots/{id}"): copies.show_snapshot,
    ("PUT", "/snapshots/{id}"): copies.update_snapshot,
    ("DELETE", "/snapshots/{id}"): copies.delete_snapshot,
    ("POST", "/snapshots/{id}/action"): copies.act_on_snapshot,
    **metadata.routes("snapshots"),
    ("GET", "/backups"): copies.list_backups,
    ("POST", "/backups"): copies.create_backup,
    ("GET", "/backups/detail"): copies.detail_backups,
    ("GET", "/backups/{id}"): copies.show_backup,
    ("PUT", "/backups/{id}"): copies.update_backup,
    ("DELETE", "/backups/{id}"): copies.delete_backup,
    ("POST", "/backups/{id}/restore"): copies.restore_backup,
    ("GET", "/types"): types.listed,
    ("POST", "/types"): types.create,
    ("GET", "/types/default"): types.show_default,
    ("GET", "/types/{id}"): types.show,
    ("PUT", "/types/{id}"): types.update,
    ("DELETE", "/types/{id}"): types.delete,
    ("POST", "/types/{id}/action"): types.act,
    ("GET", "/types/{id}/encryption"): types.show_encryption,
    ("GET", "/types/{id}/os-volume-type-access"): types.list_access,
    ("GET", "/types/{id}/extra_specs"): types.list_specs,
    ("POST", "/types/{id}/extra_specs"): types.add_specs,
    ("GET", "/types/{id}/extra_specs/{key}"): types.show_spec,
    ("PUT", "/types/{id}/extra_specs/{key}"): types.set_spec,
    ("DELETE", "/types/{id}/extra_specs/{key}"): types.remove_spec,
    ("GET", "/os-quota-sets/{target}"): service_facts.show_quotas,
    ("PUT", "/os-quota-sets/{target}"): service_facts.set_quotas,
    ("DELETE", "/os-quota-sets/{target}"): service_facts.reset_quotas,
    ("GET", "/os-quota-sets/{target}/defaults"): service_facts.default_quotas,
    ("GET", "/limits"): service_facts.show_limits,
    ("GET", "/os-availability-zone"): service_facts.list_zones,
    ("GET", "/os-services"): service_facts.list_services,
    ("GET", "/scheduler-stats/get_pools"): service_facts.list_pools,
    ("GET", "/attachments"): service_facts.list_attachments,
    ("GET", "/attachments/detail"): service_facts.detail_attachments,
    ("GET", "/attachments/{id}"): service_facts.show_attachment,
    ("GET", "/extensions"): service_facts.list_nothing("extensions"),
    ("GET", "/qos-specs"): service_facts.list_nothing("qos_specs"),
    ("GET", "/groups"): service_facts.list_nothing("groups"),
    ("GET", "/volume-transfers"): service_facts.list_nothing("transfers"),
}


def service(cloud: DevCloud) -> Service:
    """Return block storage for a cloud."""
    return Service(
        name="volume",
        prefix="/volume",
        routes=routes(),
        error=named_fault,
        state=BlockStorage(cloud),
        catalogue={
            "volumev3": "/v3/$(project_id)s",
            "block-storage": "/v3/$(project_id)s",
        },
        title="cinder",
        open=frozenset({"/", "/v3"}),
        microversions=VERSIONS,
    )


def routes() -> Routes:
    """Return every route, with and without the project in its path."""
    found: dict[tuple[str, str], Handler] = {
        ("GET", "/"): list_versions,
        ("GET", "/v3"): show_version,
        ("GET", "/v3/{project_id}"): show_version,
    }
    for (method, path), handler in ROUTES.items():
        found[method, f"/v3{path}"] = handler
        found[method, f"/v3/{{project_id}}{path}"] = in_project(handler)
    return found


def in_project(handler: Handler) -> Handler:
    """Refuse paths of a project that is not the token's."""

    def handle(call: Call) -> Reply | dict[str, Any]:
        if call.params["project_id"] != call.token.project_id:
            raise Refused(400, "Malformed request url")
        return handler(call)

    return handle


def list_versions(call: Call) -> Reply:
    """List the API's versions."""
    return Reply(300, {"versions": [version(call)]})


def show_version(call: Call) -> dict[str, Any]:
    """Describe version 3."""
    return {"versions": [version(call)]}


def version(call: Call) -> dict[str, Any]:
    """Return the description of version 3."""
    return {
        "id": "v3.0",
        "status": "CURRENT",
        "version": "3.71",
        "min_version": "3.0",
        "updated": "2023-08-31T00:00:00Z",
        "links": [
            {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
            {"rel": "self", "href": f"{call.request.base}/volume/v3/"},
        ],
        "media-types": [
            {
                "base": "application/json",
                "type": "application/vnd.openstack.volume+json;version=3",
            }
        ],
    }
