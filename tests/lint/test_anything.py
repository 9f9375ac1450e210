"""Whatever stands in a template, it is examined to the end, and what is wrong has a cure."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heat.lint.check import lint
from heat.lint.examine import Content

WORDS = """
    parameters conditions resources outputs type properties depends_on condition value default
    hidden constraints allowed_values description deletion_policy metadata
    Parameters Conditions Resources Outputs Mappings Type Properties DependsOn Condition Value Rules
    get_param get_resource get_attr if equals not and or repeat list_join Ref Fn::GetAtt Fn::If
    Fn::Equals Fn::And Fn::Sub Fn::FindInMap Fn::ForEach::L Fn::RefAll a b OS::Nova::Server
    OS::Heat::Value OS::Neutron::Port string json a.yaml
"""
words = st.sampled_from(WORDS.split())
values = st.recursive(
    words | st.booleans() | st.none() | st.integers() | st.sampled_from(["${a.b}", "", "${a}"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=15,
)
resources = st.fixed_dictionaries(
    {"type": words, "Type": words},
    optional=dict.fromkeys(("properties", "depends_on", "condition", "Properties"), values),
)
sections = {
    "parameters": values,
    "conditions": values,
    "resources": st.dictionaries(words, resources | values, max_size=3),
    "outputs": st.dictionaries(words, values, max_size=2),
}


@pytest.mark.parametrize("dialect", ["hot", "cfn"])
@settings(deadline=None)
@given(
    st.fixed_dictionaries({}, optional=sections),
    st.fixed_dictionaries({}, optional=sections),
    values,
    st.dictionaries(words, values),
)
def test_nothing_stops_it(
    dialect: str, template: dict[str, Any], inner: dict[str, Any], environment: Any, given: Any
):
    version = {"heat_template_version": "2021-04-16"}
    if dialect == "cfn":
        version = {"AWSTemplateFormatVersion": "2010-09-09"}
        template = {name.capitalize(): section for name, section in template.items()}
    text = json.dumps(version | template)
    files = {"a.yaml": json.dumps({"heat_template_version": "2021-04-16"} | inner)}
    environments = {"e": json.dumps({"parameters": environment})}
    content = Content(text, files=files, environments=environments, parameters=given)
    for finding in lint(content):
        assert finding.problem.cure or finding.rule, finding.problem
