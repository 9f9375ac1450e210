"""Stacks, as they are: one, many, and what they were asked to be."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct

from heat.base.errors import Denied, Invalid, NotFound
from heat.base.ids import StackId
from heat.operations import views
from heat.operations.context import Context
from heat.operations.facts import facts_for
from heat.operations.finding import OfStack, find, identify
from heat.operations.services import Services, definition_of
from heat.store import stacks


class ShowStack(OfStack, frozen=True, kw_only=True):
    """Which stack to show, and whether with the values of its outputs."""

    resolve_outputs: bool = True


class Identify(Struct, frozen=True, kw_only=True):
    """A name, an id or an ARN."""

    identity: str


class ListStacks(Struct, frozen=True, kw_only=True):
    """Which stacks to list. The filters have the names of the REST API."""

    filters: dict[str, list[str]] = {}
    limit: int | None = None
    marker: str | None = None
    sort_keys: tuple[str, ...] = ()
    sort_dir: Literal["asc", "desc"] | None = None
    tags: tuple[str, ...] = ()
    tags_any: tuple[str, ...] = ()
    not_tags: tuple[str, ...] = ()
    not_tags_any: tuple[str, ...] = ()
    show_deleted: bool = False
    show_nested: bool = False
    show_hidden: bool = False
    with_count: bool = False
    global_tenant: bool = False


class ShowOutput(OfStack, frozen=True, kw_only=True):
    """Which output of which stack."""

    key: str


_SORTS = {
    "stack_name": "name",
    "stack_status": "status",
    "creation_time": "created_at",
    "updated_time": "updated_at",
}
_FILTERS = {
    "id": "id",
    "name": "name",
    "stack_name": "name",
    "status": "status",
    "stack_status": "status",
    "action": "action",
    "stack_action": "action",
    "stack_status_reason": "reason",
    "tenant": "project",
    "project": "project",
    "username": "username",
    "stack_owner": "username",
    "owner_id": "owner",
    "parent": "owner",
    "stack_user_project_id": "stack_user_project",
}


def identify_stack(services: Services, context: Context, request: Identify) -> dict[str, Any]:
    """Return the name, id and project of a stack."""
    found = identify(services, context, request.identity)
    return {"id": found.id, "stack_name": found.name, "project": found.project}


def list_stacks(services: Services, context: Context, request: ListStacks) -> dict[str, Any]:
    """Return a page of stacks, newest first unless asked otherwise."""
    if request.global_tenant and not context.is_admin:
        raise Denied("Only an administrator may list the stacks of all projects.")
    query = _query(services, context, request)
    found = stacks.listing(services.db, query)
    body: dict[str, Any] = {"stacks": [views.stack_entry(row) for row in found]}
    if request.with_count:
        body["count"] = stacks.count(services.db, query)
    return body


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdecimal() and len(value) < 10):
        raise _unlike(name, value, "a number")
    return int(value)


def _flag(name: str, value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise _unlike(name, value, "true or false")
    return value.lower() == "true"


def _unlike(name: str, value: str, wanted: str) -> Invalid:
    return Invalid(f"{name} must be {wanted}, not {value[:80]!r}.", kind="HTTPBadRequest")


def _query(services: Services, context: Context, request: ListStacks) -> stacks.StackQuery:
    filters: dict[str, Sequence[Any]] = {}
    for name, values in request.filters.items():
        if not values:
            continue
        if name == "timeout_mins":
            filters[name] = [_number(name, value) for value in values]
        elif name == "disable_rollback":
            filters[name] = [_flag(name, value) for value in values]
        elif _FILTERS.get(name) == "status" and any(
            "_COMPLETE" in v or "_FAILED" in v or "_IN_PROGRESS" in v for v in values
        ):
            filters["state"] = [value.upper() for value in values]
        elif name in _FILTERS:
            filters[_FILTERS[name]] = values
    keys = [_SORTS[key] for key in request.sort_keys if key in _SORTS]
    directions = [request.sort_dir or "asc"] * len(keys)
    if request.sort_dir and not keys:
        keys, directions = ["created_at"], [request.sort_dir]
    return stacks.StackQuery(
        project=None if request.global_tenant else context.project,
        filters=filters,
        tags=request.tags,
        tags_any=request.tags_any,
        not_tags=request.not_tags,
        not_tags_any=request.not_tags_any,
        hidden_tags=() if request.show_hidden else services.limits.hidden_stack_tags,
        show_deleted=request.show_deleted,
        show_nested=request.show_nested,
        limit=request.limit,
        marker=None if request.marker is None else StackId(request.marker),
        sort_keys=keys,
        sort_dirs=directions,
    )


def show_stack(services: Services, context: Context, request: ShowStack) -> dict[str, Any]:
    """Return a stack with its parameters and outputs."""
    stack = find(services, context, request)
    compiled = services.compiled.get(services, stack)
    body = views.stack_shown(stack, compiled)
    deleted = stack.action == "DELETE" and stack.status == "COMPLETE"
    if request.resolve_outputs and not deleted:
        names = compiled.template.outputs
        facts = facts_for(services, stack, compiled, names, context.credentials())
        body["outputs"] = [views.output(compiled, name, facts) for name in names]
    return body


def list_outputs(services: Services, context: Context, request: OfStack) -> dict[str, Any]:
    """Return the names of a stack's outputs."""
    compiled = services.compiled.get(services, find(services, context, request))
    listed = [
        {"output_key": name, "description": output.description}
        for name, output in compiled.template.outputs.items()
    ]
    return {"outputs": listed}


def show_output(services: Services, context: Context, request: ShowOutput) -> dict[str, Any]:
    """Return one output."""
    stack = find(services, context, request)
    compiled = services.compiled.get(services, stack)
    if request.key not in compiled.template.outputs:
        raise NotFound(
            f"Specified output key {request.key} not found in the stack {stack.name}.",
            kind="NotFound",
        )
    facts = facts_for(services, stack, compiled, [request.key], context.credentials())
    return {"output": views.output(compiled, request.key, facts)}


def show_template(services: Services, context: Context, request: OfStack) -> Any:
    """Return the template of a stack, as it was sent."""
    return definition_of(services, find(services, context, request)).template


def show_files(services: Services, context: Context, request: OfStack) -> Mapping[str, str]:
    """Return the files that came with the template."""
    return definition_of(services, find(services, context, request)).files


def show_environment(services: Services, context: Context, request: OfStack) -> dict[str, Any]:
    """Return the environment of a stack, hidden values masked."""
    definition = definition_of(services, find(services, context, request))
    return views.environment(definition)


def not_supported(what: str) -> Invalid:
    """Return the fault for what is not there yet."""
    return Invalid(f"{what} is not supported.", kind="NotSupported")
