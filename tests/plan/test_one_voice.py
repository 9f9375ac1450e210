"""Whoever is asked what is wrong with a template, the answer is the same."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from heat import resources
from heat.base.clock import WallClock
from heat.base.errors import Invalid
from heat.lint.examine import Content as Offline
from heat.lint.examine import examine
from heat.operations.checks import check
from heat.operations.content import Content, draft
from heat.operations.previews import Validate, validate
from heat.operations.services import Services
from heat.plan.problems import NO_VALUE

FOLDER = Path(__file__).parents[1] / "template" / "mistakes"
CASES = sorted(path.stem for path in FOLDER.glob("*.yaml") if not path.stem.endswith(".env"))
SERVICES = Services(db=None, client=None, clock=WallClock())
CONTEXT = SimpleNamespace(roles=("admin",), project="p")
OF_VALUES = {NO_VALUE, "H503", "H504"}
"""What a check of a template does not ask for: values are still to be given."""

resources.load()


def texts(name: str) -> tuple[str, dict[str, str]]:
    environment = FOLDER / f"{name}.env.yaml"
    beside = {"env.yaml": environment.read_text()} if environment.exists() else {}
    return (FOLDER / f"{name}.yaml").read_text(), beside


def sent(name: str, kind: type[Content] = Content) -> Content:
    template, beside = texts(name)
    return kind(template=template, files=beside, environment_files=tuple(beside))


def told(ask) -> set[tuple[str, str]]:
    try:
        ask()
    except Invalid as invalid:
        return words(invalid.problems)
    return set()


def words(problems) -> set[tuple[str, str]]:
    return {(p.code, str(p)) for p in problems}


def of_creation(name: str) -> set[tuple[str, str]]:
    def create() -> None:
        made = draft(SERVICES, sent(name), stack_id="", stack_name="app", project="p")
        check(SERVICES, CONTEXT, made.compiled)

    return told(create)


@pytest.mark.parametrize("name", CASES)
def test_a_check_of_a_template_says_what_its_creation_says(name):
    found = told(lambda: validate(SERVICES, CONTEXT, sent(name, Validate)))
    assert found == {one for one in of_creation(name) if one[0] not in OF_VALUES}


@pytest.mark.parametrize("name", CASES)
def test_a_look_without_a_service_says_what_a_creation_says(name):
    template, beside = texts(name)
    found = words(examine(Offline(template, environments=beside)).problems)
    assert found == {one for one in of_creation(name) if one[0] != NO_VALUE}
