"""No text ends in anything but a template or a fault that says what is wrong with it."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from heat.base.errors import Invalid
from heat.template.environment import read_environment
from heat.template.evaluate import NothingKnown, bind
from heat.template.load import load
from heat.template.parameters import values
from heat.template.render import to_json
from heat.template.text import parse
from heat.template.versions import VERSIONS

WORDS = sorted(
    {name for v in VERSIONS for name in [*v.functions, *v.conditions, *v.sections]}
    | {"a", "b", "type", "properties", "value", "condition", "default", "string", "json", "", "0"}
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(WORDS)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
)
TREES = st.recursive(
    SCALARS,
    lambda part: (
        st.lists(part, max_size=4) | st.dictionaries(st.sampled_from(WORDS), part, max_size=3)
    ),
    max_leaves=25,
)
SECTIONS = st.dictionaries(st.sampled_from(["a", "b", "c"]), TREES, max_size=3)


@st.composite
def templates(draw):
    version = draw(st.sampled_from(VERSIONS))
    hot = version.dialect == "hot"
    raw = {version.key: version.date}
    for section in version.sections:
        if section not in raw and draw(st.booleans()):
            raw[section] = draw(SECTIONS if draw(st.integers(0, 9)) else TREES)
    raw["resources" if hot else "Resources"] = {
        name: {
            "type" if hot else "Type": "T",
            "properties" if hot else "Properties": {"x": draw(TREES)},
        }
        for name in ("a", "b")
    }
    return raw


def attempt(act, *given):
    """Return what came of it, and the problems if it was refused."""
    try:
        return act(*given), None
    except Invalid as invalid:
        return None, invalid.problems


def use(template):
    """Do all that is done with a template; only Invalid may come of it."""
    found, _ = values(template.parameters, {}, {})
    bound = bind(template, found)
    problems = bound.problems()
    for name in bound.resources:
        bound.requires(name)
    for name in template.outputs:
        _, wrong = attempt(bound.output, name, NothingKnown())
        assert wrong is None or len(wrong) == 1
    for problem in problems:
        assert problem.shown()


@settings(max_examples=300, deadline=None)
@given(templates())
def test_any_tree_is_a_template_or_invalid(raw):
    text = yaml.safe_dump(raw)
    template, wrong = attempt(load, text)
    if template is None:
        assert wrong
        assert all(problem.shown() and problem.code for problem in wrong)
    else:
        use(template)
        assert load(to_json(template)).raw == template.raw


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="[]{}:,-?&*!|>'\"# \nab0\t%@`=<", max_size=40))
def test_any_text_is_read_or_refused(text):
    for read in (load, read_environment):
        _, wrong = attempt(read, text)
        assert wrong is None or wrong


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="[]{}:,-?&*!|>'\"# \nab0.", max_size=30))
def test_texts_mean_what_the_yaml_library_says(text):
    try:
        expected = yaml.load(text, Loader=yaml.CSafeLoader)
        expected = json.loads(json.dumps(expected, allow_nan=False))
    except (yaml.YAMLError, TypeError, ValueError, RecursionError):
        return
    assert parse(text, "text") == expected


@settings(max_examples=100, deadline=None)
@given(TREES)
def test_json_reads_the_same_as_yaml(tree):
    assert parse(json.dumps({"a": tree}), "text") == parse(yaml.safe_dump({"a": tree}), "text")


BOMB = "a0: &a0 [1,2,3,4,5,6,7,8,9]\n" + "".join(
    f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "more than 2000000 values"),
        ("[" * 50_000, "more than 100 levels"),
        ("- " * 50_000, "more than 100 levels"),
        ("? " * 50_000, "more than 100 levels"),
        ('{"a":' * 50_000, "more than 100 levels"),
        ('{"a":' * 150 + "1" + "}" * 150, "more than 100 levels"),
        ("a: &a [*a]", "an alias to what it stands in"),
        ("a: .nan", "no number that JSON has"),
        ('{"a": 1e999}', "neither JSON nor YAML"),
        ("a: !!python/object:os.system x", "could not determine a constructor"),
        ("a: 1\n---\nb: 2", "expected a single document"),
    ],
    ids=lambda v: v[:12],
)
def test_a_text_cannot_exhaust_the_machine_or_smuggle(text, said):
    if "1e999" in text:
        assert parse(text, "text") == {"a": "1e999"}  # YAML has no such number: it is text
        return
    with pytest.raises(Invalid, match=said):
        parse(text, "text")


def test_yaml_keeps_its_first_edition_meaning():
    text = """
    date: 2020-01-01
    octal: 010
    clock: 12:30
    e: 1e3
    y: y
    yes: yes
    5: five
    null: none
    set: !!set {b, a}
    base: &base {a: 1, b: 1}
    merged: {<<: *base, b: 2}
    twice: 1
    twice: 2
    smile: "\\ud83d\\ude00"
    """
    assert parse(text, "text") == {
        "date": "2020-01-01",
        "octal": 8,
        "clock": 750,
        "e": "1e3",
        "y": "y",
        "true": True,
        "5": "five",
        "null": "none",
        "set": ["b", "a"],
        "base": {"a": 1, "b": 1},
        "merged": {"a": 1, "b": 2},
        "twice": 2,
        "smile": "😀",
    }


def test_what_a_text_may_not_hold_is_shown_where_it_stands():
    for text, place in (("a: 1\nb: &b [*b]\n", "t:2:8"), ("a: 1\nb: " + "[" * 101, "t:2:103")):
        with pytest.raises(Invalid) as told:
            parse(text, "t")
        assert str(told.value.problems[0].place) == place
