"""Functions that CloudFormation has beyond Heat's own, one case a line."""

import json
import sys
from pathlib import Path

import pytest

from heat.base.errors import Invalid
from heat.base.unknown import Unknown
from heat.template.evaluate import NothingKnown

sys.path.insert(0, str(Path(__file__).parent.parent))
from cloudformation import Made, Shop, bound, give

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
    ({"Fn::Select": [0, "[" * 90_000]}, "H301", "can't be read: it is nested too deeply"),
    ({"Fn::Select": [0, "[NaN]"]}, "H301", "NaN is no JSON number"),
    ({"Fn::Select": [0, "[1e999]"]}, "H301", "1e999 is no number that fits"),
    (
        {"Fn::MemberListToMap": [{"Ref": "Zones"}, "v", [".member.0.k=x"]]},
        "H301",
        "the name for keys or values must be text, not a list",
    ),
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
