"""Conversations about stacks in stacks: previews, before and after there is anything."""

import uuid

import pytest

from heat.engine.nursery import child_of
from heat.store import definitions, resources, stacks
from heat.store.rows import DefinitionRow, StackRow
from wire import Wire

INNER = """
heat_template_version: 2018-08-31
parameters: {x: {type: string, default: d}}
resources:
  m: {type: OS::Heat::TestResource, properties: {value: {get_param: x}}}
  k: {type: OS::Heat::Value, properties: {value: kept}}
outputs:
  o: {value: {get_attr: [m, output]}}
"""
PARENT = """
heat_template_version: 2018-08-31
parameters: {x: {type: string, default: one}, size: {type: number, default: 2}}
resources:
  n: {type: inner.yaml, properties: {x: {get_param: x}}}
  g:
    type: OS::Heat::ResourceGroup
    properties:
      count: {get_param: size}
      resource_def: {type: inner.yaml}
  b: {type: OS::Heat::Value, properties: {value: {get_attr: [n, o]}}}
"""
FILES = {"inner.yaml": INNER}
BODY = {"template": PARENT, "files": FILES}


def plan(found) -> str:
    assert found.status_code == 200, found.text
    return "\n" + found.json["plan"]


def nest(wire: Wire, parent: str, name: str, kind: str, template, files, **fields) -> str:
    """Write that a nested stack was made; returns its id."""
    owner = stacks.get(wire.db, parent)
    key = str(uuid.uuid4())
    child = child_of(key)
    real = fields.pop("real_type", kind)
    wire.made(parent, name, kind, id=key, physical_id=child, real_type=real, **fields)
    environment = {"parameters": fields.get("properties", {}) if real != kind else {}}
    environment["nesting"] = {"depth": 1, "facade": {}}
    made = DefinitionRow(id=f"d-{child}", template=template, files=files, environment=environment)
    definitions.put(wire.db, made)
    stack = StackRow(
        id=child, name=f"web-{name}", project="demo", action="CREATE", status="COMPLETE",
        reason="", definition=made.id, owner=parent, root=owner.root or parent,
        parent_resource=name, created_at=owner.created_at,
    )  # fmt: skip
    wire.db.write(lambda connection: stacks.write(connection, wire.db, stack))
    return child


@pytest.fixture
def stack(wire: Wire) -> str:
    """Return the address of a stack with all that its template asks for."""
    stack_id = wire.create("web", **BODY)
    wire.settle(stack_id)
    n = nest(
        wire, stack_id, "n", "inner.yaml", INNER, FILES,
        real_type="heat.template", properties={"x": "one"}, attributes={"o": "one"},
    )  # fmt: skip
    members(wire, n, "one")
    definition = {"type": "inner.yaml"}
    group = {
        "heat_template_version": "2015-04-30",
        "resources": {"0": definition, "1": definition},
    }
    properties = {"count": 2, "resource_def": definition}
    g = nest(wire, stack_id, "g", "OS::Heat::ResourceGroup", group, FILES, properties=properties)
    for name in ("0", "1"):
        inner = nest(wire, g, name, "inner.yaml", INNER, FILES, real_type="heat.template")
        members(wire, inner, "d")
    above = find(wire, stack_id, "n")
    wire.made(stack_id, "b", "OS::Heat::Value", properties={"value": "one"}, requires=(above.id,))
    return f"/stacks/web/{stack_id}"


def members(wire: Wire, stack_id: str, value: str) -> None:
    shown = {"output": value}
    wire.made(
        stack_id, "m", "OS::Heat::TestResource", properties={"value": value}, attributes=shown
    )
    wire.made(stack_id, "k", "OS::Heat::Value", properties={"value": "kept"})


def find(wire: Wire, stack_id: str, name: str):
    return next(row for row in resources.of_stack(wire.db, stack_id) if row.name == name)


def names(entries) -> list:
    return [names(e) if isinstance(e, list) else e["resource_name"] for e in entries]


def test_nested_stacks_to_be_are_lists_in_place_of_their_resources(wire: Wire):
    found = wire.ask("POST", "/stacks/preview", {"stack_name": "web", **BODY})
    entries = found.json["stack"]["resources"]
    assert names(entries) == [["m", "k"], [["m", "k"], ["m", "k"]], "b"]
    leaf = entries[1][1][0]
    assert (leaf["stack_name"], leaf["parent_resource"]) == ("web-g-1", "1")
    assert leaf["properties"]["value"] == "d"
    assert (
        plan(found)
        == """
+ n  inner.yaml
    + m  OS::Heat::TestResource
    + k  OS::Heat::Value
+ g  OS::Heat::ResourceGroup
    + 0  inner.yaml
        + m  OS::Heat::TestResource
        + k  OS::Heat::Value
    + 1  inner.yaml
        + m  OS::Heat::TestResource
        + k  OS::Heat::Value
+ b  OS::Heat::Value
Plan: 11 to create.
"""
    )


def test_nested_stacks_that_stay_are_kept_though_they_are_asked(wire: Wire, stack: str):
    found = wire.ask("PUT", f"{stack}/preview", BODY)
    assert plan(found) == "\nPlan: 11 to keep.\n"
    assert names(found.json["resource_changes"]["updated"]) == ["n", "g"]
    assert names(found.json["resource_changes"]["unchanged"]) == ["b"]


def test_changes_in_nested_stacks_are_told_to_the_last_member(wire: Wire, stack: str):
    more = INNER.replace("  k:", "  z: {type: OS::Heat::RandomString}\n  k:")
    body = {
        "template": PARENT,
        "files": {"inner.yaml": more},
        "parameters": {"x": "two", "size": 1},
    }
    found = wire.ask("PUT", f"{stack}/preview", body, params={"show_nested": "true"})
    assert (
        plan(found)
        == """
~ n  inner.yaml
    x: one -> two
    ~ m  OS::Heat::TestResource
        value: one -> two
    + z  OS::Heat::RandomString
~ g  OS::Heat::ResourceGroup
    count: 2 -> 1
    ~ 0  inner.yaml
        its members change
        + z  OS::Heat::RandomString
    - 1  inner.yaml
        the template has it no more
        - m  OS::Heat::TestResource
        - k  OS::Heat::Value
~ b  OS::Heat::Value
    value: one -> (known after: n.o)
Plan: 2 to create, 5 to update, 3 to delete, 3 to keep.
"""
    )
    listed = found.json["resource_changes"]
    assert {key: names(entries) for key, entries in listed.items()} == {
        "unchanged": ["k", "m", "k"],
        "updated": ["n", "m", "g", "0", "b"],
        "replaced": [],
        "added": ["z", "z"],
        "deleted": ["1", "m", "k"],
    }
    added = listed["added"][1]
    assert (added["stack_name"], added["parent_resource"]) == ("web-0", "0")


def test_a_group_without_its_first_member(wire: Wire, stack: str):
    gone = "      removal_policies: [{resource_list: ['0']}]\n      resource_def"
    body = {"template": PARENT.replace("      resource_def", gone), "files": FILES}
    found = wire.ask("PUT", f"{stack}/preview", body)
    assert (
        plan(found)
        == """
~ g  OS::Heat::ResourceGroup
    removal_policies: [] -> [{"resource_list":["0"]}]
    + 2  inner.yaml
        + m  OS::Heat::TestResource
        + k  OS::Heat::Value
    - 0  inner.yaml
        the template has it no more
        - m  OS::Heat::TestResource
        - k  OS::Heat::Value
Plan: 3 to create, 1 to update, 3 to delete, 7 to keep.
"""
    )
    counts = {"create": 3, "update": 1, "delete": 3, "keep": 7}
    assert found.json["counts"] == {"adopt": 0, "replace": 0, "forget": 0, **counts}


def test_a_nested_stack_that_is_gone_is_replaced(wire: Wire, stack: str):
    wire.settle(find(wire, stack.rsplit("/", 1)[1], "n").physical_id, "DELETE")
    assert (
        plan(wire.ask("PUT", f"{stack}/preview", BODY))
        == """
± n  inner.yaml
    it was found unhealthy
    + m  OS::Heat::TestResource
    + k  OS::Heat::Value
~ b  OS::Heat::Value
    value: one -> (known after: n.o)
Plan: 2 to create, 1 to update, 1 to replace, 7 to keep.
"""
    )
