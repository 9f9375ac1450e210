"""Resources with an external_id: objects that are there already, looked at and never changed."""

from collections.abc import Mapping
from typing import Any

from heat.base.errors import Invalid
from heat.engine.making import Made, revealed
from heat.engine.performing import perform
from heat.engine.record import COMPLETE, EXTERNAL, IN_PROGRESS
from heat.engine.scene import Outcome, Scene
from heat.plan.desired import Desired
from heat.plugin.resource import Resource
from heat.plugin.steps import Steps
from heat.store.rows import ResourceRow, Write


async def refer(
    scene: Scene, row: ResourceRow, desired: Desired, values: Resource, names: frozenset[str],
    kept: Mapping[str, Any],
) -> Outcome:  # fmt: skip
    """Take an object over by its id, and check it once."""
    teller, external = scene.teller, desired.external_id
    kept = {**kept, "physical_id": external, "data": {EXTERNAL: external}}
    opening: list[Write] = []
    if row.action == "INIT":
        for action, status in (
            ("ADOPT", IN_PROGRESS),
            ("ADOPT", COMPLETE),
            ("CHECK", IN_PROGRESS),
        ):
            row, writes = teller.resource(row, action, status, **kept)
            opening += writes
    return await perform(scene, row, "CHECK", _look(values, str(external), names), opening, kept)


def unchangeable(row: ResourceRow) -> Invalid:
    """Return the fault for another external_id than the resource began with."""
    return Invalid(
        f"Update to property external_id of {row.name} ({row.type}) is not supported.",
        kind="NotSupported",
    )


def _look(values: Any, item: str, names: frozenset[str]) -> Steps[Made]:
    if type(values).has("check"):
        yield from values.check(item)
    attributes = yield from revealed(values, item, names)
    return Made(item, values, attributes)
