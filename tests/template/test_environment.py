"""Environments: what types stand for, and how several become one."""

from dataclasses import replace

import pytest

from heat.base.errors import Invalid
from heat.template.environment import read_environment
from heat.template.load import load
from heat.template.merging import merge
from heat.template.registry import Mapped, read_registry


def registry(**raw):
    made, problems = read_registry(raw)
    assert not problems
    return made


REGISTRY = registry(
    **{
        "My::Server": "OS::Nova::Server",
        "My::App": "app.yaml",
        "My::O*": "OS::Heat::None",
        "OS::Networking::*": "OS::Neutron::*",
        "resources": {
            "web": {"My::Server": "OS::Heat::TestResource", "hooks": "pre-create"},
            "web*": {"hooks": ["pre-delete"], "restricted_actions": "replace"},
            "nested": {"inner": {"hooks": "post-create", "My::Server": "inner.yaml"}},
        },
    }
)


@pytest.mark.parametrize(
    ("type_name", "resource", "target", "is_template"),
    [
        ("OS::Nova::Server", "a", "OS::Nova::Server", False),
        ("My::Server", "a", "OS::Nova::Server", False),
        ("My::Server", "web", "OS::Heat::TestResource", False),
        ("My::App", "a", "app.yaml", True),
        ("My::Other", "a", "OS::Heat::None", False),
        ("OS::Networking::Port", "a", "OS::Neutron::Port", False),
        ("http://host/x.template", "a", "http://host/x.template", True),
    ],
)
def test_a_type_stands_for_another(type_name, resource, target, is_template):
    mapped = REGISTRY.resolve(type_name, resource)
    assert (mapped.target, mapped.is_template) == (target, is_template)


def test_a_pattern_goes_before_the_names_that_follow_it_in_the_order_of_texts():
    made = registry(**{"My::Type": "n.yaml", "My::*": "OS::Heat::None", "My::!": "first.yaml"})
    assert made.resolve("My::Type").target == "OS::Heat::None"
    assert made.resolve("My::!").target == "first.yaml"


def test_hooks_and_restrictions_reach_into_nested_stacks_by_path():
    raw = {
        "resources": {
            "web*": {"*": {"hooks": "pre-delete", "My::T": "far.yaml"}},
            "web": {"inner": {"hooks": "pre-create", "My::T": "near.yaml"}},
            "*": {"deep": {"in*": {"restricted_actions": ["replace", "update"]}}},
        }
    }
    operator = registry(resources={"web": {"inner": {"hooks": "post-update"}}})
    made = replace(registry(**raw), operator=operator)
    assert made.hooks("web", "inner") == {"pre-create", "pre-delete", "post-update"}
    assert made.hooks("web2", "inner") == {"pre-delete"}
    assert made.hooks("web") == frozenset()
    assert made.restricted("db", "deep", "inner") == {"update", "replace"}
    assert made.restricted("db", "inner") == frozenset()
    inner = made.under("web")
    assert inner.hooks("inner") == made.hooks("web", "inner")
    assert inner.resolve("My::T", "inner").target == "near.yaml"
    assert inner.resolve("My::T", "other").target == "far.yaml"


def test_hooks_and_restrictions_gather_over_patterns():
    assert REGISTRY.hooks("web") == {"pre-create", "pre-delete"}
    assert REGISTRY.hooks("web2") == {"pre-delete"}
    assert REGISTRY.restricted("web") == {"replace"}
    assert REGISTRY.hooks("db") == frozenset()


def test_a_nested_stack_has_its_level_and_may_use_the_type_it_overrides():
    inner = REGISTRY.under("nested", template="app.yaml")
    assert inner.hooks("inner") == {"post-create"}
    assert inner.resolve("My::Server", "inner").target == "inner.yaml"
    assert inner.resolve("My::App", "x") == Mapped("My::App")
    assert inner.hooks("web") == frozenset()


def test_what_the_user_maps_wins_over_the_operator():
    operator = registry(**{"My::A": "OS::Op::A", "My::B": "OS::Op::B"})
    user, _ = read_registry({"My::A": "OS::User::A"})
    both = type(user)(user.types, user.levels, operator)
    assert both.resolve("My::A").target == "OS::User::A"
    assert both.resolve("My::B").target == "OS::Op::B"
    assert "My::B" not in both.to_json()


def test_types_that_stand_for_each_other_end():
    loop = registry(A="B", B="A")
    assert loop.resolve("A").target in ("A", "B")


SCHEMAS = load(
    {
        "heat_template_version": "2018-08-31",
        "parameters": {
            "list": {"type": "comma_delimited_list"},
            "tree": {"type": "json"},
            "word": {"type": "string"},
            "flag": {"type": "boolean"},
        },
    }
).parameters


def merged(*texts, given=None):
    read = [(f"e{n}.yaml", read_environment(text)) for n, text in enumerate(texts)]
    return merge(read, SCHEMAS, given)


def test_the_last_file_wins():
    both = merged("parameters: {word: a, other: 1}", "parameters: {word: b}")
    assert both.parameters == {"word": "b", "other": 1}


def test_the_files_win_over_the_request():
    assert merged("parameters: {word: a}", given={"word": "x", "flag": True}).parameters == {
        "word": "a",
        "flag": True,
    }


def test_a_strategy_joins_what_the_files_say():
    how = "parameter_merge_strategies: {default: deep_merge}"
    both = merged(
        f"{{parameter_defaults: {{list: a, tree: {{m: {{x: 1}}}}, word: a}}, {how}}}",
        f"{{parameter_defaults: {{list: [b], tree: {{m: {{y: 2}}}}, word: b}}, {how}}}",
    )
    assert both.parameter_defaults == {
        "list": ["a", "b"],
        "tree": {"m": {"x": 1, "y": 2}},
        "word": "ab",
    }


@pytest.mark.parametrize(
    ("second", "kind"),
    [
        ("parameter_merge_strategies: {flag: merge}", "InvalidMergeStrategyForParam"),
        ("parameter_merge_strategies: {flag: deep_merge}", "ConflictingMergeStrategyForParam"),
    ],
)
def test_strategies_that_cannot_be_followed_are_refused(second, kind):
    with pytest.raises(Invalid) as caught:
        merged(
            "parameters: {flag: true}\nparameter_merge_strategies: {flag: merge}",
            f"parameters: {{flag: false}}\n{second}",
        )
    assert kind in [problem.kind for problem in caught.value.problems]


def test_what_is_stored_reads_back():
    text = """
    parameters: {a: 1}
    parameter_defaults: {b: 2}
    resource_registry: {"My::O*": "OS::Heat::None", resources: {web: {hooks: pre-create}}}
    event_sinks: [{type: zaqar-queue, target: q}]
    """
    stored = read_environment(text).to_json()
    assert read_environment(stored).to_json() == stored


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "5",
        "parameters: []",
        "parameters:",
        "bogus: {}",
        "event_sinks: [{type: nope}]",
        "resource_registry: {A: 5}",
        "resource_registry: {resources: {a: {restricted_actions: delete}}}",
        "parameters: [",
    ],
)
def test_a_wrong_environment_is_refused(text):
    with pytest.raises(Invalid):
        read_environment(text)
