"""Plans that give each resource a verb: they follow from what is recorded, not from a template."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from heat.base.ids import ResourceId
from heat.plan.diff import Recorded
from heat.plan.model import Kind, Node, Plan

ACTIONS: Mapping[str, Kind] = {
    "SUSPEND": Kind.SUSPEND,
    "RESUME": Kind.RESUME,
    "CHECK": Kind.CHECK,
    "SNAPSHOT": Kind.SNAPSHOT,
}
"""The actions of a stack that change no definition, by the verb that its resources get."""


def build(action: str, revision: int, recorded: Sequence[Recorded]) -> Plan:
    """Plan an action: what others need comes before them, or after them in a suspension.

    An object that waits to be deleted after its replacement sleeps and wakes up with the rest;
    how it is doing is of no interest any more.
    """
    kind = ACTIONS[action]
    rows = [row for row in recorded if _concerns(kind, row)]
    needs: dict[Any, set[str]] = {row.id: set() for row in rows}
    for row in rows:
        for needed in row.requires:
            if needed in needs and kind is Kind.SUSPEND:
                needs[needed].add(row.id)
            elif needed in needs:
                needs[row.id].add(needed)
    nodes = [
        Node(
            id=row.id,
            kind=kind,
            name=row.name,
            type=row.type,
            row=row.id,
            needs=tuple(sorted(needs[row.id])),
        )
        for row in rows
    ]
    return Plan(action=action, revision=revision, nodes=tuple(nodes))


def adopting(plan: Plan) -> Plan:
    """Return the plan of a creation as one that takes over objects that are there."""
    return _turned(plan, {Kind.CREATE: Kind.ADOPT})


def abandoning(plan: Plan) -> Plan:
    """Return the plan of a deletion as one that leaves every object where it is."""
    return _turned(plan, {Kind.DELETE: Kind.FORGET})


def dropping(plan: Plan, parts: Iterable[Node]) -> Plan:
    """Return a plan that also drops what snapshots keep."""
    return replace(plan, nodes=(*plan.nodes, *parts))


def _concerns(kind: Kind, row: Recorded) -> bool:
    if kind in (Kind.SUSPEND, Kind.RESUME):
        return row.action != "INIT"
    if row.replaced_by or row.action == "DELETE":
        return False
    return kind is Kind.CHECK or row.action != "INIT"


def _turned(plan: Plan, kinds: Mapping[Kind, Kind]) -> Plan:
    nodes = [replace(node, kind=kinds.get(node.kind, node.kind)) for node in plan.nodes]
    return replace(plan, nodes=tuple(nodes))


def ending(plan: Plan, begun: Collection[ResourceId]) -> Plan:
    """Return the part of a plan that is under way."""
    kept = [node for node in plan.nodes if node.row in begun]
    names = {node.id for node in kept}
    nodes = [replace(n, needs=tuple(need for need in n.needs if need in names)) for n in kept]
    return replace(plan, nodes=tuple(nodes))
