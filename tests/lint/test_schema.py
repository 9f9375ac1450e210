"""The JSON Schema of templates takes what is right and refuses what is not."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match

from heat import resources
from heat.lint.schema import schema
from heat.plugin.registry import TYPES
from heat.template.text import parse

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    made = schema()
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def server(**properties: Any) -> dict[str, Any]:
    return {
        "heat_template_version": "2021-04-16",
        "resources": {
            "a": {
                "type": "OS::Nova::Server",
                "properties": {"flavor": "f", "image": "i", "networks": [{"network": "n"}]}
                | properties,
            }
        },
    }


def test_the_example_is_valid(validator):
    text = (EXAMPLES / "wordpress.yaml").read_text()
    assert best_match(validator.iter_errors(parse(text, "wordpress.yaml"))) is None


@pytest.mark.parametrize(
    "properties",
    [
        {"name": {"get_param": "n"}},
        {"networks": [{"network": {"get_resource": "n"}}]},
        {"networks": {"repeat": {"for_each": {"%n%": ["a"]}, "template": {"network": "%n%"}}}},
        {"config_drive": "True"},
        {"name": None},
        {"metadata": {"any": {"thing": 1}}},
        {"networks": [{"uuid": "n"}]},
    ],
)
def test_a_value_may_be_what_the_language_takes(validator, properties):
    assert best_match(validator.iter_errors(server(**properties))) is None


@pytest.mark.parametrize(
    "properties",
    [
        {"nmae": "misspelt"},
        {"name": ["a list"]},
        {"user_data_format": "NONE"},
        {"networks": [{"netwrok": "misspelt"}]},
        {"name": {"get_parm": "n"}},
        {"config_drive": "perhaps"},
    ],
)
def test_a_value_that_is_wrong_is_refused(validator, properties):
    assert not validator.is_valid(server(**properties))


def test_what_is_required_must_be_there(validator):
    template = server()
    del template["resources"]["a"]["properties"]["flavor"]
    assert not validator.is_valid(template)
    del template["resources"]["a"]["properties"]
    assert not validator.is_valid(template)


def test_an_older_name_gives_what_is_required(validator):
    port = {"type": "OS::Neutron::FloatingIP", "properties": {"floating_network_id": "n"}}
    template = {"heat_template_version": "2021-04-16", "resources": {"a": port}}
    names = TYPES["OS::Neutron::FloatingIP"].__by_public__["floating_network"].was
    if "floating_network_id" in names:
        assert validator.is_valid(template)
    port["properties"] = {}
    assert not validator.is_valid(template)


@pytest.mark.parametrize(
    "change",
    [
        {"resource": {}},
        {"heat_template_version": "2021-04-17"},
        {"parameters": {"p": {"type": "text"}}},
        {"outputs": {"o": {"description": "no value"}}},
        {"resources": {"a": {"type": "OS::Nova::Sever"}}},
        {"resources": {"a": {"type": "OS::Heat::None", "depend_on": "b"}}},
    ],
)
def test_a_template_of_the_wrong_shape_is_refused(validator, change):
    assert not validator.is_valid(server() | change)


def test_types_of_environments_and_templates_are_let_pass(validator):
    for name in ("My::Server", "server.yaml"):
        template = server()
        template["resources"]["a"]["type"] = name
        assert validator.is_valid(template)


def test_every_type_and_property_is_described():
    resources.load()
    definitions = schema()["$defs"]
    for name, cls in TYPES.items():
        if cls.__facts__.support["status"] == "HIDDEN":
            continue
        assert set(cls.__by_public__) <= set(definitions[name]["properties"])
