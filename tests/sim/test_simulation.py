"""The whole engine under seeded faults, crashes and changes of mind: a failure prints its test."""

import pytest
from tests.sim.simulate import simulate

FEW, MANY = range(25), range(25, 1025)


@pytest.mark.parametrize("seed", FEW)
def test_a_few_scenarios(seed):
    simulate(seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_many_scenarios(seed):
    simulate(seed)


def test_a_seed_tells_the_same_story_again():
    first, second = simulate(7), simulate(7)
    assert first.counts == second.counts
