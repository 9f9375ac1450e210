"""Carries out one node of a plan: the change of one resource."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import Enum
from typing import Any, TypeVar, cast

from msgspec.structs import replace

from heat.base.errors import Fault, Invalid, Permanent
from heat.base.ids import ResourceId
from heat.base.problems import Problem
from heat.engine import reasons
from heat.engine.lease import Lost
from heat.engine.record import COMPLETE, FAILED, IN_PROGRESS, Teller, here, recorded, standing
from heat.engine.verbs import Performance, Stage, Stopped, unrecorded
from heat.plan.build import known_of
from heat.plan.definition import Compiled
from heat.plan.desired import Desired, Known, Standing, desire
from heat.plan.diff import compare
from heat.plan.model import Kind, Node
from heat.plugin.fields import differences, plain
from heat.plugin.find import resolve
from heat.plugin.resource import Resource
from heat.plugin.steps import Keep, Steps
from heat.plugin.values import recall
from heat.store.rows import (
    ChangeResource,
    DropJournal,
    DropResource,
    JournalRow,
    OperationRow,
    PutIntent,
    PutReply,
    ResourceRow,
    StackRow,
    Write,
)

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Outcome(Enum):
    """How a node ended."""

    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    REPLAN = "replan"  # what it came to is not what was planned


@dataclass
class Scene:
    """What is recorded of a stack, kept equal to its committed rows while it is driven."""

    stack: StackRow
    operation: OperationRow
    compiled: Compiled | None
    rows: dict[ResourceId, ResourceRow]
    journal: dict[ResourceId, list[JournalRow]]
    teller: Teller
    stage: Stage
    known: dict[str, Known] = field(default_factory=dict[str, Known])
    failures: dict[str, str] = field(default_factory=dict[str, str])
    current: dict[str, ResourceId] = field(default_factory=dict[str, ResourceId])

    def __post_init__(self) -> None:
        """See which row each name stands for."""
        for row in list(self.rows.values()):
            self.note(row)

    @property
    def types(self) -> Mapping[str, type[Resource]]:
        """The resource types."""
        return self.stage.world.types

    def real_type(self, row: ResourceRow) -> str:
        """Return the type that a row's type stands for; once made, that is not looked up anew."""
        return row.real_type or row.type

    def note(self, row: ResourceRow) -> None:
        """Take over a committed row."""
        self.rows[row.id] = row
        if not row.replaced_by:
            self.current[row.name] = row.id

    def forget(self, row: ResourceId) -> None:
        """Take over that a row is gone."""
        gone = self.rows.pop(row, None)
        self.journal.pop(row, None)
        if gone is not None and self.current.get(gone.name) == row:
            del self.current[gone.name]

    def learn(self, row: ResourceRow) -> None:
        """Let other resources know of a row, as soon as it is what the plan wants."""
        seen = known_of(recorded(self.stack, row, self.types))
        if seen is not None:
            self.known[row.name] = seen


_ACTIONS = {
    Kind.KEEP: "UPDATE",
    Kind.CREATE: "CREATE",
    Kind.UPDATE: "UPDATE",
    Kind.DELETE: "DELETE",
    Kind.FORGET: "DELETE",
}


async def carry_out(scene: Scene, node: Node) -> Outcome:
    """Do what a node says."""
    try:
        match node.kind:
            case Kind.KEEP:
                return await _keep(scene, node)
            case Kind.CREATE:
                return await _create(scene, node)
            case Kind.UPDATE:
                return await _update(scene, node)
            case Kind.DELETE | Kind.FORGET:
                return await _delete(scene, node)
    except Stopped:
        return Outcome.STOPPED
    except Lost:
        raise
    except Exception as error:  # noqa: BLE001 - a bug in a type must not take the driver down
        # What goes wrong with one resource is its own failure, never the end of the driver.
        if not isinstance(error, Fault):
            _log.exception("%s of %s", node.kind, node.name)
        return await _fail(scene, scene.rows[node.row], _ACTIONS[node.kind], error)


def _desire(scene: Scene, name: str) -> Desired:
    """Evaluate a resource with what is known by now; raises Invalid when that can't be used."""
    compiled = scene.compiled
    assert compiled is not None  # noqa: S101 - a stack without definition has no such nodes
    found = desire(
        compiled.bound, name, Standing(scene.known), compiled.type_of, compiled.requires[name]
    )
    if isinstance(found, Problem):
        raise Invalid(problems=[found])
    if found.problems:
        raise Invalid(problems=found.problems)
    if not found.known:
        raise Invalid(
            problems=[
                Problem(
                    "Value not known",
                    ("resources", name),
                    "it depends on an attribute that its resource does not give",
                    code="H212",
                )
            ]
        )
    return found


async def _keep(scene: Scene, node: Node) -> Outcome:
    row = scene.rows[node.row]
    if not node.settled:
        try:
            desired = _desire(scene, node.name)
        except Invalid as invalid:
            return await _fail(scene, row, "UPDATE", invalid)
        if compare(recorded(scene.stack, row, scene.types), desired).kind is not Kind.KEEP:
            return Outcome.REPLAN
    return await _kept(scene, row)


async def _kept(scene: Scene, row: ResourceRow) -> Outcome:
    """Leave a resource as it is; read what others want to know of it and nobody read before."""
    missing = _wanted(scene, row.name) - row.attributes.keys()
    if missing:
        row = await _refresh(scene, row, missing)
    scene.learn(row)
    return Outcome.DONE


async def _refresh(scene: Scene, row: ResourceRow, names: frozenset[str]) -> ResourceRow:
    """Read attributes that the new template asks for and nobody asked for before."""
    cls = scene.types.get(scene.real_type(row))
    if cls is None or row.physical_id is None:
        return row
    act = Performance(scene.stage, row.id, "reveal", ())
    fresh = await act.run(standing(scene.stack, row, cls).reveal(row.physical_id, names))
    row = replace(row, attributes={**row.attributes, **fresh})
    await scene.stage.lease.commit(ChangeResource(row.id, {"attributes": row.attributes}))
    scene.note(row)
    return row


def _wanted(scene: Scene, name: str) -> frozenset[str]:
    return scene.compiled.wanted.get(name, frozenset()) if scene.compiled else frozenset()


def _requires(scene: Scene, desired: Desired) -> tuple[ResourceId, ...]:
    """Return the rows that a resource rests on: those its required names stand for now."""
    return tuple(sorted(scene.current[name] for name in desired.requires if name in scene.current))


@dataclass(frozen=True)
class _Made:
    """What a create or an update came to."""

    item: str | None
    resolved: Resource
    attributes: dict[str, Any]


def _creation(values: Resource, names: frozenset[str]) -> Steps[_Made]:
    resolved: Resource = yield from resolve(values)
    resolved = resolved.at(values.__here__)
    item, data = yield from _keeping(resolved.create(), resolved.__here__.data)
    resolved = resolved.at(replace(resolved.__here__, data=data))
    attributes = yield from _revealed(resolved, item, names)
    return _Made(item, resolved, attributes)


def _keeping(steps: Steps[T], data: Mapping[str, Any]) -> Steps[tuple[T, Mapping[str, Any]]]:
    """Run a verb, and return beside its result what the resource keeps by then."""
    try:
        step = next(steps)
        while True:
            if isinstance(step, Keep):
                data = step.data
            try:
                reply = yield step
            except Permanent as refusal:
                step = steps.throw(refusal)
            else:
                step = steps.send(reply)
    except StopIteration as stop:
        return cast("T", stop.value), data


def _changing(
    values: Resource, before: Resource, item: str, touched: frozenset[str], names: frozenset[str]
) -> Steps[_Made]:
    resolved: Resource = yield from resolve(values)
    resolved = resolved.at(values.__here__)
    by_public = resolved.__by_public__
    changed = {by_public[d.name].name for d in differences(before, resolved)} | touched
    if changed or resolved.changed_outside():
        update = resolved.update(item, before, frozenset(changed))
        _, data = yield from _keeping(update, resolved.__here__.data)
        resolved = resolved.at(replace(resolved.__here__, data=data))
    attributes = yield from _revealed(resolved, item, names)
    return _Made(item, resolved, attributes)


def _revealed(values: Resource, item: str | None, names: frozenset[str]) -> Steps[dict[str, Any]]:
    if not names or item is None:
        return {}
    return (yield from values.reveal(item, names))


async def _create(scene: Scene, node: Node) -> Outcome:
    row = scene.rows[node.row]
    try:
        desired = _desire(scene, node.name)
    except Invalid as invalid:
        return await _fail(scene, row, "CREATE", invalid)
    old = scene.rows.get(node.replaces) if node.replaces else None
    if old is not None and old.status == COMPLETE and row.action == "INIT":
        verdict = compare(recorded(scene.stack, old, scene.types), desired)
        if verdict.kind is not Kind.CREATE:
            return Outcome.REPLAN
    cls = desired.cls
    kept: dict[str, Any] = {
        "properties": desired.given,
        "metadata": desired.metadata,
        "requires": _requires(scene, desired),
        "deletion_policy": desired.deletion_policy,
        "operation": scene.operation.id,
        "real_type": cls.__facts__.name,
    }
    opening: list[Write] = [ChangeResource(row.id, kept)]
    if row.action == "INIT":
        row, opening = scene.teller.resource(row, "CREATE", IN_PROGRESS, **kept)
    else:
        row = replace(row, **kept)
    if old is not None:
        await _aside(scene, old, "step_aside")
    assert desired.values is not None  # noqa: S101 - _desire has seen to it
    values = desired.values.at(here(scene.stack, row))
    return await _perform(
        scene, row, "CREATE", _creation(values, _wanted(scene, node.name)), opening, kept
    )


async def _update(scene: Scene, node: Node) -> Outcome:
    row = scene.rows[node.row]
    try:
        desired = _desire(scene, node.name)
    except Invalid as invalid:
        return await _fail(scene, row, "UPDATE", invalid)
    verdict = compare(recorded(scene.stack, row, scene.types), desired)
    if verdict.kind is Kind.CREATE:
        return Outcome.REPLAN
    if verdict.kind is Kind.KEEP:
        return await _kept(scene, row)
    cls = desired.cls
    kept: dict[str, Any] = {
        "properties": desired.given,
        "metadata": desired.metadata,
        "requires": _requires(scene, desired),
        "deletion_policy": desired.deletion_policy,
        "operation": scene.operation.id,
        "attempted": None,
    }
    touched: frozenset[str] = frozenset()
    again = row.operation == scene.operation.id  # a crash: the same verb goes on
    if row.status != COMPLETE and row.attempted is not None and not again:
        attempted = recall(cls, row.attempted)
        names = {d.name for d in differences(attempted, recall(cls, row.properties))}
        touched = frozenset(cls.__by_public__[name].name for name in names)
    before = standing(scene.stack, row, cls)
    marks: dict[str, Any] = {"operation": scene.operation.id, "attempted": desired.given}
    opening: list[Write] = []
    if not (again and (row.action, row.status) == ("UPDATE", IN_PROGRESS)):
        row, opening = scene.teller.resource(row, "UPDATE", IN_PROGRESS, **marks)
    assert desired.values is not None  # noqa: S101 - _desire has seen to it
    values = desired.values.at(here(scene.stack, row))
    if verdict.changed or touched or values.changed_outside():
        steps = _changing(values, before, row.physical_id or "", touched, _wanted(scene, node.name))
    else:
        steps = _unchanged(row, before, _wanted(scene, node.name))
    return await _perform(scene, row, "UPDATE", steps, opening, kept)


def _unchanged(row: ResourceRow, before: Resource, names: frozenset[str]) -> Steps[_Made]:
    fresh = yield from _revealed(before, row.physical_id, names - row.attributes.keys())
    return _Made(row.physical_id, before, {**row.attributes, **fresh})


async def _delete(scene: Scene, node: Node) -> Outcome:
    row = scene.rows.get(node.row)
    if row is None:
        return Outcome.DONE
    if row.action == "INIT":
        await scene.stage.lease.commit(DropResource(row.id))
        scene.forget(row.id)
        return Outcome.DONE
    cls = scene.types.get(scene.real_type(row))
    began = scene.journal.get(row.id, ())
    opening: list[Write] = []
    if (row.action, row.status) != ("DELETE", IN_PROGRESS):
        row, opening = scene.teller.resource(
            row, "DELETE", IN_PROGRESS, operation=scene.operation.id
        )
    if cls is None:
        fault = reasons.VerbFailed(f"the resource type {row.type} is not known any more")
        return await _fail(scene, row, "DELETE", fault, opening)
    if node.kind is Kind.FORGET:
        return await _perform(scene, row, "DELETE", _nothing(), opening, {})
    try:
        item = row.physical_id or (await _left_behind(scene, row, cls, began) if began else None)
    except Fault as fault:
        return await _fail(scene, row, "DELETE", fault, opening)
    steps = _deletion(standing(scene.stack, row, cls), item)
    return await _perform(scene, row, "DELETE", steps, opening, {})


async def _aside(scene: Scene, row: ResourceRow, verb: str) -> None:
    """Let an object make room for its replacement, or take back what it gave up for it."""
    cls = scene.types.get(scene.real_type(row))
    if cls is None or row.physical_id is None or not cls.has(verb):
        return
    act = Performance(
        scene.stage, row.id, f"{verb}:{scene.operation.id}", scene.journal.get(row.id, ())
    )
    await act.run(getattr(standing(scene.stack, row, cls), verb)(row.physical_id))
    await scene.stage.lease.commit(*act.pending)


def _nothing() -> Steps[_Made]:
    yield from ()
    return _Made(None, Resource(), {})


def _deletion(values: Resource, item: str | None) -> Steps[_Made]:
    if item is not None:
        yield from values.delete(item)
    return _Made(item, values, {})


async def _left_behind(
    scene: Scene, row: ResourceRow, cls: type[Resource], began: Sequence[JournalRow]
) -> str | None:
    """Look for an object whose creation was cut off before its answer."""
    values = recall(cls, row.properties).at(here(scene.stack, row))
    return await Performance(scene.stage, row.id, "CREATE", began).left_behind(_item(values))


def _item(values: Resource) -> Steps[str | None]:
    made = yield from _creation(values, frozenset())
    return made.item


async def _perform(
    scene: Scene,
    row: ResourceRow,
    action: str,
    steps: Steps[_Made],
    opening: list[Write],
    kept: Mapping[str, Any],
) -> Outcome:
    """Run a verb to its end, and commit what came of it together with its last reply."""
    # A creation goes on in a later operation; other verbs begin anew in each.
    verb = action if action == "CREATE" else f"{action}:{scene.operation.id}"
    act = Performance(scene.stage, row.id, verb, scene.journal.get(row.id, ()), opening)
    scene.note(row)
    try:
        return await _to_its_end(scene, row, action, act, steps, kept)
    except Lost:
        if action == "CREATE" and act.made_now:
            await _disown(scene, row, act.made_now)
        raise


async def _to_its_end(
    scene: Scene,
    row: ResourceRow,
    action: str,
    act: Performance,
    steps: Steps[_Made],
    kept: Mapping[str, Any],
) -> Outcome:
    lease = scene.stage.lease
    try:
        made = await act.run(steps)
    except Fault as fault:
        row = _with_made(row, act)
        return await _fail(scene, row, action, fault, act.pending)
    row = _with_made(row, act)
    if action == "DELETE":
        row, writes = scene.teller.resource(row, action, COMPLETE)
        old = scene.rows.get(row.replaces) if row.replaces else None
        if old is not None and (old.action, old.status) != ("DELETE", COMPLETE):
            await act.flush()
            await _aside(scene, old, "step_back")
        await lease.commit(*act.pending, *writes[1:], DropResource(row.id))
        scene.forget(row.id)
        return Outcome.DONE
    fields: dict[str, Any] = {
        **kept,
        "physical_id": made.item,
        "resolved": _plain(made.resolved),
        "attributes": {**row.attributes, **made.attributes},
        "replaced_by": None,
    }
    row, writes = scene.teller.resource(row, action, COMPLETE, **fields)
    if act.pending or scene.journal.get(row.id) or act.wrote:
        writes.append(DropJournal(row.id))
    await lease.commit(*_without_journal(act.pending), *writes)
    scene.journal.pop(row.id, None)
    scene.note(row)
    scene.learn(row)
    return Outcome.DONE


async def _disown(scene: Scene, row: ResourceRow, item: str) -> None:
    """Delete what was made after the lease was lost, unless the new driver has adopted it."""
    world, stage = scene.stage.world, scene.stage
    cls = scene.types.get(scene.real_type(row))
    end = world.clock.now() + timedelta(seconds=4 * stage.settings.lease_term)
    while cls is not None and world.clock.now() < end:
        found = await world.store.resource(row.id)
        if found is not None and found.physical_id == item:
            return
        if found is None or found.physical_id is not None:
            await unrecorded(stage, standing(scene.stack, row, cls).delete(item))
            return
        await asyncio.sleep(stage.settings.scan_interval)
    _log.error("%s %s may be without an owner; look for its mark heat:%s", row.type, item, row.id)


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


async def _fail(
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
