"""Stacks that come and go without their objects: exported, abandoned, adopted."""

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from heat.base.errors import Invalid
from heat.base.ids import OperationId, ResourceId
from heat.engine.record import fresh_row
from heat.operations import views
from heat.operations.accepting import accept, check_at_rest, operation_of, settle
from heat.operations.context import Context
from heat.operations.finding import OfStack, find_live
from heat.operations.services import Services, definition_of
from heat.operations.stacks import not_supported
from heat.plan.definition import Compiled
from heat.store import resources, stacks
from heat.store.rows import ResourceRow, StackRow


def export_stack(services: Services, context: Context, request: OfStack) -> dict[str, Any]:
    """Return all that another service needs to adopt a stack."""
    check_switched_on(services.limits.enable_stack_abandon, "Stack Abandon")
    return exported(services, find_live(services, context, request))


def abandon_stack(services: Services, context: Context, request: OfStack) -> dict[str, Any]:
    """Forget a stack, leave its objects where they are, and return its export."""
    check_switched_on(services.limits.enable_stack_abandon, "Stack Abandon")
    found: dict[str, Any] = {}

    def accept_for(stack: StackRow) -> None:
        check_at_rest(services, stack)
        found.update(exported(services, stack))
        operation = operation_of(services, context, stack, "DELETE", None, {"abandon": True})
        accept(services, context, stack, operation, {})

    settle(services, context, request, accept_for)
    return found


def exported(services: Services, stack: StackRow) -> dict[str, Any]:
    """Return the export of a stack; a nested stack stands in it instead of its resource."""
    definition = definition_of(services, stack)
    rows = views.best(resources.of_stack(services.db, stack.id))
    entries = {row.name: entry(row) for row in rows.values()}
    for child in stacks.children(services.db, stack.id):
        if child.parent_resource in entries:
            entries[child.parent_resource] |= exported(services, child)
    return {
        "name": stack.name,
        "id": stack.id,
        "action": stack.action,
        "status": stack.status,
        "template": definition.template,
        "environment": definition.environment,
        "files": definition.files,
        "project_id": stack.project,
        "stack_user_project_id": stack.stack_user_project or None,
        "tags": list(stack.tags),
        "resources": entries,
    }


def entry(row: ResourceRow) -> dict[str, Any]:
    """Return a resource as an export has it."""
    return {
        "name": row.name,
        "resource_id": row.physical_id,
        "type": row.type,
        "action": row.action,
        "status": row.status,
        "metadata": row.metadata,
        "resource_data": row.data,
    }


def adopted_rows(
    services: Services,
    stack: StackRow,
    operation: OperationId,
    compiled: Compiled,
    given: Mapping[str, Any],
) -> list[ResourceRow]:
    """Return the rows of resources to take over: which object each is, and what it keeps."""
    return list(_adopted(services, stack, operation, compiled, given))


def _adopted(
    services: Services,
    stack: StackRow,
    operation: OperationId,
    compiled: Compiled,
    given: Mapping[str, Any],
) -> Iterable[ResourceRow]:
    now = services.clock.now()
    for name, definition in compiled.bound.resources.items():
        said = given.get(name)
        if said is None:
            continue
        if not isinstance(said, Mapping):
            raise Invalid(
                f"What adopt_stack_data says of the resource {name} must be a map.",
                kind="HTTPBadRequest",
            )
        row = fresh_row(stack, operation, ResourceId(services.new_id()), name, definition.type, now)
        taken = {
            "physical_id": said.get("resource_id") or None,
            "data": dict(said.get("resource_data") or {}),
            "metadata": dict(said.get("metadata") or {}),
        }
        yield replace(row, **taken)


def check_switched_on(enabled: bool, what: str) -> None:
    """Refuse what the operator has not switched on."""
    if not enabled:
        raise not_supported(what)
