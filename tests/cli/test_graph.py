"""Drawings of what needs what, of stacks and of files."""

import xml.etree.ElementTree as ET

import pytest
from cli_service import NESTED

from heat.cli.drawing import Box, draw

TEMPLATE = """\
heat_template_version: 2021-04-16
resources:
  net: {type: OS::Neutron::Net}
  subnet:
    type: OS::Neutron::Subnet
    properties: {network: {get_resource: net}, cidr: 10.0.0.0/24}
  port:
    type: OS::Neutron::Port
    properties: {network: {get_resource: net}}
"""


def boxes(text):
    """Return the place of each box of a picture: its left, top, right and bottom."""
    space = "{http://www.w3.org/2000/svg}"
    found = {}
    for group in ET.fromstring(text).iter(f"{space}g"):
        rect = group.find(f"{space}rect")
        x, y, w, h = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        found[group.find(f"{space}text").text] = (x, y, x + w, y + h)
    return found


def test_a_file_is_drawn_without_a_service(heat, tmp_path, monkeypatch):
    monkeypatch.delenv("OS_AUTH_URL")
    (tmp_path / "t.yaml").write_text(TEMPLATE)
    ran = heat("stack", "graph", "t.yaml", "-f", "dot")
    assert ran.code == 0
    assert '  "net" -> "subnet";' in ran.out
    # What a type implies is drawn too: a port comes after the subnets of its network.
    assert '  "subnet" -> "port";' in ran.out


def test_a_file_that_can_not_be_read_is_told_with_its_place(heat, tmp_path):
    (tmp_path / "t.yaml").write_text("resources: [")
    ran = heat("stack", "graph", "t.yaml")
    assert ran.code == 1
    assert ran.err.startswith("t.yaml:1:13: ")


def test_a_stack_is_drawn_with_its_states_and_what_is_inside(heat, service):
    service.has_stack("shop")
    inside = ("shop-db-x", NESTED)
    service.resources = [
        service.resource("net", "CREATE_COMPLETE") | {"required_by": ["db"]},
        service.resource("db", "CREATE_FAILED", "db.yaml", nested=f"shop-db-x/{NESTED}"),
        service.resource("disk", "CREATE_FAILED", of=inside),
    ]
    lines = heat("stack", "graph", "shop", "-n", "2").out.splitlines()
    assert lines == [
        "flowchart TD",
        '  n0["net<br/>OS::Nova::Server"]',
        '  n1["db<br/>db.yaml"]',
        '  n2["db.disk<br/>OS::Nova::Server"]',
        "  n0 --> n1",
        "  n2 --> n1",
        "  style n0 fill:#d7f0d7",
        "  style n1 fill:#f6d0d0",
        "  style n2 fill:#f6d0d0",
    ]


def test_in_a_picture_each_box_is_below_all_that_it_needs_and_none_lies_on_another():
    given = [
        Box("a"),
        Box("b", needs=("a",)),
        Box("c", "OS::Some::LongType", needs=("a", "b")),
        Box("d", needs=("a",)),
        Box("e<&>", needs=("d", "c", "gone")),
    ]
    found = boxes(draw(given, "svg"))
    assert set(found) == {"a", "b", "c", "d", "e<&>"}
    for box in given:
        for need in box.needs:
            if need in found:
                assert found[need][3] < found[box.name][1]
    places = list(found.values())
    for n, one in enumerate(places):
        for other in places[n + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0]
            assert apart or one[3] <= other[1] or other[3] <= one[1]


def test_a_picture_leaves_out_the_arrows_that_follow_from_others():
    drawn = draw([Box("a"), Box("b", needs=("a",)), Box("c", needs=("a", "b", "b"))], "svg")
    assert drawn.count("marker-end") == 2


def test_a_picture_has_each_box_near_what_needs_it():
    chain = [Box("a"), Box("b", needs=("a",)), Box("c", needs=("b", "late"))]
    found = boxes(draw([Box("late"), *chain], "svg"))
    assert found["late"][1] == found["b"][1]


@pytest.mark.parametrize("form", ["dot", "mermaid", "svg"])
def test_a_circle_and_nothing_can_be_drawn(form):
    assert draw([Box("a", needs=("b",)), Box("b", needs=("a",))], form)
    assert draw([], form)
