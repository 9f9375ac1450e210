"""What would exhaust the machine is refused, at once and with the cure."""

import functools
import json
import random
import re
import string
import time
import warnings

import pytest
import yaml

from heat.base.errors import Invalid
from heat.base.problems import closest
from heat.template.constraints import AllowedPattern
from heat.template.evaluate import NothingKnown, bind
from heat.template.expressions import Bad
from heat.template.functions import yaql_engine
from heat.template.functions.queries import YAQL
from heat.template.limits import QUERIES
from heat.template.load import load
from heat.template.parameters import values
from heat.template.patterns import TooSlow, compile_pattern
from heat.template.source import Source
from heat.template.text import parse
from heat.template.yaml_nodes import compose

VERSION = "heat_template_version: 2021-04-16\n"


def refusal(act, *given):
    with pytest.raises(Invalid) as caught:
        act(*given)
    return caught.value.problems[0]


def output(value, parameters=None):
    """Compute an output that has this value."""
    defaults = {
        name: {"type": "json" if isinstance(default, list) else "string", "default": default}
        for name, default in (parameters or {}).items()
    }
    raw = {"heat_template_version": "2021-04-16", "parameters": defaults}
    template = load(raw | {"outputs": {"o": {"value": value}}})
    bound = bind(template, values(template.parameters, {}, {})[0])
    return bound.output("o", NothingKnown())


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ("a: 1\nb: x\0", 2, 5, "U+0000"),
        ("a: \x07", 1, 4, "U+0007"),
        ('{"a": "\x01"}', 1, 8, "U+0001"),
        ("a: \ud800", 1, 4, "U+D800"),
        ("a:\n\tb: 1", 2, 1, "cannot start any token"),
        ("a: " + "9" * 5000, 1, 4, "more than 1000 digits"),
        ('{"a": ' + "9" * 5000 + "}", 1, 7, "more than 1000 digits"),
        ("a: 0x" + "f" * 5000, 1, 4, "more than 1000 digits"),
        ("a: 1" + ":59" * 50_000, 1, 4, "more than 1000 digits"),
        ("a: .inf", 1, 4, "no number that JSON has"),
        ("? [a]\n: b", 1, 5, "unhashable key"),
        ("a: !!python/name:os.system", 1, 4, "could not determine a constructor"),
        ("x" * 2000 + ": 1", 1, 2001, "mapping values are not allowed"),
    ],
    ids=lambda v: repr(v)[:20],
)
def test_a_bad_text_is_refused_where_it_is_bad(text, line, column, said):
    found = refusal(parse, text, "t")
    assert said in found.detail
    assert (found.place.line, found.place.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": "\\u0000"}', "which no database keeps"),
        ('a: "\\0"', "which no database keeps"),
        ('{"a": "\\ud800"}', "invalid Unicode character"),
    ],
)
def test_characters_that_only_escapes_can_write_are_refused_too(text, said):
    assert said in refusal(parse, text, "t").detail


def test_a_map_with_such_characters_is_refused():
    raw = {"heat_template_version": "2016-10-14", "description": "\0"}
    assert "U+0000" in refusal(load, raw).detail


def test_a_mark_of_byte_order_is_no_part_of_the_text():
    assert parse("\ufeffa: 1", "t") == parse('\ufeff{"a": 1}', "t") == {"a": 1}


@pytest.mark.parametrize("text", ["[" * 200_000, "- " * 200_000, "{a: " * 200_000, "a: [\0"])
def test_positions_in_a_text_of_any_depth_do_not_end_the_process(text):
    assert compose(text) is None


@pytest.mark.parametrize(
    "text", ["a: [1, {b: c}]", "a: &x {b: 1}\nc: *x", "- &a [*a]", "'q': |\n  t\n", "", "a\n--- b"]
)
def test_positions_are_those_of_the_yaml_library(text):
    def shown(node, seen=()):
        if node is None or id(node) in seen:
            return None
        seen = (*seen, id(node))
        mark = (node.start_mark.line, node.start_mark.column)
        if isinstance(node, yaml.ScalarNode):
            return mark, node.value
        if isinstance(node, yaml.SequenceNode):
            return mark, [shown(part, seen) for part in node.value]
        return mark, [(shown(key, seen), shown(value, seen)) for key, value in node.value]

    try:
        expected = shown(yaml.compose(text, Loader=yaml.CSafeLoader))
    except yaml.YAMLError:
        expected = None
    assert shown(compose(text)) == expected


SLOW = "(a|aa)+$"


def test_a_pattern_that_takes_for_ever_is_cut_off():
    template = load(
        f"{VERSION}parameters:\n  p: {{type: string, constraints: [{{allowed_pattern: '{SLOW}'}}]}}"
    )
    began = time.process_time()
    found = refusal(values, template.parameters, {"p": "a" * 80 + "!"}, {})
    assert time.process_time() - began < 5
    assert found.code == "H504"
    assert found.at == ("parameters", "p")
    assert "takes too long" in found.detail


def test_many_slow_patterns_take_no_longer_than_one():
    schema = {"type": "string", "constraints": [{"allowed_pattern": SLOW}]}
    raw = {
        "heat_template_version": "2021-04-16",
        "parameters": {f"p{n}": {**schema, "default": "a" * 80 + "!"} for n in range(500)},
    }
    began = time.process_time()
    assert "takes too long" in refusal(load, raw).detail
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "pattern", ["(", "a{99999999999}", "(" * 5000, "x" * 20_000, "\\p{L}", "(?e)a"]
)
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(ValueError, match=r"pattern|characters"):
        compile_pattern(pattern)


@pytest.mark.parametrize("value", ["aé", "a{e}", "a:]", "1", "ab", "a\n", "", "&", "[", "k"])
@pytest.mark.parametrize(
    "pattern",
    [
        "a{e}", "[[:alpha:]]+", "[a&&b]", "[+--]", "[[a]]", "a|ab", "\\N{BULLET}?a", "[]a]+",
        "[^]]", "(?i)K", "a$", "\\w+", "x{,2}1", "(?<=a)b|a(?=b)", "(.)\\1|a\\{e\\}", "[\\]&|~]",
    ],
)  # fmt: skip
def test_patterns_mean_what_the_standard_library_says(pattern, value):
    with warnings.catch_warnings(action="ignore"):
        found = re.match(pattern, value)
    expected = found is not None and found.end() == len(value)
    assert (AllowedPattern(pattern).wrong(value) is None) == expected


def query(expression, data=None):
    return YAQL.apply({"expression": expression, "data": data}, None)


DOUBLING = "let(a => [1, 1])" + "->let(a => [$a, $a])" * 24


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("range(200).select(range(200).select($ + 1).sum()).sum()", "more than 2000 calls"),
        ("sequence().where(false).first()", "more than 200 items"),
        ("range(1000000000000)", "more than 200 items"),
        ("'ab' * 100000000", "more than 10000 bytes"),
        ("pow(10, 100000000)", "more than 10000 bits"),
        ("shiftBitsLeft(1, 10000000000)", "more than 10000 bits"),
        (f"{DOUBLING}->$a", "hold more than"),
        (f"{DOUBLING}->str($a)", "hold more than"),
        ("def(f, f() + f()) -> f()", "too deeply"),
        ("(" * 3000 + "1" + ")" * 3000, "too deeply"),
        (f"regex('{SLOW}').search('{'a' * 80}b')", "takes too long"),
        (f"'{'a' * 80}b'.matches('{SLOW}')", "takes too long"),
        (f"'{'a' * 80}b' =~ '{SLOW}'", "takes too long"),
        (f"regex('{SLOW}').searchAll('{'a' * 80}b')", "takes too long"),
        ("float('inf')", "no JSON number"),
        ("1" * 11_000, "10000 are allowed"),
    ],
    ids=lambda v: v[:24],
)
def test_a_query_ends(expression, said, monkeypatch):
    monkeypatch.setattr(yaql_engine, "MAX_CALLS", 2000)
    began = time.process_time()
    with pytest.raises(Bad, match=said):
        query(expression)
    assert time.process_time() - began < 20


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'abc'.matches('b')", True),
        ("regex('a(b)').searchAll('abab', $2.value)", ["b", "b"]),
        ("regex('B', ignoreCase => true).replace('abc', 'x')", "axc"),
        ("'a,b'.split(regex(','))", ["a", "b"]),
        ("isRegex(regex('a'))", True),
        ("'a' !~ 'b'", True),
        ("pow(2, 10) + shiftBitsLeft(1, 3) + pow(3, 2, 5)", 1036),
    ],
)
def test_limited_functions_of_queries_still_answer(expression, expected):
    assert query(expression) == expected


def test_the_operator_sets_the_limits_of_queries(monkeypatch):
    monkeypatch.setattr(QUERIES, "iterators", 3)
    with pytest.raises(Bad, match="more than 3 items") as caught:
        query("range(4)")
    assert "limit_iterators in section [yaql]" in caught.value.cure


_letters = "".join(random.Random(1).choices(string.ascii_letters, k=60_000))
NESTED = functools.reduce(
    lambda inner, _: {"str_replace": {"template": "aaaaaaaaaa", "params": {"a": inner}}},
    range(30),
    "aaaaaaaaaa",
)
LIST = list(range(50_000))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (
            {
                "repeat": {
                    "for_each": {f"%{n}%": [str(k) for k in range(100)] for n in range(10)},
                    "template": "x",
                }
            },
            "would make 1" + "0" * 20 + " values",
        ),
        ({"repeat": {"for_each": {"%": ["y" * 9**5]}, "template": "%" * 1000}}, "would have"),
        ({"str_replace": {"template": "a" * 9**5, "params": {"a": "b" * 9**5}}}, "would have"),
        ({"str_replace": {"template": _letters, "params": dict.fromkeys(
            [_letters[n : n + 3] for n in range(0, 60_000, 3)], "x")}}, "too much together"),
        (NESTED, "would have"),
        ({"list_join": ["x" * 9**5, ["a"] * 9**5]}, "would have"),
        ([{"list_join": ["", [{"get_param": "text"}] * 20]}] * 3000, "too much together"),
        ({"list_concat": [{"get_param": "list"}] * 3000}, "would make 250000 values"),
        ({"list_concat_unique": [{"get_param": "list"}]}, "too much together"),
        ({"filter": [{"get_param": "list"}, {"get_param": "list"}]}, "too much together"),
        ({"str_split": ["a", "a" * 300_000]}, "would make 200001 values"),
    ],
    ids=lambda v: str(v)[:20],
)  # fmt: skip
def test_a_few_lines_cannot_make_more_than_a_machine_holds(value, said):
    began = time.process_time()
    found = refusal(output, value, {"text": "a" * 200_000, "list": LIST})
    assert time.process_time() - began < 30
    assert said in found.detail
    assert found.cure == "make it of shorter texts and lists"


def test_the_whole_template_has_a_budget_too():
    bomb = {"list_join": ["", [{"get_param": "text"}] * 20]}
    raw = {
        "heat_template_version": "2021-04-16",
        "parameters": {"text": {"type": "string", "default": "a" * 200_000}},
        "resources": {
            f"r{n}": {"type": "OS::Heat::Value", "properties": {"value": bomb}} for n in range(100)
        },
    }
    template = load(json.loads(json.dumps(raw)))
    problems = bind(template, values(template.parameters, {}, {})[0]).problems()
    assert "too much together" in problems[0].detail


def test_a_slow_pattern_says_which_it_is():
    with pytest.raises(TooSlow, match=re.escape("'(a|aa)+$'")):
        compile_pattern(SLOW).matches_all("a" * 80 + "!")


def test_conditions_that_build_on_too_many_others_are_refused_where_they_count():
    built = "".join(f"  c{n + 1}: {{not: c{n}}}\n" for n in reversed(range(2000)))
    template = load(
        f"{VERSION}conditions:\n{built}  c0: true\n"
        "resources:\n  r: {type: OS::Heat::None, condition: c2000}\n"
    )
    (found,) = bind(template, {}).problems()
    assert (found.code, found.at) == ("H304", ("conditions", "c2000"))
    assert found.cure == "let it build on fewer"


def test_the_name_of_a_resource_has_a_length_that_the_store_keeps():
    found = refusal(load, f"{VERSION}resources:\n  {'x' * 256}: {{type: OS::Heat::None}}\n")
    assert (found.code, found.detail) == ("H205", "it has 256 characters; 255 are allowed")


def test_many_problems_are_placed_in_little_more_time_than_one():
    lines = "".join(f"  r{n}: {{type: OS::Heat::None}}\n" for n in range(2000))
    source = Source("template", f"{VERSION}resources:\n{lines}")
    began = time.process_time()
    places = [source.place(("resources", f"r{n}", "type")) for n in range(2000)]
    assert time.process_time() - began < 10
    assert [place.line for place in places if place] == list(range(3, 2003))


@pytest.mark.parametrize("name", ["srever_number_417", "server_numbr_417", "Server_Number_417"])
def test_the_closest_of_many_names_is_found_all_the_same(name):
    assert closest(name, [f"server_number_{n}" for n in range(1000)]) == "server_number_417"


def test_thousands_of_misspelt_names_among_as_many_others_are_told_soon():
    one = "  r{0}: {{type: OS::Heat::Value, properties: {{value: {{get_resource: x{0}}}}}}}\n"
    resources = "".join(one.format(n) for n in range(5000))
    bound = bind(load(f"{VERSION}resources:\n{resources}"), {})
    began = time.process_time()
    assert len(bound.problems()) == 5000
    assert time.process_time() - began < 20


def test_the_closest_name_is_not_looked_for_where_that_would_take_long():
    began = time.process_time()
    assert closest("servre_" * 2000, ["server_" * 2000] * 1000) is None
    assert time.process_time() - began < 5
