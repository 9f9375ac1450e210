"""Every case file: these properties and these replies make exactly these requests."""

import pytest
from cases import ALL, VERBS, Case, other, unknown

from heat.base.json import shown
from heat.plugin.fields import differences
from heat.plugin.values import read
from heat.testing.play import details, play, written


def of(verb: str) -> list[Case]:
    return [case for case in ALL if case.verb == verb]


@pytest.mark.parametrize("case", VERBS, ids=lambda case: case.name)
def test_a_verb_asks_for_what_its_case_says(case: Case) -> None:
    played = play(case.start(), case.answers)
    seen = [written(step) for step in played.steps]
    for position, (step, ask) in enumerate(zip(played.steps, case.asks, strict=False)):
        known = details(step)
        seen[position] |= {key: known[key] for key in ask if key in known}
    assert seen == case.asks
    assert played.failure == case.facts.get("fails")
    assert played.result == case.facts.get("gives")


@pytest.mark.parametrize("case", of("problems"), ids=lambda case: case.name)
def test_what_is_wrong_is_said(case: Case) -> None:
    _, problems = read(case.cls, unknown(case.facts["with"]))
    assert [f"{shown(p.at)}: {p.detail or p.summary}" for p in problems] == case.facts["says"]


@pytest.mark.parametrize("case", of("must_replace"), ids=lambda case: case.name)
def test_changes_that_need_a_new_object(case: Case) -> None:
    before, after = case.values("from"), case.values()
    assert after.must_replace(before, differences(before, after)) == case.facts["gives"]


@pytest.mark.parametrize("case", of("refused"), ids=lambda case: case.name)
def test_changes_that_will_fail(case: Case) -> None:
    assert case.values().refused(case.values("from")) == case.facts["gives"]


@pytest.mark.parametrize("case", of("implied"), ids=lambda case: case.name)
def test_order_that_no_reference_tells(case: Case) -> None:
    """The first resource of the case is the one in question."""
    me, *others = (other(name, said) for name, said in case.facts["resources"].items())
    assert sorted(case.cls.implied(me, others)) == sorted(case.facts["gives"])
