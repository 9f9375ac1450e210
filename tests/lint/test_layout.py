"""A new layout keeps every comment and the meaning, and there is one for each template."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from heat.base.errors import Invalid
from heat.lint.layout import lay_out
from heat.template.text import parse

EXAMPLES = Path(__file__).parents[2] / "examples"

UNTIDY = """\
# Head

# for outputs
outputs:
    # ip comment
    ip:   {get_attr: [a,
         b]}
# of resources

resources:   # trailing
        # before a
        a:
                type: OS::Heat::Value\x20\x20
                depends_on:
                - x
                -   y
                # last of the list
                properties:
                    value: |
                          line one
                            two\x20\x20
                          three



                    # after the text
                    type: "multi
                       line"
                metadata:
                -   k: v
                    l:
                    - - 1
                      -   2
                    -
                      z: &anchor {a: b}
                -   text: >-
                      folded
                      more
                    digit: |2
                        two more
                      end
heat_template_version: 2021-04-16
# last"""

TIDY = """\
# Head

heat_template_version: 2021-04-16
# last

# of resources

resources:   # trailing
  # before a
  a:
    type: OS::Heat::Value
    depends_on:
      - x
      - y
    # last of the list
    properties:
      value: |
        line one
          two\x20\x20
        three

      # after the text
      type: "multi
         line"
    metadata:
      - k: v
        l:
          - - 1
            - 2
          -
            z: &anchor {a: b}
      - text: >-
          folded
          more
        digit: |2
            two more
          end

# for outputs
outputs:
  # ip comment
  ip:   {get_attr: [a,
       b]}
"""


def test_an_untidy_template_becomes_tidy():
    assert lay_out(UNTIDY, "t") == TIDY


def test_a_tidy_template_stays():
    assert lay_out(TIDY, "t") == TIDY


def test_the_example_is_tidy():
    text = (EXAMPLES / "wordpress.yaml").read_text()
    assert lay_out(text, "wordpress.yaml") == text


def test_json_stays_as_it_is():
    text = '{"heat_template_version":   "2021-04-16"}'
    assert lay_out(text, "t") == text


def test_sections_stay_where_moving_them_would_change_a_text():
    text = (
        "outputs:\n  a: {value: *v}\nheat_template_version: 2021-04-16\n".replace("*v", "x")
        + "description: |+\n  kept\n\n\nresources: {}\n"
    )
    made = lay_out(text, "t")
    assert parse(made, "t") == parse(text, "t")
    assert made == text


def test_an_alias_does_not_come_before_its_anchor():
    text = (
        "resources:\n    a: &a {type: OS::Heat::None}\n"
        "parameters:\n    b: *a\nheat_template_version: 2021-04-16\n"
    )
    made = lay_out(text, "t")
    assert made == text.replace("    ", "  ")


def test_tabs_and_blanks_in_a_script_stay():
    text = "a:\n    b: |\n          x:\n          \ty\n            \n          z\n"
    assert lay_out(text, "t") == "a:\n  b: |\n    x:\n    \ty\n      \n    z\n"


def test_windows_line_ends_go():
    assert lay_out("a:\r\n    b: 1\r\n", "t") == "a:\n  b: 1\n"


@pytest.mark.parametrize(
    "text", ["a: [", "? a\n: b\n", 'a: "b\u2028 c"\nd: 1\n', "a:\n  b: 1\n\tc: 2\n"]
)
def test_what_can_not_be_kept_is_refused(text):
    with pytest.raises(Invalid) as raised:
        lay_out(text, "t.yaml")
    assert raised.value.problems[0].place is not None


names = st.sampled_from(["a", "b", "resources", "x y", "1", "outputs", "heat_template_version"])
scalars = st.one_of(
    st.integers(),
    st.booleans(),
    st.none(),
    st.sampled_from(
        ["", "text", "two\nlines\n", " lead", "end \n\n", "# no comment", "- x", "a: b"]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp"]), max_size=100),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(
    st.dictionaries(names, values, min_size=1),
    st.integers(2, 7),
    st.sampled_from([None, "|", ">", '"']),
    st.data(),
)
def test_comments_and_meaning_are_kept(value: Any, indent: int, style: str | None, data: Any):
    class Dumper(yaml.SafeDumper):
        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            super().increase_indent(flow, indentless and loose)

    def text_of(dumper: Any, given: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", given, style=style)

    loose = data.draw(st.booleans())
    Dumper.add_representer(str, text_of)
    text = yaml.dump(value, Dumper=Dumper, indent=indent, sort_keys=False, allow_unicode=True)
    before = parse(text, "t")
    made = lay_out(text, "t")
    assert parse(made, "t") == before
    assert lay_out(made, "t") == made
    lines = made.split("\n")
    at = data.draw(st.integers(0, len(lines) - 1))
    commented = "\n".join([*lines[:at], "   # remember", *lines[at:]])
    try:
        if parse(commented, "t") != before:
            return  # it stands in a text
    except Invalid:
        return
    again = lay_out(commented, "t")
    assert parse(again, "t") == before
    words = Counter(" ".join(line.split()) for line in again.split("\n"))
    assert words["# remember"] == 1
