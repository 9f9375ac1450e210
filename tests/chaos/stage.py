"""What the tests of single faults look at: a site, a user, and the rows."""

import os
import time
from random import Random
from typing import Any

from sqlalchemy import text
from tests.chaos.count import count, objects
from tests.chaos.lives import Users
from tests.chaos.site import Site
from tests.chaos.templates import application

from heat.base.errors import Unavailable
from heat.store.database import Database

AWAY = float(os.environ.get("HEAT_TEST_AWAY", "12"))
"""Seconds that something is away: more than a term of leases and than a stack takes."""

LONGEST = 400.0
"""Seconds after which what is waited for is taken not to come, however busy the machine is."""


class Stage:
    """A site, a user, and a look at the rows."""

    def __init__(self, here: Site) -> None:
        self.here = here
        self.users = Users(here, stacks=0, at_once=1, seed=0, keep=0)
        self.database = Database(here.database_url)
        self.before = objects(here)

    def launch(self, name: str) -> str:
        """Begin a stack; returns its address."""
        body = {"stack_name": name, **application(Random(name))}
        status, said = self.users.ask("POST", "/stacks", body)
        assert status in (201, 409), said
        (key,) = self.rows(f"SELECT id FROM stack WHERE name = '{name}' AND deleted_at IS NULL")
        return f"/stacks/{name}/{key[0]}"

    def change(self, url: str, seed: str) -> None:
        status, said = self.users.ask("PUT", url, application(Random(seed)))
        assert status == 202, said

    def delete(self, url: str) -> None:
        status, said = self.users.ask("DELETE", url)
        assert status in (204, 404), said

    def rows(self, query: str) -> list[Any]:
        return list(self.database.read(lambda connection: connection.execute(text(query)).all()))

    def status(self, name: str) -> str:
        ((action, status),) = self.rows(f"SELECT action, status FROM stack WHERE name = '{name}'")
        return f"{action}_{status}"

    def drivers(self, name: str) -> list[Any]:
        """Return engine, epoch and mark of the lease of a stack."""
        return self.rows(
            "SELECT lease.engine, lease.epoch, lease.mark FROM lease "
            f"JOIN stack ON stack.id = lease.stack WHERE stack.name = '{name}'"
        )

    def process_of(self, engine: str) -> int:
        ((host,),) = wait_for(
            lambda: self.rows(f"SELECT host FROM service WHERE engine = '{engine}'")
        )
        return int(host.rpartition(":")[2])

    def driven(self, name: str) -> tuple[str, int, str]:
        """Wait until an engine has written for a stack; its id, the epoch and the commit."""
        return wait_for(lambda: [row for row in self.drivers(name) if row[0] and row[2]])[0]

    def taken_over(self, name: str, engine: str, epoch: int, mark: str = "") -> float:
        """Wait until another engine has claimed a stack, or written for it since a mark."""
        began = time.monotonic()
        wait_for(
            lambda: all(
                row[0] not in ("", engine) and row[1] > epoch and (not mark or row[2] != mark)
                for row in self.drivers(name)
            )
        )
        return time.monotonic() - began

    def engines(self) -> list[int]:
        """Wait until every engine is at work again; returns their processes."""
        wait_for(lambda: len(self.here.workers()) == 2)
        pids = self.here.workers()
        wait_for(
            lambda: set(pids) <= {_pid(row[0]) for row in self.rows("SELECT host FROM service")}
        )
        return pids

    def answer(self) -> tuple[int, float, Any]:
        """Ask once; the status, the seconds that took, and the body."""
        began = time.monotonic()
        status, said = self.users.once("GET", "/stacks")
        return status, time.monotonic() - began, said

    def refusals(self, seconds: float) -> list[float]:
        """Ask for a while, and see that each answer is the 503 of the API; how long each took."""
        end, waits = time.monotonic() + seconds, []
        while time.monotonic() < end:
            status, took, body = self.answer()
            assert (status, body["code"], body["error"]["type"]) == (503, 503, "ServiceUnavailable")
            waits.append(round(took, 1))
            time.sleep(0.5)
        return waits

    def answers_again(self) -> float:
        """Wait until the API answers; the seconds until then."""
        began = time.monotonic()
        wait_for(lambda: self.answer()[0] == 200)
        return time.monotonic() - began

    def complete(self, name: str, action: str = "CREATE") -> None:
        def is_done() -> bool:
            found = self.status(name)
            assert not found.endswith("FAILED"), self.reason(name)
            return found == f"{action}_COMPLETE"

        wait_for(is_done)

    def reason(self, name: str) -> str:
        return str(self.rows(f"SELECT reason FROM stack WHERE name = '{name}'"))

    def is_made_once(self) -> None:
        """Count what is in the cloud against what all stacks record."""
        found = count(self.here, self.users, self.before)
        assert found.is_clean, found


def wait_for(true: Any, seconds: float = LONGEST) -> Any:
    end = time.monotonic() + seconds
    while True:
        try:
            if found := true():
                return found
        except Unavailable:
            pass
        assert time.monotonic() < end, f"not within {seconds:.0f} s"
        time.sleep(0.1)


def _pid(host: str) -> int:
    return int(host.rpartition(":")[2])
