"""Plans that follow from what is recorded alone, and what restrictions do to a plan."""

from dataclasses import replace as but

import pytest
from msgspec.structs import replace

from heat import resources
from heat.plan import actions
from heat.plan.build import build
from heat.plan.diff import Recorded
from heat.plan.model import Kind
from heat.plan.show import show

from .test_build import recorded, target

resources.load()

TWO = """
heat_template_version: 2018-08-31
parameters: {x: {type: string, default: one}, y: {type: string, default: one}}
resources:
  a:
    type: OS::Heat::TestResource
    properties: {value: {get_param: x}, update_replace_value: {get_param: y}}
  b: {type: OS::Heat::TestResource, properties: {value: {get_resource: a}}}
"""


def row(name, action="CREATE", status="COMPLETE", **more):
    return Recorded(id=name, name=name, type="T", action=action, status=status, **more)


def needs(plan):
    return {node.id: node.needs for node in plan.nodes}


@pytest.mark.parametrize("action", ["RESUME", "CHECK", "SNAPSHOT"])
def test_what_others_need_comes_first(action):
    plan = actions.build(action, 1, [row("a"), row("b", requires=("a", "gone"))])
    assert needs(plan) == {"a": (), "b": ("a",)}
    assert {node.kind for node in plan.nodes} == {Kind(action.lower())}


def test_what_others_need_is_suspended_last():
    plan = actions.build("SUSPEND", 1, [row("a"), row("b", requires=("a",))])
    assert needs(plan) == {"a": ("b",), "b": ()}


@pytest.mark.parametrize(
    ("action", "names"),
    [
        ("SUSPEND", {"well", "old", "going"}),
        ("RESUME", {"well", "old", "going"}),
        ("CHECK", {"well", "planned"}),
        ("SNAPSHOT", {"well"}),
    ],
)
def test_an_action_concerns_what_it_means_something_to(action, names):
    rows = [
        row("well"),
        row("old", replaced_by="new"),
        row("going", "DELETE", "FAILED"),
        row("planned", "INIT"),
    ]
    plan = actions.build(action, 1, rows)
    assert {node.name for node in plan.nodes} == names


def test_abandoning_forgets_what_a_deletion_would_delete():
    plan = build("DELETE", 1, recorded(TWO), None, lambda: "new")
    assert {node.kind for node in actions.abandoning(plan).nodes} == {Kind.FORGET}


def test_adopting_takes_over_what_a_creation_would_make():
    plan = build("ADOPT", 0, [], target(TWO), iter("xyz").__next__)
    assert {node.kind for node in actions.adopting(plan).nodes} == {Kind.ADOPT}


def test_a_restricted_replacement_makes_nothing_and_is_seen_in_the_plan():
    wanted = but(target(TWO, y="two"), restricted=lambda _: frozenset({"replace"}))
    plan = build("UPDATE", 1, recorded(TWO), wanted, lambda: "new")
    node = plan.nodes[0]
    assert (node.kind, node.row, node.replaces) == (Kind.UPDATE, "row-a", None)
    assert "replace is restricted for resource." in show(plan)


def test_a_resource_that_broke_is_replaced_unless_its_members_decide():
    rows = [replace(one, status="FAILED", action="UPDATE", broken=True) for one in recorded(TWO)]
    plan = build("UPDATE", 1, rows, target(TWO), iter("xyz").__next__)
    assert plan.nodes[0].replaces == "row-a"
    kept = [replace(one, broken=False) for one in rows]
    plan = build("UPDATE", 1, kept, target(TWO), iter("xyz").__next__)
    assert plan.nodes[0].kind is Kind.UPDATE
