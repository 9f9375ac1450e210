"""Looks at live objects before a plan is made: what failed, and, on demand, what others changed.

What is seen is written into the rows, so that the plan follows from what is recorded.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from heat.base.errors import Fault
from heat.base.ids import StackId
from heat.engine.record import COMPLETE, FAILED, looks_after_failure, standing
from heat.engine.scene import Scene
from heat.engine.verbs import Performance
from heat.plan.diff import Recorded
from heat.plugin.resource import Resource
from heat.plugin.steps import Steps
from heat.store.rows import ChangeResource, ResourceRow

_log = logging.getLogger(__name__)


async def observe(scene: Scene) -> None:
    """Take over what mutable properties are by now, and which objects are gone."""
    rows = [row for row in scene.rows.values() if row.status == COMPLETE and _has_object(row)]
    await asyncio.gather(*(see(scene, row) for row in rows))


async def see_gone(scene: Scene) -> None:
    """Find nested stacks that somebody has deleted by themselves."""
    rows = [row for row in scene.rows.values() if _has_object(row) and not row.replaced_by]
    nested = [row for row in rows if (cls := scene.type_of(row)) is not None and cls.nests]
    if not nested:
        return
    there = await scene.stage.world.store.there([StackId(_id(row)) for row in nested])
    for row in nested:
        if row.physical_id not in there:
            said = "its nested stack is gone"
            gone, writes = scene.teller.resource(row, "CHECK", FAILED, said, operation=None)
            await scene.stage.lease.commit(*writes)
            scene.note(gone)


async def see_broken(scene: Scene, known: list[Recorded]) -> list[Recorded]:
    """Ask the types that look at objects which of those that failed must be replaced."""
    seen = await asyncio.gather(*(_is_broken(scene, one) for one in known))
    return [
        replace(one, broken=True) if broken else one
        for one, broken in zip(known, seen, strict=True)
    ]


async def _is_broken(scene: Scene, one: Recorded) -> bool:
    row, cls = scene.rows[one.id], scene.types.get(one.real_type or one.type)
    if cls is None or one.status != FAILED or not _has_object(row) or not looks_after_failure(cls):
        return one.broken
    try:
        return bool(await _look(scene, row, _placed(scene, row, cls).replace_failed(_id(row))))
    except Fault as fault:
        _log.warning("%s of %s can't be seen: %s", row.name, scene.stack.id, fault)
        return one.broken


async def see_outgrown(scene: Scene, row: ResourceRow, values: Any) -> bool:
    """Ask a type that has to look first whether a change takes another object."""
    if values.has("outgrown") and (why := await _look(scene, row, values.outgrown(_id(row)))):
        scene.outgrown[row.id] = why
    return row.id in scene.outgrown


async def see(scene: Scene, row: ResourceRow) -> None:
    """Take over what the mutable properties of one are by now, or that it is gone."""
    cls = scene.types.get(scene.real_type(row))
    if cls is None or not cls.has("live"):
        return
    values: Any = _placed(scene, row, cls)
    live = await look_at(scene, row, values.live(_id(row)))
    if live is None:
        await miss(scene, row)
    elif live:
        fields = {
            "properties": {**row.properties, **live},
            "resolved": {**(row.resolved or row.properties), **live},
        }
        await scene.stage.lease.commit(ChangeResource(row.id, fields))
        scene.note(replace(row, **fields))


async def look_at(scene: Scene, row: ResourceRow, steps: Steps[Any]) -> Mapping[str, Any] | None:
    """Return the mutable properties that are not as they are taken to be; None if it is gone."""
    try:
        live: Mapping[str, Any] | None = await _look(scene, row, steps)
    except Fault as fault:
        _log.warning("%s of %s can't be seen: %s", row.name, scene.stack.id, fault)
        return {}
    return live


async def miss(scene: Scene, row: ResourceRow) -> None:
    """Take over that an object is gone."""
    gone, writes = scene.teller.resource(row, "CHECK", FAILED, "the object is gone")
    await scene.stage.lease.commit(*writes)
    scene.note(gone)


async def _look(scene: Scene, row: ResourceRow, steps: Steps[Any]) -> Any:
    return await Performance(scene.stage, row.id, "look", (), keeps=False).run(steps)


def _placed(scene: Scene, row: ResourceRow, cls: type[Resource]) -> Resource:
    return standing(scene.stack, row, cls)


def _has_object(row: ResourceRow) -> bool:
    return row.physical_id is not None and row.action not in ("INIT", "DELETE")


def _id(row: ResourceRow) -> str:
    return row.physical_id or ""
