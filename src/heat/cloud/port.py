"""What the engine sees of a cloud: send a request, look a name up, wait for a state."""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from random import Random
from threading import Event, Lock
from typing import Any, Protocol, TypeVar

from heat.base.clock import Clock, WallClock
from heat.cloud import trusts
from heat.cloud.client import Client
from heat.cloud.credentials import Credentials
from heat.cloud.stack_users import StackUsers
from heat.cloud.watcher import WaitStopped, Watcher
from heat.plugin.steps import Call, Finder, Reply, Wait

__all__ = ["AsyncCloud", "CloudPort", "WaitStopped"]

T = TypeVar("T")


class CloudPort(Protocol):
    """The cloud as the engine uses it.

    Faults are ``heat.base.errors.Temporary`` and ``Permanent``; a ``Temporary`` that is
    ``ambiguous`` belongs to a request that may have been carried out.
    """

    async def send(
        self, call: Call, who: Credentials, *, deadline: datetime | None = None
    ) -> Reply:
        """Send one request and return the decoded reply, ``{}`` when it is empty.

        Past the deadline, or when the caller has given up, nothing is sent any more, and nobody
        waits for an answer.
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


class AsyncCloud:
    """A cloud behind a client that blocks, with a bounded pool of threads for each service."""

    def __init__(
        self, client: Client, *, clock: Clock | None = None, random: Random | None = None
    ) -> None:
        self._client, self._users = client, StackUsers(client)
        self._threads = client.settings.threads
        self._pools: dict[str, ThreadPoolExecutor] = {}
        self._lock = Lock()
        self._watcher = Watcher(
            self.send, clock=clock or WallClock(), random=random, polling=client.settings.polling
        )

    async def send(
        self, call: Call, who: Credentials, *, deadline: datetime | None = None
    ) -> Reply:
        """Send one request in a thread of its service."""
        given_up = Event()

        def work() -> Reply:
            return self._client.send(call, who, deadline=deadline, given_up=given_up.is_set)

        try:
            return await self._run(call.service, work)
        finally:
            given_up.set()  # the thread may still be on its way in, after a cancellation

    async def find(self, finder: Finder, value: str, who: Credentials) -> str:
        """Look an object up in a thread of its service."""
        return await self._run(finder.service, lambda: self._client.find(finder, value, who))

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
        return await self._run("identity", lambda: trusts.create(self._client, who, mark))

    async def given_trusts(self) -> list[dict[str, Any]]:
        """Return the trusts that stack owners gave to the service."""
        return await self._run("identity", lambda: trusts.given(self._client))

    async def drop_trust(self, who: Credentials) -> None:
        """Remove the trust of these credentials; one that is gone already is fine."""
        await self._run("identity", lambda: trusts.delete(self._client, who))

    async def of_users(self, work: Callable[[StackUsers], T]) -> T:
        """Do something about users of stacks, in a thread of the identity service."""
        return await self._run("identity", lambda: work(self._users))

    @property
    def has_users(self) -> bool:
        """Whether there is a domain for users of stacks."""
        return self._client.settings.stack_domain is not None

    async def service_roles(self) -> frozenset[str]:
        """Return what the service user may be in its own project."""
        return await self._run("identity", self._client.sessions.service_roles)

    async def close(self) -> None:
        """Stop watching and let go of the threads; a request in flight ends on its own."""
        await self._watcher.close()
        with self._lock:
            pools, self._pools = list(self._pools.values()), {}
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, service: str, work: Callable[[], T]) -> T:
        # The request id of the operation travels in a context variable.
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool(service), lambda: context.run(work))

    def _pool(self, service: str) -> ThreadPoolExecutor:
        with self._lock:
            if service not in self._pools:
                self._pools[service] = ThreadPoolExecutor(
                    self._threads, thread_name_prefix=f"cloud-{service}"
                )
            return self._pools[service]
