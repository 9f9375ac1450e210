"""Rows as the JSON that clients know; links are for the front ends, which know their address."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from heat.base.clock import timestamp
from heat.base.errors import Invalid
from heat.base.unknown import Unknown, unknowns
from heat.operations.services import Services
from heat.plan.definition import Compiled
from heat.plan.desired import Standing
from heat.plan.masking import HIDDEN
from heat.store import definitions
from heat.store.rows import DefinitionRow, EventRow, ResourceRow, StackRow


def moment(value: datetime | None) -> str | None:
    """Write a time."""
    return None if value is None else timestamp(value)


def stack_entry(stack: StackRow) -> dict[str, Any]:
    """Return a stack as lists have it, with the project whose it is."""
    return {
        "id": stack.id,
        "stack_name": stack.name,
        "description": "",
        "stack_status": f"{stack.action}_{stack.status}",
        "stack_status_reason": stack.reason,
        "creation_time": moment(stack.created_at),
        "updated_time": moment(stack.updated_at),
        "deletion_time": moment(stack.deleted_at),
        "stack_owner": stack.username or None,
        "parent": stack.owner,
        "stack_user_project_id": stack.stack_user_project or None,
        "tags": list(stack.tags) or None,
        "project": stack.project,
    }


def stack_shown(stack: StackRow, compiled: Compiled) -> dict[str, Any]:
    """Return a stack as show has it, but for its outputs."""
    return stack_entry(stack) | {
        "description": compiled.template.description,
        "template_description": compiled.template.description,
        "parameters": parameters(stack, compiled),
        "capabilities": [],
        "notification_topics": [],
        "timeout_mins": stack.timeout_mins,
        "disable_rollback": stack.disable_rollback,
        "tags": list(stack.tags),
    }


def parameters(stack: StackRow, compiled: Compiled) -> dict[str, str]:
    """Return the parameters as texts, pseudo ones among them, hidden ones masked."""
    shown: dict[str, str] = {
        "OS::stack_id": stack.id,
        "OS::stack_name": stack.name,
        "OS::project_id": stack.project,
    }
    if compiled.template.version.dialect == "cfn":
        shown = {
            "AWS::StackId": f"arn:openstack:heat::{stack.project}:stacks/{stack.name}/{stack.id}",
            "AWS::StackName": stack.name,
            "AWS::Region": "ap-southeast-1",
        }
    for name, schema in compiled.template.parameters.items():
        if name in compiled.values:
            value = HIDDEN if schema.hidden else _text(compiled.values[name])
            shown[name] = value
    return shown


def _text(value: Any) -> str:
    match value:
        case str():
            return value
        case list():
            return ",".join(str(item) for item in value)
        case dict():
            return msgspec.json.encode(value).decode()
        case _:
            return str(value)


def environment(definition: DefinitionRow) -> dict[str, Any]:
    """Return the environment of a definition, hidden values masked."""
    hidden = definitions.hidden(definition.template, definition.environment)
    shown = dict(definition.environment)
    for section in ("parameters", "parameter_defaults"):
        values: Mapping[str, Any] = shown.get(section) or {}
        shown[section] = {
            name: HIDDEN if name in hidden else value for name, value in values.items()
        }
    return {"resource_registry": {"resources": {}}, "event_sinks": []} | shown


def output(compiled: Compiled, name: str, facts: Standing) -> dict[str, Any]:
    """Return an output with its value, or with what keeps it from having one."""
    shown: dict[str, Any] = {
        "output_key": name,
        "description": compiled.template.outputs[name].description,
        "output_value": None,
    }
    try:
        value = compiled.bound.output(name, facts)
    except Invalid as invalid:
        return shown | {"output_error": invalid.message}
    waits = unknowns(value)
    if waits is None:
        return shown | {"output_value": value}
    of = ", ".join(sorted(waits.of))
    return shown | {"output_error": f"The value is not known yet: it depends on {of}."}


def best(rows: Iterable[ResourceRow]) -> dict[str, ResourceRow]:
    """Return for each name the row that counts, while a replacement is under way too."""
    found: dict[str, ResourceRow] = {}
    for row in rows:
        other = found.get(row.name)
        if other is None or _rank(row) > _rank(other):
            found[row.name] = row
    return found


def _rank(row: ResourceRow) -> tuple[bool, bool, bool, datetime]:
    begun = row.action != "INIT" or row.replaces is None
    return begun, row.replaced_by is None, row.action != "DELETE", row.created_at


def required_by(rows: Sequence[ResourceRow]) -> dict[str, list[str]]:
    """Return for each row id the names of the resources that need it."""
    found: dict[str, list[str]] = {}
    for row in rows:
        for needed in row.requires:
            names = found.setdefault(needed, [])
            if row.name not in names:
                names.append(row.name)
    return found


def resource(row: ResourceRow, needed_by: Sequence[str]) -> dict[str, Any]:
    """Return a resource as lists have it."""
    return {
        "resource_name": row.name,
        "logical_resource_id": row.name,
        "physical_resource_id": row.physical_id or "",
        "resource_type": row.type,
        "resource_status": f"{row.action}_{row.status}",
        "resource_status_reason": row.reason,
        "creation_time": moment(row.created_at),
        "updated_time": moment(row.updated_at or row.created_at),
        "required_by": list(needed_by),
    }


def attributes(
    services: Services, row: ResourceRow, names: Iterable[str] = ()
) -> Mapping[str, Any]:
    """Return what is recorded of an object: the whole of it, and each attribute by name."""
    cls = services.types.get(row.real_type or row.type)
    whole = row.attributes.get("show")
    shown: dict[str, Any] = dict(whole) if isinstance(whole, Mapping) else {}
    for name in (*(cls.__attributes__ if cls else ()), *names):
        if name in row.attributes or name not in shown:
            shown[name] = row.attributes.get(name)
    return shown


def event(row: EventRow) -> dict[str, Any]:
    """Return an event as lists have it."""
    return {
        "id": row.id,
        "event_time": timestamp(row.created_at),
        "resource_name": row.resource_name,
        "logical_resource_id": row.resource_name,
        "physical_resource_id": row.physical_id,
        "resource_status": f"{row.action}_{row.status}",
        "resource_status_reason": row.reason,
    }


def settled(value: Any) -> Any:
    """Return a value as JSON; what is not known yet is a text that says so."""
    match value:
        case Unknown():
            return str(value)
        case Mapping():
            return {key: settled(item) for key, item in value.items()}
        case list() | tuple():
            return [settled(item) for item in value]
        case _:
            return value
