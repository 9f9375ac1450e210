"""Carries out one node of a plan: the change of one resource."""

import logging
from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from heat.base.errors import Fault, Invalid
from heat.base.ids import ResourceId
from heat.base.problems import Problem
from heat.engine import hooks, reasons
from heat.engine.acting import act
from heat.engine.adopting import adoption, differing
from heat.engine.lease import Lost
from heat.engine.making import (
    abandonment,
    changing,
    deletion,
    item_of,
    letting_go,
    nothing,
    unchanged,
)
from heat.engine.observing import look_at, miss, see_outgrown
from heat.engine.patience import Stopped
from heat.engine.performing import aside, fail, perform, refuse
from heat.engine.record import COMPLETE, FAILED, IN_PROGRESS, INSIDE, here, recorded, standing
from heat.engine.referring import refer, unchangeable
from heat.engine.retrying import create, try_of
from heat.engine.saving import drop
from heat.engine.scene import Outcome, Scene
from heat.engine.verbs import Performance
from heat.plan.build import restriction
from heat.plan.desired import Desired, Standing, desire
from heat.plan.diff import MOVED, compare
from heat.plan.model import Kind, Node
from heat.plugin.fields import differences
from heat.plugin.resource import Resource
from heat.plugin.values import recall
from heat.store.rows import (
    ChangeResource,
    DropResource,
    JournalRow,
    ResourceRow,
    Write,
)

_log = logging.getLogger(__name__)


_ACTIONS = {Kind.KEEP: "UPDATE", Kind.FORGET: "DELETE"}
"""The actions of resources, where they are not named like the kind of change."""


async def carry_out(scene: Scene, node: Node) -> Outcome:
    """Do what a node says, and pause at the hooks before and after it."""
    try:
        if not hooks.is_made(scene, node):
            await hooks.pause_before(scene, node)
            outcome = await _change(scene, node)
            if outcome is not Outcome.DONE:
                return outcome
        await hooks.pause_after(scene, node)
    except Stopped:
        return Outcome.STOPPED
    except Lost:
        raise
    except Exception as error:  # noqa: BLE001 - a bug in a type must not take the driver down
        # What goes wrong with one resource is its own failure, never the end of the driver.
        if not isinstance(error, Fault):
            _log.exception("%s of %s", node.kind, node.name)
        action = _ACTIONS.get(node.kind, node.kind.upper())
        return await fail(scene, scene.rows[node.row], action, error)
    if node.row in scene.rows and node.kind in (Kind.CREATE, Kind.UPDATE):
        scene.learn(scene.rows[node.row])
    return Outcome.DONE


async def _change(scene: Scene, node: Node) -> Outcome:
    match node.kind:
        case Kind.KEEP:
            return await _keep(scene, node)
        case Kind.CREATE:
            return await _create(scene, node)
        case Kind.UPDATE:
            return await _update(scene, node)
        case Kind.DELETE | Kind.FORGET:
            return await _delete(scene, node)
        case Kind.ADOPT:
            return await _adopt(scene, node)
        case Kind.SUSPEND | Kind.RESUME | Kind.CHECK | Kind.SNAPSHOT:
            return await act(scene, node)
        case Kind.DROP:
            return await drop(scene, node)


def _desire(scene: Scene, name: str) -> Desired:
    """Evaluate a resource with what is known by now; raises Invalid when that can't be used."""
    compiled = scene.compiled
    assert compiled is not None  # noqa: S101 - a stack without definition has no such nodes
    found = desire(
        compiled.bound,
        name,
        Standing(ChainMap(scene.known, scene.begun)),
        compiled.type_of,
        compiled.requires[name],
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
                    code="H803",
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
            return await fail(scene, row, "UPDATE", invalid)
        seen = recorded(scene.stack, row, scene.types, operation=scene.operation.id)
        if compare(seen, desired).kind is not Kind.KEEP:
            return Outcome.REPLAN
    return await _kept(scene, row)


async def _kept(scene: Scene, row: ResourceRow) -> Outcome:
    """Leave a resource as it is; read what others want to know of it and nobody read before."""
    missing = _wanted(scene, row.name) - row.attributes.keys()
    if missing:
        row = await _refresh(scene, row, missing)
    requires = _resting_on(scene, row)
    if requires != row.requires:
        # What it depends on was replaced, which changes nothing else here.
        row = replace(row, requires=requires)
        await scene.stage.lease.commit(ChangeResource(row.id, {"requires": requires}))
        scene.note(row)
    scene.learn(row)
    return Outcome.DONE


async def _refresh(scene: Scene, row: ResourceRow, names: frozenset[str]) -> ResourceRow:
    """Read attributes that the new template asks for and nobody asked for before."""
    cls = scene.types.get(scene.real_type(row))
    if cls is None or row.physical_id is None:
        return row
    act = Performance(scene.stage, row.id, "reveal", (), keeps=False)
    fresh = await act.run(standing(scene.stack, row, cls).reveal(row.physical_id, names))
    row = replace(row, attributes={**row.attributes, **fresh})
    await scene.stage.lease.commit(ChangeResource(row.id, {"attributes": row.attributes}))
    scene.note(row)
    return row


def _wanted(scene: Scene, name: str) -> frozenset[str]:
    return scene.compiled.wanted.get(name, frozenset()) if scene.compiled else frozenset()


def _placed(scene: Scene, row: ResourceRow, desired: Desired) -> Resource:
    """Return the desired values at their place, with what the template says besides properties."""
    assert desired.values is not None  # noqa: S101 - _desire has seen to it
    place = replace(
        here(scene.stack, row),
        metadata=desired.metadata,
        update_policy=desired.update_policy,
        deletion_policy=desired.deletion_policy,
        timeout=(scene.operation.deadline - scene.operation.requested_at).total_seconds(),
    )
    if desired.cls.hands_on and scene.compiled is not None:
        given = scene.compiled.environment.for_nested(row.name, {}).to_json()
        place = replace(place, files=scene.compiled.files, environment=given)
    return desired.values.at(place)


def _to_keep(scene: Scene, desired: Desired) -> dict[str, Any]:
    """Return what a row says of its resource once that is as desired."""
    return {
        "properties": desired.given,
        "metadata": desired.metadata,
        "requires": _requires(scene, desired),
        "deletion_policy": desired.deletion_policy,
        "replace_policy": desired.replace_policy,
        "operation": scene.operation.id,
    }


def _requires(scene: Scene, desired: Desired) -> tuple[ResourceId, ...]:
    """Return the rows that a resource rests on: those its required names stand for now."""
    return _standing_for(scene, desired.requires)


def _resting_on(scene: Scene, row: ResourceRow) -> tuple[ResourceId, ...]:
    if scene.compiled is None or row.name not in scene.compiled.requires:
        return row.requires
    return _standing_for(scene, scene.compiled.requires[row.name])


def _standing_for(scene: Scene, names: Iterable[str]) -> tuple[ResourceId, ...]:
    return tuple(sorted({key for name in names for key in scene.standing_for(name)}))


async def _create(scene: Scene, node: Node) -> Outcome:
    row = scene.rows[node.row]
    try:
        desired = _desire(scene, node.name)
    except Invalid as invalid:
        if (row.action, row.status) == ("CREATE", IN_PROGRESS) and not _nests(scene, row):
            return await _finish(scene, row)  # as it began: what it rests on may be left out
        return await fail(scene, row, "CREATE", invalid)
    old = scene.rows.get(node.replaces) if node.replaces else None
    if old is not None and old.status == COMPLETE and row.action == "INIT":
        seen = replace(recorded(scene.stack, old, scene.types), outgrown=scene.why_outgrown(old.id))
        if compare(seen, desired).kind is not Kind.CREATE:
            return Outcome.REPLAN
    cls = desired.cls
    kept = _to_keep(scene, desired) | {"type": desired.type, "real_type": cls.__facts__.name}
    if desired.external_id is not None:
        values = _placed(scene, row, desired)
        return await refer(scene, row, desired, values, _wanted(scene, node.name), kept)
    opening: list[Write] = [ChangeResource(row.id, kept)]
    if row.action == "INIT":
        row, opening = scene.teller.resource(row, "CREATE", IN_PROGRESS, **kept)
    else:
        row = replace(row, **kept)
    if old is not None:
        await aside(scene, old, "step_aside")
    values = _placed(scene, row, desired)
    return await create(scene, row, values, _wanted(scene, node.name), opening, kept)


async def _adopt(scene: Scene, node: Node) -> Outcome:
    """Take over an object that is there; which one the row knows from the beginning."""
    row = scene.rows[node.row]
    if (row.action, row.status) in (("ADOPT", COMPLETE), ("CHECK", FAILED)):
        return Outcome.DONE  # who drove the stack before did not come to plan anew
    try:
        desired = _desire(scene, node.name)
    except Invalid as invalid:
        return await fail(scene, row, "ADOPT", invalid)
    kept: dict[str, Any] = {
        **_to_keep(scene, desired),
        "metadata": row.metadata or desired.metadata,
        "real_type": desired.cls.__facts__.name,
    }
    values = _placed(scene, row, desired)
    if scene.operation.action != "ADOPT":
        # It was left by an adoption that had another template: it is recorded as it is, and what
        # differs is changed by a new plan.
        live = await look_at(scene, row, differing(values, row.physical_id))
        if live is None:
            await miss(scene, row)
            return Outcome.DONE
        found = {**desired.given, **live}
        kept |= {"properties": found, "operation": None}
        values = recall(desired.cls, found).at(values.__here__)
    opening: list[Write] = []
    under_way = ("ADOPT", IN_PROGRESS, scene.operation.id)
    if (row.action, row.status, row.operation) != under_way:
        begun = kept | {"operation": scene.operation.id}
        row, opening = scene.teller.resource(row, "ADOPT", IN_PROGRESS, **begun)
    if row.physical_id is None and INSIDE not in row.data:
        missing = reasons.VerbFailed("Resource ID was not provided.", kind="Exception")
        return await fail(scene, row, "ADOPT", missing, opening)
    if desired.cls.nests != (INSIDE in row.data):
        said = "it needs" if desired.cls.nests else "it is no nested stack, and can't have"
        wrong = reasons.VerbFailed(f"{said} resources in adopt_stack_data", kind="NotSupported")
        return await fail(scene, row, "ADOPT", wrong, opening)
    kept["data"] = {name: value for name, value in row.data.items() if name != INSIDE}
    steps = adoption(values, row.physical_id, _wanted(scene, node.name))
    return await perform(scene, row, "ADOPT", steps, opening, kept)


async def _finish(scene: Scene, row: ResourceRow) -> Outcome:
    """Bring a creation to its end that began under another desired state."""
    cls = scene.types.get(scene.real_type(row))
    if cls is None:
        fault = reasons.VerbFailed(f"the resource type {row.type} is not known any more")
        return await fail(scene, row, "CREATE", fault)
    values = recall(cls, row.properties).at(here(scene.stack, row))
    return await create(scene, row, values, _wanted(scene, row.name), [], {})


def _nests(scene: Scene, row: ResourceRow) -> bool:
    cls = scene.type_of(row)
    return cls is not None and cls.nests


async def _update(scene: Scene, node: Node) -> Outcome:
    row = scene.rows[node.row]
    if (row.action, row.status) == ("CREATE", IN_PROGRESS) and not _nests(scene, row):
        outcome = await _finish(scene, row)
        if outcome is not Outcome.DONE:
            return outcome
        row = scene.rows[node.row]
    try:
        desired = _desire(scene, node.name)
    except Invalid as invalid:
        return await fail(scene, row, "UPDATE", invalid)
    verdict = compare(recorded(scene.stack, row, scene.types), desired)
    if verdict.kind is not Kind.KEEP and (refused := _restricted(scene, row, verdict.kind)):
        return await refuse(scene, row, "UPDATE", refused)
    if desired.external_id != recorded(scene.stack, row, scene.types).external_id:
        scene.failures[row.name] = reasons.of(row.name, unchangeable(row))
        return Outcome.FAILED
    if verdict.kind is Kind.CREATE:
        return Outcome.REPLAN
    if verdict.kind is Kind.KEEP and not any(why.text == MOVED for why in node.reasons):
        return await _kept(scene, row)
    cls = desired.cls
    called = {"type": desired.type, "real_type": cls.__facts__.name}
    kept = _to_keep(scene, desired) | called | {"attempted": None}
    again = row.operation == scene.operation.id  # a crash: the same verb goes on
    attempted = _attempt(row, desired.given)
    touched: frozenset[str] = frozenset()
    if row.attempted is not None:
        touched = _differing(cls, attempted, row) - _differing(cls, desired.given, row)
        if not again:
            touched |= _differing(cls, row.attempted, row)
    values = _placed(scene, row, desired)
    if verdict.changed and not again and await see_outgrown(scene, row, values):
        refused = _restricted(scene, row, Kind.CREATE)
        return await refuse(scene, row, "UPDATE", refused) if refused else Outcome.REPLAN
    before = standing(scene.stack, row, cls)
    marks: dict[str, Any] = {
        "operation": scene.operation.id,
        "attempted": attempted,
        # Half changed, it may rest on what it named before as well as on what it names now.
        "requires": tuple(sorted({*row.requires, *_requires(scene, desired)})),
    }
    opening: list[Write] = []
    if not (again and (row.action, row.status) == ("UPDATE", IN_PROGRESS)):
        row, opening = scene.teller.resource(row, "UPDATE", IN_PROGRESS, **marks)
    if verdict.changed or touched or values.changed_outside():
        steps = changing(values, before, row.physical_id or "", touched, _wanted(scene, node.name))
    else:
        steps = unchanged(row, before, _wanted(scene, node.name))
    return await perform(scene, row, "UPDATE", steps, opening, kept)


def _attempt(row: ResourceRow, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what an update tries for, so that it always differs where nobody knows what is there.

    Where it goes back to what is recorded, an unfinished update that wanted something else may
    have been carried out all the same: what that one tried stays.
    """
    if row.attempted is None:
        return given
    found, recorded, before = dict(given), row.properties, row.attempted
    for name in {*given, *recorded, *before}:
        if given.get(name) == recorded.get(name) != before.get(name):
            found[name] = before.get(name)
    return found


def _differing(cls: type[Resource], given: Mapping[str, Any], row: ResourceRow) -> frozenset[str]:
    """Return the Python names of the properties that are other than recorded."""
    found = differences(recall(cls, given), recall(cls, row.properties))
    return frozenset(cls.__by_public__[difference.name].name for difference in found)


def _restricted(scene: Scene, row: ResourceRow, kind: Kind) -> reasons.VerbFailed | None:
    action = "replace" if kind is Kind.CREATE else "update"
    if scene.compiled is None or action not in scene.compiled.target.restricted(row.name):
        return None
    return reasons.VerbFailed(restriction(action), kind="ResourceActionRestricted")


async def _delete(scene: Scene, node: Node) -> Outcome:
    row = scene.rows.get(node.row)
    if row is None:
        return Outcome.DONE
    if row.action == "INIT":
        await scene.stage.lease.commit(DropResource(row.id))
        scene.forget(row.id)
        return Outcome.DONE
    cls = scene.types.get(scene.real_type(row))
    journal = scene.journal.get(row.id, ())
    began = [entry for entry in journal if entry.verb == try_of(journal)]
    opening: list[Write] = []
    since = row.updated_at
    if (row.action, row.status) != ("DELETE", IN_PROGRESS):
        row, opening = scene.teller.resource(
            row, "DELETE", IN_PROGRESS, operation=scene.operation.id
        )
    if cls is None and row.physical_id is None and not began:
        # It failed before it began: what its type stands for was not even settled.
        return await perform(scene, row, "DELETE", nothing(), opening, {})
    if cls is None:
        fault = reasons.VerbFailed(f"the resource type {row.type} is not known any more")
        return await fail(scene, row, "DELETE", fault, opening)
    if node.kind is Kind.FORGET:
        let_go = cls.nests and bool(scene.operation.options.get("abandon"))
        steps = abandonment() if let_go else letting_go(standing(scene.stack, row, cls))
        return await perform(scene, row, "DELETE", steps, opening, {})
    item = row.physical_id
    if item is None and began:
        if opening:
            await scene.stage.lease.commit(*opening)
            scene.note(row)
            opening = []
        try:
            item = await _left_behind(scene, row, cls, began, since)
        except Fault as fault:
            return await fail(scene, row, "DELETE", fault, opening)
    policy = (row.replaced_by and row.replace_policy) or row.deletion_policy
    saves = policy == "Snapshot" and cls.snapshots_on_delete and bool(row.resolved)
    steps = deletion(standing(scene.stack, row, cls), item, saves=saves)
    return await perform(scene, row, "DELETE", steps, opening, {})


async def _left_behind(
    scene: Scene,
    row: ResourceRow,
    cls: type[Resource],
    began: Sequence[JournalRow],
    since: datetime | None,
) -> str | None:
    """Look for an object whose creation was cut off before its answer."""
    values = recall(cls, row.properties).at(here(scene.stack, row))
    act = Performance(scene.stage, row.id, began[0].verb, began)
    return await act.left_behind(item_of(values), since)
