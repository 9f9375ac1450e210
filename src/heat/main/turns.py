"""Threads that take requests in turn, project by project, so that nobody's many hold up another's.

Of the threads, a quarter is never taken by one project alone, however many and slow its requests
are. Whose a request is only its token can say, so it counts for a project once that is checked;
until then it waits with those of its address, and all that are not checked yet leave a quarter of
the threads to the others. A token that was good a while ago needs no check to have its turn.

A thread that will be busy for long, as with a stream of events, steps aside: another takes its
place until it is back.
"""

import re
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from hashlib import sha256
from typing import Any, NamedTuple

from waitress.task import ThreadedTaskDispatcher

LASTING = 300.0
"""Seconds for which a token that was checked is taken for its project's."""
MOST_TOKENS = 10000

_PROJECT = re.compile(r"/(?:v\d[^/]*/)?(?P<project>[^/]+)/")


class Asker(NamedTuple):
    """A project that asks; or, until that is checked, an address that names one."""

    project: str
    address: str = ""


_UNCHECKED = Asker("", "anywhere")


class Turns(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Takes waitress's tasks: connections with a request that has come to its end.

    ``behind_proxy`` means that the address of a client is what the proxy in front says.
    """

    def __init__(self, threads: int, *, behind_proxy: bool = False) -> None:
        super().__init__()
        self._count, self._most = threads, max(1, threads - max(1, threads // 4))
        self._behind_proxy = behind_proxy
        self._tokens = _Tokens()
        self._waiting: dict[Asker, deque[Any]] = {}
        self._busy: Counter[Asker] = Counter()
        self._aside, self._closing = 0, False
        self._resizing = threading.Lock()
        self._mine = threading.local()
        self.set_thread_count(threads)

    def add_task(self, task: Any) -> None:
        """Let a task wait for its turn."""
        with self.lock:
            self._waiting.setdefault(self._asker(task), deque()).append(task)
            self.queue_cv.notify()

    def handler_thread(self, thread_no: int) -> None:
        """Work until told to stop."""
        while (turn := self._take(thread_no)) is not None:
            self._mine.asker, task = turn
            try:
                task.service()
            except BaseException:
                self.logger.exception("A connection failed")
            with self.lock:
                self._leave(self._mine.asker)
                self.queue_cv.notify()

    def checked(self, token: str, project: str) -> None:
        """Count what this thread does for the project that a token has turned out to be of."""
        self._tokens.note(token, project)
        with self.lock:
            self._leave(self._mine.asker)
            self._mine.asker = Asker(project)
            self._enter(self._mine.asker)
            self.queue_cv.notify()

    def step_aside(self) -> Callable[[], None]:
        """Let another thread take the place of this one, until what is returned is called."""
        asker = self._mine.asker
        with self.lock:
            self._leave(asker)
        self._resize(1)

        def come_back() -> None:
            with self.lock:
                self._enter(asker)
            self._resize(-1)

        return come_back

    def shutdown(self, cancel_pending: bool = True, timeout: int = 5) -> bool:
        """End the threads, and what waits."""
        with self._resizing:
            self._closing = True
        with self.lock:
            for tasks in self._waiting.values():
                self.queue.extend(tasks)
            self._waiting.clear()
        return bool(super().shutdown(cancel_pending, timeout))

    def _take(self, thread_no: int) -> tuple[Asker, Any] | None:
        with self.lock:
            while self.stop_count == 0:
                if (turn := self._next()) is not None:
                    return turn
                self.active_count -= 1
                self.queue_cv.wait()
                self.active_count += 1
            self.active_count -= 1
            self.stop_count -= 1
            self.threads.discard(thread_no)
            self.thread_exit_cv.notify()
            return None

    def _next(self) -> tuple[Asker, Any] | None:
        """Return what is done next: the first of those that have room, which goes last."""
        found = next((asker for asker in self._waiting if self._has_room(asker)), None)
        if found is None:
            return None
        tasks = self._waiting.pop(found)
        task = tasks.popleft()
        if tasks:
            self._waiting[found] = tasks
        self._enter(found)
        return found, task

    def _has_room(self, asker: Asker) -> bool:
        if asker.address and self._busy[_UNCHECKED] >= self._most:
            return False
        # Who says to be of a project that has its share waits like that; it takes nothing of it.
        project = self._busy[Asker(asker.project)] if asker.address else 0
        return self._busy[asker] + project < self._most

    def _enter(self, asker: Asker) -> None:
        self._busy.update(_counted(asker))

    def _leave(self, asker: Asker) -> None:
        for one in _counted(asker):
            self._busy[one] -= 1
            if not self._busy[one]:
                del self._busy[one]

    def _resize(self, more: int) -> None:
        with self._resizing:
            self._aside += more
            if self._closing:
                return
            self.set_thread_count(self._count + self._aside)

    def _asker(self, task: Any) -> Asker:
        """Return who a connection's next request is from, as far as that is known."""
        if not task.requests:
            return Asker("", str(task.addr))
        request = task.requests[0]
        headers: dict[str, str] = request.headers
        if project := self._tokens.project(headers.get("X_AUTH_TOKEN", "")):
            return Asker(project)
        # What could not be read as a request has no path.
        named = _PROJECT.match(getattr(request, "path", None) or "")
        address = str(task.addr[0] if isinstance(task.addr, tuple) else task.addr)
        if self._behind_proxy:
            said = headers.get("X_FORWARDED_FOR", "").rpartition(",")[2].strip()
            address = said or address
        return Asker(named["project"] if named else "", address or "here")


class _Tokens:
    """Which projects tokens were found to be of, for a while; no token itself is kept."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, tuple[str, float]] = OrderedDict()
        self._lock = threading.Lock()

    def note(self, token: str, project: str) -> None:
        """Remember whose a token is."""
        key = _digest(token)
        with self._lock:
            self._known[key] = project, time.monotonic() + LASTING
            self._known.move_to_end(key)
            if len(self._known) > MOST_TOKENS:
                self._known.popitem(last=False)

    def project(self, token: str) -> str:
        """Return the project of a token that was checked not long ago, else nothing."""
        with self._lock:
            project, until = self._known.get(_digest(token), ("", 0.0)) if token else ("", 0.0)
        return project if time.monotonic() < until else ""


def _counted(asker: Asker) -> tuple[Asker, ...]:
    return (asker, _UNCHECKED) if asker.address else (asker,)


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogateescape")).digest()
