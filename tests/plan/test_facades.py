"""A template that stands for a type must do for all who use that type."""

import pytest

from heat.plan.facades import mismatches
from heat.plugin.fields import Struct, attribute, fixed, mutable
from heat.plugin.nested import provider
from heat.plugin.resource import Resource
from heat.template.load import load


class Part(Struct):
    size: int | None = fixed("How large.")


class Facade(Resource):
    """The type that is stood for."""

    name: str = mutable("Its name.")
    count: int | None = mutable("How many.")
    flags: list[str] | None = mutable("What it has.")
    part: Part | None = mutable("What it is made of.")
    free: object = mutable("Anything.", default=None)
    address = attribute("Where it is.")
    show = attribute("All of it.")


GOOD = """
heat_template_version: 2021-04-16
parameters:
  name: {type: string}
  count: {type: number, default: 1}
  flags: {type: comma_delimited_list, default: []}
  part: {type: json, default: {}}
  extra: {type: string, default: x}
outputs:
  address: {value: here}
"""


def told(text):
    template = load(text)
    return [said for said, _ in mismatches(Facade, provider("n.yaml", template), template)]


def test_a_template_with_the_same_properties_and_attributes_will_do():
    assert told(GOOD) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: {type: string}", "other: {default: 1, type: string}", "no parameter name"),
        ("count: {type: number, default: 1}", "count: {type: string, default: a}", "count is a"),
        ("part: {type: json, default: {}}", "part: {type: string, default: a}", "part is a string"),
        ("extra: {type: string, default: x}", "extra: {type: string}", "needs the parameter extra"),
        ("extra: {type: string, default: x}", "free: {type: json, default: {}}", "anything"),
        ("address: {value: here}", "place: {value: here}", "no output address"),
    ],
)
def test_each_difference_is_told(old, new, said):
    assert old in GOOD
    (found,) = told(GOOD.replace(old, new))
    assert said in found
