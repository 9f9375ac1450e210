"""What templates of CloudFormation have beyond Heat's own language: a whole one, and its edges."""

import json
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from heat.base.errors import Invalid
from heat.template.codes import CODES
from heat.template.evaluate import NothingKnown, bind
from heat.template.load import load, read
from heat.template.model import ResourceDefinition
from heat.template.parameters import values
from heat.template.render import list_functions, to_json
from heat.template.text import parse
from heat.template.versions import VERSIONS

sys.path.insert(0, str(Path(__file__).parent.parent))
from cloudformation import PARAMETERS, Made, bound, refused

SHORT = """\
AWSTemplateFormatVersion: '2010-09-09'
Transform: AWS::LanguageExtensions
Description: a web application
Metadata:
  Owner: !Ref Anything
Parameters:
  Env: {Type: String, Default: prod}
  Names: {Type: CommaDelimitedList, Default: 'red,blue'}
Mappings:
  Sizes:
    prod: {flavor: large}
Rules:
  Sized:
    RuleCondition: !Equals [!Ref Env, prod]
    Assertions:
      - Assert: !EachMemberIn [!Ref Names, [red, green, blue]]
        AssertDescription: names must be colours
      - Assert: !Contains [[prod, dev], !Ref Env]
Conditions:
  Prod: !Equals [!Ref Env, prod]
  Both: !And [!Condition Prod, !Not [!Equals [!Join ['', !Ref Names], '']]]
  Never: !Or [!Not [!Condition Prod], false]
Resources:
  Net:
    Type: T
    DeletionPolicy: RetainExceptOnCreate
    UpdateReplacePolicy: !If [Prod, Retain, Delete]
    Properties:
      blocks: !Cidr [10.0.0.0/16, 2, 8]
      first: !Select [0, !GetAZs '']
  Fn::ForEach::Servers:
    - Colour
    - !Ref Names
    - Server${Colour}:
        Type: T
        DependsOn: Net
        Properties:
          name: !Sub '${AWS::StackName}-${Colour}-${!Colour}'
          plain: !Ref Colour
          flavor: !FindInMap [Sizes, !Ref Env, flavor, DefaultValue: small]
          network: !GetAtt Net.Outputs.Id
          gone: !If [Never, x, !Ref AWS::NoValue]
          data: !Base64
            Fn::Sub: |
              hello ${Net}
          json: !ToJsonString {n: !Length [!Ref Net, 2]}
          parts: !Split [',', !ImportValue parts]
Outputs:
  Fn::ForEach::Shown:
    - Colour
    - !Ref Names
    - Name${Colour}:
        Value: !GetAtt Server${Colour}.Name
        Export:
          Name: !Sub '${AWS::StackName}:${Colour}'
"""


def test_a_whole_template_in_short_forms():
    template = load(SHORT)
    found, _ = values(template.parameters, {}, {})
    made = bind(template, found, stack_name="web", zones=["nova"], exports=Exported())
    assert made.problems() == []
    assert made.conditions == {"Prod": True, "Both": True, "Never": False}
    assert list(made.resources) == ["Net", "Serverred", "Serverblue"]
    net, red = made.resources["Net"], made.resources["Serverred"]
    assert (net.deletion_policy, net.except_on_create, net.replace_policy) == (
        "Retain",
        True,
        "Retain",
    )
    assert made.value(net.properties, Made()) == {
        "blocks": ["10.0.0.0/24", "10.0.1.0/24"],
        "first": "nova",
    }
    assert made.value(red.properties, Made()) == {
        "name": "web-red-${Colour}",
        "plain": "red",
        "flavor": "large",
        "network": "Net's Outputs.Id",
        "data": "hello id-of-Net\n",
        "json": '{"n":2}',
        "parts": ["a", "b"],
    }
    assert made.requires("Serverred") == {"Net"}
    assert made.output("Nameblue", Made()) == "Serverblue's Name"
    assert made.exports == {"web:red": "Namered", "web:blue": "Nameblue"}
    assert made.template.metadata == {"Owner": {"Ref": "Anything"}}
    assert to_json(made.template) == parse(SHORT, "again")


class Exported:
    """One export."""

    def export(self, name):
        return "a,b"


def test_what_is_stored_means_the_same():
    stored = json.loads(json.dumps(to_json(load(SHORT))))
    made = bind(load(stored), {"Env": "dev", "Names": ["x"]}, stack_name="s", exports=Exported())
    assert list(made.resources) == ["Net", "Serverx"]
    assert made.resources["Net"].replace_policy == "Delete"


def test_only_cloudformation_has_short_forms():
    problems = refused("heat_template_version: 2021-04-16\noutputs: {o: {value: !Sub x}}")
    assert problems[0][:2] == ("H101", 2)
    assert "only CloudFormation templates have the short form !Sub" in problems[0][2]
    assert refused("AWSTemplateFormatVersion: '2010-09-09'\nOutputs: {o: {Value: !Nope x}}")


def test_problems_point_into_short_forms_and_loops():
    text = """\
AWSTemplateFormatVersion: '2010-09-09'
Resources:
  Fn::ForEach::All:
    - N
    - [a]
    - Box${N}:
        Type: T
        Properties:
          one: !Join
            - ','
            - !Ref Nope
          two: !GetAtt [Gone, Ip]
"""
    assert [(code, line) for code, line, _, _ in refused(text)] == [("H402", 11), ("H401", 12)]


POLICIES = [
    ({}, ("Delete", False, None)),
    ({"DeletionPolicy": "Retain"}, ("Retain", False, None)),
    ({"DeletionPolicy": "RetainExceptOnCreate"}, ("Retain", True, None)),
    ({"DeletionPolicy": {"Fn::If": ["Yes", "Snapshot", "x"]}}, ("Snapshot", False, None)),
    ({"UpdateReplacePolicy": "Snapshot"}, ("Delete", False, "Snapshot")),
    ({"UpdateReplacePolicy": {"Fn::If": ["No", "x", "Retain"]}}, ("Delete", False, "Retain")),
]


@pytest.mark.parametrize(("keys", "wanted"), POLICIES)
def test_policies(keys, wanted):
    made = bound(Resources={"S": {"Type": "T", **keys}})
    assert made.problems() == []
    found: ResourceDefinition = made.resources["S"]
    assert (found.deletion_policy, found.except_on_create, found.replace_policy) == wanted


@pytest.mark.parametrize(
    ("key", "word"),
    [
        ("DeletionPolicy", "retain"),
        ("UpdateReplacePolicy", "Keep"),
        ("UpdateReplacePolicy", "RetainExceptOnCreate"),
        ("UpdateReplacePolicy", {"Ref": "Word"}),
    ],
)
def test_an_unknown_policy_is_refused(key, word):
    try:
        problems = bound(Resources={"S": {"Type": "T", key: word}}).problems()
    except Invalid as invalid:
        problems = invalid.problems
    assert [(p.code, p.at) for p in problems] == [("H206", ("Resources", "S", key))]


REFUSED = """\
AWSTemplateFormatVersion: '2010-09-09'
Transform:
  - AWS::LanguageExtensions
  - AWS::Serverless-2016-10-31
Resources:
  S:
    Type: T
    Properties:
      password: '{{resolve:secretsmanager:db:SecretString:password}}'
      more:
        Fn::Transform: {Name: AWS::Include, Parameters: {Location: here}}
        other: !Transform {Name: Macro}
"""


def test_what_needs_services_of_aws_is_refused_by_name_and_place():
    found = refused(REFUSED)
    assert [(code, line) for code, line, _, _ in found] == [
        ("H214", 4),
        ("H309", 9),
        ("H214", 11),
        ("H214", 12),
    ]
    assert "'AWS::Serverless-2016-10-31' is not there" in found[0][2]


@pytest.mark.parametrize(
    ("type_name", "kind", "checks"),
    [
        ("List<Number>", "comma_delimited_list", []),
        ("List<AWS::EC2::Subnet::Id>", "comma_delimited_list", []),
        ("AWS::EC2::AvailabilityZone::Name", "string", []),
        ("AWS::EC2::KeyPair::KeyName", "string", ["nova.keypair"]),
        ("AWS::EC2::Image::Id", "string", ["glance.image"]),
    ],
)
def test_parameters_that_name_something_in_the_cloud_are_looked_for(type_name, kind, checks):
    made = bound({"P": "x"}, Parameters={**PARAMETERS, "P": {"Type": type_name}})
    schema = made.template.parameters["P"]
    assert (schema.type, [c.name for c in schema.constraints]) == (kind, checks)


def test_a_parameter_from_a_store_of_aws_is_refused():
    text = "AWSTemplateFormatVersion: '2010-09-09'\n"
    text += "Parameters:\n  P: {Type: AWS::SSM::Parameter::Name}"
    ((code, line, detail, _),) = refused(text)
    assert (code, line) == ("H210", 3)
    assert "the type 'AWS::SSM::Parameter::Name' is unknown" in detail


def test_other_versions_mean_what_they_meant():
    value = {"Fn::Sub": "x", "Fn::ForEach::A": 1, "Fn::Transform": 2}
    for version in VERSIONS:
        if version.extended:
            continue
        key = "Outputs" if version.dialect == "cfn" else "outputs"
        value_key = "Value" if version.dialect == "cfn" else "value"
        template = load(
            {
                version.key: version.date,
                key: {name: {value_key: {name: v}} for name, v in value.items()},
            }
        )
        made = bind(template, {})
        assert {n: made.output(n, Made()) for n in value} == {n: {n: v} for n, v in value.items()}


def test_the_listing_of_functions_is_the_one_clients_know():
    (version,) = [v for v in VERSIONS if v.extended]
    listed = {f["functions"] for f in list_functions(version, with_conditions=True)}
    assert not listed & {"Fn::Sub", "Fn::Cidr", "Fn::ImportValue", "Condition"}


(EXTENDED,) = [version for version in VERSIONS if version.extended]
WORDS = sorted(
    {*EXTENDED.language.functions, *EXTENDED.rule_language.conditions}
    | {"Fn::ForEach::A", "Fn::ForEach::B", "DefaultValue", "Name", "Type", "Properties", "Value"}
    | {"${a}", "${a.b}", "${!x}", "R${N}", "N", "a", "l", "AWS::NoValue", "10.0.0.0/8", ""}
)
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(WORDS)
TREES = st.recursive(
    SCALARS,
    lambda part: (
        st.lists(part, max_size=4) | st.dictionaries(st.sampled_from(WORDS), part, max_size=3)
    ),
    max_leaves=20,
)
KEYS = ("Condition", "DeletionPolicy", "DependsOn", "Properties", "UpdateReplacePolicy")
RESOURCE = st.fixed_dictionaries({"Type": st.just("T")}, optional=dict.fromkeys(KEYS, TREES))
LOOP = st.tuples(
    st.sampled_from(["N", "a"]),
    TREES | st.just({"Ref": "l"}),
    st.dictionaries(st.sampled_from(["R${N}", "x", "Fn::ForEach::Q"]), RESOURCE | TREES),
).map(list)
OUTPUT = st.fixed_dictionaries(
    {"Value": TREES}, optional={"Export": st.fixed_dictionaries({"Name": TREES}) | TREES}
)
RULE = st.fixed_dictionaries(
    {"Assertions": st.lists(st.fixed_dictionaries({"Assert": TREES}), max_size=2)},
    optional={"RuleCondition": TREES},
)
ANY = st.fixed_dictionaries(
    {
        "Resources": st.fixed_dictionaries({"r": RESOURCE, "Fn::ForEach::L": LOOP}) | TREES,
        "Outputs": st.fixed_dictionaries({"o": OUTPUT, "p": OUTPUT}) | TREES,
        "Rules": st.fixed_dictionaries({"q": RULE}) | TREES,
    },
    optional=dict.fromkeys(("Conditions", "Mappings", "Metadata", "Transform"), TREES),
)


@settings(max_examples=60, deadline=None)
@given_any(ANY)
def test_any_tree_is_a_template_or_has_problems(raw):
    parameters = {"l": {"Type": "CommaDelimitedList", "Default": "x,y"}, "a": {"Type": "String"}}
    template = read({"AWSTemplateFormatVersion": "2010-09-09", "Parameters": parameters, **raw})
    made = bind(template, {"l": ["x", "y"], "a": "k"})
    assert all(p.code in CODES and p.cure for p in [*template.problems, *made.problems()])
    for name in made.resources:
        made.requires(name)
    for name in made.template.outputs:
        with suppress(Invalid):
            made.output(name, NothingKnown())
