"""What a check of a template tells of it, before there is any stack."""

import pytest

from heat import resources
from heat.base.clock import WallClock
from heat.base.errors import Invalid
from heat.base.ids import ProjectId
from heat.operations.changes import CreateStack
from heat.operations.context import Context
from heat.operations.previews import Validate, preview_stack, validate
from heat.operations.services import Services
from heat.store.database import Database

resources.load()

SERVICES = Services(db=Database("sqlite://"), client=None, clock=WallClock())
CONTEXT = Context(project=ProjectId("p"), roles=("member",))

TOP = """
heat_template_version: 2021-04-16
resources:
  web: {type: My::Web, properties: {size: 2}}
  value: {type: OS::Heat::Value, properties: {value: 1}}
"""
WEB = """
heat_template_version: 2021-04-16
description: a web tier
parameters:
  size: {type: number, constraints: [{range: {min: 1}}]}
parameter_groups: [{label: all, parameters: [size]}]
resources:
  disk: {type: disk.yaml}
"""
DISK = """
heat_template_version: 2021-04-16
parameters:
  name: {type: string, default: sda}
"""
ENVIRONMENT = {
    "resource_registry": {"My::Web": "web.yaml"},
    "parameter_defaults": {"name": "vda"},
}


def test_parameters_of_nested_templates_are_shown_when_asked_for():
    files = {"web.yaml": WEB, "disk.yaml": DISK}
    request = Validate(template=TOP, files=files, environment=ENVIRONMENT, show_nested=True)
    nested = validate(SERVICES, CONTEXT, request)["NestedParameters"]
    assert set(nested) == {"web"}
    web = nested["web"]
    assert (web["Type"], web["Description"]) == ("My::Web", "a web tier")
    assert web["Parameters"]["size"]["MinValue"] == 1
    assert web["ParameterGroups"] == [{"label": "all", "parameters": ["size"]}]
    assert "Environment" not in web
    assert set(web["NestedParameters"]) == {"disk"}
    assert web["NestedParameters"]["disk"]["Parameters"]["name"]["Default"] == "vda"


def test_parameters_of_nested_templates_are_not_shown_otherwise():
    files = {"web.yaml": DISK}
    template = TOP.replace("properties: {size: 2}", "properties: {}")
    request = Validate(template=template, files=files, environment=ENVIRONMENT)
    assert "NestedParameters" not in validate(SERVICES, CONTEXT, request)


def test_parameters_of_nested_templates_are_merged_as_asked():
    files = {
        "a.yaml": "parameter_defaults: {name: vd}\nparameter_merge_strategies: {name: merge}",
        "b.yaml": "parameter_defaults: {name: b}\nparameter_merge_strategies: {name: merge}",
        "disk.yaml": DISK,
        "boot.sh": "#!/bin/sh\nkey: [",
    }
    request = Validate(
        template={"heat_template_version": "2021-04-16", "resources": {"d": {"type": "disk.yaml"}}},
        files=files,
        environment_files=("a.yaml", "b.yaml"),
        show_nested=True,
    )
    shown = validate(SERVICES, CONTEXT, request)
    assert shown["Environment"]["parameter_defaults"] == {"name": "vdb"}
    assert shown["NestedParameters"]["d"]["Parameters"]["name"]["Default"] == "vdb"


def test_what_a_nested_template_lacks_is_found_before_anything_is_made():
    files = {"web.yaml": WEB.replace("disk.yaml", "OS::No::Such")}
    request = CreateStack(stack_name="s", template=TOP, files=files, environment=ENVIRONMENT)
    with pytest.raises(Invalid) as told:
        preview_stack(SERVICES, CONTEXT, request)
    (problem,) = told.value.problems
    assert problem.at == ("resources", "web", "resources", "disk", "type")
    assert "OS::No::Such" in problem.detail


def test_a_group_has_the_attributes_of_its_members_only():
    template = """
    heat_template_version: 2021-04-16
    resources:
      g:
        type: OS::Heat::ResourceGroup
        properties: {count: 2, resource_def: {type: OS::Heat::Value, properties: {value: 1}}}
    outputs:
      good: {value: {get_attr: [g, value]}}
      each: {value: {get_attr: [g, attributes, value]}}
      one: {value: {get_attr: [g, resource.0.value]}}
      refs: {value: {get_attr: [g, refs]}}
      bad: {value: {get_attr: [g, valeu]}}
    """
    with pytest.raises(Invalid) as told:
        preview_stack(SERVICES, CONTEXT, CreateStack(stack_name="s", template=template))
    (problem,) = told.value.problems
    assert problem.at == ("outputs", "bad")
    assert "'valeu'" in problem.detail
    assert "'value'" in problem.cure


def test_properties_that_turn_out_to_be_no_map_are_refused_without_showing_them():
    template = """
    heat_template_version: 2021-04-16
    parameters: {p: {type: string, hidden: true}}
    resources:
      b: {type: OS::Heat::Value, properties: {get_param: p}}
    """
    request = CreateStack(stack_name="s", template=template, parameters={"p": "hushed"})
    with pytest.raises(Invalid) as told:
        preview_stack(SERVICES, CONTEXT, request)
    (problem,) = told.value.problems
    assert problem.at == ("resources", "b", "properties")
    assert "hushed" not in str(told.value)


def test_members_do_not_show_what_is_hidden_above_them():
    template = """
    heat_template_version: 2021-04-16
    parameters: {p: {type: string, hidden: true}}
    resources:
      g:
        type: OS::Heat::ResourceGroup
        properties:
          resource_def: {type: OS::Heat::Value, properties: {value: {get_param: p}}}
    """
    request = CreateStack(stack_name="s", template=template, parameters={"p": "hushed"})
    shown = preview_stack(SERVICES, CONTEXT, request)["stack"]
    ((member,),) = shown["resources"]
    assert member["properties"] == {"value": "******"}
    assert "hushed" not in str(shown)


def test_too_many_resources_are_refused_before_what_is_wrong_with_each():
    resources = {f"r{n}": {"type": "OS::Heat::Valu"} for n in range(1001)}
    template = {"heat_template_version": "2021-04-16", "resources": resources}
    with pytest.raises(Invalid, match="asks for 1001 resources; 1000 per stack") as told:
        preview_stack(SERVICES, CONTEXT, CreateStack(stack_name="s", template=template))
    assert [problem.kind for problem in told.value.problems] == ["RequestLimitExceeded"]
