"""Requests that change stacks: each is checked, then accepted in one transaction."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from heat.base.errors import Conflict, Invalid
from heat.base.ids import EventId, OperationId, StackId
from heat.engine.record import COMPLETE, IN_PROGRESS, STACK_TYPE
from heat.operations.checks import check
from heat.operations.content import Content, draft
from heat.operations.context import Context
from heat.operations.finding import OfStack, find_live
from heat.operations.services import Services, definition_of
from heat.operations.stacks import not_supported
from heat.store import credentials, operations, stacks
from heat.store.rows import (
    ChangeStack,
    CredentialsRow,
    EventRow,
    OperationRow,
    StackRow,
)
from heat.template.codes import problem
from heat.template.parameters import immutable_changed

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_.-]{0,254}")
_TRIES = 8


class CreateStack(Content, frozen=True, kw_only=True):
    """A new stack."""

    stack_name: str
    timeout_mins: int | None = None
    disable_rollback: bool = True
    tags: tuple[str, ...] = ()


class UpdateStack(Content, frozen=True, kw_only=True):
    """A new desired state for a stack.

    With ``existing`` what is not sent stays as it was, but for ``clear_parameters``. What is
    None stays in any case; only tags do not, unless ``existing``.
    """

    stack: str
    name: str | None = None
    existing: bool = False
    clear_parameters: tuple[str, ...] = ()
    timeout_mins: int | None = None
    disable_rollback: bool | None = None
    tags: tuple[str, ...] | None = None

    @property
    def target(self) -> OfStack:
        """Which stack it is for."""
        return OfStack(stack=self.stack, name=self.name)


class Act(OfStack, frozen=True, kw_only=True):
    """An action on a stack: its name as the REST API has it."""

    action: str


def create_stack(services: Services, context: Context, request: CreateStack) -> dict[str, Any]:
    """Accept a new stack and return who it is."""
    check_name(request.stack_name)
    check_tags(request.tags)
    _check_room(services, context)
    now = services.clock.now()
    stack_id = StackId(services.new_id())
    made = draft(
        services,
        request,
        stack_id=stack_id,
        stack_name=request.stack_name,
        project=context.project,
    )
    check(services, context, made.compiled)
    if stacks.by_name(services.db, context.project, request.stack_name) is not None:
        raise Conflict(f"The Stack ({request.stack_name}) already exists.", kind="StackExists")
    kept = CredentialsRow(
        id=services.new_id(),
        user_id=context.user_id,
        username=context.username,
        project=context.project,
        secret=context.credentials().to_secret(),
    )
    stack = StackRow(
        id=stack_id,
        name=request.stack_name,
        project=context.project,
        action="CREATE",
        status=IN_PROGRESS,
        reason="Stack CREATE started",
        definition=made.definition.id,
        # The language lets a description be anything.
        description=str(made.compiled.template.description),
        disable_rollback=request.disable_rollback,
        timeout_mins=request.timeout_mins,
        tags=request.tags,
        credentials=kept.id,
        user_id=context.user_id,
        username=context.username,
        created_at=now,
    )
    operation = _operation(services, context, stack, "CREATE", made.definition.id)
    operations.accept(
        services.db,
        operation=operation,
        stack=stack,
        definition=made.definition,
        credentials=kept,
        events=[_event(services, context, stack, "CREATE")],
    )
    services.wake(stack_id)
    return {"id": stack_id, "stack_name": stack.name, "project": stack.project}


def update_stack(services: Services, context: Context, request: UpdateStack) -> dict[str, Any]:
    """Accept a new desired state for a stack; it supersedes what is under way."""
    check_tags(request.tags or ())
    stack = find_live(services, context, request.target)
    check_updatable(stack)
    stored = definition_of(services, stack) if request.existing else None
    made = draft(
        services,
        request,
        stack_id=stack.id,
        stack_name=stack.name,
        project=stack.project,
        stored=stored,
        clear=request.clear_parameters,
    )
    check(services, context, made.compiled, stack)
    before = services.compiled.get(services, stack)
    problems = immutable_changed(
        before.template.parameters,
        made.compiled.template.parameters,
        before.values,
        made.compiled.values,
    )
    if problems:
        raise Invalid(problems=problems)

    def accept(stack: StackRow) -> None:
        check_updatable(stack)
        previous = previous_of(stack)
        fields: dict[str, Any] = {
            "definition": made.definition.id,
            "previous_definition": previous,
            "description": str(made.compiled.template.description),
        }
        if request.timeout_mins is not None:
            fields["timeout_mins"] = request.timeout_mins
        if request.disable_rollback is not None:
            fields["disable_rollback"] = request.disable_rollback
        if request.tags is not None or not request.existing:
            fields["tags"] = request.tags or ()
        operation = _operation(
            services, context, stack, "UPDATE", made.definition.id, {"previous": previous},
            timeout_mins=request.timeout_mins,
        )  # fmt: skip
        _accept(services, context, stack, operation, fields, definition=made.definition)

    _settle(services, context, request.target, accept)
    return {"id": stack.id, "stack_name": stack.name, "project": stack.project}


def delete_stack(services: Services, context: Context, request: OfStack) -> None:
    """Accept that a stack goes; it supersedes what is under way."""

    def accept(stack: StackRow) -> None:
        if (stack.action, stack.status) == ("DELETE", IN_PROGRESS):
            services.wake(stack.id)
            return
        operation = _operation(services, context, stack, "DELETE", None)
        _accept(services, context, stack, operation, {})

    _settle(services, context, request, accept)


def act(services: Services, context: Context, request: Act) -> None:
    """Carry out an action on a stack."""
    match request.action:
        case "cancel_update":
            _settle(services, context, request, lambda s: _cancel_update(services, context, s))
        case "cancel_without_rollback":
            _settle(services, context, request, lambda s: _cancel(services, context, s))
        case _:
            raise not_supported(f"The action {request.action}")


def _cancel_update(services: Services, context: Context, stack: StackRow) -> None:
    if (stack.action, stack.status) != ("UPDATE", IN_PROGRESS):
        state = f"{stack.action}_{stack.status}"
        raise not_supported(f"Cancelling update when stack is {state}")
    if stack.previous_definition is None:
        raise not_supported("Cancelling an update with nothing to go back to")
    operation = _operation(
        services, context, stack, "ROLLBACK", stack.previous_definition,
        {"because": "the update was cancelled"},
    )  # fmt: skip
    _accept(services, context, stack, operation, {})


def _cancel(services: Services, context: Context, stack: StackRow) -> None:
    if stack.action not in ("CREATE", "UPDATE") or stack.status != IN_PROGRESS:
        state = f"{stack.action}_{stack.status}"
        raise not_supported(f"Cancelling update when stack is {state}")
    operation = _operation(
        services, context, stack, stack.action, stack.definition, {"cancel": True}
    )
    _accept(services, context, stack, operation, {}, tells=False)


def check_name(name: str) -> None:
    """Refuse a name that no stack may have."""
    if not _NAME.fullmatch(name):
        raise Invalid(
            f"Invalid stack name {name!r}: it must start with a letter, then hold letters, "
            "digits, '_', '.' and '-' only, and at most 255 characters in all."
        )


def check_tags(tags: Sequence[str]) -> None:
    """Refuse tags that no stack may have."""
    problems = [
        problem(
            "H902",
            ("tags",),
            f"the tag {tag[:20]}... has over 80 characters",
            "shorten it",
            where="request",
        )
        for tag in tags
        if len(tag) > 80
    ]
    problems += [
        problem(
            "H902", ("tags",), "an empty tag stands in the list", "take it out", where="request"
        )
        for tag in tags
        if not tag
    ]
    if problems:
        raise Invalid(problems=problems)


def check_updatable(stack: StackRow) -> None:
    """Refuse an update of a stack whose last action rules that out."""
    if stack.action in ("SUSPEND", "DELETE"):
        raise not_supported(f"Updating a stack when it is {stack.action}_{stack.status}")


def previous_of(stack: StackRow) -> str | None:
    """Return the definition that a failed update of this stack goes back to."""
    if stack.status == COMPLETE or stack.action == "CREATE":
        return stack.definition
    return stack.previous_definition


def _check_room(services: Services, context: Context) -> None:
    limit = services.limits.max_stacks_per_tenant
    if limit >= 0 and stacks.count_live(services.db, context.project) >= limit:
        raise Invalid(
            f"You have reached the maximum stacks per tenant, {limit}. Please delete some stacks.",
            kind="RequestLimitExceeded",
        )


def _settle(
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


def _accept(
    services: Services,
    context: Context,
    stack: StackRow,
    operation: OperationRow,
    fields: Mapping[str, Any],
    *,
    definition: Any = None,
    tells: bool = True,
) -> None:
    action = operation.action
    state: dict[str, Any] = {}
    events: list[EventRow] = []
    if tells:
        reason = f"Stack {action} started"
        state = {"action": action, "status": IN_PROGRESS, "reason": reason}
        state["updated_at"] = operation.requested_at
        events = [_event(services, context, stack, action)]
    operations.accept(
        services.db,
        operation=operation,
        stack=ChangeStack(stack.id, {**state, **fields, "credentials": operation.credentials}),
        definition=definition,
        credentials=_renewed(services, context, stack, operation.credentials),
        events=events,
        expect_revision=stack.revision,
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
    return CredentialsRow(
        id=credentials_id,
        user_id=context.user_id,
        username=context.username,
        project=stack.project,
        secret=context.credentials().to_secret(),
    )


def _operation(
    services: Services,
    context: Context,
    stack: StackRow,
    action: str,
    definition: str | None,
    options: Mapping[str, Any] | None = None,
    *,
    timeout_mins: int | None = None,
) -> OperationRow:
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


def _event(services: Services, context: Context, stack: StackRow, action: str) -> EventRow:
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
