"""Names looked up once: for the time of an operation, or a while for a user's checks."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from heat.base.errors import Permanent, Temporary, Unavailable
from heat.cloud.client import Client
from heat.cloud.credentials import Credentials
from heat.cloud.found import Found
from heat.cloud.port import CloudPort
from heat.plugin.steps import Finder

T = TypeVar("T")

_AT_ONCE = 8


class Finders:
    """Looks names up for one user; thread-safe. What was ``found`` for it is not asked."""

    def __init__(self, client: Client, who: Credentials, found: Found | None = None) -> None:
        self._client, self._who = client, who
        self._found = Found() if found is None else found

    def find(self, finder: Finder, value: str) -> str:
        """Return the id of the one object with this id or name."""
        # A user's key pairs are not a project's, and a region has things of its own.
        key = (self._who.user_id, self._who.project, self._who.region, *_key(finder, value))
        known = self._found.get(key)
        if known is None:
            known = self._client.find(finder, value, self._who)
            self._found.put(key, known)
        return known

    def refusals(self, asked: Sequence[tuple[Finder, str]]) -> list[str | None]:
        """Look names up, several at once; for each what the cloud said when it has no such thing.

        Raises Unavailable when a service can't be asked now.
        """
        distinct = {_key(*one): one for one in asked}
        if not distinct:
            return []
        with ThreadPoolExecutor(min(_AT_ONCE, len(distinct))) as pool:
            said = dict(zip(distinct, pool.map(self._refusal, distinct.values()), strict=True))
        return [said[_key(*one)] for one in asked]

    def _refusal(self, one: tuple[Finder, str]) -> str | None:
        try:
            passing(lambda: self.find(*one))
        except Permanent as fault:
            return str(fault)
        return None


def passing(ask: Callable[[], T]) -> T:
    """Ask the cloud on behalf of one who waits: what may go through later is Unavailable."""
    try:
        return ask()
    except Temporary as fault:
        said = f"The {fault.service or 'cloud'} service can't be asked at the moment: {fault}"
        raise Unavailable(said) from fault


class AsyncFinders:
    """The same for tasks; those that ask for the same at once share the lookup."""

    def __init__(self, port: CloudPort, who: Credentials) -> None:
        self._port, self._who = port, who
        self._found: dict[tuple[str, str, str], asyncio.Task[str]] = {}

    async def find(self, finder: Finder, value: str) -> str:
        """Return the id of the one object with this id or name."""
        key = _key(finder, value)
        task = self._found.get(key)
        if task is None:
            task = asyncio.create_task(self._port.find(finder, value, self._who))
            self._found[key] = task
            task.add_done_callback(lambda done: self._settle(key, done))
        # One that gives up must not take the lookup away from the others.
        return await asyncio.shield(task)

    def _settle(self, key: tuple[str, str, str], task: asyncio.Task[str]) -> None:
        if task.cancelled() or task.exception() is not None:
            self._found.pop(key, None)


def _key(finder: Finder, value: str) -> tuple[str, str, str]:
    return finder.service, finder.path, value
