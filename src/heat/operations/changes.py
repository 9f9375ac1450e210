"""Requests that change stacks: each is checked, then accepted in one transaction."""

import re
from collections.abc import Sequence
from typing import Any

from heat.base.errors import Conflict, Invalid
from heat.base.ids import StackId
from heat.engine.adopting import adopted
from heat.engine.record import COMPLETE, IN_PROGRESS
from heat.operations.accepting import accept as accept_for
from heat.operations.accepting import operation_of, settle, started
from heat.operations.checks import check
from heat.operations.content import Content, draft
from heat.operations.context import Context
from heat.operations.export import check_switched_on
from heat.operations.exporting import check_unused
from heat.operations.finding import OfStack, find_live
from heat.operations.services import Services, definition_of
from heat.operations.stacks import not_supported
from heat.plan.definition import Compiled
from heat.store import operations, resources, stacks
from heat.store.rows import CredentialsRow, StackRow
from heat.template.codes import problem
from heat.template.parameters import immutable_changed

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_.-]{0,254}")


class CreateStack(Content, frozen=True, kw_only=True):
    """A new stack."""

    stack_name: str
    timeout_mins: int | None = None
    disable_rollback: bool = True
    tags: tuple[str, ...] = ()
    adopt: dict[str, Any] | None = None
    """The resources to take over, as an export has them; None makes new ones."""


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
    converge: bool | None = None
    """Whether to look at the live objects first; None leaves it to the operator."""

    @property
    def target(self) -> OfStack:
        """Which stack it is for."""
        return OfStack(stack=self.stack, name=self.name)


def create_stack(services: Services, context: Context, request: CreateStack) -> dict[str, Any]:
    """Accept a new stack and return who it is."""
    check_name(request.stack_name)
    check_tags(request.tags)
    _check_room(services, context)
    action = "CREATE" if request.adopt is None else "ADOPT"
    if request.adopt is not None:
        check_switched_on(services.limits.enable_stack_adopt, "Stack Adopt")
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
        action=action,
        status=IN_PROGRESS,
        reason=f"Stack {action} started",
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
    operation = operation_of(services, context, stack, action, made.definition.id)
    given = request.adopt or {}
    rows = list(adopted(stack, operation.id, made.compiled, given, now, services.new_id))
    operations.accept(
        services.db,
        operation=operation,
        stack=stack,
        definition=made.definition,
        credentials=kept,
        events=[started(services, context, stack, action)],
        also=lambda connection: resources.insert(connection, services.db, rows),
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
    check_immutable(services, stack, made.compiled)

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
        converge = request.converge
        looks = services.limits.observe_on_update if converge is None else converge
        operation = operation_of(
            services, context, stack, "UPDATE", made.definition.id,
            {"previous": previous} | ({"converge": True} if looks else {}),
            timeout_mins=request.timeout_mins,
        )  # fmt: skip
        accept_for(services, context, stack, operation, fields, definition=made.definition)

    settle(services, context, request.target, accept)
    return {"id": stack.id, "stack_name": stack.name, "project": stack.project}


def delete_stack(services: Services, context: Context, request: OfStack) -> None:
    """Accept that a stack goes; it supersedes what is under way."""

    def accept(stack: StackRow) -> None:
        if (stack.action, stack.status) == ("DELETE", IN_PROGRESS):
            services.wake(stack.id)
            return
        check_unused(services, stack)
        operation = operation_of(services, context, stack, "DELETE", None)
        accept_for(services, context, stack, operation, {})

    settle(services, context, request, accept)


def check_name(name: str) -> None:
    """Refuse a name that no stack may have."""
    if not _NAME.fullmatch(name):
        fit = (
            re.sub(r"^[^a-zA-Z]+", "", re.sub(r"[^\w.-]", "-", name, flags=re.ASCII))[:255] or "app"
        )
        raise Invalid(
            f"Invalid stack name {name!r}: it must start with a letter, then hold letters, "
            f"digits, '_', '.' and '-' only, and at most 255 characters in all; {fit!r} would do."
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
    if problems:
        raise Invalid(problems=problems)


def check_updatable(stack: StackRow) -> None:
    """Refuse an update of a stack whose last action rules that out."""
    if stack.action in ("SUSPEND", "DELETE"):
        raise not_supported(f"Updating a stack when it is {stack.action}_{stack.status}")


def check_immutable(services: Services, stack: StackRow, compiled: Compiled) -> None:
    """Refuse an update that changes parameters which may not change."""
    before = services.compiled.get(services, stack)
    problems = immutable_changed(
        before.template.parameters,
        compiled.template.parameters,
        before.values,
        compiled.values,
    )
    if problems:
        raise Invalid(problems=problems)


def previous_of(stack: StackRow) -> str | None:
    """Return the definition that a failed update of this stack goes back to."""
    if stack.status == COMPLETE or stack.action in ("CREATE", "ADOPT"):
        return stack.definition
    return stack.previous_definition


def _check_room(services: Services, context: Context) -> None:
    limit = services.limits.max_stacks_per_tenant
    if limit >= 0 and stacks.count_live(services.db, context.project) >= limit:
        raise Invalid(
            f"You have reached the maximum stacks per tenant, {limit}. Please delete some stacks.",
            kind="RequestLimitExceeded",
        )
