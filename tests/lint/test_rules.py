"""Each rule finds what it is for, and lets pass what is right."""

from pathlib import Path
from textwrap import dedent

import pytest

from heat.lint.check import RULES, Choice, lint
from heat.lint.examine import Content
from heat.lint.rule import Severity

EXAMPLES = Path(__file__).parents[2] / "examples"

ID = "6d1c4b0e-5a4e-4f0a-9a57-0c8d8f9a5a11"

HOT = "heat_template_version: 2021-04-16\n"
CFN = 'AWSTemplateFormatVersion: "2010-09-09"\n'
VALUE = """
resources:
  a:
    type: OS::Heat::Value
    properties: {value: VALUE}
"""


def value(written: str) -> str:
    return VALUE.replace("VALUE", written)


def server(properties: str = "", more: str = "") -> str:
    return f"""
resources:
  a:
    type: OS::Nova::Server
    {more}
    properties: {{image: i, flavor: f, networks: [{{network: n}}]{properties}}}
"""


# code, what breaks the rule, where it is said, what does not break it
CASES = [
    (
        "L101",
        HOT + "parameters:\n  p: {type: string, default: x}\n",
        (3, 3),
        HOT + "parameters:\n  p: {type: string, default: x}\n" + value("{get_param: p}"),
    ),
    (
        "L101",
        CFN + "Parameters:\n  P: {Type: String}\n",
        (3, 3),
        CFN + "Parameters:\n  P: {Type: String}\n" + "Outputs:\n  O: {Value: {Ref: P}}\n",
    ),
    (
        "L102",
        HOT
        + "parameters:\n  p: {type: boolean}\n"
        + "conditions:\n  c: {get_param: p}\n  d: {get_param: p}\n"
        + "outputs:\n  o: {value: 1, condition: d}\n",
        (5, 3),
        HOT
        + "parameters:\n  p: {type: boolean}\n"
        + "conditions:\n  c: {get_param: p}\n  d: {not: c}\n  e: {and: [d, {get_param: p}]}\n"
        + value("{if: [e, 1, 2]}"),
    ),
    (
        "L103",
        CFN + "Mappings:\n  M: {a: {b: c}}\n",
        (3, 3),
        CFN
        + "Mappings:\n  M: {a: {b: c}}\n"
        + "Outputs:\n  O: {Value: {'Fn::FindInMap': [M, a, b]}}\n",
    ),
    (
        "L104",
        HOT + "resources:\n  a: {type: OS::Heat::None}\n  a: {type: OS::Heat::None}\n",
        None,
        HOT + "resources:\n  a: {type: OS::Heat::None}\n  b: {type: OS::Heat::None}\n",
    ),
    (
        "L110",
        HOT + "conditions:\n  c: {equals: [a, b]}\n" + value("{if: [c, 1, 2]}"),
        (3, 3),
        HOT
        + "conditions:\n  c: {equals: [{get_param: 'OS::stack_name'}, b]}\n"
        + value("{if: [c, 1, 2]}"),
    ),
    (
        "L110",
        HOT + "resources:\n  a:\n    type: OS::Heat::None\n    condition: false\n",
        (5, 5),
        HOT + "resources:\n  a:\n    type: OS::Heat::None\n",
    ),
    (
        "L111",
        HOT
        + "parameters:\n  p: {type: string, constraints: [{allowed_values: [a, b]}]}\n"
        + "conditions:\n  c: {equals: [{get_param: p}, z]}\n",
        (5, 7),
        HOT
        + "parameters:\n  p: {type: string, constraints: [{allowed_values: [a, b]}]}\n"
        + "conditions:\n  c: {equals: [a, {get_param: p}]}\n",
    ),
    (
        "L201",
        HOT + server(f", key_name: {ID}"),
        (7, 65),
        HOT + server(", key_name: mine") + f"outputs:\n  o: {{value: {ID}}}\n",
    ),
    (
        "L201",
        HOT + f"parameters:\n  p:\n    type: string\n    default: {ID}\n",
        (5, 5),
        HOT + "parameters:\n  p:\n    type: string\n    default: public\n",
    ),
    ("L302", HOT + server(", admin_user: me"), (7, 65), HOT + server(", name: me")),
    ("L302", HOT + server(", personality: {/a: b}"), (7, 65), HOT + server()),
    (
        "L303",
        HOT + "resources:\n  a:\n    type: OS::Neutron::Port\n    properties: {network_id: n}\n",
        (5, 18),
        HOT + "resources:\n  a:\n    type: OS::Neutron::Port\n    properties: {network: n}\n",
    ),
    (
        "L304",
        HOT + server() + "outputs:\n  o: {value: {get_attr: [a, first_address]}}\n",
        (9, 15),
        HOT + server() + "outputs:\n  o: {value: {get_attr: [a, addresses]}}\n",
    ),
    (
        "L305",
        HOT + "outputs:\n  o: {value: {get_resource: gone}}\n",
        (3, 15),
        HOT + "outputs:\n  o: {value: {get_param: 'OS::stack_id'}}\n",
    ),
    (
        "L305",
        CFN + "Outputs:\n  O: {Value: {Ref: Gone}}\n",
        (3, 15),
        CFN + "Parameters:\n  P: {Type: String}\nOutputs:\n  O: {Value: {Ref: P}}\n",
    ),
    (
        "L310",
        "heat_template_version: 2013-05-23\n" + value("{list_concat: [[1], [2]]}"),
        (6, 26),
        HOT + value("{list_concat: [[1], [2]]}"),
    ),
    (
        "L310",
        "heat_template_version: 2013-05-23\noutputs:\n  o: {value: {map_merge: [{}, {}]}}\n",
        (3, 15),
        HOT + "outputs:\n  o: {value: {map_merge: [{}, {}]}}\n",
    ),
    ("L311", HOT + value("{get_parm: size}"), (6, 26), HOT + value("{get_params: {a: 1}, b: 2}")),
    (
        "L311",
        HOT + "outputs:\n  o: {value: {str_replce: {}}}\n",
        (3, 15),
        HOT + "outputs:\n  o: {value: {filters: {}, name: x}}\n",
    ),
    (
        "L311",
        HOT + "conditions:\n  c: {equals: [{get_parm: size}, 1]}\n",
        (3, 17),
        HOT + "conditions:\n  c: {equals: [{size: 1}, 1]}\n",
    ),
    (
        "L311",
        CFN + "Outputs:\n  O: {Value: {'Fn::GetAttr': [A, b]}}\n",
        (3, 15),
        CFN + "Outputs:\n  O: {Value: {length: 1, select: 2}}\n",
    ),
    (
        "L312",
        HOT + "outputs:\n  o: {value: 1, conditon: x}\n",
        (3, 17),
        HOT + "outputs:\n  o: {value: 1, description: x, condition: true}\n",
    ),
    (
        "L312",
        CFN + "Resources:\n  A: {Type: OS::Heat::None, CreationPolicy: {}}\n",
        (3, 29),
        CFN + "Resources:\n  A: {Type: OS::Heat::None, UpdateReplacePolicy: Retain}\n",
    ),
    (
        "L313",
        HOT
        + "parameters:\n  p: {type: string, constraints: [{custom_constraint: nova.flavour}]}\n",
        (3, 36),
        HOT + "parameters:\n  p: {type: string, constraints: [{custom_constraint: nova.flavor}]}\n",
    ),
    (
        "L401",
        HOT + server(", admin_pass: hunter2"),
        (7, 65),
        HOT
        + "parameters:\n  p: {type: string, hidden: true}\n"
        + server(", admin_pass: {get_param: p}"),
    ),
    (
        "L401",
        HOT + server(", metadata: {db_password: hunter2}"),
        (7, 76),
        HOT + server(", metadata: {db_password: {get_param: password}, password_length: 8}"),
    ),
    (
        "L402",
        HOT + "parameters:\n  p: {type: string, hidden: true, default: x}\n",
        (3, 35),
        HOT + "parameters:\n  p: {type: string, hidden: true}\n",
    ),
    (
        "L403",
        HOT + "parameters:\n  admin_password: {type: string}\n",
        (3, 3),
        HOT + "parameters:\n  admin_password: {type: string, hidden: true}\n",
    ),
    (
        "L403",
        CFN + "Parameters:\n  DBPassword: {Type: String}\n",
        (3, 3),
        CFN + 'Parameters:\n  DBPassword: {Type: String, NoEcho: "true"}\n',
    ),
    (
        "L404",
        HOT
        + "parameters:\n  p: {type: string, hidden: true}\n"
        + "outputs:\n  o: {value: {str_replace: {template: x, params: {x: {get_param: p}}}}}\n",
        None,
        HOT + "parameters:\n  p: {type: string}\noutputs:\n  o: {value: {get_param: p}}\n",
    ),
    (
        "L404",
        HOT
        + "parameters:\n  p: {type: string, hidden: true}\n"
        + value("{get_param: p}")
        + "outputs:\n  o: {value: {get_attr: [a, value]}}\n",
        (10, 15),
        HOT
        + "parameters:\n  p: {type: string, hidden: true}\n"
        + server(", admin_pass: {get_param: p}")
        + "outputs:\n  o: {value: {get_attr: [a, addresses]}}\n",
    ),
    (
        "L501",
        HOT
        + "resources:\n  n: {type: OS::Neutron::Net}\n"
        + "  p:\n    type: OS::Neutron::Port\n    depends_on: n\n"
        + "    properties: {network: {get_resource: n}}\n",
        (6, 5),
        HOT
        + "parameters:\n  c: {type: boolean}\n"
        + "conditions:\n  c: {get_param: c}\n"
        + "resources:\n  n: {type: OS::Neutron::Net}\n"
        + "  p:\n    type: OS::Neutron::Port\n    depends_on: n\n"
        + "    properties: {network: {if: [c, {get_resource: n}, other]}}\n",
    ),
    (
        "L501",
        HOT
        + "resources:\n  n: {type: OS::Neutron::Net}\n"
        + "  p:\n    type: OS::Neutron::Port\n    properties: {network: {get_resource: n}}\n"
        + server()
        .removeprefix("\nresources:\n")
        .replace("networks: [{network: n}]", "networks: [{port: {get_resource: p}}]")
        + "    depends_on: [n]\n",
        (11, 18),
        HOT
        + "resources:\n  n: {type: OS::Neutron::Net}\n"
        + "  p:\n    type: OS::Neutron::Port\n    depends_on: n\n"
        + "    properties: {network: other}\n",
    ),
    (
        "L502",
        HOT + value("1") + "  b: {type: OS::Neutron::Net, depends_on: a}\n",
        (7, 31),
        HOT
        + "resources:\n  a: {type: OS::Heat::TestResource}\n"
        + "  b: {type: OS::Neutron::Net, depends_on: a}\n",
    ),
    (
        "L503",
        HOT
        + "resources:\n  a: {type: OS::Neutron::Net}\n"
        + "  b: {type: OS::Neutron::Net, depends_on: a}\n",
        (4, 31),
        HOT
        + "resources:\n  a: {type: OS::Neutron::Net}\n"
        + "  b: {type: OS::Neutron::Router, depends_on: a}\n",
    ),
    (
        "L504",
        HOT
        + "resources:\n  a: {type: OS::Neutron::Net}\n"
        + "  b: {type: OS::Neutron::Router, depends_on: [a, a]}\n",
        (4, 50),
        HOT
        + "resources:\n  a: {type: OS::Neutron::Net}\n  c: {type: OS::Neutron::Net}\n"
        + "  b: {type: OS::Neutron::Router, depends_on: [a, c]}\n",
    ),
    (
        "L601",
        HOT + "parameters:\n  p: {type: string}\n",
        (3, 3),
        HOT + "parameters:\n  p: {type: string, description: d}\noutputs: {o: {value: 1}}\n",
    ),
    (
        "L601",
        HOT + "parameters:\n  p: {type: string}\n",
        (3, 3),
        HOT + "parameters:\n  p: {type: string, constraints: [{custom_constraint: nova.flavor}]}\n",
    ),
    (
        "L601",
        HOT + "parameters:\n  p: {type: number, hidden: true}\n",
        (3, 3),
        HOT + "parameters:\n  p: {type: number, default: 1}\n",
    ),
]


def found(code: str, text: str) -> list[tuple[int, int]]:
    findings = lint(Content(text), Choice((code,)))
    places = [one.problem.place for one in findings]
    return [(place.line, place.column) for place in places if place is not None]


@pytest.mark.parametrize(
    ("code", "bad", "place", "good"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)]
)
def test_a_rule_finds_what_it_is_for(code, bad, place, good):
    assert len(found(code, bad)) == 1
    assert place is None or found(code, bad) == [place]
    assert found(code, good) == []


def test_every_rule_has_a_case_but_those_that_no_type_can_break_today():
    assert set(RULES) - {case[0] for case in CASES} == {"L301"}


def test_a_deprecated_type_is_told_with_what_replaces_it(monkeypatch):
    from heat import resources
    from heat.plugin.registry import TYPES

    resources.load()
    cls = TYPES["OS::Heat::None"]
    support = {"status": "DEPRECATED", "version": "7.0.0", "message": "Use OS::Heat::Value."}
    monkeypatch.setattr(cls, "__facts__", cls.__facts__._replace(support=support))
    text = HOT + "resources:\n  a: {type: OS::Heat::None}\n"
    (finding,) = lint(Content(text), Choice(("L301",)))
    assert finding.problem.detail == "OS::Heat::None is deprecated since 7.0.0"
    assert finding.problem.cure == "Use OS::Heat::Value."


def test_a_template_as_a_type_is_no_hidden_type():
    text = HOT + "resources:\n  a: {type: inner.yaml}\n"
    files = {"inner.yaml": HOT + "description: d\n"}
    assert lint(Content(text, files=files), Choice(("L3", "H"))) == []


def test_a_computed_name_of_a_parameter_may_be_any():
    text = dedent("""\
        heat_template_version: 2021-04-16
        parameters:
          which: {type: string}
          a: {type: string}
        resources:
          v:
            type: OS::Heat::Value
            properties: {value: {get_param: [{get_param: which}]}}
        """)
    assert found("L101", text) == []


LOOPED = """\
AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Names: {Type: CommaDelimitedList}
  Greeting: {Type: String}
  Password: {Type: String, NoEcho: "true"}
Conditions:
  Some: {"Fn::Equals": [{Ref: Greeting}, ""]}
Resources:
  "Fn::ForEach::Nets":
    - Name
    - [A, B]
    - "Net${Name}":
        Type: OS::Neutron::Net
        Condition: Some
        Properties: {tenant_id: LITERAL}
  "Fn::ForEach::More":
    - Name
    - {Ref: Names}
    - "More${Name}": {Type: OS::Neutron::Net}
Outputs:
  O: {Value: {"Fn::Sub": "${Greeting} ${NetA.name} ${Password}"}}
"""


def test_loops_and_substitutions_are_looked_into():
    assert found("L101", LOOPED) == []
    assert found("L102", LOOPED) == []
    assert found("L305", LOOPED) == []
    assert found("L404", LOOPED) == [(21, 15)]
    assert found("L201", LOOPED.replace("LITERAL", ID)) == [(15, 22)]
    assert found("L101", LOOPED.replace("${Greeting}", "").replace("{Ref: Greeting}", "x")) == [
        (4, 3)
    ]


def test_what_is_invalid_is_found_too_and_in_the_order_of_the_text():
    text = HOT + value("{get_param: nobody}") + "outputs:\n  o: {value: {get_attr: [a, valu]}}\n"
    findings = lint(Content(text), Choice((), ("L6",)))
    assert [(f.problem.code, f.severity) for f in findings] == [
        ("H402", Severity.ERROR),
        ("H403", Severity.ERROR),
    ]


def test_a_text_that_can_not_be_read_is_one_error():
    (finding,) = lint(Content("a: [", "x.yaml"))
    assert finding.problem.code == "H101"
    assert finding.severity is Severity.ERROR


def test_codes_are_chosen_by_how_they_begin():
    text = HOT + "parameters:\n  password: {type: string, default: x}\n"
    assert {f.problem.code for f in lint(Content(text))} == {"L101", "L402", "L403"}
    chosen = lint(Content(text), Choice(("L4", "L1"), ("L402",)))
    assert [f.problem.code for f in chosen] == ["L101", "L403"]


def test_a_secret_is_named_but_not_repeated():
    findings = lint(Content(HOT + server(", admin_pass: hunter2")), Choice(("L401",)))
    (problem,) = [one.problem for one in findings]
    assert "hunter2" not in problem.summary + problem.detail + problem.cure


@pytest.mark.parametrize("name", ["wordpress.yaml", "wordpress.template"])
def test_the_examples_have_nothing_to_warn_of(name):
    findings = lint(Content((EXAMPLES / name).read_text(), name))
    assert [f for f in findings if f.severity is not Severity.INFO] == []


def test_every_rule_is_on_the_page_of_the_tools():
    page = (EXAMPLES.parent / "docs" / "template-tools.md").read_text()
    for rule in RULES.values():
        row = f"| {rule.code} | {rule.name} | {rule.severity.word} | {rule.summary} | {rule.doc} |"
        assert row in page


def test_what_only_follows_from_a_mistake_is_not_told():
    text = HOT + "parameters:\n  p: {type: number, default: 1}\n"
    text += "resources:\n"
    text += "  a: {type: OS::Heat::RandomString, properties: {length: {get_parm: p}}}\n"
    assert [f.problem.code for f in lint(Content(text))] == ["H703"]
    later = text.replace("2021-04-16", "2013-05-23").replace("get_parm: p", "list_concat: [[1]]")
    assert "H703" in (codes := [f.problem.code for f in lint(Content(later))])
    assert "L310" not in codes
