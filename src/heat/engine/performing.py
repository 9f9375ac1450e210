"""Runs one verb of one resource to its end, and commits what came of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias

from msgspec.structs import replace

from heat.base.errors import Fault
from heat.engine import reasons
from heat.engine.clearing import clear_away
from heat.engine.lease import Lost, Unkept
from heat.engine.making import Made
from heat.engine.patience import Patience
from heat.engine.record import COMPLETE, FAILED, standing
from heat.engine.scene import Outcome, Scene
from heat.engine.stage import Stage
from heat.engine.verbs import Performance
from heat.plugin.fields import plain
from heat.plugin.resource import Resource
from heat.plugin.steps import Steps
from heat.store.rows import (
    ChangeResource,
    DropJournal,
    DropResource,
    PutIntent,
    PutReply,
    ResourceRow,
    Write,
)

_log = logging.getLogger(__name__)

Again: TypeAlias = Callable[[ResourceRow, Fault, Sequence[Write]], Awaitable[bool]]
"""Decides whether a failed verb is tried again; if so, it writes down that, and what is pending."""


async def aside(scene: Scene, row: ResourceRow, verb: str) -> None:
    """Let an object make room for its replacement, or take back what it gave up for it."""
    cls = scene.types.get(scene.real_type(row))
    if cls is None or row.physical_id is None or not cls.has(verb):
        return
    act = Performance(
        scene.stage, row.id, f"{verb}:{scene.operation.id}", scene.journal.get(row.id, ())
    )
    await act.run(getattr(standing(scene.stack, row, cls), verb)(row.physical_id))
    await scene.stage.lease.commit(*act.pending)


async def perform(
    scene: Scene,
    row: ResourceRow,
    action: str,
    steps: Steps[Made],
    opening: list[Write],
    kept: Mapping[str, Any],
    *,
    verb: str = "",
    again: Again | None = None,
) -> Outcome:
    """Run a verb to its end, and commit what came of it together with its last reply.

    The verb has a name of its own when it goes on in a later operation; others begin anew in
    each. What ``again`` takes a failure for is that: tried again, and no failure.
    """
    verb = verb or f"{action}:{scene.operation.id}"
    act = Performance(scene.stage, row.id, verb, scene.journal.get(row.id, ()), opening)
    scene.note(row)
    try:
        return await _to_its_end(scene, row, action, act, steps, kept, again)
    except Unkept as fault:
        return await _kept_back(scene, row, action, act, fault)
    except Lost:
        if action == "CREATE" and act.made_now:
            await _disown(scene, row, act.made_now)
        raise
    finally:
        if action == "SNAPSHOT" and act.kept is not None:
            scene.saved[row.id] = act.kept


async def _to_its_end(
    scene: Scene,
    row: ResourceRow,
    action: str,
    act: Performance,
    steps: Steps[Made],
    kept: Mapping[str, Any],
    again: Again | None,
) -> Outcome:
    lease = scene.stage.lease
    try:
        made = await act.run(steps)
    except Unkept:
        raise
    except Fault as fault:
        row = _with_made(row, act)
        if again is not None and await again(row, fault, act.pending):
            return Outcome.AGAIN
        return await fail(scene, row, action, fault, act.pending)
    row = _with_made(row, act)
    if action == "DELETE":
        row, writes = scene.teller.resource(row, action, COMPLETE)
        old = scene.rows.get(row.replaces) if row.replaces else None
        if old is not None and (old.action, old.status) != ("DELETE", COMPLETE):
            await act.flush()
            await aside(scene, old, "step_back")
        if row.id in scene.lingering:
            await lease.commit(*act.pending, *writes)
            scene.note(row)
            return Outcome.DONE
        await lease.commit(*act.pending, *writes[1:], DropResource(row.id))
        scene.forget(row.id)
        return Outcome.DONE
    fields: dict[str, Any] = {
        "physical_id": made.item,
        "resolved": _plain(made.resolved),
        "attributes": {**row.attributes, **made.attributes},
        "replaced_by": None,
        **kept,
    }
    row, writes = scene.teller.resource(row, action, COMPLETE, **fields)
    if action != "CREATE" or scene.journal.get(row.id) or act.wrote:
        writes.append(DropJournal(row.id))
    await lease.commit(*_without_journal(act.pending), *writes)
    scene.journal.pop(row.id, None)
    scene.note(row)
    scene.learn(row)
    return Outcome.DONE


async def _kept_back(
    scene: Scene, row: ResourceRow, action: str, act: Performance, fault: Unkept
) -> Outcome:
    """Fail for what the database can't take, with as much as it takes to delete what was made."""
    row = _with_made(row, act)
    known = {name: getattr(row, name) for name in ("physical_id", "requires", "real_type")}
    return await fail(scene, row, action, fault, [ChangeResource(row.id, known)])


async def _disown(scene: Scene, row: ResourceRow, item: str) -> None:
    """Delete what was made after the lease was lost, unless the new driver has adopted it."""
    world, stage = scene.stage.world, scene.stage
    cls = scene.types.get(scene.real_type(row))
    end = world.clock.now() + timedelta(seconds=10 * stage.settings.lease_term)
    while cls is not None and world.clock.now() < end:
        found = await world.store.resource(row.id)
        if found is not None and found.physical_id == item:
            return
        if found is not None and found.status == FAILED and found.physical_id is None:
            return  # whoever deletes the resource searches for it
        if found is None or found.physical_id is not None:
            await _delete(stage, standing(scene.stack, row, cls).delete(item))
            return
        await asyncio.sleep(stage.settings.scan_interval)
    _log.error("%s %s may be without an owner; look for its mark heat:%s", row.type, item, row.id)


async def _delete(stage: Stage, steps: Steps[None]) -> None:
    cloud, patience = stage.world.cloud, Patience(stage.world, stage.settings)
    try:
        await clear_away(
            steps,
            lambda call: patience.outlast(partial(cloud.send, call, stage.who)),
            lambda wait: cloud.wait(wait, stage.who, deadline=stage.deadline),
        )
    except Fault as fault:
        _log.warning("%s could not be cleared away: %s", stage.lease.stack, fault)


def _without_journal(writes: Iterable[Write]) -> Iterable[Write]:
    """Leave out journal entries that the same commit would drop again."""
    return [write for write in writes if not isinstance(write, PutIntent | PutReply)]


def _with_made(row: ResourceRow, act: Performance) -> ResourceRow:
    if act.physical_id is not None:
        row = replace(row, physical_id=act.physical_id)
    return row if act.kept is None else replace(row, data=act.kept)


def _plain(values: Resource) -> Mapping[str, Any]:
    given = plain(values)
    return given if isinstance(given, Mapping) else {}


async def fail(
    scene: Scene,
    row: ResourceRow,
    action: str,
    error: Exception,
    pending: Sequence[Write] = (),
) -> Outcome:
    """Record that a resource failed, and what was said."""
    reason = reasons.of(row.name, error)
    row, writes = scene.teller.resource(row, action, FAILED, reason, operation=scene.operation.id)
    await scene.stage.lease.commit(*pending, *writes)
    scene.note(row)
    scene.failures[row.name] = reason
    return Outcome.FAILED


async def refuse(scene: Scene, row: ResourceRow, action: str, fault: Fault) -> Outcome:
    """Tell that nothing is done to a resource, which stays in the state that it is in."""
    refused = replace(row, action=action, status=FAILED, reason=str(fault))
    await scene.stage.lease.commit(scene.teller.event(refused))
    scene.failures[row.name] = reasons.of(row.name, fault)
    return Outcome.FAILED
