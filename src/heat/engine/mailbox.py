"""Containers in which servers lay their answers: what lies there becomes signals.

A signal says which object it was read from, so that each is read once, whatever happens between.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any, cast

from msgspec import to_builtins

from heat.base.errors import CloudFault, Conflict, Permanent
from heat.base.ids import EventId, ResourceId
from heat.engine.ports import World
from heat.engine.record import standing
from heat.engine.stage import Stage
from heat.plugin.box import box_of, letters_in, look_at, read_letter, taken_at
from heat.plugin.signal import Signalled, read
from heat.plugin.steps import Call, Reply
from heat.store.rows import EventRow, ResourceRow, SignalRow, StackRow

_log = logging.getLogger(__name__)

LETTER = "letter"
"""Where the body of a signal says which object it was read from."""
INTERVAL = timedelta(seconds=3)

Ask = Callable[[Call], Awaitable[Reply]]


async def mailbox_of(stage: Stage, source: ResourceId, ask: Ask) -> "Mailbox | None":
    """Return the container of a resource to which somebody listens, if it has one."""
    row = await stage.world.store.resource(source)
    if row is None or not box_of(row.data):
        return None
    stack = await stage.world.store.stack(row.stack)
    return Mailbox(stage.world, stack, row, ask) if stack is not None else None


class Mailbox:
    """The container of one resource."""

    def __init__(self, world: World, stack: StackRow, row: ResourceRow, ask: Ask) -> None:
        self._world, self._row, self._ask = world, row, ask
        self._box = box_of(row.data)
        self._told = cast("Signalled", standing(stack, row, world.types[row.real_type or row.type]))
        self._ignored: set[str] = set()
        self._next = world.clock.now()

    async def collect(self) -> None:
        """Take what has come, unless that was done a moment ago."""
        if self._world.clock.now() < self._next:
            return
        self._next = self._world.clock.now() + INTERVAL
        try:
            await self._collect()
        except (CloudFault, Conflict) as problem:
            _log.info("Signals to %s are read later: %s", self._row.name, problem)

    async def _collect(self) -> None:
        listed = await self._ask(look_at(self._box))
        for name in letters_in(listed):
            when = await self._when(name)
            said = (await self._world.store.signals([self._row.id]))[self._row.id]
            known = {row.body.get(LETTER) for row in said}
            if when is None or when in known or when in self._ignored:
                continue
            try:
                body = await self._read(name)
                signal = self._told.receive(body, read(row.body for row in said))
            except ValueError as meaningless:
                _log.warning("A signal to %s is left aside: %s", self._row.name, meaningless)
                self._ignored.add(when)
                continue
            row = SignalRow(
                resource=self._row.id,
                number=said[-1].number + 1 if said else 1,
                stack=self._row.stack,
                body=to_builtins(signal) | {LETTER: when},
                created_at=self._world.clock.now(),
            )
            await self._world.store.say(row, self._event(f"Signal: {signal.told}"))

    async def _read(self, name: str) -> dict[str, Any] | None:
        """Return what an object says; raises ValueError when that can't be understood."""
        try:
            return _body(await self._ask(read_letter(self._box, name)))
        except Permanent as refusal:
            if refusal.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return None  # an empty object has not even a first byte
            if HTTPStatus.OK <= refusal.status < HTTPStatus.MULTIPLE_CHOICES:
                raise ValueError("it is said to be JSON, and is none") from None
            raise

    async def _when(self, name: str) -> str | None:
        """Return when an object was laid there, which tells it from others of its name."""
        return taken_at(name) or (
            (await self._ask(read_letter(self._box, name, method="HEAD")))
            .get("headers", {})
            .get("x-timestamp")
        )

    def _event(self, reason: str) -> EventRow:
        row = self._row
        return EventRow(
            id=EventId(self._world.chance.id()),
            stack=row.stack,
            resource=row.id,
            resource_name=row.name,
            resource_type=row.type,
            physical_id=row.physical_id,
            action="SIGNAL",
            status=row.status,
            reason=reason,
            request_id="",
            created_at=self._world.clock.now(),
        )


def _body(reply: Reply) -> dict[str, Any] | None:
    """Return what an object says: JSON, whatever its content type is."""
    if "text" not in reply:
        return dict(reply) or None
    try:
        found: Any = json.loads(reply["text"])
    except ValueError:
        return {"text": reply["text"]}
    return found if isinstance(found, dict) else {"text": found}  # pyright: ignore[reportUnknownVariableType]
