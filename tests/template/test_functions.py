"""Functions, one case a line: version, call, what it gives."""

import pytest
import yaml

from heat.base.errors import Invalid
from heat.base.unknown import Unknown
from heat.template.evaluate import NothingKnown, bind
from heat.template.load import load
from heat.template.parameters import values

LATEST = "2021-04-16"
PARAMETERS = {
    "word": {"type": "string", "default": "teal"},
    "list": {"type": "comma_delimited_list", "default": "a,b,c"},
    "tree": {"type": "json", "default": {"k": [10, {"deep": "x"}], "0": "zero"}},
    "yes": {"type": "boolean", "default": True},
    "name": {"type": "string", "default": "server"},
}


def bound(value, version=LATEST, **sections):
    raw = {
        "heat_template_version": version,
        "parameters": PARAMETERS,
        "resources": {"server": {"type": "T"}, "disk": {"type": "T"}},
        "outputs": {"o": {"value": value}},
        **sections,
    }
    template = load(raw)
    return bind(template, values(template.parameters, {}, {})[0], files={"a.txt": "hello"})


def give(value, version=LATEST, facts=None, **sections):
    return bound(value, version, **sections).output("o", facts or NothingKnown())


GIVES = [
    ({"get_param": "word"}, "teal"),
    ({"get_param": ["tree", "k", 1, "deep"]}, "x"),
    ({"get_param": ["tree", "k", "1", "deep"]}, "x"),
    ({"get_param": ["tree", "nope", "deeper"]}, ""),
    ({"get_param": ["list", 7]}, ""),
    ({"get_file": "a.txt"}, "hello"),
    ({"list_join": [",", ["a", None, {"z": 1, "b": 2}], None, ["c"]]}, 'a,,{"b": 2, "z": 1},c'),
    ({"str_replace": {"template": "aab ab", "params": {"a": "b", "ab": "X"}}}, "bX X"),
    ({"str_replace": {"template": "v", "params": {"v": True}}}, "True"),
    (
        {"repeat": {"for_each": {"%i%": ["1", "2"], "%j%": ["x", "y"]}, "template": "%i%%j%"}},
        ["1x", "1y", "2x", "2y"],
    ),
    (
        {
            "repeat": {
                "for_each": {"%i%": ["1", "2"], "%j%": ["x", "y"]},
                "template": {"%i%": "%j%"},
                "permutations": False,
            }
        },
        [{"1": "x"}, {"2": "y"}],
    ),
    ({"digest": ["MD5", "abc"]}, "900150983cd24fb0d6963f7d28e17f72"),
    ({"str_split": [",", "a,b,c", "-1"]}, "c"),
    ({"map_merge": [{"a": 1, "b": 1}, None, {"b": 2}]}, {"a": 1, "b": 2}),
    (
        {"map_replace": [{"a": "x", "b": []}, {"keys": {"a": "A"}, "values": {"x": 1}}]},
        {"A": 1, "b": []},
    ),
    ({"yaql": {"expression": "$.data.where($ > 1).sum()", "data": [1, 2, 3]}}, 5),
    ({"filter": [["a"], ["a", "b", "a"]]}, ["b"]),
    ({"contains": ["ell", "hello"]}, True),
    ({"list_concat": [[1], None, [1]]}, [1, 1]),
    ({"list_concat_unique": [[{"a": 1}, 2], [2, {"a": 1}]]}, [{"a": 1}, 2]),
    (
        {
            "make_url": {
                "scheme": "https",
                "host": "::1",
                "port": 80,
                "path": "a b",
                "query": {"q": "/"},
            }
        },
        "https://[::1]:80/a%20b?q=/",
    ),
    ({"if": [{"get_param": "yes"}, "a", "b"]}, "a"),
    ({"if": [{"not": {"get_param": "yes"}}, "a", {"get_param": "word"}]}, "teal"),
    ([1, {"if": [False, 2]}, {"k": {"if": [False, 3]}}], [1, {}]),
    ({"if": [False, 1]}, None),
    ({"get_param": "word", "other": 1}, {"get_param": "word", "other": 1}),
]


@pytest.mark.parametrize(("value", "expected"), GIVES, ids=lambda v: yaml.safe_dump(v)[:40])
def test_gives(value, expected):
    assert give(value) == expected


REFUSES = [
    ({"list_join": [",", [1]]}, "must be text, not a number"),
    ({"str_replace_strict": {"template": "x", "params": {"y": "z"}}}, "'y' does not occur"),
    ({"str_replace_vstrict": {"template": "y", "params": {"y": []}}}, "'y' is empty"),
    ({"repeat": {"for_each": {"%i%": [1]}, "template": "%i%"}}, "must stand for text"),
    ({"digest": ["nope", "x"]}, "'nope' is unknown"),
    ({"str_split": [",", "a,b", 2]}, "there are 2 parts"),
    ({"map_replace": [{"a": 1, "b": 2}, {"keys": {"a": "b"}}]}, "is there already"),
    ({"make_url": {"scheme": "http", "port": 70000}}, "from 1 to 65535"),
    ({"make_url": {"hots": "x"}}, "did you mean 'host'"),
    ({"yaql": {"expression": "$.data.(", "data": 1}}, "can't be read"),
    ({"get_param": "wrod"}, "did you mean 'word'"),
    ({"get_file": "b.txt"}, "did you mean 'a.txt'"),
    ({"get_resource": "sever"}, "did you mean 'server'"),
    ({"if": ["nope", 1, 2]}, "condition 'nope' does not exist"),
    ({"if": ["x"]}, "THEN"),
    ({"Ref": "word"}, "before 2014-10-16"),
    ({"resource_facade": "metadata"}, "not nested"),
]


@pytest.mark.parametrize(("value", "said"), REFUSES, ids=lambda v: yaml.safe_dump(v)[:40])
def test_refuses(value, said):
    with pytest.raises(Invalid) as caught:
        give(value)
    assert said in str(caught.value)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].at[:3] == ("outputs", "o", "value")


@pytest.mark.parametrize(
    ("version", "value", "expected"),
    [
        ("2013-05-23", {"Ref": "word"}, "teal"),
        ("2013-05-23", {"digest": ["md5", "x"]}, {"digest": ["md5", "x"]}),
        ("2014-10-16", {"Fn::Select": ["1", ["a", "b"]]}, "b"),
        ("2016-04-08", {"if": [True, 1, 2]}, {"if": [True, 1, 2]}),
        ("newton", {"if": [True, 1, 2]}, 1),
    ],
)
def test_a_version_has_its_own_functions(version, value, expected):
    assert give(value, version) == expected


SERVER = {"get_attr": ["server", "ip"]}
WAITS = Unknown(frozenset(("server.ip",)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (SERVER, WAITS),
        ({"a": SERVER, "b": 1}, {"a": WAITS, "b": 1}),
        ({"str_replace": {"template": "$ip", "params": {"$ip": SERVER}}}, WAITS),
        ({"list_join": [",", [SERVER, "x"]]}, WAITS),
        ({"map_merge": [{"a": SERVER}, {"b": 1}]}, {"a": WAITS, "b": 1}),
        ({"list_concat": [[SERVER], [1]]}, [WAITS, 1]),
        ({"list_concat": [SERVER, [1]]}, WAITS),
        ({"list_concat_unique": [[SERVER], [1]]}, WAITS),
        ({"repeat": {"for_each": {"%i%": ["a"]}, "template": {"%i%": SERVER}}}, [{"a": WAITS}]),
        ({"yaql": {"expression": "$.data.len()", "data": [SERVER]}}, WAITS),
        (
            {"list_join": [",", [SERVER, {"get_resource": "disk"}]]},
            Unknown(frozenset(("server.ip", "disk"))),
        ),
        ({"if": [True, 1, SERVER]}, 1),
    ],
    ids=lambda v: str(v)[:40],
)
def test_what_is_unknown_flows_and_the_rest_stays_known(value, expected):
    assert give(value) == expected


def test_a_query_with_an_unknown_function_fails_before_its_data_is_known():
    with pytest.raises(Invalid, match="no function 'nope'"):
        give({"yaql": {"expression": "$.data.nope()", "data": SERVER}})


def test_attribute_paths_are_walked_here_in_the_first_version_and_by_the_resource_later():
    asked = []

    class Facts(NothingKnown):
        def attribute(self, resource, attribute, path):
            asked.append((resource, attribute, list(path)))
            return {"k": ["x", "y"]}

    call = {"get_attr": ["server", "ip", "k", 1]}
    assert give(call, "2013-05-23", Facts()) == "y"
    assert give(call, "2014-10-16", Facts()) == {"k": ["x", "y"]}
    assert give({"get_attr": ["server"]}, "2015-10-15", Facts()) == {"k": ["x", "y"]}
    assert asked == [("server", "ip", []), ("server", "ip", ["k", 1]), ("server", None, [])]
