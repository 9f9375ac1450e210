"""Stacks that come and go without their objects: exported, abandoned, adopted."""

from typing import Any

from heat.operations import views
from heat.operations.accepting import accept, check_at_rest, operation_of, settle
from heat.operations.context import Context
from heat.operations.finding import OfStack, find_live
from heat.operations.services import Services, definition_of
from heat.operations.stacks import not_supported
from heat.plugin.private import without_private
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
        "resource_data": without_private(row.data),
    }


def check_switched_on(enabled: bool, what: str) -> None:
    """Refuse what the operator has not switched on."""
    if not enabled:
        raise not_supported(what)
