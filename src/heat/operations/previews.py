"""What a request would do, without doing it: plans shown and not run, and templates checked."""

from typing import Any

from heat.base.errors import Invalid
from heat.operations import views
from heat.operations.changes import (
    CreateStack,
    UpdateStack,
    check_immutable,
    check_name,
    check_updatable,
)
from heat.operations.checks import check
from heat.operations.content import Content, draft, read_texts
from heat.operations.context import Context
from heat.operations.finding import find_live
from heat.operations.foreseen import changes, foreseen
from heat.operations.past import outlook, past
from heat.operations.services import Services, definition_of
from heat.plan.definition import Unstored, compile_definition
from heat.plan.examine import examine
from heat.plan.forecast import Past
from heat.plan.show import count_changes, show
from heat.store.rows import StackRow
from heat.template.render import to_json
from heat.template.validate import describe, describe_nested, refused

_VALUES = ("H503", "H504")
"""What is wrong with values: whoever asks for the parameters is still to be given good ones."""


class PreviewUpdate(UpdateStack, frozen=True, kw_only=True):
    """A new desired state, and whether to list what changes in nested stacks too."""

    show_nested: bool = False


class Validate(Content, frozen=True, kw_only=True):
    """A template to check, whose parameters need no values."""

    show_nested: bool = False
    ignore_errors: tuple[str, ...] = ()


def preview_stack(services: Services, context: Context, request: CreateStack) -> dict[str, Any]:
    """Return the stack that a request would make, with its resources and the plan as text."""
    check_name(request.stack_name)
    stack_id = services.new_id()
    made = draft(
        services,
        request,
        stack_id=stack_id,
        stack_name=request.stack_name,
        project=context.project,
    )
    check(services, context, made.compiled)
    now = services.clock.now()
    stack = StackRow(
        id=stack_id,  # type: ignore[arg-type]
        name=request.stack_name,
        project=context.project,
        action="CREATE",
        status="COMPLETE",
        reason="",
        definition=made.definition.id,
        disable_rollback=request.disable_rollback,
        timeout_mins=request.timeout_mins,
        tags=request.tags,
        username=context.username,
        created_at=now,
    )
    forecast = outlook(services).forecast(
        "CREATE", Past(stack_id=stack.id, stack_name=stack.name), made.compiled
    )
    shown = views.stack_shown(stack, made.compiled)
    for key in ("stack_status", "stack_status_reason"):
        del shown[key]
    entries = foreseen(forecast, stack.project)
    text = show(forecast.shown, below=forecast.below)
    counts = count_changes(forecast.shown, forecast.below)
    return {"stack": shown | {"resources": entries}, "plan": text, "counts": counts}


def preview_update(services: Services, context: Context, request: PreviewUpdate) -> dict[str, Any]:
    """Return what an update would change, and the plan as text."""
    stack = find_live(services, context, request.target)
    check_updatable(stack)
    made = draft(
        services,
        request,
        stack_id=stack.id,
        stack_name=stack.name,
        project=stack.project,
        stored=definition_of(services, stack) if request.existing else None,
        clear=request.clear_parameters,
    )
    check(services, context, made.compiled, stack)
    check_immutable(services, stack, made.compiled)
    forecast = outlook(services).forecast("UPDATE", past(services, stack), made.compiled)
    text = show(forecast.shown, below=forecast.below)
    changed = changes(forecast, stack.project, nested=request.show_nested)
    counts = count_changes(forecast.shown, forecast.below)
    return {"resource_changes": changed, "plan": text, "counts": counts}


def validate(services: Services, context: Context, request: Validate) -> dict[str, Any]:
    """Check a template and describe its parameters; values need not be given."""
    unknown = [code for code in request.ignore_errors if code != "99001"]
    if unknown:
        raise Invalid(
            f"Invalid codes in ignore_errors : {unknown}; only 99001 is known.",
            kind="HTTPBadRequest",
        )
    try:
        template, sent = read_texts(services, request)
    except Invalid as invalid:
        raise (refused(invalid.problems) if invalid.problems else invalid) from None
    environment = sent.environment
    compiled = compile_definition(
        Unstored(to_json(template), request.files, environment.to_json()),
        services.types,
        stack_id="",
        stack_name="",
        project=context.project,
        template=template,
        sent=sent,
        assuming=True,
    )
    depth = services.limits.max_nested_stack_depth
    examined = examine(compiled, services.types, max_depth=depth)
    if problems := [p for p in examined.problems if p.code not in _VALUES]:
        raise refused(problems)
    nested = describe_nested(template, environment, request.files) if request.show_nested else {}
    return describe(template, environment, nested=nested)
