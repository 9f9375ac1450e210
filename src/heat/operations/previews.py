"""What a request would do, without doing it: plans shown and not run, and templates checked."""

from collections.abc import Mapping, Sequence
from typing import Any

from heat.base.errors import Invalid
from heat.base.ids import ResourceId
from heat.engine.record import recorded
from heat.operations import views
from heat.operations.changes import CreateStack, UpdateStack, check_name, check_updatable
from heat.operations.checks import check
from heat.operations.content import Content, draft, read_texts
from heat.operations.context import Context
from heat.operations.finding import find_live
from heat.operations.services import Services, definition_of
from heat.plan.build import build
from heat.plan.definition import Compiled
from heat.plan.desired import Desired, order
from heat.plan.model import Kind, Node, Plan
from heat.plan.problems import AttributeNames, of_parameters, unable_to_snapshot, want_all
from heat.plan.providers import types_through
from heat.plan.show import show
from heat.store import resources
from heat.store.rows import StackRow
from heat.template.evaluate import bind
from heat.template.validate import assumed, describe, describe_nested, refused


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
    wanted = check(services, context, made.compiled)
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
    plan = build("CREATE", 0, [], made.compiled.target, _row_ids(services))
    shown = views.stack_shown(stack, made.compiled)
    for key in ("stack_status", "stack_status_reason"):
        del shown[key]
    needed = _needed_by(made.compiled.requires)
    entries = [
        _entry(stack, made.compiled, desired, needed.get(name, ()))
        | {"properties": views.settled(_masked(desired))}
        for name, desired in wanted.resources.items()
    ]
    return {"stack": shown | {"resources": entries}, "plan": show(plan)}


def preview_update(services: Services, context: Context, request: UpdateStack) -> dict[str, Any]:
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
    wanted = check(services, context, made.compiled, stack)
    rows = resources.of_stack(services.db, stack.id)
    known = [recorded(stack, row, services.types, n) for n, row in enumerate(rows)]
    plan = build("UPDATE", stack.revision, known, made.compiled.target, _row_ids(services))
    needed = _needed_by(made.compiled.requires)
    changes: dict[str, list[dict[str, Any]]] = {
        key: [] for key in ("unchanged", "updated", "replaced", "added", "deleted")
    }
    physical = {row.id: row.physical_id for row in rows}
    for key, node in _changes(plan):
        desired = wanted.resources.get(node.name)
        if desired is None:
            entry = _bare_entry(stack, node)
        else:
            entry = _entry(stack, made.compiled, desired, needed.get(node.name, ()))
        entry["physical_resource_id"] = physical.get(node.replaces or node.row) or ""
        entry["reasons"] = [_reason(reason) for reason in node.reasons]
        changes[key].append(entry)
    return {"resource_changes": changes, "plan": show(plan)}


def validate(services: Services, context: Context, request: Validate) -> dict[str, Any]:
    """Check a template and describe its parameters; values need not be given."""
    unknown = [code for code in request.ignore_errors if code != "99001"]
    if unknown:
        raise Invalid(
            f"Invalid codes in ignore_errors : {unknown}; only 99001 is known.",
            kind="HTTPBadRequest",
        )
    try:
        texts = read_texts(services, request)
    except Invalid as invalid:
        raise (refused(invalid.problems) if invalid.problems else invalid) from None
    template, environment = texts.template, texts.environment
    values, wrong = assumed(template, environment)
    problems = [*template.problems, *texts.problems]
    problems += of_parameters(wrong, template, texts.problems)
    bound = bind(template, values, files=request.files, project_id=context.project)
    type_of = types_through(environment, services.types, request.files)
    problems += bound.problems(AttributeNames(type_of))
    problems += unable_to_snapshot(bound, type_of, stand_ins=True)
    requires, _ = ({}, ()) if problems else order(bound, type_of)
    wanted = want_all(bound, type_of, requires, problems)
    if wanted.problems:
        source, section = template.source, template.words.parameters
        raise refused(texts.origin.trace(wanted.problems, source, section))
    nested = describe_nested(template, environment, request.files) if request.show_nested else {}
    return describe(template, environment, nested=nested)


def _row_ids(services: Services) -> Any:
    return lambda: ResourceId(services.new_id())


def _changes(plan: Plan) -> Sequence[tuple[str, Node]]:
    replaced = {node.replaces for node in plan.nodes if node.replaces}
    found: list[tuple[str, Node]] = []
    for node in plan.nodes:
        match node.kind:
            case Kind.KEEP:
                found.append(("unchanged", node))
            case Kind.UPDATE:
                found.append(("updated", node))
            case Kind.CREATE:
                found.append(("replaced" if node.replaces else "added", node))
            case Kind.DELETE | Kind.FORGET:
                if node.row not in replaced:
                    found.append(("deleted", node))
            case _:
                raise AssertionError(f"an update has no {node.kind}")
    return found


def _reason(reason: Any) -> dict[str, Any]:
    return {
        "text": reason.text,
        "property": reason.property or None,
        "before": reason.before,
        "after": reason.after,
        "replaces": reason.replaces,
    }


def _needed_by(requires: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, needed in requires.items():
        for other in sorted(needed):
            found.setdefault(other, []).append(name)
    return found


def _masked(desired: Desired) -> dict[str, Any]:
    given = dict(desired.given)
    for prop in desired.cls.__properties__.values():
        if prop.secret and prop.public in given:
            given[prop.public] = views.HIDDEN
    return given


def _entry(
    stack: StackRow, compiled: Compiled, desired: Desired, needed_by: Sequence[str]
) -> dict[str, Any]:
    definition = compiled.bound.resources[desired.name]
    return _base_entry(stack, desired.name, desired.type) | {
        "metadata": views.settled(desired.metadata),
        "attributes": dict.fromkeys(desired.cls.__attributes__, ""),
        "description": definition.description,
        "required_by": list(needed_by),
    }


def _bare_entry(stack: StackRow, node: Node) -> dict[str, Any]:
    return _base_entry(stack, node.name, node.type) | {
        "metadata": {},
        "attributes": {},
        "description": "",
        "required_by": [],
    }


def _base_entry(stack: StackRow, name: str, kind: str) -> dict[str, Any]:
    identity = {"tenant": stack.project, "stack_name": stack.name, "stack_id": stack.id}
    return {
        "resource_name": name,
        "resource_type": kind,
        "resource_identity": identity | {"path": f"/resources/{name}"},
        "stack_identity": identity | {"path": ""},
        "stack_name": stack.name,
        "physical_resource_id": "",
        "resource_action": "INIT",
        "resource_status": "COMPLETE",
        "resource_status_reason": "",
        "creation_time": None,
        "updated_time": None,
    }
