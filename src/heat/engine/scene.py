"""One stack while it is driven: its rows as committed, and what is known of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from msgspec.structs import replace

from heat.base.ids import ResourceId
from heat.engine.record import FAILED, Teller, recorded
from heat.engine.stage import Stage
from heat.plan.build import known_of
from heat.plan.definition import Compiled
from heat.plan.desired import Known
from heat.plan.model import DESIRED, Plan
from heat.plugin.resource import Resource
from heat.store.rows import ExportRow, JournalRow, OperationRow, ResourceRow, SnapshotRow, StackRow
from heat.template.registry import Registry


class Outcome(Enum):
    """How a node ended."""

    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    AGAIN = "again"  # it failed, and is to be tried again
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
    snapshots: Mapping[str, SnapshotRow] = field(default_factory=dict[str, SnapshotRow])
    registry: Registry | None = None
    exports: Mapping[str, ExportRow] = field(default_factory=dict[str, ExportRow])
    imports: frozenset[str] = frozenset()
    known: dict[str, Known] = field(default_factory=dict[str, Known])
    learned: dict[str, ResourceRow] = field(default_factory=dict[str, ResourceRow])
    """The rows that ``known`` was made from."""
    begun: dict[str, Known] = field(default_factory=dict[str, Known])
    """What is known of objects that exist and are not complete yet: their references."""
    shifted: set[str] = field(default_factory=set[str])
    lingering: set[ResourceId] = field(default_factory=set[ResourceId])
    """Rows that stay for a while although their objects are deleted."""
    saved: dict[ResourceId, Mapping[str, Any]] = field(
        default_factory=dict[ResourceId, Mapping[str, Any]]
    )
    """What was kept for the snapshot that is being taken, though it may come to nothing."""
    outgrown: dict[ResourceId, str] = field(default_factory=dict[ResourceId, str])
    """Why objects must be replaced, found out when they were to be changed in place."""
    failures: dict[str, str] = field(default_factory=dict[str, str])
    current: dict[str, ResourceId] = field(default_factory=dict[str, ResourceId])

    def __post_init__(self) -> None:
        """See which row each name stands for, until a plan says so."""
        self.current = {row.name: row.id for row in self.rows.values() if not row.replaced_by}

    @property
    def types(self) -> Mapping[str, type[Resource]]:
        """The resource types."""
        return self.stage.world.types

    def real_type(self, row: ResourceRow) -> str:
        """Return the type that a row's type stands for; once made, that is not looked up anew."""
        return row.real_type or row.type

    def type_of(self, row: ResourceRow) -> type[Resource] | None:
        """Return the class of a row, if its type is still there."""
        return self.types.get(self.real_type(row))

    def note(self, row: ResourceRow) -> None:
        """Take over a committed row."""
        self.rows[row.id] = row

    def follow(self, plan: Plan) -> None:
        """Let each name stand for the row that a plan has for it.

        Others of that name may be there, which an operation left behind that failed.
        """
        for node in plan.nodes:
            key = node.row if node.row in self.rows else node.replaces
            if node.kind in DESIRED and key is not None:
                self.current[node.name] = key

    def standing_for(self, name: str) -> Iterator[ResourceId]:
        """Yield the rows on which those rest that need a name.

        Where one was not begun, or failed, what it was to replace bears them still.
        """
        row = self.rows.get(self.current[name]) if name in self.current else None
        while row is not None:
            if row.action != "INIT":
                yield row.id
                if row.status != FAILED:
                    return
            row = self.rows.get(row.replaces) if row.replaces else None

    def forget(self, row: ResourceId) -> None:
        """Take over that a row is gone."""
        gone = self.rows.pop(row, None)
        self.journal.pop(row, None)
        if gone is not None and self.current.get(gone.name) == row:
            del self.current[gone.name]

    def begin(self, row: ResourceRow, item: str) -> None:
        """Let those know of a row's object who need no more than that it exists."""
        seen = recorded(self.stack, replace(row, physical_id=item), self.types)
        before = self.begun.get(row.name)
        if before is not None and before.reference != seen.reference:
            self.shifted.add(row.name)
        self.begun[row.name] = Known(seen.reference)

    def moved(self, name: str) -> bool:
        """Tell, once, whether a complete object is another than the one that others began with."""
        if name not in self.begun:
            return False
        begun, known, shifted = self.begun.pop(name), self.known.get(name), name in self.shifted
        self.shifted.discard(name)
        return shifted or (known is not None and known.reference != begun.reference)

    def why_outgrown(self, row: ResourceId) -> str:
        """Return why an object must be replaced that was to be changed in place; "" if not."""
        return self.outgrown.get(row, "")

    def learn(self, row: ResourceRow) -> None:
        """Let other resources know of a row, as soon as it is what the plan wants."""
        if self.learned.get(row.name) is row:
            return
        self.learned[row.name] = row
        seen = known_of(recorded(self.stack, row, self.types))
        if seen is not None:
            self.known[row.name] = seen
