"""A verb cut off after any step and run again on its journal asks for each thing once."""

import pytest
from cases import VERBS, Case

from heat.plugin.steps import digest
from heat.testing.play import play, replay


@pytest.mark.parametrize("case", VERBS, ids=lambda case: case.name)
def test_a_crash_after_any_step_changes_nothing(case: Case) -> None:
    whole = [digest(step) for step in play(case.start(), case.answers).steps]
    for cut in range(len(whole) + 1):
        done = [digest(step) for step in replay(case.start, case.answers, cut)]
        assert done == whole, f"cut off after step {cut}"
