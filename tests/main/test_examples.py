"""The example templates have no problems, as far as that can be told without a cloud."""

from pathlib import Path

import pytest

from heat import resources
from heat.plan.definition import compile_definition
from heat.plan.desired import Standing, want
from heat.plugin.registry import TYPES
from heat.store.rows import DefinitionRow

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.mark.parametrize("name", ["wordpress.yaml", "wordpress.template"])
def test_an_example_has_no_problems(name: str) -> None:
    resources.load()
    text = (EXAMPLES / name).read_text()
    definition = DefinitionRow(id="d", template=text, files={}, environment={})
    compiled = compile_definition(definition, TYPES, stack_id="s", stack_name="blog", project="p")
    wanted = want(compiled.bound, compiled.type_of, Standing({}), compiled.requires)
    assert [str(problem) for problem in (*compiled.problems, *wanted.problems)] == []
    assert len(wanted.resources) == 15
