"""What each route does: reads the request, asks for an operation, shapes the answer."""

from typing import Any

from msgspec.structs import asdict

from heat.api import bodies, reading
from heat.api.answering import Answer
from heat.api.answers import of_previews, of_resources, of_services, of_stacks, of_templates, parts
from heat.api.asking import Asking
from heat.api.described import takes
from heat.api.faults import bad_request
from heat.api.links import following, link, resource_below, with_links
from heat.operations import actions, changes, members, previews, signals, stacks, types
from heat.operations.finding import OfStack

ACTIONS = ("suspend", "resume", "check", "cancel_update", "cancel_without_rollback")
_STACK_FILTERS = (
    "id", "status", "name", "action", "tenant", "username", "owner_id", "stack_name",
    "stack_status", "stack_action", "stack_status_reason", "disable_rollback", "timeout_mins",
    "stack_owner", "parent", "stack_user_project_id",
)  # fmt: skip
EVENT_FILTERS = ("resource_action", "resource_status", "resource_name", "resource_type")


# Stacks


@takes(query=stacks.ListStacks, filters=_STACK_FILTERS, answer=of_stacks.Stacks)
def list_stacks(asking: Asking) -> Answer:
    """List stacks in pages."""
    query = asking.query
    request = query.read(stacks.ListStacks, filters=query.among(*_STACK_FILTERS))
    found = asking.ask("list_stacks", request)
    entries = [stack_entry(asking, entry) for entry in found["stacks"]]
    body: dict[str, Any] = {"stacks": entries}
    if entries and request.limit == len(entries):
        body["links"] = [following(asking.url, asking.http.params, entries[-1]["id"])]
    if "count" in found:
        body["count"] = found["count"]
    return Answer(body)


@takes(answer=of_stacks.AllStacks)
def detail_stacks(asking: Asking) -> Answer:
    """List all stacks."""
    found = asking.ask("detail_stacks", stacks.ListStacks())
    return Answer({"stacks": [stack_entry(asking, entry) for entry in found["stacks"]]})


def stack_entry(asking: Asking, entry: dict[str, Any]) -> dict[str, Any]:
    """Return a stack with its link; whose it is only the administrator is told."""
    shown = with_links(entry, [link(asking.links.stack(entry))])
    if not asking.context.is_admin:
        shown.pop("project", None)
    return shown


@takes(body=bodies.NewStack, status=201, answer=of_stacks.Accepted)
def create_stack(asking: Asking) -> Answer:
    """Accept a new stack."""
    made = asking.ask("create_stack", reading.create(asking.body()))
    href = asking.links.stack(made)
    return Answer({"stack": {"id": made["id"], "links": [link(href)]}}, 201, {"Location": href})


@takes(body=bodies.NewStack, answer=of_previews.Preview)
def preview_stack(asking: Asking) -> Answer:
    """Show what a new stack would be."""
    found = asking.ask("preview_stack", reading.create(asking.body()))
    return Answer({**found, "stack": stack_entry(asking, found["stack"])})


@takes(query=stacks.ShowStack, answer=of_stacks.OneStack)
def show_stack(asking: Asking) -> Answer:
    """Show a stack."""
    found = asking.ask("show_stack", asking.query.read(stacks.ShowStack, **asking.stack))
    return Answer({"stack": stack_entry(asking, found)})


@takes(body=bodies.ChangedStack, status=202, answer=of_stacks.Accepted)
def update_stack(asking: Asking) -> Answer:
    """Accept a new desired state."""
    return _accepted(asking, asking.ask("update_stack", _update(asking, existing=False)))


@takes(body=bodies.ChangedStack, status=202, answer=of_stacks.Accepted)
def patch_stack(asking: Asking) -> Answer:
    """Accept a new desired state, said as what differs."""
    return _accepted(asking, asking.ask("update_stack", _update(asking, existing=True)))


def _accepted(asking: Asking, stack: dict[str, Any]) -> Answer:
    # Some clients read a body here, so there is one.
    links = [link(asking.links.stack(stack))]
    return Answer({"stack": {"id": stack["id"], "links": links}}, 202)


@takes(query=previews.PreviewUpdate, body=bodies.ChangedStack, answer=of_previews.UpdatePreview)
def preview_update(asking: Asking) -> Answer:
    """Show what an update would change."""
    return Answer(asking.ask("preview_update", _preview(asking, existing=False)))


@takes(query=previews.PreviewUpdate, body=bodies.ChangedStack, answer=of_previews.UpdatePreview)
def preview_patch(asking: Asking) -> Answer:
    """Show what an update, said as what differs, would change."""
    return Answer(asking.ask("preview_update", _preview(asking, existing=True)))


def _preview(asking: Asking, *, existing: bool) -> previews.PreviewUpdate:
    request = _update(asking, existing=existing)
    nested = asking.query.flag("show_nested")
    return previews.PreviewUpdate(**asdict(request), show_nested=nested)


def _update(asking: Asking, *, existing: bool) -> changes.UpdateStack:
    return reading.update(asking.body(), **asking.stack, existing=existing)


@takes(status=204)
def delete_stack(asking: Asking) -> Answer:
    """Accept that a stack goes."""
    asking.ask("delete_stack", OfStack(**asking.stack))
    return Answer(status=204)


@takes(status=302)
def look_up(asking: Asking) -> Answer:
    """Send the client to the stack's full address."""
    return _redirect(asking, "")


def look_up_part(subject: str) -> Any:
    """Return the handler that sends the client to the full address of a part of a stack."""

    @takes(status=302)
    def handler(asking: Asking) -> Answer:
        return _redirect(asking, f"/{subject}")

    handler.__name__ = f"look_up_{subject}"
    handler.__doc__ = f"Send the client to the full address of the {subject} of a stack."
    return handler


def _redirect(asking: Asking, rest: str) -> Answer:
    identity = asking.parts["stack_name"]
    found = asking.ask("identify_stack", stacks.Identify(identity=identity))
    href = asking.links.stack(found) + rest
    if asking.http.query_string:
        href += f"?{asking.http.query_string}"
    return Answer(None, 302, {"Location": href})


@takes(answer=parts.Anything)
def show_template(asking: Asking) -> Answer:
    """Show the template of a stack."""
    return Answer(asking.ask("show_template", OfStack(**asking.stack)))


@takes(answer=of_stacks.Environment)
def show_environment(asking: Asking) -> Answer:
    """Show the environment of a stack."""
    return Answer(asking.ask("show_environment", OfStack(**asking.stack)))


@takes(answer=parts.Files)
def show_files(asking: Asking) -> Answer:
    """Show the files of a stack."""
    return Answer(asking.ask("show_files", OfStack(**asking.stack)))


@takes(answer=of_stacks.Outputs)
def list_outputs(asking: Asking) -> Answer:
    """List the outputs of a stack."""
    return Answer(asking.ask("list_outputs", OfStack(**asking.stack)))


@takes(answer=of_stacks.OneOutput)
def show_output(asking: Asking) -> Answer:
    """Show an output."""
    key = asking.parts["output_key"]
    return Answer(asking.ask("show_output", stacks.ShowOutput(**asking.stack, key=key)))


@takes(body=bodies.Action)
def act(asking: Asking) -> Answer:
    """Carry out an action on a stack."""
    body = asking.body()
    if not body:
        raise bad_request("No action specified")
    if len(body) > 1:
        raise bad_request("Multiple actions specified")
    action = next(iter(body))
    if action not in ACTIONS:
        raise bad_request(f"Invalid action {action} specified: use one of {', '.join(ACTIONS)}")
    asking.ask("act", actions.Act(**asking.stack, action=action))
    return Answer()


@takes(query=previews.Validate, body=bodies.Definition, answer=of_templates.Validated)
def validate(asking: Asking) -> Answer:
    """Check a template."""
    parts = reading.definition(asking.body())
    request = asking.query.read(previews.Validate, **parts)
    return Answer(asking.ask("validate", request))


# Resources and events


@takes(query=members.ListResources, filters=members.FILTERS, answer=of_resources.Resources)
def list_resources(asking: Asking) -> Answer:
    """List the resources of a stack."""
    query = asking.query
    query.only(*members.FILTERS, "nested_depth", "with_detail")
    request = query.read(
        members.ListResources, **asking.stack, filters=query.among(*members.FILTERS)
    )
    found = asking.ask("list_resources", request)
    return Answer({"resources": [_resource(asking, entry) for entry in found["resources"]]})


def _resource(asking: Asking, entry: dict[str, Any]) -> dict[str, Any]:
    stack, nested = asking.links.stack(entry.pop("stack")), entry.pop("nested", None)
    hrefs = [link(resource_below(stack, entry["resource_name"])), link(stack, "stack")]
    if nested:
        hrefs.append(link(asking.links.stack(nested), "nested"))
    return with_links(entry, hrefs)


@takes(filters=("with_attr",), answer=of_resources.OneResource)
def show_resource(asking: Asking) -> Answer:
    """Show a resource."""
    request = members.ShowResource(
        **asking.stack,
        resource=asking.parts["resource_name"],
        with_attr=tuple(asking.query.texts("with_attr")),
    )
    found = asking.ask("show_resource", request)
    return Answer({"resource": _resource(asking, found["resource"])})


@takes(answer=of_resources.Metadata)
def show_metadata(asking: Asking) -> Answer:
    """Show the metadata of a resource."""
    name = asking.parts["resource_name"]
    return Answer(asking.ask("show_metadata", members.OfResource(**asking.stack, resource=name)))


@takes(body=bodies.Said)
def signal_resource(asking: Asking) -> Answer:
    """Pass on what is said to a resource."""
    # Scripts inside servers say so with curl, which calls what it sends a form.
    said = asking.body(kinds=False)
    request = signals.SignalResource(
        **asking.stack, resource=asking.parts["resource_name"], body=said
    )
    asking.ask("signal_resource", request)
    return Answer()


@takes(
    query=members.ListEvents, but=("resource",), filters=EVENT_FILTERS, answer=of_resources.Events
)
def list_events(asking: Asking) -> Answer:
    """List what happened to a stack, or to one of its resources."""
    query = asking.query
    request = query.read(
        members.ListEvents,
        **asking.stack,
        resource=asking.parts.get("resource_name"),
        filters=query.among(*EVENT_FILTERS),
    )
    found = asking.ask("list_events", request)
    root = asking.links.stack(found["stack"]) if request.nested_depth else None
    return Answer({"events": [event_entry(asking, entry, root) for entry in found["events"]]})


@takes(answer=of_resources.OneEvent)
def show_event(asking: Asking) -> Answer:
    """Show an event."""
    request = members.ShowEvent(
        **asking.stack, resource=asking.parts["resource_name"], event=asking.parts["event_id"]
    )
    found = asking.ask("show_event", request)
    return Answer({"event": event_entry(asking, found["event"])})


def event_entry(asking: Asking, entry: dict[str, Any], root: str | None = None) -> dict[str, Any]:
    """Return an event with its links."""
    stack = asking.links.stack(entry.pop("stack"))
    resource = resource_below(stack, entry["resource_name"])
    hrefs = [
        link(f"{resource}/events/{entry['id']}"),
        link(resource, "resource"),
        link(stack, "stack"),
    ]
    if root is not None:
        hrefs.append(link(root, "root_stack"))
    return with_links(entry, hrefs)


# What the service knows


@takes(query=types.ListTypes, answer=of_templates.Types)
def list_types(asking: Asking) -> Answer:
    """List the resource types."""
    return Answer(asking.ask("list_types", asking.query.read(types.ListTypes)))


@takes(answer=of_templates.Type)
def show_type(asking: Asking) -> Answer:
    """Show the schema of a type."""
    return Answer(asking.ask("show_type", types.OfType(type=asking.parts["type_name"])))


@takes(query=types.TypeTemplate, answer=parts.Anything)
def type_template(asking: Asking) -> Answer:
    """Make a template for a type."""
    dialect = asking.query.text("template_type") or "cfn"
    request = types.TypeTemplate(type=asking.parts["type_name"], template_type=dialect.lower())
    return Answer(asking.ask("type_template", request))


@takes(answer=of_templates.Versions)
def template_versions(asking: Asking) -> Answer:
    """List the template versions."""
    return Answer(asking.ask("template_versions", types.Nothing()))


@takes(query=types.OfVersion, but=("version",), answer=of_templates.Functions)
def template_functions(asking: Asking) -> Answer:
    """List the functions of a template version."""
    version = asking.parts["template_version"]
    request = asking.query.read(types.OfVersion, version=version)
    return Answer(asking.ask("template_functions", request))


@takes(answer=of_services.BuildInfo)
def build_info(asking: Asking) -> Answer:
    """Tell what the service was built from."""
    engine = asking.ask("build_info", types.Nothing())
    return Answer({"api": {"revision": asking.revision}, "engine": engine})


@takes(answer=of_services.Engines)
def list_services(asking: Asking) -> Answer:
    """List the engines."""
    return Answer(asking.ask("list_services", types.Nothing()))
