"""What goes wrong, when and with whom; the seed decides."""

import contextlib
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from random import Random

from tests.chaos.site import Site
from tests.chaos.watch import Watch

TERM = 6.0
"""The term of a lease, as the settings have it."""


class Havoc:
    """Kills, stops and restarts until it is told to leave off."""

    def __init__(self, site: Site, watch: Watch, seed: int, pause: float) -> None:
        self._site, self._watch, self._pause = site, watch, pause
        self._chance = Random(seed)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._go, daemon=True)
        self._frozen: dict[int, threading.Thread] = {}
        self.done: Counter[str] = Counter()
        self.wrong: list[str] = []

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()
        for thawing in list(self._frozen.values()):
            thawing.join()

    def _go(self) -> None:
        # The first ones come in turn, so that a short run has seen each of them.
        kinds: dict[Callable[[], None], int] = {
            self._kill: 60,
            self._freeze: 15,
            self._end_one: 10,
            self._restart_broker: 7,
            self._restart_database: 8,
        }
        waiting = [self._kill, *kinds]
        while not self._over.wait(self._chance.uniform(0.4, 1.6) * self._pause):
            act = (
                waiting.pop(0)
                if waiting
                else self._chance.choices(list(kinds), list(kinds.values()))[0]
            )
            try:
                act()
            except Exception as error:  # noqa: BLE001 - the table tells it
                self.wrong.append(f"{act.__name__}: {type(error).__name__}: {error}")

    def _one(self) -> int | None:
        found = [pid for pid in self._site.workers() if pid not in self._frozen]
        return self._chance.choice(found) if found else None

    def _kill(self) -> None:
        if (pid := self._one()) is not None:
            self._watch.lost(pid)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                self.done["kill -9"] += 1

    def _end_one(self) -> None:
        if (pid := self._one()) is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
                self.done["graceful stop"] += 1

    def _freeze(self) -> None:
        """Stop one for longer than its leases last, and let it go on."""
        if (pid := self._one()) is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            self.done["stopped and woken"] += 1
            seconds = TERM + self._chance.uniform(2, 6)
            self._frozen[pid] = threading.Thread(target=self._thaw, args=[pid, seconds])
            self._frozen[pid].start()

    def _thaw(self, pid: int, seconds: float) -> None:
        time.sleep(seconds)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)
        del self._frozen[pid]

    def _restart_broker(self) -> None:
        self._restart("broker", self._site.broker)

    def _restart_database(self) -> None:
        self._restart("database", self._site.database)

    def _restart(self, name: str, running: object) -> None:
        running.stop()
        time.sleep(self._chance.uniform(0.5, 4))
        running.start()
        self.done[f"{name} restarted"] += 1
