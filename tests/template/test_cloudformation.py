"""What templates of CloudFormation have beyond Heat's own language."""

import json

import pytest

from heat.base.errors import Invalid
from heat.base.unknown import Unknown
from heat.template.environment import Environment
from heat.template.evaluate import NothingKnown, bind
from heat.template.expressions import Bad
from heat.template.load import load
from heat.template.model import ResourceDefinition
from heat.template.parameters import values
from heat.template.render import list_functions, to_json
from heat.template.text import parse
from heat.template.validate import assumed
from heat.template.versions import VERSIONS

PARAMETERS = {
    "Word": {"Type": "String", "Default": "teal"},
    "Size": {"Type": "Number", "Default": 3},
    "Zones": {"Type": "CommaDelimitedList", "Default": "a,b,c"},
}
SECTIONS = {
    "Parameters": PARAMETERS,
    "Conditions": {"Yes": {"Fn::Equals": [{"Ref": "Word"}, "teal"]}, "No": False},
    "Mappings": {"Sizes": {"small": {"ram": "1"}}},
    "Resources": {
        "Server": {"Type": "T", "Properties": {"name": "s"}},
        "Disk": {"Type": "T", "Condition": "No"},
    },
}


class Made:
    """Facts of resources that are there."""

    def reference(self, resource):
        return f"id-of-{resource}"

    def attribute(self, resource, attribute, path):
        return {"Flag": True, "Ports": [80], "None": None}.get(
            attribute, f"{resource}'s {attribute}"
        )


class Shop:
    """Exports of other stacks."""

    def export(self, name):
        match name:
            case "net-id":
                return "n-1"
            case "later":
                return Unknown(frozenset(("another stack",)))
            case _:
                raise Bad(f"no stack exports {name!r}", code="H310")


def bound(given=None, exports=None, **sections):
    template = load({"AWSTemplateFormatVersion": "2010-09-09", **SECTIONS, **sections})
    found, wrong = values(template.parameters, given or {}, {})
    assert not wrong
    return bind(
        template, found, stack_name="web", project_id="p1", zones=["z1", "z2"], exports=exports
    )


def give(value, facts=None, exports=None, **sections):
    made = bound(exports=exports, Outputs={"O": {"Value": value}}, **sections)
    return made.output("O", facts or Made())


def refused(text_or_map, **given):
    """Return the problems of a template as (code, line, detail, cure)."""
    try:
        template = load(text_or_map)
    except Invalid as invalid:
        problems = invalid.problems
    else:
        found, wrong = values(template.parameters, given, {})
        problems = wrong or bind(template, found).problems()
    return [(p.code, p.place.line if p.place else 0, p.detail, p.cure) for p in problems]


GIVES = [
    ({"Fn::Sub": "plain"}, "plain"),
    ({"Fn::Sub": ""}, ""),
    ({"Fn::Sub": "${Word}-${Size}/${AWS::StackName}"}, "teal-3/web"),
    ({"Fn::Sub": "arn:${AWS::Partition}:${AWS::AccountId}"}, "arn:openstack:p1"),
    ({"Fn::Sub": "${Server} ${Server.Ip.V4}"}, "id-of-Server Server's Ip.V4"),
    ({"Fn::Sub": "${!Word} $Word $${Word} ${"}, "${Word} $Word $teal ${"),
    ({"Fn::Sub": ["${a}${a}${Word}", {"a": {"Ref": "Size"}}]}, "33teal"),
    ({"Fn::Sub": ["${Word}", {"Word": "mine"}]}, "mine"),
    ({"Fn::Sub": "${Server.Flag}"}, "true"),
    ({"Fn::Sub": "<${Server.None}${AWS::NoValue}>"}, "<>"),
    ({"Fn::Sub": ["<${a}>", {"a": {"Ref": "AWS::NoValue"}}]}, "<>"),
    ({"Fn::Sub": ["${a}", {"a": {"Fn::Sub": ["${b}!", {"b": {"Ref": "Word"}}]}}]}, "teal!"),
    ({"Fn::Join": ["-", [{"Ref": "Word"}, {"Ref": "AWS::NoValue"}, "x"]]}, "teal-x"),
    ({"a": {"Ref": "AWS::NoValue"}, "b": [{"Ref": "AWS::NoValue"}, 1]}, {"b": [1]}),
    ({"Ref": "AWS::NoValue"}, None),
    ({"Fn::If": ["Yes", {"Ref": "AWS::NoValue"}, "x"]}, None),
    ({"k": {"Fn::If": [{"Condition": "No"}, 1, {"Ref": "AWS::NoValue"}]}}, {}),
    (
        {"Fn::If": [{"Fn::And": [{"Condition": "Yes"}, {"Fn::Not": [{"Condition": "No"}]}]}, 1, 2]},
        1,
    ),
    ({"Fn::If": [{"Fn::Equals": [{"Fn::Sub": "${Word}s"}, "teals"]}, 1, 2]}, 1),
    ({"Fn::If": [{"Fn::Equals": [{"Fn::Join": ["", {"Ref": "Zones"}]}, "abc"]}, 1, 2]}, 1),
    ({"Fn::If": [{"Fn::Equals": [{"Fn::Select": [1, {"Ref": "Zones"}]}, "b"]}, 1, 2]}, 1),
    ({"Fn::If": [{"Fn::Equals": [{"Fn::Length": {"Ref": "Zones"}}, 3]}, 1, 2]}, 1),
    ({"Fn::Length": [1, 2]}, 2),
    ({"Fn::Length": []}, 0),
    ({"Fn::Length": {"Ref": "Zones"}}, 3),
    ({"Fn::Length": {"Fn::GetAZs": ""}}, 2),
    ({"Fn::Length": [{"Ref": "AWS::NoValue"}, 1]}, 1),
    ({"Fn::ToJsonString": {"b": [1, {"Ref": "Word"}], "a": None}}, '{"b":[1,"teal"],"a":null}'),
    ({"Fn::ToJsonString": ["é", {"Ref": "AWS::NoValue"}]}, '["é"]'),
    ({"Fn::Cidr": ["192.168.0.0/24", 6, 5]}, [f"192.168.0.{n * 32}/27" for n in range(6)]),
    ({"Fn::Cidr": ["10.0.0.0/16", "3", "8"]}, ["10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24"]),
    ({"Fn::Cidr": ["10.0.0.0/16", 3]}, ["10.0.0.0/18", "10.0.64.0/18", "10.0.128.0/18"]),
    ({"Fn::Cidr": ["10.0.0.0/16", 1]}, ["10.0.0.0/16"]),
    ({"Fn::Cidr": ["2001:db8::/56", 2, 64]}, ["2001:db8::/64", "2001:db8:0:1::/64"]),
    ({"Fn::Select": [1, {"Fn::Cidr": ["10.0.0.0/8", 256, 16]}]}, "10.1.0.0/16"),
    ({"Fn::FindInMap": ["Sizes", "small", "ram"]}, "1"),
    ({"Fn::FindInMap": ["Sizes", "big", "ram", {"DefaultValue": {"Ref": "Word"}}]}, "teal"),
    ({"Fn::FindInMap": ["Sizes", "small", "ram", {"DefaultValue": 0}]}, "1"),
    ({"Fn::FindInMap": ["Sizes", "x", "y", {"DefaultValue": {"Ref": "AWS::NoValue"}}]}, None),
    ({"Fn::GetAZs": {"Ref": "AWS::Region"}}, ["z1", "z2"]),
    ({"Fn::Split": ["|", "a|b"]}, ["a", "b"]),
]


@pytest.mark.parametrize(("value", "wanted"), GIVES)
def test_gives(value, wanted):
    assert give(value) == wanted


WAITS = {
    "Fn::Sub": "${Server}",
    "Fn::ToJsonString": {"a": {"Ref": "Server"}},
    "Fn::Cidr": [{"Fn::GetAtt": ["Server", "Cidr"]}, 2, 4],
    "Fn::Length": {"Fn::GetAtt": ["Server", "Ports"]},
    "Fn::FindInMap": ["Sizes", {"Ref": "Server"}, "ram", {"DefaultValue": 1}],
    "Fn::ImportValue": {"Ref": "Server"},
}


@pytest.mark.parametrize("function", WAITS)
def test_waits_for_what_is_not_known(function):
    found = give({function: WAITS[function]}, NothingKnown())
    assert isinstance(found, Unknown)
    assert all(name.startswith("Server") for name in found.of)


def test_what_is_known_of_a_list_is_known_before_its_entries_are():
    assert give({"Fn::Length": [{"Ref": "Server"}, 2]}, NothingKnown()) == 2
    default = {"DefaultValue": {"Ref": "Server"}}
    assert give({"Fn::FindInMap": ["Sizes", "small", "ram", default]}, NothingKnown()) == "1"


WRONG = [
    ({"Fn::Sub": ["x"]}, "H301", "the argument has the wrong shape"),
    ({"Fn::Sub": ["x", []]}, "H301", "the argument has the wrong shape"),
    ({"Fn::Sub": {"Ref": "Word"}}, "H301", "the argument has the wrong shape"),
    ({"Fn::Sub": "${a b}"}, "H301", "'a b' is not a name"),
    ({"Fn::Sub": "${}"}, "H301", "'' is not a name"),
    ({"Fn::Sub": "${Nope}"}, "H402", "the parameter Nope was not provided"),
    ({"Fn::Sub": "${Nope.Ip}"}, "H401", "the resource Nope does not exist"),
    ({"Fn::Sub": "${Zones}"}, "H301", "the value of 'Zones' must be text, not a list"),
    ({"Fn::Length": "abc"}, "H301", "the argument must be a list"),
    ({"Fn::Length": {"Ref": "Word"}}, "H301", "what is counted must be a list, not text"),
    ({"Fn::ToJsonString": "x"}, "H301", "the argument must be a list or map"),
    ({"Fn::ToJsonString": {"Ref": "Word"}}, "H301", "must be a list or map, not text"),
    ({"Fn::Cidr": ["10.0.0.0/16"]}, "H301", "the argument has the wrong shape"),
    ({"Fn::Cidr": ["10.0.0.0/33", 1]}, "H301", "'10.0.0.0/33' is not a block of addresses"),
    ({"Fn::Cidr": ["10.0.0.0/16", 257, 4]}, "H301", "the count must be from 1 to 256"),
    ({"Fn::Cidr": ["10.0.0.0/16", "two", 4]}, "H301", "the count must be a whole number"),
    ({"Fn::Cidr": ["10.0.0.0/30", 5, 1]}, "H301", "10.0.0.0/30 does not hold 5 such blocks"),
    ({"Fn::Cidr": ["10.0.0.0/24", 1, 9]}, "H301", "must be from 0 to 8 in 10.0.0.0/24"),
    ({"Fn::FindInMap": ["Sizes", "x", "y", "z"]}, "H301", "must be a map with DefaultValue"),
    ({"Fn::FindInMap": ["Sizes", "x", "y"]}, "H304", "the map 'Sizes' has no 'x'"),
    ({"Fn::FindInMap": ["None", "x", "y", {"DefaultValue": 1}]}, "H304", "'None' does not exist"),
    ({"Fn::ImportValue": "net-id"}, "H310", "the export 'net-id' can't be looked up here"),
    ({"Fn::ImportValue": ["net-id"]}, "H301", "the name of an export must be text, not a list"),
    ({"Fn::If": [{"Condition": "Nope"}, 1, 2]}, "H308", "the condition 'Nope' does not exist"),
    ({"Fn::If": [{"Condition": ["Yes"]}, 1, 2]}, "H301", "must be a condition's name"),
    ({"Fn::If": [{"Fn::Equals": [{"Fn::Sub": "${Server}"}, 1]}, 1, 2]}, "H402", "Server"),
    ({"Fn::If": [{"Fn::Equals": [{"Fn::Sub": "${Server.Ip}"}, 1]}, 1, 2]}, "H303", "attributes"),
]


@pytest.mark.parametrize(("value", "code", "detail"), WRONG)
def test_refuses_with_code_place_and_cure(value, code, detail):
    resources = {"Server": {"Type": "T", "Properties": {"p": value}}}
    if "${Server" in json.dumps(value):
        resources |= {"Other": {"Type": "T", "Properties": {"p": value}}}
        resources["Server"] = {"Type": "T"}
    (found,) = bound(Resources=resources).problems()
    assert (found.code, found.at[2:4]) == (code, ("Properties", "p"))
    assert detail in found.detail
    assert found.cure


def test_a_word_of_a_shell_in_a_substitution_is_told_how_to_stay():
    (found,) = bound(
        Resources={"S": {"Type": "T", "Properties": {"p": {"Fn::Sub": "echo ${HOME}"}}}}
    ).problems()
    assert found.cure == "define it, or write ${!HOME} for the text itself"


def test_imports_ask_for_the_exports_of_others():
    assert (
        give({"Fn::ImportValue": {"Fn::Sub": ["${x}-id", {"x": "net"}]}}, exports=Shop()) == "n-1"
    )
    assert isinstance(give({"Fn::ImportValue": "later"}, exports=Shop()), Unknown)
    with pytest.raises(Invalid, match="no stack exports 'gone'"):
        give({"Fn::ImportValue": "gone"}, exports=Shop())


def test_substitutions_order_resources():
    user = {
        "Fn::Sub": ["${Disk.Path} ${Server} ${v} ${!Net}", {"v": {"Fn::GetAtt": ["Port", "Mac"]}}]
    }
    made = bound(
        Conditions={},
        Resources={
            **{name: {"Type": "T"} for name in ("Disk", "Server", "Port", "Net")},
            "User": {"Type": "T", "Properties": {"p": user}},
        },
    )
    assert made.requires("User") == {"Disk", "Server", "Port"}
    found = made.references(made.resources["User"])
    assert {(r.resource, r.attribute) for r in found} == {
        ("Disk", "Path"),
        ("Server", None),
        ("Port", "Mac"),
    }


def test_substitutions_in_substitutions_are_bounded():
    value = {"Ref": "Word"}
    for _ in range(30):
        value = {"Fn::Sub": ["${a}${a}", {"a": value}]}
    with pytest.raises(Invalid, match="characters; "):
        give(value)


def test_a_substitution_evaluates_each_name_once():
    asked = []

    class Asked(Made):
        def attribute(self, resource, attribute, path):
            asked.append(attribute)
            return ""

    value = {"Fn::GetAtt": ["Server", "Ip"]}
    for _ in range(20):
        value = {"Fn::Sub": ["${a}${a}", {"a": value}]}
    assert give(value, Asked()) == ""
    assert asked == ["Ip"]


# Short forms.

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


# Loops.


def looped(loop, **sections):
    return bound(Resources={"Fn::ForEach::L": loop}, Conditions={}, **sections)


LOOPS = [
    (["N", ["a", "b"], {"R${N}": {"Type": "T"}}], {"Ra", "Rb"}),
    (["N", [1, 2], {"R${N}": {"Type": "T"}}], {"R1", "R2"}),
    (["N", [], {"R${N}": {"Type": "T"}}], set()),
    (["N", ["10.0.0.1"], {"R&{N}": {"Type": "T"}}], {"R10001"}),
    (["N", {"Ref": "Zones"}, {"R${N}": {"Type": "T"}}], {"Ra", "Rb", "Rc"}),
    (["N", [{"Ref": "Word"}, "x"], {"R${N}": {"Type": "T"}}], {"Rteal", "Rx"}),
    (["N", {"Fn::Split": ["e", {"Ref": "Word"}]}, {"R${N}": {"Type": "T"}}], {"Rt", "Ral"}),
    (["N", ["a"], {"R${N}": {"Type": "T"}, "S${N}": {"Type": "T"}}], {"Ra", "Sa"}),
    (
        ["N", ["a", "b"], {"Fn::ForEach::M": ["M", ["1", "${N}2"], {"R${N}${M}": {"Type": "T"}}]}],
        {"Ra1", "Raa2", "Rb1", "Rbb2"},
    ),
]


@pytest.mark.parametrize(("loop", "names"), LOOPS)
def test_loops_make_an_entry_for_each_value(loop, names):
    made = looped(loop)
    assert made.problems() == []
    assert set(made.resources) == names
    assert "Fn::ForEach::L" in to_json(made.template)["Resources"]


def test_loops_write_properties_conditions_and_outputs():
    made = bound(
        Conditions={
            "Fn::ForEach::C": [
                "E",
                ["teal", "red"],
                {
                    "Is${E}": {"Fn::Equals": [{"Ref": "Word"}, {"Ref": "E"}]},
                },
            ]
        },
        Resources={
            "Box": {
                "Type": "T",
                "Condition": "Isteal",
                "Properties": {
                    "fixed": 1,
                    "Fn::ForEach::P": ["P", ["x", "y"], {"${P}Size": {"Fn::Sub": "${P}-${Word}"}}],
                },
            },
        },
        Outputs={
            "Fn::ForEach::O": ["O", ["x"], {"${O}": {"Value": {"Fn::GetAtt": ["Box", "${O}"]}}}]
        },
    )
    assert made.problems() == []
    assert made.conditions == {"Isteal": True, "Isred": False}
    assert made.value(made.resources["Box"].properties, Made()) == {
        "fixed": 1,
        "xSize": "x-teal",
        "ySize": "y-teal",
    }
    assert made.output("x", Made()) == "Box's x"


def test_what_loops_write_depends_on_what_it_uses():
    made = bound(
        Conditions={},
        Resources={
            "Fn::ForEach::N": ["I", {"Ref": "Zones"}, {"Net${I}": {"Type": "T"}}],
            "Fn::ForEach::S": [
                "I",
                {"Ref": "Zones"},
                {
                    "Server${I}": {"Type": "T", "Properties": {"n": {"Fn::Sub": "${Net${I}.Id}"}}},
                },
            ],
            "Last": {"Type": "T", "DependsOn": ["Servera"]},
        },
    )
    assert made.problems() == []
    assert made.requires("Serverb") == {"Netb"}
    assert made.requires("Last") == {"Servera"}


BAD_LOOPS = [
    (["N", ["a"]], "a loop is a list of three"),
    (["N", ["a"], ["b"]], "a map as its body"),
    (["", ["a"], {}], "a loop has a name"),
    (["Word", ["a"], {}], "Word is a parameter"),
    (["N", "abc", {}], "a loop runs over a list, not text"),
    (["N", [None], {}], "a loop's value must be text, not null"),
    (["N", ["${Word}"], {}], "may not hold a placeholder"),
    (["N", ["a", "b"], {"R": {"Type": "T"}}], "a loop makes a second 'R'"),
    (
        ["N", [*range(50)], {"Fn::ForEach::M": ["M", [1, 2], {"${N}": {"Type": "T"}}]}],
        "a loop makes a second '0'",
    ),
    (
        [
            "N",
            [*range(300)],
            {"Fn::ForEach::M": ["M", [*range(300)], {"${N}x${M}": {"x": "y"}}]},
        ],
        "more than",
    ),
]


@pytest.mark.parametrize(("loop", "detail"), BAD_LOOPS)
def test_bad_loops_are_refused(loop, detail):
    with pytest.raises(Invalid) as refusal:
        looped(loop)
    assert [p.code for p in refusal.value.problems] == ["H215"]
    assert detail in refusal.value.problems[0].detail


def test_a_loop_over_a_parameter_is_refused_when_its_value_is_known():
    made = looped(["N", {"Ref": "Word"}, {"R${N}": {"Type": "T"}}])
    (found,) = made.problems()
    assert (found.code, found.at) == ("H215", ("Resources", "Fn::ForEach::L", 1))
    sly = bound(
        {"Zones": ["${Word}"]},
        Resources={"Fn::ForEach::L": ["N", {"Ref": "Zones"}, {"R": {"Type": "T"}}]},
        Conditions={},
    )
    assert [p.code for p in sly.problems()] == ["H215"]


def test_a_loop_that_waits_makes_no_other_problems():
    template = load(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Parameters": {"Zones": {"Type": "CommaDelimitedList"}},
            "Resources": {"Fn::ForEach::L": ["N", {"Ref": "Zones"}, {"R${N}": {"Type": "T"}}]},
            "Outputs": {"O": {"Value": {"Fn::GetAtt": ["Ra", "x"]}}},
        }
    )
    found, wrong = assumed(template, Environment())
    assert [*wrong, *bind(template, found).problems()] == []


# Rules, exports, policies, what is not there.


def rule(condition, when=None):
    made = {"Assertions": [{"Assert": condition, "AssertDescription": "choose well"}]}
    return {"R": made | ({} if when is None else {"RuleCondition": when})}


RULES = [
    (rule({"Fn::Contains": [["teal", "red"], {"Ref": "Word"}]}), []),
    (rule({"Fn::Contains": [["3"], {"Ref": "Size"}]}), []),
    (rule({"Fn::Contains": [["red"], {"Ref": "Word"}]}), ["choose well"]),
    (rule({"Fn::EachMemberIn": [{"Ref": "Zones"}, ["a", "b", "c", "d"]]}), []),
    (rule({"Fn::EachMemberIn": [{"Ref": "Zones"}, ["a", "b"]]}), ["choose well"]),
    (rule({"Fn::EachMemberEquals": [["teal", "teal"], {"Ref": "Word"}]}), []),
    (rule({"Fn::EachMemberEquals": [{"Ref": "Zones"}, "a"]}), ["choose well"]),
    (rule({"Fn::Not": [{"Fn::Equals": [{"Ref": "Word"}, "teal"]}]}), ["choose well"]),
    (rule(False, {"Fn::Equals": [{"Ref": "Word"}, "red"]}), []),
    (rule(False, {"Fn::Equals": [{"Ref": "Word"}, "teal"]}), ["choose well"]),
    ({"R": {"Assertions": [{"Assert": False}]}}, ["an assertion of the rule R does not hold"]),
]


@pytest.mark.parametrize(("rules", "said"), RULES)
def test_rules_are_checked_against_parameters(rules, said):
    problems = bound(Rules=rules).problems()
    assert [p.detail for p in problems] == said
    assert all(p.code == "H506" and p.at == ("Rules", "R", "Assertions", 0) for p in problems)


def test_rules_let_pass_what_is_not_known():
    template = load(
        {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Parameters": {"Word": {"Type": "String"}},
            "Rules": rule({"Fn::Contains": [["red"], {"Ref": "Word"}]}),
        }
    )
    found, _ = assumed(template, Environment())
    assert bind(template, found).problems() == []


BAD_RULES = [
    ({"R": []}, "H217", "the rule R must be a map"),
    ({"R": {}}, "H217", "the rule R has no list of Assertions"),
    ({"R": {"Assertions": [{}]}}, "H217", "an assertion must be a map with Assert"),
    ({"R": {"Assertion": []}}, "H217", "R has the unknown key 'Assertion'"),
    (rule("Yes"), "H306", "this is no condition"),
    (rule({"Fn::Contains": ["x"]}), "H301", "the argument has the wrong shape"),
    (rule({"Fn::Contains": ["x", {"Ref": "Server"}]}), "H402", "the parameter Server"),
    (rule({"Fn::Sub": "x"}), "H303", "Fn::Sub is invalid in this context"),
    (rule({"Fn::EachMemberIn": [{"Fn::ValueOfAll": ["T", "x"]}, []]}), "H301", "types of AWS"),
]


@pytest.mark.parametrize(("rules", "code", "detail"), BAD_RULES)
def test_bad_rules_are_refused(rules, code, detail):
    try:
        problems = bound(Rules=rules).problems()
    except Invalid as invalid:
        problems = invalid.problems
    assert [p.code for p in problems] == [code]
    assert detail in problems[0].detail
    assert problems[0].at[:2] == ("Rules", "R")


BAD_EXPORTS = [
    ("x", "an export is a map with a Name"),
    ({"Name": ""}, "its name must be text of 1 to 255 characters"),
    ({"Name": {"Ref": "Zones"}}, "its name must be text"),
    ({"Name": {"Fn::Sub": "${Server}"}}, "its name may not depend on a resource"),
    ({"Name": "taken"}, "A exports 'taken' already"),
]


@pytest.mark.parametrize(("export", "detail"), BAD_EXPORTS)
def test_bad_exports_are_refused(export, detail):
    outputs = {
        "A": {"Value": 1, "Export": {"Name": "taken"}},
        "B": {"Value": 1, "Export": export},
    }
    try:
        problems = bound(Outputs=outputs).problems()
    except Invalid as invalid:
        problems = invalid.problems
    assert [(p.code, p.at[:3]) for p in problems] == [("H216", ("Outputs", "B", "Export"))]
    assert detail in problems[0].detail


def test_an_output_that_is_switched_off_exports_nothing():
    outputs = {"A": {"Value": 1, "Condition": "No", "Export": {"Name": "x"}}}
    assert bound(Outputs=outputs).exports == {}


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
