"""The resources of a stack, and what happened to them."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from msgspec import field

from heat.base.errors import NotFound
from heat.base.ids import EventId, StackId
from heat.operations import views
from heat.operations.access import check_access
from heat.operations.context import Context
from heat.operations.family import family, identity, nested_identity, telling
from heat.operations.finding import OfStack, find, told
from heat.operations.heard import listens, metadata, overheard
from heat.operations.live import attributes
from heat.operations.services import Services
from heat.store import events, resources
from heat.store.rows import ResourceRow, StackRow


class ListResources(OfStack, frozen=True, kw_only=True):
    """Which resources of a stack; a type may be a part of its name."""

    filters: dict[str, list[str]] = field(default_factory=dict)
    nested_depth: int = 0
    with_detail: bool = False


class OfResource(OfStack, frozen=True, kw_only=True):
    """A request about one resource."""

    resource: str


class ShowResource(OfResource, frozen=True, kw_only=True):
    """Which resource, and which attributes besides the declared ones."""

    with_attr: tuple[str, ...] = ()


class ListEvents(OfStack, frozen=True, kw_only=True):
    """Which events of a stack, or of one of its resources."""

    resource: str | None = None
    filters: dict[str, list[str]] = field(default_factory=dict)
    limit: int | None = None
    marker: str | None = None
    sort_keys: tuple[str, ...] = ()
    sort_dir: Literal["asc", "desc"] | None = None
    nested_depth: int = 0
    with_empty: bool = False


class ShowEvent(OfResource, frozen=True, kw_only=True):
    """Which event of which resource."""

    event: str


FILTERS = ("type", "status", "name", "action", "id", "physical_resource_id")
_EVENT_FILTERS = {
    "resource_action": "action",
    "resource_status": "status",
    "resource_name": "resource_name",
    "resource_type": "resource_type",
}
_EVENT_SORTS = {"event_time": "created_at", "resource_type": "resource_type"}


def list_resources(services: Services, context: Context, request: ListResources) -> dict[str, Any]:
    """Return the resources of a stack, each once though it may be under replacement."""
    stack = find(services, context, request)
    listed: list[dict[str, Any]] = []
    for member in family(services, stack, request.nested_depth):
        read = resources.of_stack if request.with_detail else resources.lines_of
        rows = read(services.db, member.id)
        needed = views.required_by(rows)
        chosen = [row for row in views.best(rows).values() if _fits(row, request.filters)]
        described = services.descriptions.get(services.db, member) if request.with_detail else {}
        for row in chosen:
            entry = _entry(services, member, row, needed.get(row.id, ()))
            if request.with_detail:
                entry["description"] = described.get(row.name, "")
                entry["attributes"] = views.attributes(services, row)
            listed.append(entry)
    return {"stack": identity(stack), "resources": listed}


def _entry(
    services: Services, stack: StackRow, row: ResourceRow, needed_by: Sequence[str]
) -> dict[str, Any]:
    """Return a resource with the stacks that its links lead to."""
    entry = views.resource(row, needed_by)
    if stack.parent_resource is not None:
        entry["parent_resource"] = stack.parent_resource
    nested = nested_identity(services, stack, row)
    return entry | {"stack": identity(stack)} | ({"nested": nested} if nested else {})


def _fits(row: ResourceRow, filters: Mapping[str, list[str]]) -> bool:
    for name, values in filters.items():
        match name:
            case "type":
                fits = any(value in row.type for value in values)
            case "status":
                joined = f"{row.action}_{row.status}"
                fits = any(value.upper() in (row.status, joined) for value in values)
            case "action":
                fits = row.action in {value.upper() for value in values}
            case "name":
                fits = row.name in values
            case "id":
                fits = row.id in values
            case _:
                fits = row.physical_id in values
        if not fits:
            return False
    return True


def show_resource(services: Services, context: Context, request: ShowResource) -> dict[str, Any]:
    """Return one resource with its attributes."""
    stack, row = find_one(services, context, request)
    check_access(services, context, stack, row.name)
    shown = _entry(services, stack, row, resources.requiring(services.db, stack.id, row.id))
    heard = listens(services, row) and overheard(
        services, stack, resources.of_stack(services.db, stack.id)
    )
    shown["description"] = services.descriptions.get(services.db, stack).get(row.name, "")
    shown["attributes"] = {
        **attributes(services, context, stack, row, request.with_attr),
        **(heard or {}).get(row.id, {}),
    }
    return {"stack": identity(stack), "resource": shown}


def show_metadata(services: Services, context: Context, request: OfResource) -> dict[str, Any]:
    """Return the metadata of a resource."""
    stack, row = find_one(services, context, request)
    check_access(services, context, stack, row.name)
    return {"metadata": metadata(services, stack, row)}


def list_events(services: Services, context: Context, request: ListEvents) -> dict[str, Any]:
    """Return a page of events, newest first unless asked otherwise."""
    stack = find(services, context, request)
    filters = {
        _EVENT_FILTERS[name]: values
        for name, values in request.filters.items()
        if name in _EVENT_FILTERS and values
    }
    if request.resource is not None:
        filters["resource_name"] = [request.resource]
    members = telling(services, stack, request.nested_depth, empty=request.with_empty)
    keys = [_EVENT_SORTS[key] for key in request.sort_keys if key in _EVENT_SORTS]
    if request.sort_dir and not keys:
        keys = ["created_at"]
    found = events.listing(
        services.db,
        events.EventQuery(
            stacks=list(members),
            filters=filters,
            limit=request.limit,
            marker=None if request.marker is None else EventId(request.marker),
            sort_keys=keys,
            sort_dirs=[request.sort_dir or "asc"] * len(keys),
            brief=True,
        ),
    )
    if request.resource is not None and not found:
        raise NotFound(f"No events found for the resource {request.resource}.", kind="NotFound")
    listed = [views.event(row) | {"stack": members[row.stack]} for row in found]
    return {"stack": identity(stack), "events": listed}


def show_event(services: Services, context: Context, request: ShowEvent) -> dict[str, Any]:
    """Return one event."""
    stack = find(services, context, request)
    row = events.get(services.db, EventId(request.event))
    if row is None or row.stack != stack.id or row.resource_name != request.resource:
        raise NotFound(f"The event {request.event} could not be found.", kind="NotFound")
    shown = views.event(row) | {
        "stack": identity(stack),
        "resource_type": row.resource_type,
        "resource_properties": dict(events.properties(services.db, row)),
        "request_id": row.request_id,
    }
    return {"stack": identity(stack), "event": shown}


def find_resource(
    services: Services, context: Context, request: OfResource
) -> tuple[StackRow, list[ResourceRow], ResourceRow]:
    """Return a stack, the rows of its resources, and the best one of those with a name."""
    stack, row = find_one(services, context, request)
    return stack, resources.of_stack(services.db, stack.id), row


def find_one(
    services: Services, context: Context, request: OfResource
) -> tuple[StackRow, ResourceRow]:
    """Return a stack, and the best of its rows with a name."""
    found, rows = resources.within(services.db, StackId(request.stack), request.resource)
    stack = told(context, request, found)
    row = views.best(rows).get(request.resource)
    if row is None:
        raise NotFound(
            f"The Resource ({request.resource}) could not be found in Stack {stack.name}.",
            kind="ResourceNotFound",
        )
    return stack, row
