"""The plan of a stack with those of the stacks nested in it, though some are not there yet.

The engine plans each nested stack when it comes to it. Here all of it is worked out at once, from
what is recorded of them, to be shown.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from dataclasses import replace as change
from typing import Any

from msgspec.structs import replace

from heat.base.errors import Invalid
from heat.base.ids import ResourceId
from heat.plan.build import work_out
from heat.plan.definition import Compiled
from heat.plan.desired import Desired
from heat.plan.diff import ALWAYS, Recorded
from heat.plan.masking import NOTHING_HIDDEN, Mask
from heat.plan.model import Kind, Node, Plan, Reason
from heat.plan.providers import Types
from heat.plan.within import MAX_DEPTH, compile_child, placed
from heat.plugin.resource import Here


@dataclass(frozen=True)
class Past:
    """What is recorded of a stack: who it is, its rows, and where each of them stands.

    ``mask`` hides what its hidden parameters hold.
    """

    stack_id: str = ""
    stack_name: str = ""
    revision: int = 0
    rows: Sequence[Recorded] = ()
    places: Mapping[Any, Here] = field(default_factory=dict[Any, Here])
    mask: Mask = NOTHING_HIDDEN


@dataclass(frozen=True)
class Forecast:
    """A plan, and by the ids of its nodes those of the nested stacks in it.

    ``plan`` is what the engine would do; in ``shown`` a resource whose nested stack stays as it
    is counts as kept.
    """

    past: Past
    plan: Plan
    shown: Plan
    compiled: Compiled | None
    desired: Mapping[str, Desired]
    below: Mapping[str, "Forecast"]

    @property
    def changes(self) -> bool:
        """Whether anything would be different."""
        return any(node.kind is not Kind.KEEP or not node.settled for node in self.shown.nodes)


@dataclass(frozen=True)
class Outlook:
    """Works out forecasts; ``remembered`` returns what is recorded of the stack with an id."""

    types: Types
    remembered: Callable[[str], Past | None]
    new_id: Callable[[], ResourceId]
    max_depth: int = MAX_DEPTH

    def forecast(self, action: str, past: Past, compiled: Compiled | None) -> Forecast:
        """Plan the way of a stack and of all below it; without a definition nothing is desired."""
        if compiled is not None:
            compiled = change(compiled, above=compiled.above | past.mask)
        target = compiled.target if compiled else None
        plan, desired = work_out(action, past.revision, past.rows, target, self.new_id)
        below: dict[str, Forecast] = {}
        for node in plan.nodes:
            found = self._below(past, compiled, node, desired.get(node.name))
            if found is not None:
                below[node.id] = found
        shown = replace(plan, nodes=tuple(_shown(plan.nodes, below, desired=compiled is not None)))
        return Forecast(past, plan, shown, compiled, desired, below)

    def _below(
        self, past: Past, compiled: Compiled | None, node: Node, desired: Desired | None
    ) -> Forecast | None:
        row = next((row for row in past.rows if row.id == node.row), None)
        if node.kind is Kind.DELETE:
            if row is None or row.cls is None or not row.cls.nests or not row.physical_id:
                return None
            inner = self.remembered(row.physical_id)
            return self.forecast("DELETE", inner, None) if inner else None
        if node.kind not in (Kind.CREATE, Kind.UPDATE) or compiled is None or desired is None:
            return None
        there = self.remembered(row.physical_id) if row and row.physical_id else None
        place = past.places.get(node.row)
        return self._child(compiled, desired, place, there)

    def _child(
        self, compiled: Compiled, desired: Desired, place: Here | None, past: Past | None
    ) -> Forecast | None:
        values = placed(desired, place)
        if values is None or compiled.nesting.depth >= self.max_depth:
            return None
        refs = {row.name: row.reference for row in past.rows if row.physical_id} if past else {}
        nest = values.foreseen_among(refs) if past else values.foreseen()
        if nest is None:
            return None
        past = past or Past(stack_name=f"{compiled.stack_name}-{desired.name}")
        try:
            child = compile_child(
                compiled,
                desired.name,
                nest,
                self.types,
                stack_id=past.stack_id,
                stack_name=past.stack_name,
            )
        except Invalid:
            return None  # what is wrong with it was told before
        if child.problems:
            return None
        return self.forecast("UPDATE" if past.stack_id else "CREATE", past, child)


def _shown(
    nodes: Sequence[Node], below: Mapping[str, Forecast], *, desired: bool
) -> Iterator[Node]:
    """Keep what only its type's habit of acting at every update made an update of.

    Where nothing is desired, the resource above has said why.
    """
    moving: set[str] = set()
    for node in nodes:
        seen = node if desired else replace(node, reasons=())
        if node.kind is Kind.UPDATE and [why.text for why in node.reasons] == [ALWAYS]:
            inner = below.get(node.id)
            if inner is not None and not inner.changes:
                seen = replace(node, kind=Kind.KEEP, reasons=())
            elif inner is not None:
                seen = replace(node, reasons=(Reason("its members change"),))
        if node.id == node.name:
            still = seen.kind is Kind.KEEP and moving.isdisjoint(seen.needs)
            seen = replace(seen, settled=still)
            if not still:
                moving.add(node.id)
        yield seen
