"""A short run of chaos; `make chaos` makes longer ones, of other seeds too."""

from pathlib import Path

import pytest
from tests import servers
from tests.chaos.run import Plan, run


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_stacks_end_as_asked_whatever_goes_away_meanwhile(tmp_path: Path) -> None:
    plan = Plan(stacks=8, at_once=8, keep=3, pause=4.0)
    try:
        result = run(tmp_path, plan)
    except servers.Missing as missing:
        pytest.skip(str(missing))
    print(*result.lines(), sep="\n")
    assert result.wrong == []
    assert result.havoc.done["engine worker killed"] > 0
