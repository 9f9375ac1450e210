"""Snapshots, on the engine's side: what they keep of resources, and how that is let go of."""

from collections.abc import Iterable, Mapping
from typing import Any

from heat.base.errors import Fault
from heat.engine import reasons
from heat.engine.record import COMPLETE, FAILED
from heat.engine.scene import Outcome, Scene
from heat.engine.verbs import Performance
from heat.plan.actions import dropping
from heat.plan.model import Kind, Node, Plan
from heat.plugin.resource import Here
from heat.plugin.values import recall
from heat.store.rows import (
    ChangeSnapshot,
    DropJournal,
    DropSnapshot,
    OperationRow,
    ResourceRow,
    SnapshotRow,
    Write,
)


def words(snapshots: Iterable[SnapshotRow]) -> frozenset[str]:
    """Return all texts in what snapshots remember of resources; ids are among them."""
    left: list[Any] = [
        kept.get("resource_data")
        for row in snapshots
        for kept in (row.data or {}).get("resources", {}).values()
    ]
    found: set[str] = set()
    while left:
        match left.pop():
            case str() as word:
                found.add(word)
            case Mapping() as map_:
                left += map_.values()
            case list() | tuple() as items:
                left += items
            case _:
                pass
    return frozenset(found)


def with_drops(scene: Scene, plan: Plan) -> Plan:
    """Return a plan that also lets go of what the stack's snapshots keep."""
    return dropping(plan, [node for row in _doomed(scene) for node in _nodes(scene, row)])


async def drop(scene: Scene, node: Node) -> Outcome:
    """Let go of what a snapshot keeps of a resource, which itself may be long gone."""
    _, snapshot, name = node.id.split(":", 2)
    kept = scene.snapshots[snapshot].data["resources"][name]
    journal = scene.journal.get(node.row, ())
    run = Performance(scene.stage, node.row, f"DROP:{snapshot}", journal)
    values: Any = recall(scene.types[kept["real_type"]], {}).at(Here(resource=name))
    try:
        await run.run(values.drop_snapshot(kept["resource_data"]))
    except Fault as fault:
        scene.failures[name] = reasons.of(name, fault)
        await scene.stage.lease.commit(*run.pending)
        return Outcome.FAILED
    await scene.stage.lease.commit(*run.pending)
    return Outcome.DONE


def at_end(scene: Scene, status: str, reason: str) -> list[Write]:
    """Return what is to be written of snapshots when an operation ends."""
    doomed = _doomed(scene)
    if doomed and status == COMPLETE:
        parts = [node.row for row in doomed for node in _nodes(scene, row)]
        return [*(DropSnapshot(row.id) for row in doomed), *(DropJournal(row) for row in parts)]
    fields: dict[str, Any] = {"status": status, "reason": reason}
    if scene.operation.action == "SNAPSHOT":
        fields["data"] = _taken(scene, status)
    elif scene.operation.action != "DELETE_SNAPSHOT":
        return []
    return [ChangeSnapshot(scene.operation.options["snapshot"], fields)]


def left(scene: Scene) -> list[Write]:
    """Return what is to be written of a snapshot that gave way to a newer operation."""
    if scene.operation.action != "SNAPSHOT" or not scene.saved:
        return []
    return [ChangeSnapshot(scene.operation.options["snapshot"], {"data": _taken(scene, FAILED)})]


def cut_off(operation: OperationRow, reason: str) -> list[Write]:
    """Return what is to be written of a snapshot that could not even be begun."""
    key = operation.options.get("snapshot")
    return [ChangeSnapshot(key, {"status": FAILED, "reason": reason})] if key else []


def _doomed(scene: Scene) -> list[SnapshotRow]:
    options = scene.operation.options
    if scene.operation.action == "DELETE":
        return list(scene.snapshots.values())
    if scene.operation.action == "DELETE_SNAPSHOT" and options["snapshot"] in scene.snapshots:
        return [scene.snapshots[options["snapshot"]]]
    return []


def _nodes(scene: Scene, row: SnapshotRow) -> Iterable[Node]:
    for name, kept in (row.data.get("resources") or {}).items():
        if scene.operation.options.get("abandon"):
            return
        cls = scene.types.get(kept["real_type"])
        if cls is not None and cls.has("drop_snapshot") and kept["resource_data"]:
            yield Node(
                id=f"snapshot:{row.id}:{name}",
                kind=Kind.DROP,
                name=name,
                type=kept["type"],
                row=kept["row"],
            )


def _taken(scene: Scene, status: str) -> Mapping[str, Any]:
    """Return the data of a snapshot; of one that failed what there is to clear away later."""
    begun = scene.snapshots[scene.operation.options["snapshot"]]
    rows = [row for row in scene.rows.values() if _is_in(scene, row)]
    entries = {row.name: _entry(row, scene.saved.get(row.id, row.data)) for row in rows}
    return {**begun.data, "action": "SNAPSHOT", "status": status, "resources": entries}


def _is_in(scene: Scene, row: ResourceRow) -> bool:
    mine = row.operation == scene.operation.id and row.action == "SNAPSHOT"
    return mine and (row.status == COMPLETE or row.id in scene.saved)


def _entry(row: ResourceRow, data: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        "row": row.id,
        "name": row.name,
        "resource_id": row.physical_id,
        "type": row.type,
        "real_type": row.real_type or row.type,
        "action": row.action,
        "status": row.status,
        "metadata": row.metadata,
        "resource_data": data,
    }
