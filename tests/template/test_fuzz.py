"""Whatever is sent ends in a template, or in problems that say what is wrong, in bounded time."""

import random
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from heat.base.errors import Invalid
from heat.template.environment import read_environment
from heat.template.evaluate import NothingKnown, bind
from heat.template.load import load, read
from heat.template.merging import merge
from heat.template.parameters import values
from heat.template.render import to_json
from heat.template.validate import describe
from heat.template.versions import VERSIONS

EXAMPLES = sorted(Path(__file__).parents[2].joinpath("examples").rglob("*.yaml"))
MOST_SECONDS = 20
FAST = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None
)
LONG = settings(FAST, max_examples=1500)

WORDS = sorted(
    {name for v in VERSIONS for name in [*v.functions, *v.conditions, *v.sections]}
    | {"type", "Type", "properties", "Properties", "value", "Value", "condition", "Condition"}
    | {"default", "Default", "constraints", "allowed_pattern", "length", "range", "min", "max"}
    | {"string", "json", "number", "boolean", "comma_delimited_list", "String", "Json"}
    | {"depends_on", "DependsOn", "deletion_policy", "DeletionPolicy", "hidden", "immutable"}
    | {"for_each", "template", "params", "expression", "data", "permutations", "a", "b", "p"}
    | {"Fn::ForEach::L", "${a}", "$.data", "(a+)+$", "resources", "hooks", "pre-create"}
    | {"OS::Nova::Server", "OS::stack_id", "AWS::Region", "x.yaml", "*", "merge_deep", ""}
)
TEXT = st.text(max_size=6) | st.sampled_from(WORDS)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | TEXT
    | st.sampled_from([10**30, -1, 1e308, "1_0", "0x1f", "~", "null", "\ud800", "\0", "é" * 50])
)
TREES = st.recursive(
    SCALARS,
    lambda part: st.lists(part, max_size=4) | st.dictionaries(TEXT, part, max_size=4),
    max_leaves=30,
)
MAPS = st.dictionaries(TEXT, TREES, max_size=5)


@st.composite
def whole_templates(draw):
    """A map that has a template's version and sections, of any content."""
    version = draw(st.sampled_from(VERSIONS))
    named = st.dictionaries(st.sampled_from(["a", "b", "p", "Fn::ForEach::L"]), MAPS | TREES)
    sections = {
        section: draw(named | TREES)
        for section in version.sections
        if section != version.key and draw(st.booleans())
    }
    return {version.key: version.date, **sections}


@st.composite
def broken_templates(draw):
    """A template that works, with a few of its characters or lines changed."""
    text = draw(st.sampled_from(EXAMPLES)).read_text(encoding="utf-8")
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        end = min(len(text), at + draw(st.sampled_from([0, 1, 2, 20])))
        put = draw(st.sampled_from(list("[]{}:,-?&*!|>'\"# \n\t%@`\0\ud800")) | TEXT)
        text = text[:at] + put + text[end:]
    return text


def attempt(act, *given):
    """Return what came of it, None when it was refused; a refusal says why."""
    try:
        return act(*given)
    except Invalid as invalid:
        refused = invalid
    assert refused.problems or refused.message
    for problem in refused.problems:
        assert problem.code
        assert problem.shown()
    return None


def check(raw):
    """Do all that is done with what is sent as a template."""
    began = time.process_time()
    template = attempt(load, raw)
    attempt(read, raw)
    if template is not None:
        attempt(use, template)
    assert time.process_time() - began < MOST_SECONDS


def use(template):
    found, _ = values(template.parameters, {}, {})
    bound = bind(template, found, stack_name="s")
    for problem in bound.problems():
        assert problem.shown()
    for name, definition in bound.resources.items():
        bound.requires(name)
        if definition.properties is not None:
            attempt(bound.value, definition.properties, NothingKnown())
    for name in template.outputs:
        attempt(bound.output, name, NothingKnown())
    describe(template)
    assert attempt(load, to_json(template)) is not None


def check_environment(raw):
    environment = attempt(read_environment, raw)
    if environment is not None:
        attempt(merge, [("a", environment), ("b", environment)], {})
        for name in ("a", "OS::Nova::Server", "x.yaml"):
            environment.registry.resolve(name, "a")
            environment.registry.hooks(name)


def check_text(text):
    check(text)
    check_environment(text)


def check_map(raw):
    check(raw)
    check(yaml.safe_dump(raw, allow_unicode=True))
    check_environment(raw)


RUNS = {
    "text": (st.text(max_size=200), check_text),
    "marks": (st.text(alphabet="[]{}:,-?&*!|>'\"# \nab0.~=<%@`\t", max_size=60), check_text),
    "broken": (broken_templates(), check_text),
    "maps": (MAPS, check_map),
    "templates": (whole_templates(), check_map),
    "environments": (
        st.dictionaries(
            st.sampled_from(
                [
                    "parameters",
                    "parameter_defaults",
                    "resource_registry",
                    "event_sinks",
                    "encrypted_param_names",
                    "parameter_merge_strategies",
                ]
            ),
            MAPS | TREES,
        ),
        check_environment,
    ),
}


@pytest.mark.parametrize("kind", RUNS)
def test_anything_is_a_template_or_refused(kind):
    _run(kind, FAST)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", RUNS)
def test_anything_is_a_template_or_refused_at_length(kind):
    _run(kind, LONG)


def _run(kind, profile):
    strategy, act = RUNS[kind]

    @profile
    @given(strategy)
    def attempt_each(raw):
        act(raw)

    attempt_each()


@FAST
@example(seed=0, depth=90)
@given(seed=st.integers(0, 2**32), depth=st.integers(1, 90))
def test_calls_in_calls_end(seed, depth):
    chance = random.Random(seed)
    value = "word"
    for _ in range(depth):
        value = chance.choice(
            [
                {"str_replace": {"template": "aXaX", "params": {"X": value}}},
                {"list_join": ["-", [value, value]]} if depth < 12 else {"get_param": "p"},
                {"if": ["c", value, "x"]},
                {"repeat": {"for_each": {"%": ["a", "b"]}, "template": value}},
                {"map_merge": [{"a": value}, {"b": value}]} if depth < 12 else [value],
                {"yaql": {"expression": "$.data", "data": value}},
            ]
        )
    check(
        {
            "heat_template_version": "2021-04-16",
            "conditions": {"c": True},
            "outputs": {"o": {"value": value}},
        }
    )
