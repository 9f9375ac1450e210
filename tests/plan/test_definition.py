"""What is wrong with a parameter is said once."""

import pytest

from heat import resources
from heat.plan.definition import compile_definition
from heat.plugin.registry import TYPES
from heat.store.rows import DefinitionRow
from heat.template.load import load

resources.load()

TEXT = """
heat_template_version: 2021-04-16
parameters:
  size: {type: number}
resources:
  a: {type: OS::Heat::Value, properties: {value: {get_param: size}}}
  b: {type: OS::Heat::Value, properties: {value: {get_param: sise}}}
"""


@pytest.mark.parametrize("given", [{}, {"size": "abc"}])
def test_a_bad_parameter_is_one_problem_and_an_undeclared_one_another(given):
    template = load(TEXT)
    definition = DefinitionRow(
        id="d", template=dict(template.raw), files={}, environment={"parameters": given}
    )
    compiled = compile_definition(
        definition, TYPES, stack_id="", stack_name="s", project="p", template=template
    )
    places = [problem.at[:2] for problem in compiled.problems]
    assert places == [("parameters", "size"), ("resources", "b")]
