"""Loops of templates: what Fn::ForEach writes out."""

import sys
from pathlib import Path

import pytest

from heat.base.errors import Invalid
from heat.base.unknown import Unknown
from heat.template.evaluate import bind
from heat.template.load import load
from heat.template.render import to_json

sys.path.insert(0, str(Path(__file__).parent.parent))
from cloudformation import Made, bound


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
    assert bind(template, {"Zones": Unknown(frozenset({"parameter Zones"}))}).problems() == []
