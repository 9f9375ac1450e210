"""How a request becomes an operation: written down with all it changes, in one transaction."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from heat.base.errors import Conflict
from heat.base.ids import EventId, OperationId
from heat.engine.record import IN_PROGRESS, STACK_TYPE
from heat.engine.trusting import succeed
from heat.operations.context import Context
from heat.operations.finding import OfStack, find_live
from heat.operations.services import Services
from heat.store import credentials, operations
from heat.store.rows import (
    ChangeStack,
    CredentialsRow,
    DefinitionRow,
    EventRow,
    OperationRow,
    StackRow,
)

_TRIES = 8


def settle(
    services: Services, context: Context, request: OfStack, accept: Callable[[StackRow], None]
) -> None:
    """Accept for the stack as it is now, again when the engine changed it in the meantime."""
    for left in reversed(range(_TRIES)):
        try:
            accept(find_live(services, context, request))
        except Conflict:
            if not left:
                raise
        else:
            return


def check_at_rest(services: Services, stack: StackRow) -> None:
    """Refuse what would cut an operation off in the middle."""
    current = operations.current(services.db, stack.id)
    if current is not None or stack.status == IN_PROGRESS:
        action = current.action if current else stack.action
        raise Conflict(
            f"Stack {stack.name} already has an action ({action}) in progress; wait for its end."
        )


def accept(
    services: Services,
    context: Context,
    stack: StackRow,
    operation: OperationRow,
    fields: Mapping[str, Any],
    *,
    definition: DefinitionRow | None = None,
    tells: bool = True,
    also: Callable[[Connection], None] | None = None,
) -> None:
    """Accept an operation on a stack, which says so unless it is one that nobody is to see."""
    action = operation.action
    state: dict[str, Any] = {}
    events: list[EventRow] = []
    if tells:
        reason = f"Stack {action} started"
        state = {"action": action, "status": IN_PROGRESS, "reason": reason}
        state["updated_at"] = operation.requested_at
        events = [started(services, context, stack, action)]
    operations.accept(
        services.db,
        operation=operation,
        stack=ChangeStack(stack.id, {**state, **fields, "credentials": operation.credentials}),
        definition=definition,
        credentials=_renewed(services, context, stack, operation.credentials),
        events=events,
        expect_revision=stack.revision,
        also=also,
    )
    services.wake(stack.id)


def _renewed(
    services: Services, context: Context, stack: StackRow, credentials_id: str | None
) -> CredentialsRow | None:
    """Return whose request this is; None leaves it as it was.

    A trust of the same user outlives this token, so it stays.
    """
    if credentials_id is None or context.project != stack.project:
        return None
    known = credentials.get(services.db, credentials_id)
    if known is not None and known.user_id == context.user_id and known.secret.get("trust"):
        return None
    new = CredentialsRow(
        id=credentials_id,
        user_id=context.user_id,
        username=context.username,
        project=stack.project,
        secret=context.credentials().to_secret(),
    )
    return succeed(new, known)


def operation_of(
    services: Services,
    context: Context,
    stack: StackRow,
    action: str,
    definition: str | None,
    options: Mapping[str, Any] | None = None,
    *,
    timeout_mins: int | None = None,
) -> OperationRow:
    """Return an operation on a stack as it is asked for now."""
    now = services.clock.now()
    minutes = timeout_mins or stack.timeout_mins
    seconds = minutes * 60 if minutes else services.limits.stack_action_timeout
    return OperationRow(
        id=OperationId(services.new_id()),
        stack=stack.id,
        action=action,
        state="PENDING",
        definition=definition,
        requested_at=now,
        deadline=now + timedelta(seconds=seconds),
        request_id=context.request_id,
        credentials=stack.credentials or services.new_id(),
        options=options or {},
    )


def started(services: Services, context: Context, stack: StackRow, action: str) -> EventRow:
    """Tell that an action has been accepted."""
    return EventRow(
        id=EventId(services.new_id()),
        stack=stack.id,
        resource=None,
        resource_name=stack.name,
        resource_type=STACK_TYPE,
        physical_id=stack.id,
        action=action,
        status=IN_PROGRESS,
        reason=f"Stack {action} started",
        request_id=context.request_id,
        created_at=services.clock.now(),
    )
