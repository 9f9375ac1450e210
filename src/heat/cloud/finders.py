"""Names looked up once: what an operation found stays found until it ends."""

import asyncio
from threading import Lock

from heat.cloud.client import Client
from heat.cloud.credentials import Credentials
from heat.cloud.port import CloudPort
from heat.plugin.steps import Finder


class Finders:
    """Looks names up for one user, each once; thread-safe. What is not found is not kept."""

    def __init__(self, client: Client, who: Credentials) -> None:
        self._client, self._who = client, who
        self._found: dict[tuple[str, str, str], str] = {}
        self._lock = Lock()

    def find(self, finder: Finder, value: str) -> str:
        """Return the id of the one object with this id or name."""
        key = _key(finder, value)
        with self._lock:
            known = self._found.get(key)
        if known is None:
            known = self._client.find(finder, value, self._who)
            with self._lock:
                self._found[key] = known
        return known


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
