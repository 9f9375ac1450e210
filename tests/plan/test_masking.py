"""What is shown of values when some of them are secret."""

import pytest

from heat import resources
from heat.plan.definition import Unstored, compile_definition
from heat.plan.masking import HIDDEN, Mask
from heat.plugin.registry import TYPES

resources.load()

TEMPLATE = {
    "heat_template_version": "2021-04-16",
    "parameters": {
        "word": {"type": "string", "hidden": True, "default": "hush-hush"},
        "named": {"type": "string", "default": "listed"},
        "open": {"type": "string", "default": "seen"},
        "map": {"type": "json", "hidden": True, "default": {"k": ["deep-one"], "n": 20011}},
    },
}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("hush-hush", HIDDEN),
        ("seen", "seen"),
        ("password=hush-hush\n", f"password={HIDDEN}\n"),
        (["a", {"b": "hush-hush"}], ["a", {"b": HIDDEN}]),
        ({"deep-one": 1}, {HIDDEN: 1}),
        (20011, HIDDEN),
        (20012, 20012),
        (True, True),
        (None, None),
        ("listed", HIDDEN),
    ],
)
def test_values_of_hidden_parameters_are_shown_nowhere(given, shown):
    environment = {"encrypted_param_names": ["named"]}
    compiled = compile_definition(
        Unstored(TEMPLATE, {}, environment), TYPES, stack_id="i", stack_name="s", project="p"
    )
    assert compiled.mask(given) == shown


def test_short_values_hide_no_parts_of_texts():
    mask = Mask(["abc", ""])
    assert mask("abc") == HIDDEN
    assert mask("abcdef") == "abcdef"


def test_a_longer_secret_is_hidden_whole_though_it_holds_a_shorter_one():
    assert Mask(["pass", "password"])("my password") == f"my {HIDDEN}"


def test_two_masks_hide_what_each_does():
    both = Mask(["first"]) | Mask(["second"])
    assert both("first second third") == f"{HIDDEN} {HIDDEN} third"


def test_secret_properties_are_hidden_unless_nothing_was_given():
    server = TYPES["OS::Nova::Server"]
    given = {"admin_pass": "x", "name": "n"}
    assert Mask().properties(server, given) == {"admin_pass": HIDDEN, "name": "n"}
    assert Mask().properties(server, {"admin_pass": None}) == {"admin_pass": None}
    assert Mask().properties(None, given) == given
