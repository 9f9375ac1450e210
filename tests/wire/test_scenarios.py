"""What happens to stacks over several requests, as recorded from clients' view elsewhere.

Each scenario is a line of the data: requests one after the other, and after each what a client
could see in the same way every time: states, events, members, outputs, refusals.
"""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from .conftest import Dev
from .playing import Play, Stuck
from .test_vectors import Api

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

DATA = Path(__file__).parents[1] / "data/scenarios/scenarios.jsonl"
SCENARIOS: list[dict[str, Any]] = [json.loads(line) for line in DATA.read_text().splitlines()]
AREAS = sorted({scenario["area"] for scenario in SCENARIOS})
AT_ONCE = 4
DIFFERENT = {
    "chain.fails_in_middle": "attributes of what failed have no value",
    "edit.replace_and_add_dependent": "the old object goes when all else has succeeded",
    "failure.create_sibling_finishes": "a stack fails when what is at work has come to its end",
    "preview.in_place_dependent": "what may change with another counts as unchanged",
    "preview.failed_resource": "what was never begun is going to be added",
    "swap.reverse_with_both_replaced": "the old objects go when all else has succeeded",
}
"""What differs on purpose; docs/parity.md has the reasons."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    dev = Dev(tmp_path_factory.mktemp("scenarios"))
    yield Api(dev)
    dev.end()


def difference(api: Api, scenario: dict[str, Any]) -> str | None:
    play = Play(api, f"s{uuid.uuid4().hex[:10]}")
    try:
        for number, step in enumerate(scenario["steps"]):
            try:
                wrong = play.step(step)
            except Stuck as stuck:
                wrong = [f"it never comes to that {stuck}"]
            if wrong:
                return f"{scenario['id']} step {number} ({step['do']}): {'; '.join(wrong)}"
    finally:
        play.clean()
    return None


@pytest.mark.parametrize("area", AREAS)
def test_goes_as_recorded(api: Api, area: str) -> None:
    played = [one for one in SCENARIOS if one["area"] == area and one["id"] not in DIFFERENT]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = [found for found in pool.map(lambda one: difference(api, one), played) if found]
    assert not wrong, "\n\n".join(wrong)


def test_what_differs_is_in_the_data() -> None:
    assert DIFFERENT.keys() <= {scenario["id"] for scenario in SCENARIOS}
