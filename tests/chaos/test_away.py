"""One thing at a time goes away: an engine, the broker, the database, keystone, the cloud."""

import os
import signal
import time
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from tests.chaos.stage import AWAY, LONGEST, Stage, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def test_no_process_loads_eventlet(stage: Stage) -> None:
    supervisors = [one.pid for one in stage.here.supervisors]
    for pid in (*supervisors, *stage.engines()):
        # What eventlet switches with is a library of its own.
        assert "greenlet" not in Path(f"/proc/{pid}/maps").read_text()


def test_a_killed_engine_s_stack_is_taken_over(stage: Stage) -> None:
    stage.engines()
    stage.launch("killed")
    engine, epoch, mark = stage.driven("killed")
    os.kill(stage.process_of(engine), signal.SIGKILL)
    print(f"taken over, first commit: {stage.taken_over('killed', engine, epoch, mark):.1f} s")
    stage.complete("killed")
    stage.is_made_once()


def test_a_stopped_engine_gives_its_stacks_to_others_at_once(stage: Stage) -> None:
    stage.engines()
    stage.launch("handed")
    engine, epoch, _ = stage.driven("handed")
    os.kill(stage.process_of(engine), signal.SIGTERM)
    print(f"handed over: {stage.taken_over('handed', engine, epoch):.1f} s")
    stage.complete("handed")
    stage.is_made_once()


def test_an_engine_that_wakes_up_after_its_term_writes_nothing(stage: Stage) -> None:
    stage.engines()
    for name in ("frozen", "frozen-again", "frozen-once-more"):
        stage.launch(name)
        engine, epoch, _ = stage.driven(name)
        pid = stage.process_of(engine)
        os.kill(pid, signal.SIGSTOP)
        if stage.drivers(name)[0][0] == engine:
            break
        os.kill(pid, signal.SIGCONT)  # the stack was ready before it stood still
    else:
        raise AssertionError("every stack was ready too soon")
    try:
        print(f"taken over: {stage.taken_over(name, engine, epoch):.1f} s")
    finally:
        os.kill(pid, signal.SIGCONT)
    stage.complete(name)
    assert stage.drivers(name)[0][1] > epoch
    stage.is_made_once()


def test_without_the_broker_stacks_go_on_and_requests_are_told_soon(stage: Stage) -> None:
    stage.launch("quiet")
    stage.driven("quiet")
    stage.here.broker.stop()
    try:
        waits = stage.refusals(AWAY)
        print(f"seconds until a 503: {waits}")
        stage.complete("quiet")
    finally:
        stage.here.broker.start()
    print(f"answers again {stage.answers_again():.1f} s after the broker's start")
    # That long a broker is waited for that has just gone; only the first ones meet it.
    assert sorted(waits)[len(waits) // 2] < 10
    stage.launch("after-quiet")
    stage.complete("after-quiet")
    stage.is_made_once()


def test_without_the_database_all_waits_and_then_goes_on(stage: Stage) -> None:
    stage.launch("waiting")
    stage.driven("waiting")
    stage.here.database.stop()
    try:
        waits = stage.refusals(AWAY)
    finally:
        stage.here.database.start()
    began = time.monotonic()
    print(f"seconds until a 503: {waits}")
    assert sorted(waits)[len(waits) // 2] < 10
    stage.complete("waiting")
    print(f"complete {time.monotonic() - began:.1f} s after the database's start")
    stage.is_made_once()
    assert stage.rows("SELECT name FROM stack WHERE status = 'FAILED'") == []


@pytest.mark.parametrize("service", ["identity", None], ids=["keystone", "cloud"])
def test_without_keystone_or_the_cloud_all_waits_and_then_goes_on(
    stage: Stage, service: str | None
) -> None:
    """A stack is made, another changed, and a third deleted while nothing answers."""
    kind = service or "all"
    made, gone = stage.launch(f"{kind}-changed"), stage.launch(f"{kind}-gone")
    stage.complete(f"{kind}-changed")
    stage.complete(f"{kind}-gone")
    stage.launch(f"{kind}-made")
    stage.change(made, f"{kind}-new")
    stage.delete(gone)
    cloud = stage.here.heat.cloud
    rule = b'{"action": "error", "status": 503%s}' % (
        b', "service": "%s"' % service.encode() if service else b""
    )
    headers = {"Content-Type": "application/json"}
    urlopen(Request(f"{cloud}/_devcloud/faults", rule, headers), timeout=LONGEST).close()
    answers: set[int] = set()
    try:
        end = time.monotonic() + AWAY
        while time.monotonic() < end:
            answers.add(stage.users.once("GET", "/stacks")[0])
            time.sleep(1)
    finally:
        cleared = Request(f"{cloud}/_devcloud/faults", method="DELETE")
        urlopen(cleared, timeout=LONGEST).close()
    began = time.monotonic()
    print(f"answers meanwhile: {sorted(answers)}")
    assert answers <= {200, 503}
    stage.complete(f"{kind}-made")
    stage.complete(f"{kind}-changed", "UPDATE")
    wait_for(lambda: stage.status(f"{kind}-gone") == "DELETE_COMPLETE")
    print(f"all done {time.monotonic() - began:.1f} s after it came back")
    stage.is_made_once()
