"""Engines and API are ended and started one after the other while stacks are being made."""

import threading
import time
from collections import Counter

import pytest
from tests.chaos.stage import Stage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def test_a_rolling_restart_of_all_engines_loses_nothing(stage: Stage) -> None:
    stage.engines()
    names: list[str] = []
    for number, supervisor in enumerate(stage.here.supervisors):
        fresh = [f"rolling-{number}-{one}" for one in range(3)]
        for name in fresh:
            stage.launch(name)
            stage.driven(name)
        names += fresh
        went = supervisor.end()
        supervisor.start()
        stage.engines()
        print(f"an engine ended in {went:.1f} s")
    for name in names:
        stage.complete(name)
    assert not any(code for one in stage.here.supervisors for code in one.codes)
    stage.is_made_once()


def test_a_restart_of_the_api_refuses_connections_and_fails_no_request(stage: Stage) -> None:
    """What was begun is answered; who comes meanwhile finds nobody, and asks again."""
    api, found, over = stage.here.api, Counter[int](), threading.Event()

    def ask() -> None:
        while not over.is_set():
            found[stage.users.once("GET", "/stacks")[0]] += 1
            time.sleep(0.05)

    asking = [threading.Thread(target=ask, daemon=True) for _ in range(3)]
    for thread in asking:
        thread.start()
    try:
        for _ in range(2):
            api.end()
            api.start()
            stage.answers_again()
    finally:
        over.set()
        for thread in asking:
            thread.join()
    print(f"answers: {dict(found)}")
    assert api.codes == [0, 0]
    assert set(found) <= {0, 200}
    assert found[200] > 0
