"""Rules about parameters, and the names that outputs export."""

import sys
from pathlib import Path

import pytest

from heat.base.errors import Invalid
from heat.base.unknown import Unknown
from heat.template.evaluate import bind
from heat.template.load import load

sys.path.insert(0, str(Path(__file__).parent.parent))
from cloudformation import bound


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
    assert bind(template, {"Word": Unknown(frozenset({"parameter Word"}))}).problems() == []


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
