"""Notices that the database neither answers nor refuses: then only a new process helps.

A connection can stall without an end, behind a proxy that holds it, for example. Whoever asks
by it waits for ever, and an engine all of whose threads wait so would look alive.
"""

import threading
import time

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from heat.base.errors import Fault, Unavailable
from heat.store.database import Database

INTERVAL = 5.0
"""Seconds between questions to the database."""
LONGEST = 45.0
"""Seconds of silence; a server that is gone is told to be so in less."""


class Stalled(Fault):
    """The database has been silent for too long."""

    def __init__(self) -> None:
        super().__init__(
            f"The database has neither answered nor refused for {LONGEST:.0f} s; "
            "look at what is between this host and the database."
        )


class Pulse:
    """Asks the database now and then, in a thread of its own and by a connection of its own."""

    def __init__(self, db: Database, interval: float = INTERVAL, longest: float = LONGEST) -> None:
        self._db, self._interval, self._longest = db, interval, longest
        self._heard = self._looked = time.monotonic()
        self._over = threading.Event()
        threading.Thread(target=self._ask, name="pulse", daemon=True).start()

    def is_stalled(self) -> bool:
        """Tell whether nothing was heard for too long; to be asked every second or so."""
        now, looked = time.monotonic(), self._looked
        self._looked = now
        if now - looked > self._interval:
            self._heard = now  # this process stood still itself, and could hear nothing
        return now - self._heard > self._longest + self._interval

    def close(self) -> None:
        """Ask no more."""
        self._over.set()
        self._db.close()

    def _ask(self) -> None:
        while not self._over.wait(self._interval):
            asked = time.monotonic()
            try:
                self._db.read(lambda connection: connection.execute(text("SELECT 1")))
            except (Unavailable, SQLAlchemyError):
                # That the database is away is an answer, too; that a connection takes too long
                # to come about is none.
                if time.monotonic() - asked > self._interval:
                    continue
            self._heard = time.monotonic()
