"""Sends requests that change something at most once, as far as anyone can tell.

One whose answer was lost, or that says neither yes nor no, is resolved by looking for its work.
"""

import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from heat.base.errors import CloudFault, Permanent, Temporary
from heat.base.ids import ResourceId
from heat.engine.patience import Patience
from heat.engine.searching import given_up, is_unclear, the_one
from heat.engine.stage import Stage
from heat.plugin.steps import Call, Reply

R = TypeVar("R")
_log = logging.getLogger(__name__)

ENDED = {"ended": True}
"""The note in the journal that nothing more will come of a request that went wrong."""


class Requests:
    """The requests of one resource."""

    def __init__(self, stage: Stage, resource: ResourceId) -> None:
        self._stage, self._resource = stage, resource

    async def send(self, call: Call) -> Reply:
        """Send a request as long as the stack is this engine's; what reads waits for an answer."""
        asked = partial(self.once, call, self._stage.latest)
        if not call.reads:
            return await asked()
        try:
            return await self.outlast(asked)
        except Temporary as fault:
            raise given_up(fault) from fault

    async def once(self, call: Call, deadline: datetime) -> Reply:
        """Send a request, and wait for no service that is away."""
        cloud, stage = self._stage.world.cloud, self._stage
        sent = partial(cloud.send, call, stage.who, deadline=min(deadline, stage.latest))
        return await stage.lease.ask(sent)

    async def outlast(self, ask: Callable[[], Awaitable[R]]) -> R:
        """Ask for what may be asked for twice until there is an answer; Temporary at the end."""
        return await self._patience().outlast(ask)

    async def act(self, call: Call, since: datetime) -> Reply:
        """Send a request that changes something, written down at ``since``."""
        patience = self._patience()
        while True:
            try:
                return await self.send(call)
            except (Temporary, Permanent) as fault:
                if not call.repeatable and is_unclear(fault):
                    found = await self._look_again(call, since, fault)
                    if found is not None:
                        return found
                    if call.search is None:
                        raise Permanent(
                            f"{fault.message}. Whether {call.method} {call.path} took effect can't "
                            "be told: look at the object in the cloud before trying again",
                            service=fault.service,
                            request=fault.request,
                            status=fault.status,
                            request_id=fault.request_id,
                        ) from fault
                again = isinstance(fault, Temporary) and patience.is_left
                busy = fault.status in call.busy or (
                    call.method == "DELETE" and fault.status == 409
                )
                if busy:
                    again = patience.tries + 1 < self._stage.settings.conflict_tries
                if not again:
                    if isinstance(fault, Permanent):
                        raise
                    raise given_up(fault) from fault
                _log.info("%s: trying again: %s", self._resource, fault)
                await patience.pause()
                if not call.repeatable and is_unclear(fault):
                    # The service may have been at work on the first request all the while.
                    found = await self._look_again(call, since, fault)
                    if found is not None:
                        return found

    async def search(self, call: Call, since: datetime) -> Reply | None:
        """Look for what a request may have made that went unanswered."""
        if call.search is None:
            return None
        reply = await self.send(call.search.call)
        oldest = since - timedelta(seconds=self._stage.settings.search_skew)
        return await the_one(call, call.search, reply, oldest, self._taken)

    async def _taken(self, ids: Collection[str]) -> frozenset[str]:
        recorded = await self._stage.world.store.recorded(ids)
        return recorded | self._stage.kept.intersection(ids)

    async def made(self, call: Call, since: datetime) -> Reply:
        """Find what a request made that was answered without saying what."""
        found = await self.search(call, since)
        if found is None:
            raise Permanent(
                f"The {call.service} service did not say what it made",
                service=call.service,
                request=f"{call.method} {call.path}",
                ambiguous=True,
            )
        return found

    async def watch_for(self, call: Call, since: datetime, certain: datetime) -> Reply | None:
        """Search for a request's work until the service is surely not at it any more."""
        patience = self._patience()
        while True:
            is_certain = self._stage.world.clock.now() >= certain
            found = await self.search(call, since)
            if found is not None or is_certain:
                return found
            await patience.pause()

    async def _look_again(self, call: Call, since: datetime, fault: CloudFault) -> Reply | None:
        """Search after a request that went unanswered; without an answer either, all is open."""
        try:
            return await self.search(call, since)
        except Permanent as away:
            raise Permanent(
                f"{fault.message}; looking for what it made failed too: {away.message}",
                service=fault.service,
                request=fault.request,
                status=fault.status,
                request_id=fault.request_id,
                ambiguous=True,
            ) from away

    def _patience(self) -> Patience:
        stage = self._stage
        return Patience(stage.world, stage.settings, stage.stopping)
