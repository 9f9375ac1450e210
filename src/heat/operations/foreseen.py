"""A forecast as the JSON that clients of previews know."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from heat.operations import views
from heat.plan.forecast import Forecast
from heat.plan.model import Kind, Node, Reason

_CHANGES = ("unchanged", "updated", "replaced", "added", "deleted")


def foreseen(forecast: Forecast, project: str, parent: str | None = None) -> list[Any]:
    """Return the resources of a stack to be; those of a nested stack are a list in its place."""
    found: list[Any] = []
    for node in forecast.plan.nodes:
        inner = forecast.below.get(node.id)
        if inner is not None:
            found.append(foreseen(inner, project, node.name))
            continue
        desired = forecast.desired[node.name]
        assert forecast.compiled is not None  # noqa: S101 - without one nothing is desired
        given = forecast.compiled.mask.properties(desired.cls, desired.given)
        properties = views.settled(given)
        found.append(_entry(forecast, node, project, parent) | {"properties": properties})
    return found


def changes(
    forecast: Forecast, project: str, *, nested: bool = False
) -> dict[str, list[dict[str, Any]]]:
    """Return the resources of a stack by what happens to them; ``nested`` adds those below.

    What stands for a nested stack counts as updated: its members are asked at every update.
    """
    found: dict[str, list[dict[str, Any]]] = {key: [] for key in _CHANGES}
    for key, entry in _changes(forecast, project, None, nested=nested):
        found[key].append(entry)
    return found


def _changes(
    forecast: Forecast, project: str, parent: str | None, *, nested: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    nodes = forecast.plan.nodes
    physical = {row.id: row.physical_id for row in forecast.past.rows}
    replaced = {node.replaces for node in nodes if node.replaces}
    for node in nodes:
        key = _change(node, replaced)
        if key:
            entry = _entry(forecast, node, project, parent)
            entry["physical_resource_id"] = physical.get(node.replaces or node.row) or ""
            entry["reasons"] = [_reason(reason) for reason in node.reasons]
            yield key, entry
        if nested and (inner := forecast.below.get(node.id)) is not None:
            yield from _changes(inner, project, node.name, nested=True)


def _change(node: Node, replaced: set[Any]) -> str:
    """Name what happens; nothing for an old object, which is told of with its replacement."""
    match node.kind:
        case Kind.KEEP:
            return "unchanged"
        case Kind.UPDATE:
            return "updated"
        case Kind.CREATE | Kind.ADOPT:
            return "replaced" if node.replaces else "added"
        case Kind.DELETE | Kind.FORGET:
            return "" if node.row in replaced else "deleted"
        case _:
            raise AssertionError(f"an update has no {node.kind}")


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "text": reason.text,
        "property": reason.property or None,
        "before": reason.before,
        "after": reason.after,
        "replaces": reason.replaces,
    }


def _entry(forecast: Forecast, node: Node, project: str, parent: str | None) -> dict[str, Any]:
    desired = forecast.desired.get(node.name)
    entry = _base_entry(forecast, node, project)
    if parent is not None:
        entry["parent_resource"] = parent
    if desired is None or forecast.compiled is None:
        return entry
    compiled = forecast.compiled
    return entry | {
        "metadata": views.settled(compiled.mask(desired.metadata)),
        "attributes": dict.fromkeys(desired.cls.__attributes__, ""),
        "description": compiled.bound.resources[node.name].description,
        "required_by": _needed_by(compiled.requires, node.name),
    }


def _needed_by(requires: Mapping[str, frozenset[str]], name: str) -> Sequence[str]:
    return [other for other, needed in requires.items() if name in needed]


def _base_entry(forecast: Forecast, node: Node, project: str) -> dict[str, Any]:
    past = forecast.past
    identity = {"tenant": project, "stack_name": past.stack_name, "stack_id": past.stack_id}
    return {
        "resource_name": node.name,
        "resource_type": node.type,
        "resource_identity": identity | {"path": f"/resources/{node.name}"},
        "stack_identity": identity | {"path": ""},
        "stack_name": past.stack_name,
        "physical_resource_id": "",
        "resource_action": "INIT",
        "resource_status": "COMPLETE",
        "resource_status_reason": "",
        "creation_time": None,
        "updated_time": None,
        "metadata": {},
        "attributes": {},
        "description": "",
        "required_by": [],
    }
