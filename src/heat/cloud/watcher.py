"""Looks at many things that are waited for, together.

All waits in one project for items of one list share one request per look. Few waits look item
by item. A look comes at once for the first wait, then ever more seldom while nothing changes;
a change or a new wait brings the pace back. What the list shows as settled, or does not show,
is read once more by itself, because lists leave details out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from random import Random, SystemRandom
from typing import Any, TypeAlias

from msgspec import structs

from heat.base.clock import Clock
from heat.base.errors import CloudFault, Permanent, Temporary
from heat.cloud.credentials import Credentials
from heat.cloud.settings import Polling
from heat.plugin.steps import Call, Listed, Reply, Wait, digest, pick

Send: TypeAlias = Callable[[Call, Credentials], Awaitable[Reply]]
GroupKey: TypeAlias = tuple[str, ...]


class WaitStopped(Exception):
    """The one who waited no longer wants to."""


class Watcher:
    """The waits of one event loop."""

    def __init__(
        self,
        send: Send,
        *,
        clock: Clock,
        random: Random | None = None,
        polling: Polling | None = None,
    ) -> None:
        self._send, self._clock = send, clock
        self._random, self._polling = random or SystemRandom(), polling or Polling()
        self._groups: dict[GroupKey, Group] = {}

    async def wait(
        self,
        wait: Wait,
        who: Credentials,
        *,
        cancelled: Callable[[], bool] | None = None,
        deadline: datetime | None = None,
    ) -> Reply:
        """Return the reply that shows the wanted state."""
        pending = Pending(wait, who, cancelled)
        key = _group_key(pending)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(
                self._send, self._random, self._polling, lambda: self._groups.pop(key, None)
            )
        group.add(pending)
        try:
            async with asyncio.timeout(self._left(deadline)):
                return await pending.done
        except TimeoutError:
            raise pending.timed_out() from None
        finally:
            pending.done.cancel()

    async def close(self) -> None:
        """Stop looking; whoever still waits is cancelled."""
        for group in list(self._groups.values()):
            await group.close()

    def _left(self, deadline: datetime | None) -> float | None:
        if deadline is None:
            return None
        return max(0.0, (deadline - self._clock.now()).total_seconds())


class Pending:
    """A wait that has not ended."""

    def __init__(
        self, wait: Wait, who: Credentials, cancelled: Callable[[], bool] | None = None
    ) -> None:
        self.wait, self.who = wait, who
        self.seen: str | None = None
        self.done: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.looking: asyncio.Task[bool] | None = None
        self.done.add_done_callback(self._drop)
        self._cancelled = cancelled
        self._fault: CloudFault | None = None
        self._failures = 0

    @property
    def ended(self) -> bool:
        """Whether nobody waits any more; asks whether the wait is still wanted."""
        if not self.done.done() and self._cancelled is not None and self._cancelled():
            self.done.set_exception(WaitStopped())
        return self.done.done()

    def judge(self, reply: Reply) -> bool:
        """Take a full reply in; say whether anything is different from the last one."""
        wait = self.wait
        self._fault, self._failures = None, 0
        if wait.field is None and not wait.gone:
            self._end(reply)
            return True
        state = state_of(wait, reply)
        changed, self.seen = state != self.seen, state
        if state in wait.wanted:
            self._end(reply)
        elif state in wait.failing:
            self._end(_in_error(wait, state, reply))
        return changed

    def fail(self, fault: CloudFault, tolerated: int) -> None:
        """Take a fault in: what may pass is waited out."""
        if isinstance(fault, Permanent) and fault.status == 404 and self.wait.gone:
            self._end({})
            return
        self._fault = fault
        if isinstance(fault, Temporary):
            return
        # A look harms nothing, so an internal error of the service gets a few more chances.
        self._failures += 1
        if fault.status != 500 or self._failures > tolerated:
            self._end(fault)

    def timed_out(self) -> CloudFault:
        """Return the fault for a deadline that passed, with what was seen last."""
        wait, call = self.wait, self.wait.call
        wanted = " or ".join(wait.wanted) or "gone"
        last = f"it was last {self.seen}" if self.seen else "its state was never seen"
        why = f" ({self._fault})" if self._fault is not None else ""
        return Permanent(
            f"Timed out waiting for {call.path} to be {wanted}; {last}{why}.",
            service=call.service,
            request=f"{call.method} {call.path}",
            kind="WaitTimedOut",
        )

    def break_off(self, problem: Exception) -> None:
        """End for a reason that is not the cloud's."""
        if not self.done.done():
            self.done.set_exception(problem)

    def _end(self, outcome: Reply | CloudFault) -> None:
        if self.done.done():
            return
        if isinstance(outcome, CloudFault):
            self.done.set_exception(outcome)
        else:
            self.done.set_result(outcome)

    def _drop(self, _: asyncio.Future[Reply]) -> None:
        if self.looking is not None:
            self.looking.cancel()


class Group:
    """Waits that one list request can serve, and the task that looks."""

    def __init__(
        self, send: Send, random: Random, polling: Polling, ended: Callable[[], object]
    ) -> None:
        self._send, self._random, self._polling = send, random, polling
        self._ended = ended
        self._waits: list[Pending] = []
        self._open = 0
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._listing: asyncio.Task[dict[str, Any]] | None = None
        self._listing_took = 0.0
        self._pages = 1
        self._turn = 0
        self._list_failed = False

    def add(self, pending: Pending) -> None:
        """Watch one more."""
        self._waits.append(pending)
        self._open += 1
        pending.done.add_done_callback(self._closed)
        self._woken.set()
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Stop; whoever still waits is cancelled."""
        for pending in self._waits:
            pending.done.cancel()
        running: list[asyncio.Task[Any]] = [
            task for task in (self._task, self._listing) if task is not None
        ]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _closed(self, _: asyncio.Future[Reply]) -> None:
        self._open -= 1
        if not self._open:
            self._woken.set()

    async def _run(self) -> None:
        step = 0
        try:
            while self._still():
                self._woken.clear()
                if await self._look():
                    step = 0
                if not self._still():
                    break
                await self._sleep(step)
                step = 0 if self._woken.is_set() else step + 1
        except Exception as problem:  # noqa: BLE001 - those who wait are told, whatever it is
            for pending in self._waits:
                pending.break_off(problem)
        finally:
            if self._listing is not None:
                self._listing.cancel()
            self._ended()

    async def _sleep(self, step: int) -> None:
        # A newcomer cuts a long pause short, but not below the first one; and a service whose
        # list is slow is not asked for it more than half of the time.
        delays, jitter = self._polling.delays, self._polling.jitter
        spread = 1 + self._random.uniform(-jitter, jitter)
        least = max(delays[0] * spread, self._listing_took)
        most = max(delays[min(step, len(delays) - 1)] * spread, least)
        self._listing_took = 0.0
        await asyncio.sleep(least)
        with suppress(TimeoutError):
            async with asyncio.timeout(most - least):
                await self._woken.wait()

    def _still(self) -> list[Pending]:
        self._waits = [pending for pending in self._waits if not pending.ended]
        return self._waits

    async def _look(self) -> bool:
        waits = list(self._waits)
        listed = waits[0].wait.listed
        few = len(waits) < max(self._polling.batch, 2 * self._pages)
        if listed is None or few or self._list_failed:
            self._list_failed = False
            return await self._look_singly(waits)
        try:
            items = await self._list(listed, waits)
        except Temporary as fault:
            # Asking item by item at once would only add to a service's troubles.
            self._list_failed = True
            for pending in waits:
                pending.fail(fault, self._polling.tolerated)
            return False
        if items is None:
            return await self._look_singly(waits)
        return await self._look_singly(
            [pending for pending in waits if not _goes_on(pending, items)]
        )

    async def _look_singly(self, waits: Iterable[Pending]) -> bool:
        """Look at each by itself; a look that hangs is left behind, and not doubled."""
        looks: list[asyncio.Task[bool]] = []
        for pending in waits:
            if not pending.done.done() and (pending.looking is None or pending.looking.done()):
                pending.looking = asyncio.create_task(self._look_at(pending))
                looks.append(pending.looking)
        if not looks:
            return False
        done, _ = await asyncio.wait(looks, timeout=self._polling.patience)
        return any(not task.cancelled() and task.result() for task in done)

    async def _look_at(self, pending: Pending) -> bool:
        call = pending.wait.call
        if pending.wait.gone:
            call = structs.replace(call, missing_ok=False)
        try:
            reply = await self._send(call, pending.who)
        except CloudFault as fault:
            pending.fail(fault, self._polling.tolerated)
            return pending.done.done()
        except Exception as problem:  # noqa: BLE001 - the one who waits is told
            pending.break_off(problem)
            return True
        return pending.judge(reply)

    async def _list(self, listed: Listed, waits: list[Pending]) -> dict[str, Any] | None:
        """Return the items by id; None when the list is refused or too slow."""
        if self._listing is not None and not self._listing.done():
            return None
        # Who asks changes with each refusal: one user's lost access must not stop the others.
        who = waits[self._turn % len(waits)].who
        loop = asyncio.get_running_loop()
        started = loop.time()
        self._listing = asyncio.create_task(self._read_pages(listed, who, waits))
        await asyncio.wait([self._listing], timeout=self._polling.list_patience)
        self._listing_took = loop.time() - started
        if not self._listing.done():
            self._listing.add_done_callback(_forget)
            return None
        try:
            return self._listing.result()
        except Permanent:
            self._turn += 1
            return None

    async def _read_pages(
        self, listed: Listed, who: Credentials, waits: list[Pending]
    ) -> dict[str, Any]:
        limit = self._polling.page
        wanted = {_listed(pending).id for pending in waits}
        found: dict[str, Any] = {}
        pages, last = 0, ""
        while True:
            query = {**listed.call.query, "limit": str(limit)} | ({"marker": last} if last else {})
            reply = await self._send(structs.replace(listed.call, query=query), who)
            items: list[dict[str, Any]] = list(reply.get(listed.items) or ())
            known = len(found)
            found |= {str(item.get("id")): item for item in items}
            pages += 1
            more = len(items) >= limit or _has_next(reply, listed.items)
            # A service that knows no markers gives the same page again and again.
            if not more or len(found) == known or wanted <= found.keys():
                self._pages = pages
                return found
            last = str(items[-1].get("id"))


def _goes_on(pending: Pending, items: Mapping[str, Any]) -> bool:
    """Note what a list shows of an item; say whether the wait simply goes on."""
    wait, listed = pending.wait, _listed(pending)
    item = items.get(listed.id)
    if item is None or (wait.field is None and not wait.gone):
        return False
    reply = {listed.item: item} if listed.item else item
    if state_of(wait, reply) in (*wait.wanted, *wait.failing):
        return False
    pending.judge(reply)
    return True


def state_of(wait: Wait, reply: Reply) -> str:
    """Return the state that is waited for as text; what is null or not there is empty."""
    value = pick(reply, wait.field) if wait.field else None
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _in_error(wait: Wait, state: str, reply: Reply) -> Permanent:
    why = pick(reply, wait.why) if wait.why else None
    return Permanent(
        f'Went to status {state} due to "{why or "Unknown"}"',
        service=wait.call.service,
        request=f"{wait.call.method} {wait.call.path}",
        kind="ResourceInError",
    )


def _group_key(pending: Pending) -> GroupKey:
    who, listed = pending.who, pending.wait.listed
    call = pending.wait.call if listed is None else listed.call
    items = "" if listed is None else listed.items
    # Without a list there is nothing to share, so each such wait looks at its own pace.
    own = str(id(pending)) if listed is None else ""
    return (who.project, who.region, items, digest(call), own)


def _listed(pending: Pending) -> Listed:
    listed = pending.wait.listed
    assert listed is not None  # noqa: S101 - the group's key says so
    return listed


def _has_next(reply: Reply, items: str) -> bool:
    links: Any = reply.get(f"{items}_links") or ()
    return bool(reply.get("next")) or any(link.get("rel") == "next" for link in links)


def _forget(task: asyncio.Task[dict[str, Any]]) -> None:
    # A list that came too late for its look may have failed; it was done without.
    if not task.cancelled():
        task.exception()
