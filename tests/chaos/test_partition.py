"""One engine loses the broker alone or the database alone: cut off, or without a word."""

import contextlib
import time
from collections.abc import Iterator

import pytest
from tests.chaos.proxy import Proxy
from tests.chaos.stage import AWAY, Stage, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

NOTICED = 150.0
"""Seconds in which an engine must have noticed that nothing gets through any more."""


@contextlib.contextmanager
def lost(way: Proxy, how: str) -> Iterator[None]:
    getattr(way, how)()
    try:
        yield
    finally:
        way.mend()


def of_the_first(stage: Stage, name: str) -> tuple[str, int, str]:
    """Launch stacks until the first engine drives one; its engine, epoch and mark."""
    (pid,) = stage.here.supervisors[0].workers()
    for number in range(20):
        stage.launch(f"{name}-{number}")
        engine, epoch, mark = stage.driven(f"{name}-{number}")
        if stage.process_of(engine) == pid:
            return f"{name}-{number}", engine, epoch, mark
    raise AssertionError("the first engine gets no stack")


@pytest.mark.parametrize("how", ["cut", "stall"])
def test_an_engine_without_the_broker_goes_on_with_its_stacks(stage: Stage, how: str) -> None:
    stage.engines()
    name, engine, epoch, _ = of_the_first(stage, f"no-broker-{how}")
    with lost(stage.here.to_broker, how):
        stage.complete(name)
        assert all(row[0] in ("", engine) and row[1] == epoch for row in stage.drivers(name))
        answers = [stage.answer() for _ in range(10)]
        print("answers of the others:", [(status, round(took, 1)) for status, took, _ in answers])
        assert {status for status, _, _ in answers} <= {200, 503}
    stage.answers_again()
    stage.is_made_once()


@pytest.mark.parametrize("how", ["cut", "stall"])
def test_an_engine_without_the_database_loses_its_stacks_to_others(stage: Stage, how: str) -> None:
    stage.engines()
    (pid,) = stage.here.supervisors[0].workers()
    name, engine, epoch, mark = of_the_first(stage, f"no-database-{how}")
    with lost(stage.here.to_database, how):
        began = time.monotonic()
        took = stage.taken_over(name, engine, epoch, mark)
        print(f"taken over, first commit: {took:.1f} s")
        stage.complete(name)
        if how == "stall":
            wait_for(lambda: stage.here.supervisors[0].workers() != [pid], seconds=NOTICED)
            print(f"noticed after {time.monotonic() - began:.1f} s")
        else:
            time.sleep(AWAY / 2)
    stage.engines()
    stage.answers_again()
    stage.is_made_once()
