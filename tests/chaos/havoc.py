"""What goes wrong, when and with whom; the seed decides."""

import contextlib
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from random import Random

from tests.chaos.programs import Program
from tests.chaos.site import Site
from tests.chaos.watch import Watch
from tests.servers import Running

TERM = 6.0
"""The term of a lease, as the settings have it."""


class Havoc:
    """Kills, stops and restarts until it is told to leave off."""

    def __init__(
        self, site: Site, watch: Watch, seed: int, pause: float, acts: Sequence[str] = ()
    ) -> None:
        self._site, self._watch, self._pause, self._acts = site, watch, pause, acts
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
        weights: dict[str, tuple[int, Callable[[], None]]] = {
            "kill": (45, self._kill),
            "freeze": (13, self._freeze),
            "kill-both": (7, self._kill_both),
            "kill-supervisor": (7, self._kill_supervisor),
            "stop": (8, self._stop),
            "broker": (6, self._restart_broker),
            "database": (6, self._restart_database),
            "api": (8, self._kill_api),
        }
        known = {name: it for name, it in weights.items() if not self._acts or name in self._acts}
        # The first ones come in turn, so that a short run has seen each of them.
        waiting = list(known)
        while not self._over.wait(self._chance.uniform(0.4, 1.6) * self._pause):
            drawn = self._chance.choices(list(known), [weight for weight, _ in known.values()])[0]
            act = known[waiting.pop(0) if waiting else drawn][1]
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
                self.done["engine worker killed"] += 1

    def _stop(self) -> None:
        if (pid := self._one()) is not None:
            self._watch.upset()
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
                self.done["engine worker told to stop"] += 1

    def _kill_both(self) -> None:
        """Kill a whole engine, the supervisor and its workers, and start it anew."""
        one = self._chance.choice(self._site.supervisors)
        for pid in one.workers():
            self._watch.lost(pid)
        one.kill(workers=True)
        self.done["whole engine killed"] += 1
        self._start(one)

    def _kill_supervisor(self) -> None:
        """Kill a supervisor, whose workers then end by themselves, and start it anew."""
        one = self._chance.choice(self._site.supervisors)
        self._watch.upset()
        one.kill()
        self.done["supervisor killed"] += 1
        self._start(one)

    def _kill_api(self) -> None:
        api = self._site.api
        if self._chance.random() < 0.5:
            api.kill(workers=True)
            self.done["whole API killed"] += 1
            self._start(api)
        elif pids := api.workers():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._chance.choice(pids), signal.SIGKILL)
                self.done["API worker killed"] += 1

    def _start(self, program: Program) -> None:
        time.sleep(self._chance.uniform(0.2, 2))
        program.start()

    def _freeze(self) -> None:
        """Stop one for longer than its leases last, and let it go on."""
        if (pid := self._one()) is None:
            return
        self._watch.lost(pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            self.done["engine worker stopped and woken"] += 1
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
        with self._watch.upsetting():
            self._restart("database", self._site.database)

    def _restart(self, name: str, running: Running) -> None:
        """Restart a server; half of the times it has no chance to say that it goes."""
        if self._chance.random() < 0.5:
            running.kill()
            self.done[f"{name} killed"] += 1
        else:
            running.stop()
            self.done[f"{name} stopped"] += 1
        time.sleep(self._chance.uniform(0.5, 4))
        running.start()
