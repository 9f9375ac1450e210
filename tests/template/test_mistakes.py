"""What a user is told of the mistakes that people make, word by word.

Each case is a template in ``mistakes``, with an environment beside it (``.env.yaml``) where that
matters, and the text of the answer (``.txt``).
"""

from pathlib import Path
from types import SimpleNamespace

import pytest

from heat import resources
from heat.base.clock import WallClock
from heat.base.errors import Invalid
from heat.operations.checks import check
from heat.operations.content import Content, draft
from heat.operations.services import Services

FOLDER = Path(__file__).parent / "mistakes"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.stem.endswith(".env"))

resources.load()


def said(name: str) -> str:
    """Return what a request is answered, which sends a case as clients do."""
    environment = FOLDER / f"{name}.env.yaml"
    content = Content(
        template=(FOLDER / f"{name}.yaml").read_text(),
        files={"env.yaml": environment.read_text()} if environment.exists() else {},
        environment_files=("env.yaml",) if environment.exists() else (),
    )
    services = Services(db=None, client=None, clock=WallClock())
    try:
        made = draft(services, content, stack_id="", stack_name="app", project="p")
        check(services, SimpleNamespace(roles=("admin",)), made.compiled)
    except Invalid as invalid:
        return f"{invalid.kind}\n{invalid}\n"
    return "nothing is wrong\n"


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_explained(name):
    assert said(name) == (FOLDER / f"{name}.txt").read_text()


def test_there_are_enough_mistakes():
    assert len(CASES) >= 40
