"""One thing at a time goes away: an engine, the broker, the database."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from tests import servers
from tests.chaos.count import count, objects
from tests.chaos.lives import Users
from tests.chaos.site import Site, site
from tests.chaos.templates import application

from heat.base.errors import Unavailable
from heat.store.database import Database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

AWAY = 20.0
"""Seconds, more than a term of leases and than a stack takes to be made."""


class Stage:
    """A site, a user, and a look at the rows."""

    def __init__(self, here: Site) -> None:
        self.here = here
        self.users = Users(here, stacks=0, at_once=1, seed=0, keep=0)
        self.database = Database(here.database_url)
        self.before = objects(here)

    def launch(self, name: str) -> None:
        body = {"stack_name": name, **application(Random(name))}
        status, said = self.users.ask("POST", "/stacks", body)
        assert status == 201, said
        self.users.kept.add(name)

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
        ((host,),) = self.rows(f"SELECT host FROM service WHERE engine = '{engine}'")
        return int(host.rpartition(":")[2])

    def driven(self, name: str) -> tuple[str, int, str]:
        """Wait until an engine has written for a stack; its id, the epoch and the commit."""
        return wait_for(lambda: [row for row in self.drivers(name) if row[0] and row[2]])[0]

    def answer(self) -> tuple[int, float, Any]:
        """Ask once; the status, the seconds that took, and the body."""
        began = time.monotonic()
        session, users = self.users._session, self.users
        said = session.get(
            f"{self.here.url}/{users._project}/stacks", raise_exc=False, connect_retries=0
        )
        return said.status_code, time.monotonic() - began, said.json()

    def complete(self, name: str) -> None:
        wait_for(lambda: self.status(name) == "CREATE_COMPLETE", seconds=240)

    def is_made_once(self) -> None:
        """Count what is in the cloud against what all stacks record."""
        found = count(self.here, self.users, self.before)
        assert found.is_clean, found


def wait_for(true: Any, seconds: float = 120.0) -> Any:
    end = time.monotonic() + seconds
    while True:
        try:
            if found := true():
                return found
        except Unavailable:
            pass
        assert time.monotonic() < end, f"not within {seconds:.0f} s"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("away")
    try:
        with site(folder, "postgresql", supervisors=2, workers=1) as here:
            made = Stage(here)
            yield made
            made.database.close()
    except servers.Missing as missing:
        pytest.skip(str(missing))


def test_no_process_loads_eventlet(stage: Stage) -> None:
    supervisors = [one.pid for one in stage.here.supervisors]
    for pid in (*supervisors, *stage.here.workers()):
        # What eventlet switches with is a library of its own.
        assert "greenlet" not in Path(f"/proc/{pid}/maps").read_text()


def test_a_killed_engine_s_stack_is_taken_over(stage: Stage) -> None:
    stage.launch("killed")
    engine, epoch, mark = stage.driven("killed")
    os.kill(stage.process_of(engine), signal.SIGKILL)
    began = time.monotonic()
    wait_for(
        lambda: all(
            row[0] not in ("", engine) and row[1] > epoch and row[2] != mark
            for row in stage.drivers("killed")
        )
    )
    print(f"taken over, first commit: {time.monotonic() - began:.1f} s")
    stage.complete("killed")
    stage.is_made_once()


def test_a_stopped_engine_gives_its_stacks_to_others_at_once(stage: Stage) -> None:
    wait_for(lambda: len(stage.here.workers()) == 2)
    time.sleep(3)
    stage.launch("handed")
    engine, epoch, _ = stage.driven("handed")
    os.kill(stage.process_of(engine), signal.SIGTERM)
    began = time.monotonic()
    wait_for(
        lambda: all(
            row[0] not in ("", engine) and row[1] > epoch for row in stage.drivers("handed")
        )
    )
    print(f"handed over: {time.monotonic() - began:.1f} s")
    stage.complete("handed")
    stage.is_made_once()


def test_an_engine_that_wakes_up_after_its_term_writes_nothing(stage: Stage) -> None:
    wait_for(lambda: len(stage.here.workers()) == 2)
    stage.launch("frozen")
    engine, epoch, _ = stage.driven("frozen")
    pid = stage.process_of(engine)
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: all(row[0] not in ("", engine) for row in stage.drivers("frozen")))
    finally:
        os.kill(pid, signal.SIGCONT)
    stage.complete("frozen")
    twice = stage.rows(
        "SELECT resource_name, action, status, count(*) FROM event WHERE resource IS NOT NULL "
        "GROUP BY resource, resource_name, action, status HAVING count(*) > 1"
    )
    assert twice == []
    assert stage.drivers("frozen")[0][1] > epoch
    stage.is_made_once()


def test_without_the_broker_stacks_go_on_and_requests_are_told_soon(stage: Stage) -> None:
    stage.launch("quiet")
    stage.driven("quiet")
    stage.here.broker.stop()
    try:
        waits = []
        end = time.monotonic() + AWAY
        while time.monotonic() < end:
            status, seconds, body = stage.answer()
            assert (status, body["code"], body["error"]["type"]) == (503, 503, "ServiceUnavailable")
            waits.append(round(seconds, 1))
            time.sleep(0.5)
        print(f"seconds until a 503: {waits}")
        assert max(waits) < 15
        stage.complete("quiet")
    finally:
        stage.here.broker.start()
    began = time.monotonic()
    wait_for(lambda: stage.answer()[0] == 200)
    print(f"answers again {time.monotonic() - began:.1f} s after the broker's start")
    stage.launch("after-quiet")
    stage.complete("after-quiet")
    stage.is_made_once()


def test_without_the_database_all_waits_and_then_goes_on(stage: Stage) -> None:
    stage.launch("waiting")
    stage.driven("waiting")
    stage.here.database.stop()
    try:
        waits = []
        end = time.monotonic() + AWAY
        while time.monotonic() < end:
            status, seconds, body = stage.answer()
            assert (status, body["error"]["type"]) == (503, "ServiceUnavailable")
            waits.append(round(seconds, 1))
            time.sleep(0.5)
        print(f"seconds until a 503: {waits}")
        assert max(waits) < 15
    finally:
        stage.here.database.start()
    stage.complete("waiting")
    stage.is_made_once()
    failed = stage.rows("SELECT name FROM stack WHERE status = 'FAILED'")
    assert failed == []
