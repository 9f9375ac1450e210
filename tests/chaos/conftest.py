"""One site for all tests of single faults: to start it takes longer than some of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests import servers
from tests.chaos.site import site
from tests.chaos.stage import Stage


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder: Path = tmp_path_factory.mktemp("away")
    try:
        with site(folder, "postgresql", supervisors=2, workers=1) as here:
            made = Stage(here)
            yield made
            made.database.close()
    except servers.Missing as missing:
        pytest.skip(str(missing))
