"""A map that was meant to be a call is told from one that was not."""

import pytest

from heat.template.slips import likely, slip
from heat.template.versions import AWS_KEY, CFN_KEY, HOT_KEY, find

NEWEST, OLDEST = find(HOT_KEY, "2021-04-16"), find(HOT_KEY, "2013-05-23")
AWS, CFN = find(AWS_KEY, "2010-09-09"), find(CFN_KEY, "2012-12-12")


@pytest.mark.parametrize(
    ("version", "key", "said"),
    [
        (NEWEST, "get_parm", "did you mean 'get_param'?"),
        (NEWEST, "getParam", "did you mean 'get_param'?"),
        (NEWEST, "get-attr", "did you mean 'get_attr'?"),
        (NEWEST, "get_attribute", "did you mean 'get_attr'?"),
        (NEWEST, "list-join", "did you mean 'list_join'?"),
        (NEWEST, "str_replce", "did you mean 'str_replace'?"),
        (NEWEST, "Fn::GetAttr", "did you mean 'get_attr'?"),
        (NEWEST, "Fn::FindInMap", "Fn::FindInMap is a function of AWSTemplateFormatVersion"),
        (NEWEST, "Fn::Nothing", "Fn::Nothing is no function: the functions are get_param"),
        (OLDEST, "list_concat", "list_concat came with 2017-09-01; this template says 2013-05-23"),
        (AWS, "Fn::GetAttr", "did you mean 'Fn::GetAtt'?"),
        (AWS, "GetAtt", "did you mean 'Fn::GetAtt'?"),
        (AWS, "ref", "did you mean 'Ref'?"),
        (AWS, "get_param", "get_param is a function of heat_template_version"),
        (AWS, "get_param", "use Ref"),
        (AWS, "Fn::Equals", "Fn::Equals counts only within conditions"),
        (CFN, "Fn::Sub", "Fn::Sub is a function of AWSTemplateFormatVersion"),
    ],
)
def test_a_call_that_is_none_is_told_with_what_was_meant(version, key, said):
    found = slip({key: "x"}, version)
    assert found is not None
    assert said in found.said


@pytest.mark.parametrize("key", ["filters", "name", "join", "length", "list_name", "get"])
@pytest.mark.parametrize("version", [NEWEST, OLDEST, AWS, CFN])
def test_a_plain_map_is_left_alone(version, key):
    assert slip({key: "x"}, version) is None


@pytest.mark.parametrize("key", ["get_param", "Fn::Join", "Ref"])
def test_a_function_is_no_slip(key):
    assert slip({key: "x"}, OLDEST) is None


def test_a_loop_is_no_slip():
    assert slip({"Fn::ForEach::Nets": ["N", ["a"], {"${N}": 1}]}, AWS) is None


def test_a_call_may_have_no_other_keys_beside_it():
    found = slip({"get_param": "x", "default": 1}, NEWEST)
    assert found is not None
    assert found.cure == "leave get_param alone in its map"


def test_within_a_condition_other_functions_count():
    assert slip({"equals": [1, 1]}, NEWEST, in_condition=True) is None
    found = slip({"get_parm": "x"}, NEWEST, in_condition=True)
    assert found is not None
    assert found.cure == "did you mean 'get_param'?"


def test_where_no_map_can_stand_a_word_is_enough():
    assert likely({"concat": []}, NEWEST) == "did you mean 'list_concat'?"
    assert likely({"equals": []}, NEWEST).startswith("equals counts only within conditions")
    assert likely({"list_concat": []}, NEWEST) == ""
    assert likely({"a": 1, "b": 2}, NEWEST) == ""
