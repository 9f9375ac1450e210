"""Watches the rows from outside: how soon a stack is taken over, and how long nothing goes on."""

import contextlib
import threading
import time
from dataclasses import dataclass, field
from statistics import median

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from heat.store.database import Database

LOOK = 0.1


@dataclass
class Loss:
    """The stacks of an engine that was killed, and when another wrote for each."""

    at: float
    engine: str
    stacks: dict[str, str | None]
    first_commits: dict[str, float] = field(default_factory=dict)


class Watch:
    """Looks several times a second."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True)
        self._leases: dict[str, tuple[str, str | None]] = {}
        self._services: dict[int, str] = {}
        self._losses: list[Loss] = []
        self._events, self._moved = -1, time.monotonic()
        self.longest_pause = 0.0
        self.busy = True

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()
        self._database.close()

    def lost(self, pid: int) -> None:
        """Take note of what a process drives that is about to be killed."""
        engine = self._services.get(pid)
        if engine is None:
            return
        held = {stack: mark for stack, (who, mark) in self._leases.items() if who == engine}
        self._losses.append(Loss(time.monotonic(), engine, held))

    def takeovers(self) -> list[float]:
        """Return for each kill how long it took until another engine wrote for its stacks."""
        return [min(loss.first_commits.values()) for loss in self._losses if loss.first_commits]

    def shown_takeovers(self) -> str:
        found = self.takeovers()
        if not found:
            return "none seen"
        return f"median {median(found):.1f} s, longest {max(found):.1f} s, of {len(found)} kills"

    def _go(self) -> None:
        while not self._over.wait(LOOK):
            with contextlib.suppress(SQLAlchemyError):  # it is away for the moment
                self._look()
            now = time.monotonic()
            if self.busy:
                self.longest_pause = max(self.longest_pause, now - self._moved)
            else:
                self._moved = now

    def _look(self) -> None:
        with self._database.engine.connect() as connection:
            leases = connection.execute(text("SELECT stack, engine, mark FROM lease")).all()
            services = connection.execute(text("SELECT host, engine FROM service")).all()
            events = connection.execute(text("SELECT max(number) FROM event")).scalar() or 0
        now = time.monotonic()
        self._leases = {row[0]: (row[1], row[2]) for row in leases}
        self._services = {int(row[0].rpartition(":")[2]): row[1] for row in services}
        if events != self._events:
            self._events, self._moved = events, now
        for loss in self._losses:
            for stack, mark in loss.stacks.items():
                who, last = self._leases.get(stack, ("", mark))
                if (
                    stack not in loss.first_commits
                    and who not in ("", loss.engine)
                    and last != mark
                ):
                    loss.first_commits[stack] = now - loss.at
