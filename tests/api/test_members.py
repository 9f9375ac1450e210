"""Conversations about resources, events, types and the service itself."""

import pytest

from wire import HOT, Wire


@pytest.fixture
def stack(wire: Wire) -> str:
    stack_id = wire.create()
    a = wire.made(
        stack_id,
        "a",
        "OS::Heat::RandomString",
        attributes={"value": "xyz"},
        metadata={"k": 1},
    )
    wire.made(stack_id, "b", "OS::Heat::Value", status="FAILED", requires=(a.id,))
    return f"/stacks/web/{stack_id}"


def test_a_resource_is_shown_with_its_attributes(wire: Wire, stack: str):
    shown = wire.ask("GET", f"{stack}/resources/a").json["resource"]
    assert shown["resource_status"] == "CREATE_COMPLETE"
    assert shown["physical_resource_id"] == "p-a"
    assert shown["required_by"] == ["b"]
    assert shown["description"] == "the first"
    assert shown["attributes"] == {"value": "xyz"}
    assert [link["rel"] for link in shown["links"]] == ["self", "stack"]
    more = wire.ask("GET", f"{stack}/resources/a?with_attr=nope").json["resource"]
    assert more["attributes"] == {"value": "xyz", "nope": None}
    assert wire.ask("GET", f"{stack}/resources/a/metadata").json == {"metadata": {"k": 1}}
    missing = wire.ask("GET", f"{stack}/resources/zz")
    assert (missing.status_code, missing.json["error"]["type"]) == (404, "ResourceNotFound")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["a", "b"]),
        ("type=Random", ["a"]),
        ("status=FAILED", ["b"]),
        ("status=COMPLETE&status=FAILED", ["a", "b"]),
        ("name=b&action=CREATE", ["b"]),
        ("physical_resource_id=p-a", ["a"]),
        ("nested_depth=3&with_detail=true", ["a", "b"]),
    ],
)
def test_resources_are_filtered(wire: Wire, stack: str, query: str, names: list[str]):
    found = wire.ask("GET", f"{stack}/resources?{query}").json["resources"]
    assert [entry["resource_name"] for entry in found] == names
    assert all(("attributes" in entry) == ("with_detail" in query) for entry in found)


def test_a_resource_under_replacement_is_listed_once(wire: Wire, stack: str):
    stack_id = stack.rsplit("/", 1)[1]
    new = wire.made(stack_id, "c", "OS::Heat::Value", physical_id="new")
    wire.made(stack_id, "c", "OS::Heat::Value", physical_id="old", replaced_by=new.id)
    found = wire.ask("GET", f"{stack}/resources?name=c").json["resources"]
    assert [entry["physical_resource_id"] for entry in found] == ["new"]


def test_an_unknown_query_of_the_resource_list_is_refused(wire: Wire, stack: str):
    assert wire.ask("GET", f"{stack}/resources?colour=red").status_code == 400


def test_events_have_pages(wire: Wire, stack: str):
    wire.ask("DELETE", stack)
    events = wire.ask("GET", f"{stack}/events").json["events"]
    assert [e["resource_status"] for e in events] == ["DELETE_IN_PROGRESS", "CREATE_IN_PROGRESS"]
    assert events[0]["resource_name"] == "web"
    assert [link["rel"] for link in events[0]["links"]] == ["self", "resource", "stack"]
    found = wire.ask("GET", f"{stack}/events?sort_dir=asc&limit=1").json["events"]
    assert found == events[1:]
    after = wire.ask("GET", f"{stack}/events?sort_dir=asc&marker={found[0]['id']}").json["events"]
    assert after == events[:1]
    one = wire.ask("GET", f"{stack}/resources/web/events/{found[0]['id']}").json["event"]
    assert one["resource_type"] == "OS::Heat::Stack"
    assert wire.ask("GET", f"{stack}/resources/zz/events").status_code == 404
    assert wire.ask("GET", f"{stack}/resources/a/events/{found[0]['id']}").status_code == 404


def test_the_service_tells_what_it_knows(wire: Wire):
    types = wire.ask("GET", "/resource_types").json["resource_types"]
    assert "OS::Nova::Server" in types
    assert "OS::Nova::Flavor" not in types
    assert "OS::Nova::Flavor" in wire.ask("GET", "/resource_types", roles="admin").text
    named = wire.ask("GET", "/resource_types?name=OS::Heat::Ra&with_description=true").json
    (entry,) = named["resource_types"]
    assert entry["resource_type"] == "OS::Heat::RandomString"
    assert entry["description"].startswith("A random text")
    assert wire.ask("GET", "/resource_types?name=(").json == {"resource_types": []}
    shown = wire.ask("GET", "/resource_types/OS::Heat::RandomString").json
    assert shown["properties"]["length"]["type"] == "integer"
    assert wire.ask("GET", "/resource_types/OS::No::Such").status_code == 404
    versions = wire.ask("GET", "/template_versions").json["template_versions"]
    assert len(versions) == 13
    path = "/template_versions/heat_template_version.2016-10-14/functions"
    assert len(wire.ask("GET", path).json["template_functions"]) == 14
    path += "?with_condition_func=true"
    assert len(wire.ask("GET", path).json["template_functions"]) == 18
    assert wire.ask("GET", "/template_versions/nope/functions").status_code == 404
    assert wire.ask("GET", "/build_info").json == {
        "api": {"revision": "a1"},
        "engine": {"revision": "r1"},
    }
    assert wire.ask("GET", "/services").status_code == 403
    assert wire.ask("GET", "/services", roles="admin").json == {"services": []}


def test_a_template_is_validated_without_values(wire: Wire):
    template = HOT.replace(", default: 8", "")
    found = wire.ask("POST", "/validate", {"template": template})
    assert found.status_code == 200, found.text
    assert found.json["Parameters"]["length"]["Type"] == "Number"
    assert found.json["Parameters"]["secret"]["NoEcho"] == "true"
    assert wire.ask("POST", "/validate?ignore_errors=1", {"template": HOT}).status_code == 400
