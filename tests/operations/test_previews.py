"""What a check of a template tells of it, before there is any stack."""

from heat import resources
from heat.base.clock import WallClock
from heat.base.ids import ProjectId
from heat.operations.context import Context
from heat.operations.previews import Validate, validate
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
