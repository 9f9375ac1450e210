"""Sizes and steps of groups that policies scale."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heat.resources.heat.members import by_number
from heat.resources.heat.scaling import (
    CHANGE,
    EXACT,
    PERCENT,
    adjusted,
    fresh_names,
    resized,
    rounds,
    within,
)


@pytest.mark.parametrize(
    ("size", "kind", "by", "least", "becomes"),
    [
        (3, CHANGE, -2, None, 1),
        (3, EXACT, 7, None, 7),
        (3, PERCENT, 60, None, 4),
        (3, PERCENT, -60, None, 2),
        (3, PERCENT, 10, None, 4),
        (3, PERCENT, -10, None, 2),
        (10, PERCENT, 25, 5, 15),
        (10, PERCENT, -25, 5, 5),
        (10, PERCENT, 0, 5, 10),
    ],
)
def test_an_adjustment_leads_to_a_size(size, kind, by, least, becomes):
    assert adjusted(size, kind, by, least) == becomes


def test_members_with_numbers_are_listed_by_their_value():
    names = ["10", "2", "0", "b", "a"]
    assert sorted(names, key=by_number) == ["a", "b", "0", "2", "10"]


def test_limits_hold():
    assert [within(size, 1, 3) for size in (0, 2, 9)] == [1, 2, 3]


def test_the_first_members_go_and_new_ones_come_last():
    fresh = fresh_names("seed")
    assert resized(["a", "b", "c"], 2, fresh) == ["b", "c"]
    assert resized(["a"], 2, fresh) == ["a", next(fresh_names("seed"))]


@given(
    size=st.integers(0, 9),
    outdated=st.integers(0, 9),
    most=st.integers(1, 5),
    in_service=st.integers(0, 9),
)
def test_rounds_end_with_as_many_members_none_of_them_outdated(size, outdated, most, in_service):
    names = [f"m{number}" for number in range(size)]
    old = set(names[:outdated])
    before, left = set(names), set(old)
    last = names
    for number, step in enumerate(rounds(names, old, most, in_service, map(str, count()))):
        assert number < 40
        now = set(step.members)
        renewed = (left - step.outdated) & now
        assert len(renewed) + len(now - before) <= most
        untouched = (now & before) - renewed
        assert len(untouched) >= min(in_service, size, len(before))
        before, left, last = now, set(step.outdated), list(step.members)
    assert len(last) == size
    assert not left
