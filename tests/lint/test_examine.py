"""What is wrong with a template is found without a service, with all that a user sent."""

import pytest

from heat.lint.examine import Content, examine

TEMPLATE = """\
heat_template_version: 2021-04-16
parameters:
  size: {type: number, constraints: [{range: {max: 10}}]}
resources:
  v:
    type: OS::Cinder::Volume
    properties: {size: {get_param: size}}
"""


def told(content: Content) -> list[tuple[str, str]]:
    return [(p.code, str(p.place or p.where)) for p in examine(content).problems]


def test_a_parameter_needs_no_value():
    assert told(Content(TEMPLATE)) == []


def test_all_problems_are_told_at_once_with_their_places():
    text = TEMPLATE.replace("size: {get_param", "siez: {get_param") + (
        "  n: {type: OS::Neutron::Nett}\n"
        "  o: {type: OS::Heat::Value, properties: {value: {Ref: x}}}\n"
        "outputs:\n  x: {value: {get_attr: [gone, a]}}\n"
    )
    places = [place for _, place in told(Content(text, "t.yaml"))]
    assert places == ["t.yaml:7:18", "t.yaml:8:7", "t.yaml:9:51", "t.yaml:11:15"]


def test_a_value_is_wrong_where_it_is_given():
    environments = {"e.yaml": "parameters:\n  size: 11\n"}
    ((_, place),) = told(Content(TEMPLATE, environments=environments))
    assert place == "e.yaml:2:3"
    ((_, place),) = told(Content(TEMPLATE, parameters={"size": "12"}))
    assert place == "the command line"


def test_the_command_line_wins_over_environments_and_the_last_one_over_the_first():
    bad, good = "parameters: {size: 11}", "parameters: {size: 1}"
    assert told(Content(TEMPLATE, environments={"a": bad, "b": good})) == []
    assert told(Content(TEMPLATE, environments={"a": bad}, parameters={"size": "1"})) == []
    both = {"a": good, "b": bad}
    assert told(Content(TEMPLATE, environments=both, parameters={"size": "1"})) == []
    assert told(Content(TEMPLATE, environments=both)) == [("H504", "b:1:14")]


def test_a_type_may_come_from_an_environment():
    text = TEMPLATE.replace("OS::Cinder::Volume", "My::Disk")
    registry = "resource_registry: {'My::Disk': 'OS::Cinder::Volume'}"
    assert len(told(Content(text))) == 1
    assert told(Content(text, environments={"e": registry})) == []


def test_every_environment_is_read_though_one_is_broken():
    environments = {"a": "parameter: {}", "b": "resource_registry: 1"}
    assert told(Content(TEMPLATE, environments=environments)) == [
        ("H602", "a:1:1"),
        ("H603", "b:1:1"),
    ]


def test_what_is_wrong_with_an_environment_is_told_once():
    hooks = "resource_registry: {resources: {v: {hooks: pre-creat}}}"
    assert told(Content(TEMPLATE, environments={"e": hooks})) == [("H604", "e:1:37")]
    both = {"e": hooks, "f": "parameters: {size: 1}"}
    assert [place for _, place in told(Content(TEMPLATE, environments=both))] == ["e:1:37"]


def test_a_hidden_value_is_not_told():
    text = """\
heat_template_version: 2021-04-16
parameters:
  pin: {type: string, hidden: true, constraints: [{length: {min: 8}}]}
"""
    (problem,) = examine(Content(text, parameters={"pin": "sesame"})).problems
    assert "sesame" not in str(problem)


OUTER = """\
heat_template_version: 2021-04-16
resources:
  a: {type: inner.yaml, properties: {size: 1}}
  b: {type: inner.yaml, properties: {siez: {get_resource: a}}}
"""


def test_nested_templates_are_looked_into_and_told_once():
    inner = TEMPLATE.replace("size: {get_param", "sise: {get_param")
    files = {"inner.yaml": inner}
    content = Content(OUTER, "sub/t.yaml", files=files, names={"inner.yaml": "sub/inner.yaml"})
    assert [place for _, place in told(content)] == ["sub/t.yaml:4:38", "sub/inner.yaml:7:18"]
    sound = Content(OUTER.replace("siez", "size"), files={"inner.yaml": TEMPLATE})
    assert told(sound) == []


BROKEN = """\
heat_template_version: 2021-04-16
parameters:
  size: {type: number, defualt: 3}
resources:
  x: {type: OS::Heat::Valu}
  y: {type: OS::Heat::RandomString, properties: {lenght: {get_param: sizee}}}
outputs:
  out: {value: 1, descriptio: x}
"""


def test_all_that_is_wrong_with_a_nested_template_is_told_where_it_stands():
    expected = [
        ("H210", "inner.yaml:3:24"),
        ("H212", "inner.yaml:5:7"),
        ("H701", "inner.yaml:6:50"),
        ("H402", "inner.yaml:6:59"),
        ("H213", "inner.yaml:8:19"),
    ]
    outer = "heat_template_version: 2021-04-16\nresources:\n  a: {type: inner.yaml}\n"
    assert told(Content(outer, "o.yaml", files={"inner.yaml": BROKEN})) == expected
    # A resource whose own definition is wrong hides nothing of its template.
    for own, code, column in (("propertis: {}", "H204", 25), ("properties: {siez: 1}", "H701", 38)):
        text = outer.replace("inner.yaml", f"inner.yaml, {own}")
        content = Content(text, "o.yaml", files={"inner.yaml": BROKEN})
        assert told(content) == [(code, f"o.yaml:3:{column}"), *expected]


@pytest.mark.parametrize(
    ("inner", "code", "place"),
    [("a: [", "H101", "inner.yaml:1:5"), ("", "H104", "inner.yaml:1:1")],
)
def test_a_nested_template_that_can_not_be_read_is_told_in_its_own_text(inner, code, place):
    outer = "heat_template_version: 2021-04-16\nresources:\n  a: {type: inner.yaml}\n"
    assert told(Content(outer, "o.yaml", files={"inner.yaml": inner})) == [(code, place)]


def test_a_template_that_can_not_stand_for_a_type_says_so_in_its_own_text():
    outer = "heat_template_version: 2021-04-16\nresources:\n  a: {type: OS::Heat::TestResource}\n"
    inner = "heat_template_version: 2021-04-16\nparameters:\n  value: {type: number}\n"
    environment = "resource_registry: {OS::Heat::TestResource: inner.yaml}"
    found = told(Content(outer, files={"inner.yaml": inner}, environments={"e": environment}))
    assert ("H213", "inner.yaml:3:11") in found


def test_what_is_wrong_with_every_member_of_a_group_is_told_once_where_it_is_written():
    text = """\
heat_template_version: 2021-04-16
resources:
  g:
    type: OS::Heat::ResourceGroup
    properties:
      count: 3
      resource_def:
        type: OS::Cinder::Volume
        properties: {siez: 1}
  h:
    type: OS::Heat::ResourceGroup
    properties: {count: 3, resource_def: {type: OS::Heat::Valu}}
"""
    assert told(Content(text, "t.yaml")) == [("H701", "t.yaml:9:22"), ("H212", "t.yaml:12:43")]


def test_an_update_policy_may_hold_what_the_type_has_there():
    text = """\
heat_template_version: 2021-04-16
resources:
  a: {type: OS::Heat::RandomString, update_policy: {rolling_update: {}}}
  b:
    type: OS::Heat::ResourceGroup
    update_policy: {rolling_update: {max_batch_size: 2}, rolling_updat: {}}
    properties: {resource_def: {type: OS::Heat::None}}
  c: {type: OS::Heat::None, update_policy: {anything: 1}}
  d: {type: OS::Heat::RandomString, update_policy: {}}
"""
    assert told(Content(text, "t")) == [("H701", "t:3:53"), ("H701", "t:6:58")]
