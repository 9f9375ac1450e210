"""Threads that take requests in turn, project by project, so that nobody's many hold up another's.

Of the threads, a quarter is never taken by one project alone, however many and slow its requests
are. A thread that will be busy for long, as with a stream of events, steps aside: another takes
its place until it is back.
"""

import re
import threading
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from waitress.task import ThreadedTaskDispatcher

_PROJECT = re.compile(r"/(?:v\d[^/]*/)?(?P<project>[^/]+)/")


class Turns(ThreadedTaskDispatcher):  # type: ignore[misc]
    """Takes waitress's tasks: connections with a request that has come to its end."""

    def __init__(self, threads: int) -> None:
        super().__init__()
        self._count, self._most = threads, max(1, threads - max(1, threads // 4))
        self._waiting: dict[str, deque[Any]] = {}
        self._busy: Counter[str] = Counter()
        self._aside, self._closing = 0, False
        self._resizing = threading.Lock()
        self._mine = threading.local()
        self.set_thread_count(threads)

    def add_task(self, task: Any) -> None:
        """Let a task wait for its project's turn."""
        with self.lock:
            self._waiting.setdefault(_project(task), deque()).append(task)
            self.queue_cv.notify()

    def handler_thread(self, thread_no: int) -> None:
        """Work until told to stop."""
        while (turn := self._take(thread_no)) is not None:
            self._mine.project, task = turn
            try:
                task.service()
            except BaseException:
                self.logger.exception("A connection failed")
            with self.lock:
                self._leave(self._mine.project)
                self.queue_cv.notify()

    def step_aside(self) -> Callable[[], None]:
        """Let another thread take the place of this one, until what is returned is called."""
        project = self._mine.project
        with self.lock:
            self._leave(project)
        self._resize(1)

        def come_back() -> None:
            with self.lock:
                self._busy[project] += 1
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

    def _take(self, thread_no: int) -> tuple[str, Any] | None:
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

    def _next(self) -> tuple[str, Any] | None:
        """Return what is done next: the first of the projects that has room, which goes last."""
        found = next((name for name in self._waiting if self._busy[name] < self._most), None)
        if found is None:
            return None
        tasks = self._waiting.pop(found)
        task = tasks.popleft()
        if tasks:
            self._waiting[found] = tasks
        self._busy[found] += 1
        return found, task

    def _leave(self, project: str) -> None:
        self._busy[project] -= 1
        if not self._busy[project]:
            del self._busy[project]

    def _resize(self, more: int) -> None:
        with self._resizing:
            self._aside += more
            if self._closing:
                return
            self.set_thread_count(self._count + self._aside)


def _project(task: Any) -> str:
    """Return whose project a connection's next request is for, as its address says."""
    requests = task.requests
    found = _PROJECT.match(requests[0].path or "") if requests else None
    return found["project"] if found else ""
