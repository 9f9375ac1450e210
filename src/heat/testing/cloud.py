"""Clouds for tests, without sockets: one that a function answers for, one dispatched in process."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random
from typing import Any, NamedTuple, TypeVar

import requests
from msgspec import Struct
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from heat.base.clock import Clock
from heat.cloud import finding
from heat.cloud.client import Client
from heat.cloud.credentials import Credentials
from heat.cloud.port import ClientCloud
from heat.cloud.sessions import Sessions
from heat.cloud.settings import CloudSettings, Polling
from heat.cloud.watcher import Watcher
from heat.cloud.wire import leave
from heat.plugin.steps import Call, Finder, Reply, Wait
from heat.testing.clock import LoopClock

T = TypeVar("T")

STEADY = Polling(jitter=0.0)
"""Looks without jitter, so that a test can say when they come."""


class Latency(NamedTuple):
    """How many seconds pass before a request takes effect, and from then to its reply."""

    before: float = 0.0
    after: float = 0.0


class Asked(Struct, frozen=True):
    """A call that a cloud got, when on the loop's clock, and from whom."""

    call: Call
    who: Credentials
    at: float


class ScriptedCloud:
    """Implements the cloud port over one function; a fault that it raises is the answer.

    ``asked`` holds all that was sent, waits and lookups too.
    """

    def __init__(
        self,
        handler: Callable[[Call, Credentials], Reply],
        *,
        latency: Callable[[Call], Latency] | None = None,
        polling: Polling = STEADY,
    ) -> None:
        self.handler = handler
        self.asked: list[Asked] = []
        self._latency = latency or (lambda _: Latency())
        random = Random(0)  # noqa: S311 - a test's chance is no secret
        self._watcher = Watcher(self.send, clock=LoopClock(), random=random, polling=polling)

    async def send(
        self, call: Call, who: Credentials, *, deadline: datetime | None = None
    ) -> Reply:
        """Pass a call to the function."""
        before, after = self._latency(call)
        await asyncio.sleep(before)
        try:
            return self._ask(call, who)
        finally:
            await asyncio.sleep(after)

    async def find(self, finder: Finder, value: str, who: Credentials) -> str:
        """Look an object up by the same requests as ever."""
        await asyncio.sleep(0)
        return finding.find(lambda call: self._ask(call, who), finder, value)

    async def wait(
        self,
        wait: Wait,
        who: Credentials,
        *,
        cancelled: Callable[[], bool] | None = None,
        deadline: datetime | None = None,
    ) -> Reply:
        """Look under the loop's clock until the state is there."""
        return await self._watcher.wait(wait, who, cancelled=cancelled, deadline=deadline)

    async def close(self) -> None:
        """Stop watching."""
        await self._watcher.close()

    def _ask(self, call: Call, who: Credentials) -> Reply:
        leave()
        self.asked.append(Asked(call, who, asyncio.get_running_loop().time()))
        return self.handler(call, who)


class Answer(NamedTuple):
    """What an in-process cloud answers; a lost answer never arrives."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    delay: float = 0.0
    lost: bool = False


Dispatch = Callable[[str, str, Mapping[str, str], bytes], Answer]
"""Takes method, URL, headers and body."""


class DispatchAdapter(BaseAdapter):
    """Lets requests reach an in-process cloud; ``delay`` adds up what the answers asked for."""

    def __init__(self, dispatch: Dispatch) -> None:
        super().__init__()
        self._dispatch = dispatch
        self.delay = 0.0

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]  # pyright: ignore[reportIncompatibleMethodOverride]
        """Answer a request."""
        leave()
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else bytes(body)
        url = request.url or ""
        answer = self._dispatch(request.method or "GET", url, dict(request.headers), raw)
        self.delay += answer.delay
        if answer.lost:
            raise requests.ConnectionError("the answer was lost")
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict(answer.headers)
        response._content = answer.body  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        response.url, response.request = url, request
        return response

    def close(self) -> None:
        """Keep nothing."""


class DispatchCloud(ClientCloud):
    """Implements the cloud port over an in-process cloud, through the real client.

    Requests take effect at once; on a virtual loop their latency passes without waiting.
    """

    def __init__(
        self,
        settings: CloudSettings,
        dispatch: Dispatch,
        *,
        latency: Callable[[Call], Latency] | None = None,
        random: Random | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._adapter = DispatchAdapter(dispatch)
        self._latency = latency or (lambda _: Latency())
        random = random or Random(0)  # noqa: S311 - a test's chance is no secret
        clock, sessions = clock or LoopClock(), Sessions(settings, self._adapter)
        client = Client(sessions, clock=clock, sleep=self._sleep, random=random)
        super().__init__(client, clock=clock, random=random)

    async def close(self) -> None:
        """Stop watching."""
        await super().close()
        self.client.sessions.close()

    async def _run(self, work: Callable[[], T], call: Call | None = None) -> T:
        return await self._timed(self._latency(call) if call else Latency(), work)

    async def _timed(self, latency: Latency, work: Callable[[], T]) -> T:
        await asyncio.sleep(latency.before)
        self._adapter.delay = 0.0
        try:
            return work()
        finally:
            await asyncio.sleep(latency.after + self._adapter.delay)

    def _sleep(self, seconds: float) -> None:
        self._adapter.delay += seconds
