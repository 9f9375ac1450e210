"""Runs the verb of one resource: each step is written down, done, answered, written down.

After a crash the generator runs again on its journal. A step with an intent but no reply is
the one that the crash, or a lost answer, left open: it is resolved by looking for its work.
"""

import asyncio
import logging
from collections.abc import Awaitable, Mapping, Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar

from msgspec import to_builtins

from heat.base.errors import Fault, Permanent, fault_from_wire
from heat.base.ids import ResourceId
from heat.cloud.port import WaitStopped
from heat.engine import configuring
from heat.engine.mailbox import mailbox_of
from heat.engine.nursery import REPLACING, operation_of
from heat.engine.patience import Stopped
from heat.engine.reasons import VerbFailed
from heat.engine.requesting import ENDED, Requests
from heat.engine.searching import is_unclear, unsettled
from heat.engine.stage import Stage
from heat.engine.users import OfUser
from heat.plugin.signal import enough, latest, read
from heat.plugin.steps import (
    Call,
    ChangeUser,
    Draw,
    Enrol,
    Fail,
    Find,
    Forget,
    GiveKey,
    Hear,
    Inside,
    Keep,
    Nest,
    Record,
    Recorded,
    Reply,
    Sleep,
    Step,
    Steps,
    TakeKey,
    Wait,
    digest,
    pick,
)
from heat.store.rows import (
    ChangeResource,
    DropSignals,
    JournalRow,
    PutIntent,
    PutReply,
    Write,
)
from heat.store.shapes import PRIVATE

T = TypeVar("T")
R = TypeVar("R")
_log = logging.getLogger(__name__)


class Performance:
    """One verb of one resource, running.

    ``opening`` is written together with the first thing that the verb does. ``pending`` holds
    what is to be written with the next commit; at the end the caller commits it together with
    the outcome. One that does not keep what it does only reads.
    """

    def __init__(
        self,
        stage: Stage,
        resource: ResourceId,
        verb: str,
        journal: Sequence[JournalRow],
        opening: Sequence[Write] = (),
        *,
        keeps: bool = True,
    ) -> None:
        self._stage, self._resource, self._verb = stage, resource, verb
        self._journal = sorted((e for e in journal if e.verb == verb), key=lambda e: e.sequence)
        self.pending: list[Write] = list(opening)
        self.physical_id: str | None = None
        self.kept: Mapping[str, Any] | None = None
        self.wrote = False
        self._keeps = keeps
        self._requests = Requests(stage, resource)
        self.made_now: str | None = None
        self._at = 0

    async def run(self, steps: Steps[T]) -> T:
        """Run the verb to its end and return its result; raises Fault, Stopped or Lost."""
        reply: Reply | None = None
        fault: Fault | None = None
        while True:
            try:
                if fault is not None:
                    thrown, fault = fault, None
                    step = steps.throw(thrown)
                elif reply is None:
                    step = next(steps)
                else:
                    step = steps.send(reply)
            except StopIteration as stop:
                return stop.value  # type: ignore[no-any-return]
            try:
                reply = await self._step(step)
            except Permanent as refusal:
                reply, fault = {}, refusal
            self._at += 1

    async def left_behind(
        self, creation: Steps[str | None], since: datetime | None = None
    ) -> str | None:
        """Return the id of what an interrupted creation made, if it is in the cloud.

        The creation is run on its journal up to the request that has no answer. Its work may
        still come: it is looked for until it was cut off (``since``) long enough ago.
        """
        try:
            step = next(creation)
            for entry in self._journal:
                if entry.digest != digest(step):
                    raise self._mismatch(entry.sequence)
                if not entry.answered:
                    if not isinstance(step, Call) or step.search is None:
                        return None
                    found = await self._requests.watch_for(
                        step, entry.intent_at, self._certain(entry, since)
                    )
                    if found is None or step.makes:
                        return str(pick(found, step.makes)) if found and step.makes else None
                    creation.send(found)
                    return None
                try:
                    reply = self._replayed(step, entry.reply)
                except Permanent as refusal:
                    step = creation.throw(refusal)
                else:
                    step = creation.send(reply)
        except StopIteration as stop:
            return str(stop.value) if stop.value is not None else None
        except Permanent:
            if self._journal[-1].answered:
                return self.physical_id  # it ended with the refusal that is written down
            raise  # the search was refused
        return None

    def _certain(self, entry: JournalRow, since: datetime | None) -> datetime:
        """Return when a service is not at work any more on a request without an answer."""
        if entry.reply == ENDED:
            return entry.intent_at
        seconds = self._stage.settings.answer_time
        return max(entry.intent_at, since or entry.intent_at) + timedelta(seconds=seconds)

    def _mismatch(self, step: int) -> VerbFailed:
        return VerbFailed(
            f"step {step} of {self._verb} is not what was written down when it began, so it can't "
            "be continued; check the object in the cloud, then update or delete the stack",
            kind="JournalMismatch",
        )

    async def flush(self) -> None:
        """Write what is pending."""
        if not self._keeps:
            self.pending.clear()
        if self.pending:
            writes, self.pending = self.pending, []
            self.wrote = True
            await self._stage.lease.commit(*writes)
            if self.made_now is not None:
                self._stage.made(self._resource, self.made_now)

    async def _step(self, step: Step) -> Reply:
        entry = self._journal[self._at] if self._at < len(self._journal) else None
        if entry is not None and entry.digest != digest(step):
            raise self._mismatch(self._at)
        if entry is not None and entry.answered:
            return self._replayed(step, entry.reply)
        # What only says what to remember of the step before it belongs to that one.
        if self._stage.stopping() and not isinstance(step, Keep):
            await self.flush()
            raise Stopped
        match step:
            case Call():
                return await self._call(step, entry)
            case Wait():
                await self.flush()
                return await self._wait(step)
            case Find(finder, value):
                asked = self._requests.outlast(lambda: self._stage.finders.find(finder, value))
                return self._read(step, {"id": await self._refusable(step, asked)})
            case Draw(size):
                return self._read(step, {"hex": self._stage.world.chance.hex(size), PRIVATE: True})
            case Keep(data, item):
                return self._keep(step, data, item)
            case Sleep(seconds):
                return await self._sleep(step, seconds, entry)
            case Hear():
                return await self._hear(step, entry)
            case Forget(of):
                return await self._forget(step, of)
            case Nest():
                return await self._nest(step, entry)
            case Inside():
                return self._read(step, await self._stage.nursery.look(step, self._reveal))
            case Recorded():
                return self._read(
                    step, await configuring.look(self._stage.world.store, step, self.pending)
                )
            case Record():
                return self._record(step)
            case Enrol() | ChangeUser() | GiveKey() | TakeKey():
                return await self._of_user(step, entry)
            case Fail(reason, kind):
                raise VerbFailed(reason, kind=kind)

    def _keep(self, step: Keep, data: Mapping[str, Any], item: str | None) -> Reply:
        self.kept = data
        fields: dict[str, Any] = {"data": data}
        if item is not None:
            self.physical_id = fields["physical_id"] = item
        self.pending.append(ChangeResource(self._resource, fields))
        return self._read(step, {})

    def _replayed(self, step: Step, reply: Any) -> Reply:
        if isinstance(reply, Mapping) and "__fault__" in reply:
            raise fault_from_wire(reply["__fault__"])
        if isinstance(step, Call) and step.makes:
            self.physical_id = pick(reply, step.makes)
        if isinstance(step, Keep):
            self.kept = step.data
            self.physical_id = step.item or self.physical_id
        return reply  # type: ignore[no-any-return]

    def _entry(self, step: Step, reply: Any, *, answered: bool) -> JournalRow:
        return JournalRow(
            resource=self._resource,
            stack=self._stage.lease.stack,
            verb=self._verb,
            sequence=self._at,
            digest=digest(step),
            intent_at=self._stage.world.clock.now(),
            reply=reply,
            answered=answered,
        )

    def _read(self, step: Step, reply: Reply) -> Reply:
        """Take a reply to what changes nothing: it is written with whatever comes next."""
        self.pending.append(PutIntent(self._entry(step, reply, answered=True)))
        return reply

    def _record(self, step: Record) -> Reply:
        self.pending.append(configuring.write(step, self._stage.world.clock.now()))
        return self._read(step, {})

    async def _nest(self, nest: Nest, entry: JournalRow | None) -> Reply:
        """Ask for an action on the nested stack, in the commit that writes it down, and wait."""
        nursery = self._stage.nursery
        key = operation_of(self._resource, self._verb, self._at)
        child = nursery.child(self._resource)
        if entry is None:
            if nest.action not in REPLACING:
                await self.flush()  # from now on policies leave a group alone
                if not await nursery.rested(child, self._stage.stopping):
                    raise Stopped
            asked = await nursery.ask(self._resource, nest, key)
            if asked is None:
                return self._read(nest, {})
            child = asked.stack
            self.pending += [PutIntent(self._entry(nest, None, answered=False)), *asked.writes]
            await self.flush()
        nursery.wake(child)
        if nest.action != "DELETE":
            self.physical_id = child
        if not await nursery.ended(key, self._stage.stopping):
            raise Stopped
        reply = {"id": child}
        self._answer(reply)
        return reply

    async def _of_user(self, step: OfUser, entry: JournalRow | None) -> Reply:
        """Do something about the resource's user, which is the same when it is done again."""
        if not self._stage.world.cloud.has_users:
            return self._read(step, {})
        users = self._stage.users
        if entry is None:
            entry = self._entry(step, users.draw(step), answered=False)
            self.pending.append(PutIntent(entry))
            await self.flush()
        try:
            reply = await users.act(step, entry.reply)
        except Permanent as refusal:
            self._answer({"__fault__": refusal.to_wire()})
            raise
        self._answer(reply)
        return reply

    async def _reveal(self, resource: ResourceId, steps: Steps[T]) -> T:
        """Read attributes of another resource; nothing of that is written down."""
        return await Performance(self._stage, resource, "reveal", (), keeps=False).run(steps)

    async def _call(self, call: Call, entry: JournalRow | None) -> Reply:
        if call.reads:
            return self._read(call, await self._refusable(call, self._requests.send(call)))
        if entry is None:
            entry = self._entry(call, None, answered=False)
            self.pending.append(PutIntent(entry))
            await self.flush()
            found = None
        else:
            try:
                found = await self._requests.search(call, entry.intent_at)
            except Permanent as refusal:
                raise unsettled(refusal) from refusal
        try:
            reply = found
            if reply is None:
                reply = await self._requests.act(call, entry.intent_at)
            if call.makes and not pick(reply, call.makes):
                reply = await self._requests.made(call, entry.intent_at)
        except Permanent as refusal:
            if not (call.search and is_unclear(refusal)):
                self._answer({"__fault__": refusal.to_wire()})
            elif refusal.status == HTTPStatus.INTERNAL_SERVER_ERROR:
                # The service itself says so: it is not at work on it any more.
                at = (self._resource, self._verb, self._at)
                self.pending.append(PutReply(*at, ENDED, answered=False))
            raise
        self._answer(reply)
        if call.makes and (made := pick(reply, call.makes)):
            self.physical_id = self.made_now = str(made)
            self.pending.append(ChangeResource(self._resource, {"physical_id": str(made)}))
        return reply

    def _answer(self, reply: Any) -> None:
        self.pending.append(PutReply(self._resource, self._verb, self._at, reply))

    async def _wait(self, wait: Wait) -> Reply:
        stage = self._stage
        await stage.lease.hold()
        looking = stage.world.cloud.wait(
            wait, stage.who, cancelled=stage.stopping, deadline=stage.deadline
        )
        try:
            reply = await self._refusable(wait, looking)
        except WaitStopped:
            raise Stopped from None
        return self._read(wait, reply)

    async def _refusable(self, step: Step, asked: Awaitable[R]) -> R:
        """Return what is asked for; a refusal is written down, for the verb may go on from it."""
        try:
            return await asked
        except Permanent as refusal:
            self._read(step, {"__fault__": refusal.to_wire()})
            raise

    async def _sleep(self, step: Sleep, seconds: float, entry: JournalRow | None) -> Reply:
        if entry is None:
            entry = self._entry(step, None, answered=False)
            self.pending.append(PutIntent(entry))
            await self.flush()
        end = entry.intent_at + timedelta(seconds=seconds)
        while (left := (end - self._stage.world.clock.now()).total_seconds()) > 0:
            if self._stage.stopping():
                raise Stopped
            await asyncio.sleep(min(left, 1.0))
        self._answer({})
        return {}

    async def _hear(self, step: Hear, entry: JournalRow | None) -> Reply:
        stage = self._stage
        source = await self._source(step.of)
        if source is None:
            raise VerbFailed(f"{step.of} is no resource of this stack that signals come to")
        if step.count and entry is None:
            entry = self._entry(step, None, answered=False)
            self.pending.append(PutIntent(entry))
            await self.flush()  # what is to be forgotten must be, before anything is heard
        rows = (await stage.world.store.signals([source]))[source]
        if entry is None:
            return self._read(step, {"signals": to_builtins(latest(read(r.body for r in rows)))})
        end = entry.intent_at + timedelta(seconds=step.seconds)
        # A service that is away must not keep anybody from being heard, or from the end.
        box = await mailbox_of(stage, source, lambda call: self._requests.once(call, end))
        while True:
            heard = latest(read(row.body for row in rows))
            if enough(heard, step.count) or stage.world.clock.now() >= end:
                reply: Reply = {"signals": to_builtins(heard)}
                self._answer(reply)
                return reply
            if stage.stopping():
                raise Stopped
            if box is not None:
                await box.collect()
            rows = await stage.hearing.signals(source) or rows

    async def _source(self, of: str) -> ResourceId | None:
        """Return the resource that signals come to: a named one, or this one."""
        stage = self._stage
        return await stage.world.store.addressed(stage.lease.stack, of) if of else self._resource

    async def _forget(self, step: Forget, of: str) -> Reply:
        source = await self._source(of)
        if source is not None:
            self.pending.append(DropSignals(source))
        return self._read(step, {})
