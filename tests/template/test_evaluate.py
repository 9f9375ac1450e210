"""A template bound to its parameters: what is in it, and what depends on what."""

import pytest

from heat.base.errors import Invalid
from heat.template.environment import Environment
from heat.template.evaluate import Facade, NothingKnown, Reference, bind
from heat.template.load import load
from heat.template.parameters import values
from heat.template.render import find_version, list_functions, list_versions
from heat.template.validate import describe

TEXT = """
heat_template_version: 2021-04-16
parameters:
  policy: {type: string, default: retain}
  big: {type: boolean, default: false}
conditions:
  big: {get_param: big}
resources:
  net: {type: Net}
  disk: {type: Disk, condition: big}
  server:
    type: Server
    depends_on: [disk, net]
    deletion_policy: {get_param: policy}
    properties:
      port: {get_attr: [net, port]}
      disk: {if: [big, {get_resource: disk}]}
    metadata: {of: {get_resource: extra}}
    update_policy: {wait: {get_resource: late}}
  extra: {type: X}
  late: {type: X}
  known: {type: X, external_id: abc, properties: {x: {get_resource: net}}}
outputs:
  disk: {value: {get_resource: disk}, condition: big}
  port: {value: {get_attr: [server, port]}}
"""


def bound(text=TEXT, **given):
    template = load(text)
    found, problems = values(template.parameters, given, {})
    assert not problems
    return bind(template, found)


def test_conditions_take_resources_and_outputs_out():
    small = bound()
    assert "disk" not in small.resources
    assert small.conditions == {"big": False}
    assert (list(small.outputs), small.disabled_outputs) == (["port"], {"disk"})
    assert small.output("disk", NothingKnown()) is None
    assert small.problems() == []
    assert "disk" in bound(big=True).resources


def test_a_resource_requires_what_it_names_and_uses():
    assert bound().requires("server") == {"net", "extra"}
    assert bound(big=True).requires("server") == {"net", "extra", "disk"}
    assert bound().requires("known") == frozenset()


def test_references_name_the_attribute_and_the_kind():
    small = bound()
    assert small.references(small.resources["server"]) == {
        Reference("net", "port", "attribute"),
        Reference("extra", None, "reference"),
    }


def test_the_deletion_policy_is_resolved():
    assert bound().resources["server"].deletion_policy == "Retain"
    assert bound().resources["net"].deletion_policy == "Delete"
    wrong = bound(policy="keep")
    assert [p.code for p in wrong.problems()] == ["H206"]


def test_an_absent_property_is_not_there():
    small = bound()
    given = small.value(small.resources["server"].properties, NothingKnown())
    assert list(given) == ["port"]


def test_a_disabled_resource_cannot_be_referred_to():
    text = TEXT.replace("{if: [big, {get_resource: disk}]}", "{get_resource: disk}")
    (problem,) = bound(text).problems()
    assert problem.kind == "InvalidTemplateReference"
    assert "switched off by its condition" in problem.detail


class Types:
    def names(self):
        return ["Server", "Net", "Disk", "X"]

    def known(self, type_name, resource):
        return type_name in self.names()

    def attributes(self, type_name, resource):
        return ["port"] if type_name == "Net" else None


def test_types_and_attributes_that_do_not_exist_are_found():
    text = TEXT.replace("type: Server", "type: Sever").replace("[net, port]", "[net, prot]")
    type_problem, attribute_problem = bound(text).problems(Types())
    assert type_problem.cure == "did you mean 'Server'?"
    assert type_problem.at == ("resources", "server", "type")
    assert attribute_problem.cure == "did you mean 'port'?"
    assert attribute_problem.place is not None
    assert bound().problems(Types()) == []


def test_the_parent_resource_shows_through_the_facade():
    raw = {
        "heat_template_version": "2018-08-31",
        "outputs": {"o": {"value": {"resource_facade": "metadata"}}},
    }
    nested = bind(load(raw), {}, facade=Facade(metadata={"k": "v"}))
    assert nested.output("o", NothingKnown()) == {"k": "v"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [("OS::stack_id", "id"), ("OS::stack_name", "app"), ("OS::project_id", "p")],
)
def test_hot_has_pseudo_parameters(name, expected):
    raw = {"heat_template_version": "2018-08-31", "outputs": {"o": {"value": {"get_param": name}}}}
    stack = bind(load(raw), {}, stack_id="id", stack_name="app", project_id="p")
    assert stack.output("o", NothingKnown()) == expected


def test_cfn_has_pseudo_parameters_mappings_and_zones():
    stack = bind(
        load("""
        AWSTemplateFormatVersion: 2010-09-09
        Mappings: {M: {a: {b: found}}}
        Outputs:
          arn: {Value: {Ref: "AWS::StackId"}}
          map: {Value: {"Fn::FindInMap": [M, a, b]}}
          zones: {Value: {"Fn::GetAZs": ""}}
        """),
        {},
        stack_id="id",
        stack_name="app",
        project_id="p",
        zones=["nova"],
    )
    got = {name: stack.output(name, NothingKnown()) for name in stack.outputs}
    assert got == {"arn": "arn:openstack:heat::p:stacks/app/id", "map": "found", "zones": ["nova"]}


def test_a_loop_of_conditions_is_named():
    text = """
    heat_template_version: 2021-04-16
    conditions: {a: {not: b}, b: {not: c}, c: {not: b}}
    """
    problems = bind(load(text), {}).problems()
    assert "b → c → b" in str(problems[0])


def test_an_unused_condition_may_use_what_is_missing():
    text = """
    heat_template_version: 2021-04-16
    conditions: {a: {equals: [{get_param: gone}, 1]}}
    resources: {r: {type: T%s}}
    """
    assert bind(load(text % ""), {}).problems() == []
    (problem,) = bind(load(text % ", condition: a"), {}).problems()
    assert problem.kind == "UserParameterMissing"


def test_the_problems_of_a_value_have_a_place():
    wrong = bound(TEXT.replace("[server, port]", "[server, port, {get_param: nope}]"))
    with pytest.raises(Invalid) as caught:
        wrong.output("port", NothingKnown())
    assert str(caught.value).startswith("template:25:")


def test_validation_describes_parameters():
    body = describe(load(TEXT), Environment(parameters={"policy": "delete"}))
    assert body["Parameters"]["policy"] == {
        "Type": "String",
        "Description": "",
        "NoEcho": "false",
        "Label": "policy",
        "Default": "retain",
        "Value": "delete",
    }
    assert list(body["Parameters"]) == ["policy", "big"]


def test_the_tables_list_versions_and_functions():
    assert len(list_versions()) == 13
    assert {"heat_template_version.newton"} == {
        alias for v in list_versions() for alias in v["aliases"] if "newton" in alias
    }
    counts = {}
    for version in list_versions():
        found = find_version(version["version"])
        counts[found.date] = (
            len(list_functions(found)),
            len(list_functions(found, with_conditions=True)),
        )
    assert counts == {
        "2013-05-23": (16, 16),
        "2014-10-16": (8, 8),
        "2015-04-30": (10, 10),
        "2015-10-15": (10, 10),
        "2016-04-08": (11, 11),
        "2016-10-14": (14, 18),
        "2017-02-24": (16, 20),
        "2017-09-01": (21, 25),
        "2018-03-02": (21, 25),
        "2018-08-31": (21, 25),
        "2021-04-16": (21, 25),
        "2010-09-09": (12, 16),
        "2012-12-12": (11, 11),
    }
    assert find_version("heat_template_version.queens").date == "2018-03-02"
