"""What the engine sees of a cloud: send a request, look a name up, wait for a state."""

import asyncio
import contextvars
from abc import ABC, abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from random import Random
from threading import Event, Lock
from typing import Any, Protocol, TypeVar

from heat.base.clock import Clock, WallClock
from heat.cloud import trusts
from heat.cloud.client import Client
from heat.cloud.credentials import Credentials
from heat.cloud.stack_users import StackUsers
from heat.cloud.watcher import WaitStopped, Watcher
from heat.cloud.wire import MAY_LEAVE, Withheld
from heat.plugin.steps import Call, Finder, Reply, Wait

__all__ = ["AsyncCloud", "ClientCloud", "CloudPort", "WaitStopped", "Withheld"]

T = TypeVar("T")


class CloudPort(Protocol):
    """The cloud as the engine uses it.

    Faults are ``heat.base.errors.Temporary`` and ``Permanent``; a ``Temporary`` that is
    ``ambiguous`` belongs to a request that may have been carried out. ``Withheld`` is none: the
    request did not leave, since ``MAY_LEAVE`` forbade it.
    """

    async def send(
        self, call: Call, who: Credentials, *, deadline: datetime | None = None
    ) -> Reply:
        """Send one request and return the decoded reply, ``{}`` when it is empty.

        Past the deadline nothing is sent any more, and nobody waits for an answer.
        """
        ...

    async def find(self, finder: Finder, value: str, who: Credentials) -> str:
        """Return the id of the one object with this id or name."""
        ...

    async def wait(
        self,
        wait: Wait,
        who: Credentials,
        *,
        cancelled: Callable[[], bool] | None = None,
        deadline: datetime | None = None,
    ) -> Reply:
        """Look until the wanted state is there and return the last reply.

        Raises ``Permanent`` of kind ``ResourceInError`` on a failing state, of kind
        ``WaitTimedOut`` past the deadline, and ``WaitStopped`` once ``cancelled()`` is true.
        """
        ...


class ClientCloud(ABC):
    """A cloud behind a client that blocks; how its work is run is left open."""

    def __init__(
        self, client: Client, *, clock: Clock | None = None, random: Random | None = None
    ) -> None:
        self.client, self._users = client, StackUsers(client)
        self._watcher = Watcher(
            self.send, clock=clock or WallClock(), random=random, polling=client.settings.polling
        )

    @abstractmethod
    async def _run(self, work: Callable[[], T], call: Call | None = None) -> T:
        """Return what the work gives: it makes a call, or several of keystone."""

    async def send(
        self, call: Call, who: Credentials, *, deadline: datetime | None = None
    ) -> Reply:
        """Send one request; once the caller is gone it does not leave any more."""

        def work() -> Reply:
            return self.client.send(call, who, deadline=deadline)

        return await self._run(work, call)

    async def find(self, finder: Finder, value: str, who: Credentials) -> str:
        """Look an object up."""
        asked = partial(self.client.find, finder, value, who)
        return await self._run(asked, Call(finder.service, "GET", finder.path))

    async def wait(
        self,
        wait: Wait,
        who: Credentials,
        *,
        cancelled: Callable[[], bool] | None = None,
        deadline: datetime | None = None,
    ) -> Reply:
        """Wait together with all others that wait for such items."""
        return await self._watcher.wait(wait, who, cancelled=cancelled, deadline=deadline)

    async def make_trust(self, who: Credentials, mark: str) -> str:
        """Return the id of this user's trust with this mark, made unless it is there."""
        return await self._run(partial(trusts.create, self.client, who, mark))

    async def given_trusts(self) -> list[dict[str, Any]]:
        """Return the trusts that stack owners gave to the service."""
        return await self._run(partial(trusts.given, self.client))

    async def drop_trust(self, who: Credentials) -> None:
        """Remove the trust of these credentials; one that is gone already is fine."""
        await self._run(partial(trusts.delete, self.client, who))

    async def of_users(self, work: Callable[[StackUsers], T]) -> T:
        """Do something about users of stacks."""
        return await self._run(partial(work, self._users))

    @property
    def has_users(self) -> bool:
        """Whether there is a domain for users of stacks."""
        return self.client.settings.stack_domain is not None

    async def service_roles(self) -> frozenset[str]:
        """Return what the service user may be in its own project."""
        return await self._run(self.client.sessions.service_roles)

    async def close(self) -> None:
        """Stop watching."""
        await self._watcher.close()


class AsyncCloud(ClientCloud):
    """A cloud with a bounded pool of threads for each service."""

    def __init__(
        self, client: Client, *, clock: Clock | None = None, random: Random | None = None
    ) -> None:
        super().__init__(client, clock=clock, random=random)
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._lock = Lock()

    async def close(self) -> None:
        """Stop watching and let go of the threads; a request in flight ends on its own."""
        await super().close()
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], T], call: Call | None = None) -> T:
        # The request id of the operation travels in a context variable.
        context = contextvars.copy_context()
        loop, given_up, may_leave = asyncio.get_running_loop(), Event(), MAY_LEAVE.get()

        def run() -> T:
            MAY_LEAVE.set(lambda: not given_up.is_set() and may_leave())
            return work()

        try:
            pool = self._pool(call.service if call else "identity")
            return await loop.run_in_executor(pool, context.run, run)
        finally:
            given_up.set()  # the thread may still be on its way in, after a cancellation

    def _pool(self, service: str) -> ThreadPoolExecutor:
        with self._lock:
            if service not in self._pools:
                self._pools[service] = ThreadPoolExecutor(
                    self.client.settings.threads, thread_name_prefix=f"cloud-{service}"
                )
            return self._pools[service]
