"""Templates made for resource types."""

import json
from pathlib import Path

import pytest

from heat import resources
from heat.operations.type_templates import cfn_template, hot_template, name_of
from heat.plugin.registry import TYPES
from heat.template.load import load
from wire import Wire

resources.load()
KNOWN = Path(__file__).parents[1] / "data/resource-types.json"


def test_in_hot(wire: Wire):
    made = wire.ask("GET", "/resource_types/OS::Heat::RandomString/template?template_type=hot").json
    assert made["heat_template_version"] == "2016-10-14"
    assert made["description"] == "Initial template of RandomString"
    assert made["parameters"]["length"]["type"] == "number"
    assert made["parameters"]["length"]["constraints"] == [{"range": {"min": 1, "max": 512}}]
    made_of = made["resources"]["RandomString"]
    assert made_of["properties"]["length"] == {"get_param": "length"}
    assert made["outputs"]["value"]["value"] == {"get_attr": ["RandomString", "value"]}
    assert made["outputs"]["show"]["value"] == {"get_attr": ["RandomString", "show"]}
    assert made["outputs"]["OS::stack_id"] == {"value": {"get_resource": "RandomString"}}


def test_in_the_dialect_of_cloudformation(wire: Wire):
    made = wire.ask("GET", "/resource_types/OS::Neutron::Port/template").json
    assert made["HeatTemplateFormatVersion"] == "2012-12-12"
    port = made["Resources"]["Port"]["Properties"]
    assert port["network"] == {"Ref": "network"}
    assert port["security_groups"] == {"Fn::Split": [",", {"Ref": "security_groups"}]}
    assert made["Parameters"]["security_groups"]["Type"] == "CommaDelimitedList"
    up = made["Parameters"]["admin_state_up"]
    assert up["AllowedValues"] == ["True", "true", "False", "false"]
    assert made["Outputs"]["OS::stack_id"] == {"Value": {"Ref": "Port"}}


def test_only_two_dialects_and_types_that_are_there(wire: Wire):
    path = "/resource_types/OS::Heat::Value/template"
    assert wire.ask("GET", f"{path}?template_type=HOT").status_code == 200
    assert wire.ask("GET", f"{path}?template_type=x").status_code == 400
    assert wire.ask("GET", "/resource_types/OS::No::Such/template").status_code == 404


@pytest.mark.parametrize("make", [hot_template, cfn_template])
def test_the_template_of_every_type_can_be_read(make):
    """Whether it can be used as it stands is for its author: some properties exclude others."""
    for name, cls in TYPES.items():
        template = load(json.dumps(make(cls)))
        assert not template.problems, name
        assert template.resources[name_of(name)].type == name


def test_resources_have_the_names_that_clients_know():
    known = json.loads(KNOWN.read_text())["resource_types"]
    expected = {name: said["generated_template_name"] for name, said in known.items()}
    assert {name: name_of(name) for name in expected} == expected
