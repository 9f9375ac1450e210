"""Creations are tried again: what a failed try made is deleted, and after a pause made anew.

How far that got is in the journal of the resource. Under the verb AGAIN it has an entry for each
try that failed, answered once what that try made is gone; each try and each deletion is a verb of
its own. So whoever drives the stack next goes on in the middle, with the same count.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from heat.base.errors import CloudFault, Fault
from heat.base.ids import ResourceId
from heat.engine import reasons
from heat.engine.making import clearing, creation
from heat.engine.performing import fail, perform
from heat.engine.record import COMPLETE, FAILED, IN_PROGRESS, REASON, standing
from heat.engine.scene import Outcome, Scene
from heat.engine.verbs import Performance
from heat.plugin.resource import Resource
from heat.store.rows import ChangeResource, JournalRow, PutIntent, PutReply, ResourceRow, Write

AGAIN = "AGAIN"


def try_of(journal: Iterable[JournalRow]) -> str:
    """Name the verb of the try that a creation is at."""
    failed = len(_failed(journal))
    return f"CREATE:{failed}" if failed else "CREATE"


async def create(
    scene: Scene,
    row: ResourceRow,
    values: Resource,
    names: frozenset[str],
    opening: list[Write],
    kept: Mapping[str, Any],
) -> Outcome:
    """Make the object of a resource, in as many tries as it takes and may take."""
    tries = _Tries(scene, row.id, type(values))
    while True:
        if tries.must_clear:
            cleared = await tries.clear(row, opening)
            if cleared is None:
                return Outcome.FAILED
            row, opening = cleared, []
        steps = creation(values.at(replace(values.__here__, data=row.data)), names)
        verb = try_of(tries.journal)
        outcome = await perform(
            scene, row, "CREATE", steps, opening, kept, verb=verb, again=tries.again
        )
        if outcome is not Outcome.AGAIN:
            return outcome
        row, opening = scene.rows[row.id], []


class _Tries:
    """The tries of one creation, as its journal tells."""

    def __init__(self, scene: Scene, resource: ResourceId, cls: type[Resource]) -> None:
        self._scene, self._resource, self._cls = scene, resource, cls
        self.journal = scene.journal.setdefault(resource, [])

    @property
    def must_clear(self) -> bool:
        """Whether what the last try made may still be there."""
        failed = _failed(self.journal)
        return bool(failed) and not failed[-1].answered

    async def again(self, row: ResourceRow, fault: Fault, pending: Sequence[Write]) -> bool:
        """Write down that a try failed, if another one may follow; tell whether it may."""
        scene, stage = self._scene, self._scene.stage
        world, limit = stage.world, stage.settings.action_retry_limit
        failed = len(_failed(self.journal))
        # A nested stack has its own tries of what is in it.
        able = self._cls.tries_again and not self._cls.nests
        if failed >= limit or not able or not _passes(fault):
            return False
        now = world.clock.now()
        seconds = 2.0**failed + world.chance.spread(1.0)
        if stage.stopping() or scene.failures or now + timedelta(seconds=seconds) >= stage.deadline:
            return False
        entry = JournalRow(
            resource=row.id,
            stack=row.stack,
            verb=AGAIN,
            sequence=failed,
            digest="",
            intent_at=now,
            reply=seconds,
        )
        said = f"{reasons.of(row.name, fault)} (try {failed + 1} of {limit + 1})"
        changes: dict[str, Any] = {"reason": said, "updated_at": now}
        row = replace(row, **changes)
        told = scene.teller.event(replace(row, status=FAILED))
        await stage.lease.commit(*pending, PutIntent(entry), ChangeResource(row.id, changes), told)
        self.journal.append(entry)
        scene.note(row)
        return True

    async def clear(self, row: ResourceRow, opening: Sequence[Write]) -> ResourceRow | None:
        """Delete what the last try made and pause; None when that failed, and all with it."""
        scene, stage = self._scene, self._scene.stage
        last = _failed(self.journal)[-1]
        steps = clearing(standing(scene.stack, row, self._cls), row.physical_id, last.reply)
        verb = f"CLEAR:{last.sequence}"
        began = any(entry.verb == verb for entry in self.journal)
        going = [] if began else [_going(scene, row, IN_PROGRESS)]
        act = Performance(stage, row.id, verb, self.journal, [*opening, *going])
        try:
            await act.run(steps)
        except Fault as fault:
            await fail(scene, row, "CREATE", fault, act.pending)
            return None
        gone = _going(scene, row, COMPLETE)
        said = f"Try {last.sequence + 2} of {stage.settings.action_retry_limit + 1}"
        row, writes = scene.teller.resource(
            row, "CREATE", IN_PROGRESS, said, physical_id=None, data={}
        )
        answer = PutReply(row.id, AGAIN, last.sequence, last.reply)
        await stage.lease.commit(*act.pending, answer, gone, *writes)
        self.journal[self.journal.index(last)] = replace(last, answered=True)
        scene.note(row)
        return row


def _going(scene: Scene, row: ResourceRow, status: str) -> Write:
    """Tell that what a failed try made is deleted; the resource itself keeps its state."""
    told = replace(row, action="DELETE", status=status, reason=REASON)
    return scene.teller.event(told)


def _failed(journal: Iterable[JournalRow]) -> list[JournalRow]:
    return sorted((e for e in journal if e.verb == AGAIN), key=lambda e: e.sequence)


def _passes(fault: Fault) -> bool:
    """Tell whether another try may go better: nothing is wrong with the request itself."""
    if fault.kind == "ResourceInError":
        return True
    # Neutron answers 409 when a quota is used up, too.
    conflict = isinstance(fault, CloudFault) and fault.status == 409 and not fault.ambiguous
    return conflict and "quota" not in fault.message.lower()
