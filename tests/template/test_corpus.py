"""Templates that users published: each loads and is valid, but for the types still to come.

They are no part of this repository. They are looked for beside it, in ``../shared/corpus``, or
where ``HEAT_CORPUS`` says. The types to come are those that docs/parity.md lists.
"""

import json
import os
import re
from functools import cache
from pathlib import Path

import pytest

from heat import resources
from heat.base.clock import WallClock
from heat.base.errors import Invalid
from heat.base.ids import ProjectId
from heat.operations.context import Context
from heat.operations.previews import Validate, validate
from heat.operations.services import Services
from heat.plugin.registry import TYPES
from heat.store.database import Database
from heat.template.environment import read_environment
from heat.template.load import load

resources.load()

ROOT = Path(__file__).parents[2]
CORPUS = Path(os.environ.get("HEAT_CORPUS") or ROOT.parent / "shared/corpus")
PARITY = ROOT / "docs/parity.md"
KNOWN_ELSEWHERE = frozenset(
    json.loads((ROOT / "tests/data/resource-types.json").read_text())["resource_types"]
)
SERVICES = Services(db=Database("sqlite://"), client=None, clock=WallClock())
CONTEXT = Context(project=ProjectId("p"), roles=("admin",))
VERSION = re.compile(r"^\W*(heat_template_version|(AWS|Heat)TemplateFormatVersion)\b", re.MULTILINE)

LOOPS = {
    "cfn/F17/invalid/AutoScalingMultiAZSample.template",
    "cfn/F17/invalid/WordPress_Single_Instance_With_HA_AccessPolicy.template",
}
"""Their publishers know that their resources wait for each other."""

needs_corpus = pytest.mark.skipif(
    not CORPUS.is_dir(), reason=f"the published templates are missing: there is no {CORPUS}"
)


@cache
def texts() -> dict[Path, str]:
    files = (path for path in CORPUS.rglob("*") if path.is_file())
    return {path: path.read_text(encoding="utf-8", errors="replace") for path in sorted(files)}


def written(*, templates: bool) -> list[str]:
    """Name the templates, or the environments."""
    return [
        str(path.relative_to(CORPUS))
        for path, text in texts().items()
        if path.suffix in (".yaml", ".template") and bool(VERSION.search(text)) == templates
    ]


def files_for(path: Path) -> dict[str, str]:
    """Return all other files under the names that a template may have for them."""
    near = {os.path.relpath(other, path.parent): text for other, text in texts().items()}
    return near | {f"./{name}": text for name, text in near.items()}


def to_come() -> set[str]:
    listed = PARITY.read_text().split("### Types to come", 1)[1].split("\n#", 1)[0]
    return set(re.findall(r"`([\w:]+)`", listed))


@needs_corpus
@pytest.mark.parametrize("name", written(templates=True))
def test_a_published_template_is_valid(name):
    path = CORPUS / name
    text = texts()[path]
    load(text, name=name)
    body = Validate(template=text, files=files_for(path))
    wrong = [problem for problem in problems(body) if not excused(name, problem)]
    assert not wrong, "\n".join(map(str, wrong))


def problems(body):
    try:
        validate(SERVICES, CONTEXT, body)
    except Invalid as invalid:
        if not invalid.problems:
            raise
        return invalid.problems
    return []


def excused(name, problem):
    match problem.code:
        case "H212":
            kind = re.search(r"\((.+?)\)", problem.detail)[1]
            return kind in to_come() or kind not in KNOWN_ELSEWHERE
        case "H305":
            # These come from a repository of agents, beside which the template was published, or
            # were never published with it.
            return "heat-agents/" in problem.detail or "template random.yaml" in problem.detail
        case "H404":
            return name in LOOPS
        case _:
            return False


@needs_corpus
@pytest.mark.parametrize("name", written(templates=False))
def test_a_published_environment_is_valid(name):
    read_environment(texts()[CORPUS / name], name)


def test_no_type_is_listed_as_to_come_that_has_come():
    come = sorted(to_come() & TYPES.keys())
    assert not come, f"take {', '.join(come)} out of the list in docs/parity.md"
