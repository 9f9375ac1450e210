"""Carries out one node of an action: a verb that leaves the desired state as it is."""

from collections.abc import Mapping
from typing import Any

from heat.engine import reasons
from heat.engine.making import Made
from heat.engine.performing import perform
from heat.engine.reasons import VerbFailed
from heat.engine.record import COMPLETE, FAILED, IN_PROGRESS, standing
from heat.engine.scene import Outcome, Scene
from heat.plan.model import Kind, Node
from heat.plugin.resource import Resource, failed
from heat.plugin.steps import Keep, Steps
from heat.store.rows import ResourceRow, Write

_RESUMABLE = (
    ("SUSPEND", COMPLETE),
    ("RESUME", FAILED),
    ("RESUME", COMPLETE),
    # A look at a suspended resource hides its state; it must not stay suspended for that.
    ("CHECK", COMPLETE),
    ("CHECK", FAILED),
)


async def act(scene: Scene, node: Node) -> Outcome:
    """Give a resource the verb of the action, where its type has one and its state allows it."""
    row, kind = scene.rows[node.row], node.kind
    action = kind.upper()
    cls = scene.types.get(scene.real_type(row))
    able = cls is not None and cls.has(kind)
    opening: list[Write] = []
    if (row.action, row.status, row.operation) != (action, IN_PROGRESS, scene.operation.id):
        if kind is Kind.RESUME and _is_awake(scene, row):
            return Outcome.DONE
        if not _allows(kind, row):
            said = f"State ('{row.action}', '{row.status}') invalid for {kind}"
            scene.failures[row.name] = reasons.of(row.name, VerbFailed(said, kind="Error"))
            return Outcome.FAILED
        if kind is Kind.CHECK and not able:
            return await _unchecked(scene, row)
        row, opening = scene.teller.resource(row, action, IN_PROGRESS, operation=scene.operation.id)
    values = standing(scene.stack, row, cls) if cls is not None else Resource()
    kept: Mapping[str, Any] = {
        "operation": scene.operation.id,
        "resolved": row.resolved,
        "replaced_by": row.replaced_by,
    }
    return await perform(
        scene, row, action, _verb(kind, values, row.physical_id, able=able), opening, kept
    )


def unsupported(scene: Scene) -> bool:
    """Tell whether the types of some resources can't be checked."""
    return any(row.reason == _not_supported(row) for row in scene.rows.values())


def _is_awake(scene: Scene, row: ResourceRow) -> bool:
    """Tell whether a suspension that came to others did not come to a resource."""
    if row.status != COMPLETE or (row.action, row.status) in _RESUMABLE:
        return False
    return any(other.action in ("SUSPEND", "RESUME") for other in scene.rows.values())


def _allows(kind: Kind, row: ResourceRow) -> bool:
    match kind:
        case Kind.SUSPEND:
            return row.action == "SUSPEND" or (row.status == COMPLETE and row.action != "DELETE")
        case Kind.RESUME:
            return (row.action, row.status) in _RESUMABLE
        case Kind.SNAPSHOT:
            # It would hide that the resource has to be made anew.
            return row.status == COMPLETE or row.action not in ("CREATE", "CHECK")
        case _:
            return True


async def _unchecked(scene: Scene, row: ResourceRow) -> Outcome:
    if row.action != "INIT":
        row, writes = scene.teller.resource(
            row, "CHECK", COMPLETE, _not_supported(row), operation=scene.operation.id
        )
        await scene.stage.lease.commit(*writes)
        scene.note(row)
    return Outcome.DONE


def _not_supported(row: ResourceRow) -> str:
    return f"CHECK not supported for {row.type}"


def _verb(kind: Kind, values: Any, item: str | None, *, able: bool) -> Steps[Made]:
    if item is None and kind is Kind.CHECK:
        yield from failed("there is no object to check: it was never made")
    elif item is not None and able:
        data = yield from getattr(values, kind)(item)
        if kind is Kind.SNAPSHOT and data:
            yield Keep({**values.__here__.data, **data})
    return Made(item, values, {})
