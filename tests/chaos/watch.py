"""Watches the rows from outside: how soon a stack is taken over, and how long nothing goes on."""

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from heat.store.database import Database

LOOK = 0.1
_BUSY = "SELECT stack FROM operation WHERE state IN ('PENDING', 'RUNNING')"


@dataclass
class Loss:
    """The stacks of an engine that was killed, and when another claimed and wrote for each."""

    at: float
    engine: str
    stacks: dict[str, str | None]
    claims: dict[str, float] = field(default_factory=dict)
    first_commits: dict[str, float] = field(default_factory=dict)


class Watch:
    """Looks several times a second."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True)
        self._leases: dict[str, tuple[str, str | None]] = {}
        self._busy: set[str] = set()
        self._services: dict[int, str] = {}
        self._losses: list[Loss] = []
        self._upsets: list[tuple[float, float]] = []
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
        self.upset()
        engine = self._services.get(pid)
        if engine is None:
            return
        held = {
            stack: mark
            for stack, (who, mark) in self._leases.items()
            if who == engine and stack in self._busy  # the others wait for their users
        }
        self._losses.append(Loss(time.monotonic(), engine, held))

    def upset(self) -> None:
        """Take note that something else goes wrong, which may hold a takeover up."""
        self._upsets.append((time.monotonic(),) * 2)

    @contextlib.contextmanager
    def upsetting(self) -> Iterator[None]:
        """The same for something that lasts."""
        began = time.monotonic()
        try:
            yield
        finally:
            self._upsets.append((began, time.monotonic()))

    def shown_takeovers(self) -> str:
        """Tell how long it took from each kill until another engine wrote for a stack of it."""
        return _shown([min(loss.first_commits.values()) for loss in self._taken_over()])

    def shown_undisturbed(self) -> str:
        """The same for kills after which nothing else went wrong until then."""
        found = self._undisturbed()
        return _shown([min(loss.first_commits.values()) for loss in found])

    def shown_claims(self) -> str:
        """Tell for these how long it took until each of their stacks had a new driver."""
        return _shown([one for loss in self._undisturbed() for one in loss.claims.values()])

    def _taken_over(self) -> list[Loss]:
        return [loss for loss in self._losses if loss.first_commits]

    def _undisturbed(self) -> list[Loss]:
        def is_alone(loss: Loss) -> bool:
            end = loss.at + max(*loss.claims.values(), *loss.first_commits.values())
            # Its own kill is an upset too, which is over a moment before.
            return not any(b < end and e >= loss.at for b, e in self._upsets)

        return [loss for loss in self._taken_over() if is_alone(loss)]

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
            busy = connection.execute(text(_BUSY)).all()
            services = connection.execute(text("SELECT host, engine FROM service")).all()
            events = connection.execute(text("SELECT max(number) FROM event")).scalar() or 0
        now = time.monotonic()
        self._leases = {row[0]: (row[1], row[2]) for row in leases}
        self._busy = {row[0] for row in busy}
        self._services = {int(row[0].rpartition(":")[2]): row[1] for row in services}
        if events != self._events:
            self._events, self._moved = events, now
        for loss in self._losses:
            for stack, mark in loss.stacks.items():
                who, last = self._leases.get(stack, ("", mark))
                if stack in loss.first_commits or who in ("", loss.engine):
                    continue
                loss.claims.setdefault(stack, now - loss.at)
                if last != mark:
                    loss.first_commits[stack] = now - loss.at


def _shown(found: Sequence[float]) -> str:
    if not found:
        return "none seen"
    return f"median {median(found):.1f} s, longest {max(found):.1f} s, of {len(found)}"
