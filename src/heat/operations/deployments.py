"""Software deployments: which config is done on which server, as users and servers see it."""

from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from heat.base.clock import timestamp
from heat.base.errors import Invalid, NotFound
from heat.operations.configs import check_room, find_config, of_server
from heat.operations.context import Context
from heat.operations.heard import signalled
from heat.operations.services import Services
from heat.operations.signals import say
from heat.resources.heat.derived_config import STATUS_CODE
from heat.store import deployments, resources, stacks
from heat.store.rows import DeploymentRow
from heat.store.stacks import StackQuery

STATUSES = ("IN_PROGRESS", "COMPLETE", "FAILED")


class CreateDeployment(Struct, frozen=True, kw_only=True):
    """A deployment to keep."""

    config_id: str
    server_id: str
    input_values: dict[str, Any] = {}
    action: str = ""
    status: str = ""
    status_reason: str = ""
    stack_user_project_id: str | None = None


class OfDeployment(Struct, frozen=True, kw_only=True):
    """A request about one deployment."""

    deployment: str


class UpdateDeployment(OfDeployment, frozen=True, kw_only=True):
    """What is different about a deployment; what is None stays as it is."""

    config_id: str | None = None
    input_values: dict[str, Any] | None = None
    output_values: dict[str, Any] | None = None
    action: str | None = None
    status: str | None = None
    status_reason: str | None = None


class ListDeployments(Struct, frozen=True, kw_only=True):
    """The deployments of a project, or of one server in it."""

    server_id: str | None = None


class OfServer(Struct, frozen=True, kw_only=True):
    """A request about one server."""

    server: str


def create_deployment(
    services: Services, context: Context, request: CreateDeployment
) -> dict[str, Any]:
    """Keep a deployment."""
    limit = services.limits.max_software_deployments_per_tenant
    check_room(services, context, "software deployments", limit, deployments.count)
    find_config(services, context, request.config_id)
    _check_users(services, context, request.stack_user_project_id)
    row = DeploymentRow(
        id=services.new_id(),
        project=context.project,
        stack_user_project=request.stack_user_project_id,
        server=request.server_id,
        config=request.config_id,
        action=request.action,
        status=_status(request.status),
        reason=request.status_reason,
        input_values=request.input_values,
        created_at=services.clock.now(),
    )
    deployments.put(services.db, row)
    return shown(row)


def show_deployment(services: Services, context: Context, request: OfDeployment) -> dict[str, Any]:
    """Return a deployment."""
    return shown(_find(services, context, request.deployment))


def list_deployments(
    services: Services, context: Context, request: ListDeployments
) -> dict[str, Any]:
    """Return the deployments of a project."""
    found = deployments.listing(services.db, context.project, request.server_id)
    return {"software_deployments": [shown(row) for row in found]}


def update_deployment(
    services: Services, context: Context, request: UpdateDeployment
) -> dict[str, Any]:
    """Change a deployment; what waits for its end in a stack hears of that."""
    before = _find(services, context, request.deployment)
    if request.config_id is not None:
        find_config(services, context, request.config_id)
    said = {
        "config": request.config_id,
        "input_values": request.input_values,
        "output_values": request.output_values,
        "action": request.action,
        "status": None if request.status is None else _status(request.status),
        "reason": request.status_reason,
    }
    changes = {name: value for name, value in said.items() if value is not None}
    row = replace(before, **changes, updated_at=services.clock.now())
    deployments.put(services.db, row)
    if row.status in ("COMPLETE", "FAILED"):
        _report(services, context, row)
    return shown(row)


def delete_deployment(services: Services, context: Context, request: OfDeployment) -> None:
    """Forget a deployment."""
    deployments.drop(services.db, _find(services, context, request.deployment))


def server_metadata(services: Services, context: Context, request: OfServer) -> dict[str, Any]:
    """Return the configs of a server's deployments, by name."""
    return {"metadata": of_server(services, context.project, request.server)}


def shown(row: DeploymentRow) -> dict[str, Any]:
    """Return a deployment with all that is in it."""
    return {
        "id": row.id,
        "server_id": row.server,
        "config_id": row.config,
        "input_values": dict(row.input_values),
        "output_values": dict(row.output_values),
        "action": row.action or None,
        "status": row.status or None,
        "status_reason": row.reason or None,
        "creation_time": timestamp(row.created_at),
    } | ({"updated_time": timestamp(row.updated_at)} if row.updated_at else {})


def _report(services: Services, context: Context, row: DeploymentRow) -> None:
    """Let the resource of a stack hear how its deployment ended."""
    for resource in resources.by_physical_id(services.db, row.id, row.project):
        stack = stacks.get(services.db, resource.stack)
        if stack is not None and signalled(services, stack, resource) is not None:
            said = dict(row.output_values)
            if row.status == "FAILED":
                said = {STATUS_CODE: 1, **said}
            say(services, context, stack, resource, said)
            services.wake(stack.id)


def _check_users(services: Services, context: Context, users: str | None) -> None:
    """Refuse servers of others: whoever is in the project of users carries the config out."""
    if not users or context.is_admin or users == context.project:
        return
    mine = StackQuery(
        project=context.project, filters={"stack_user_project": [users]}, show_nested=True
    )
    if not stacks.count(services.db, mine):
        raise Invalid(
            f"stack_user_project_id {users!r} is not that of a stack in the project; leave it out.",
        )


def _find(services: Services, context: Context, key: str) -> DeploymentRow:
    row = deployments.get(services.db, key, None if context.is_admin else context.project)
    if row is None:
        raise NotFound(f"Deployment with id {key} not found", kind="NotFound")
    return row


def _status(status: str) -> str:
    if status and status not in STATUSES:
        raise Invalid(f"The status {status!r} is not one of: {', '.join(STATUSES)}.")
    return status
