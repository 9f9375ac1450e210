"""Requests for actions: on a stack as a whole, and the mark of a resource as unhealthy."""

from heat.base.errors import Invalid, NotFound
from heat.base.ids import EventId
from heat.engine.record import COMPLETE, FAILED, IN_PROGRESS
from heat.operations import views
from heat.operations.accepting import accept, check_at_rest, operation_of, settle
from heat.operations.context import Context
from heat.operations.finding import OfStack
from heat.operations.members import OfResource
from heat.operations.services import Services
from heat.operations.stacks import not_supported
from heat.store import marks, resources
from heat.store.rows import EventRow, ResourceRow, StackRow


class Act(OfStack, frozen=True, kw_only=True):
    """An action on a stack: its name as the REST API has it."""

    action: str


class MarkUnhealthy(OfResource, frozen=True, kw_only=True):
    """Which resource, by its name or its physical id, is or is not to be replaced, and why."""

    unhealthy: bool
    reason: str = ""


def act(services: Services, context: Context, request: Act) -> None:
    """Carry out an action on a stack."""
    match request.action:
        case "cancel_update":
            settle(services, context, request, lambda s: _cancel_update(services, context, s))
        case "cancel_without_rollback":
            settle(services, context, request, lambda s: _cancel(services, context, s))
        case "suspend" | "resume" | "check":
            action = request.action.upper()
            settle(services, context, request, lambda s: _begin(services, context, s, action))
        case _:
            raise not_supported(f"The action {request.action}")


def _begin(services: Services, context: Context, stack: StackRow, action: str) -> None:
    check_at_rest(services, stack)
    if action in ("SUSPEND", "RESUME") and (stack.action, stack.status) == (action, COMPLETE):
        return
    operation = operation_of(services, context, stack, action, None)
    accept(services, context, stack, operation, {})


def _cancel_update(services: Services, context: Context, stack: StackRow) -> None:
    if (stack.action, stack.status) != ("UPDATE", IN_PROGRESS):
        state = f"{stack.action}_{stack.status}"
        raise not_supported(f"Cancelling update when stack is {state}")
    if stack.previous_definition is None:
        raise not_supported("Cancelling an update with nothing to go back to")
    operation = operation_of(
        services, context, stack, "ROLLBACK", stack.previous_definition,
        {"because": "the update was cancelled"},
    )  # fmt: skip
    accept(services, context, stack, operation, {})


def _cancel(services: Services, context: Context, stack: StackRow) -> None:
    if stack.action not in ("CREATE", "UPDATE") or stack.status != IN_PROGRESS:
        state = f"{stack.action}_{stack.status}"
        raise not_supported(f"Cancelling update when stack is {state}")
    operation = operation_of(
        services, context, stack, stack.action, stack.definition, {"cancel": True}
    )
    accept(services, context, stack, operation, {}, tells=False)


def mark_unhealthy(services: Services, context: Context, request: MarkUnhealthy) -> None:
    """Let the next update replace a resource, or take that back."""

    def accept_mark(stack: StackRow) -> None:
        check_at_rest(services, stack)
        row = _resource(services, stack, request.resource)
        found_bad = (row.action, row.status) == ("CHECK", FAILED)
        if row.action == "DELETE" or not (request.unhealthy or found_bad):
            return
        status = FAILED if request.unhealthy else COMPLETE
        reason = request.reason or "state changed by resource_mark_unhealthy api"
        now = services.clock.now()
        fields = {
            "action": "CHECK",
            "status": status,
            "reason": reason,
            "updated_at": now,
            "operation": None,
        }
        event = EventRow(
            id=EventId(services.new_id()),
            stack=stack.id,
            resource=row.id,
            resource_name=row.name,
            resource_type=row.type,
            physical_id=row.physical_id,
            action="CHECK",
            status=status,
            reason=reason,
            request_id=context.request_id,
            created_at=now,
        )
        marks.change_resource(services.db, stack, row.id, fields, event)

    settle(services, context, request, accept_mark)


def _resource(services: Services, stack: StackRow, wanted: str) -> ResourceRow:
    rows = views.best(resources.of_stack(services.db, stack.id))
    if wanted in rows:
        return rows[wanted]
    found = [row for row in rows.values() if row.physical_id == wanted]
    if not found:
        raise NotFound(
            f"The Resource ({wanted}) could not be found in Stack {stack.name}.",
            kind="ResourceNotFound",
        )
    if len(found) > 1:
        names = ", ".join(sorted(row.name for row in found))
        raise Invalid(
            f"{wanted} is the physical id of several resources ({names}); give a resource's name.",
            kind="PhysicalResourceIDAmbiguity",
        )
    return found[0]
