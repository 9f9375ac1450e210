"""Conversations about stacks."""

import pytest

from heat.store import credentials, definitions, operations, stacks
from wire import HOT, Wire


def test_a_new_stack_is_accepted_and_the_engine_is_woken(wire: Wire):
    made = wire.ask("POST", "/stacks", {"stack_name": "web", "template": HOT})
    assert made.status_code == 201
    stack_id = made.json["stack"]["id"]
    href = f"http://falconframework.org/v1/demo/stacks/web/{stack_id}"
    assert made.headers["Location"] == href
    assert made.json["stack"]["links"] == [{"href": href, "rel": "self"}]
    assert made.headers["X-Openstack-Request-Id"].startswith("req-")
    assert wire.woken == [stack_id]
    operation = operations.current(wire.db, stack_id)
    assert (operation.action, operation.state) == ("CREATE", "PENDING")
    kept = credentials.get(wire.db, operation.credentials)
    assert kept.secret["token"] == "token-alice"


@pytest.mark.parametrize("tags", [",,red,blue", "red, ,blue,", ["", "red", "blue"]])
def test_empty_tags_are_left_out(wire: Wire, tags):
    stack_id = wire.create(tags=tags)
    assert wire.ask("GET", f"/stacks/web/{stack_id}").json["stack"]["tags"] == ["red", "blue"]


def test_show_has_what_clients_look_for(wire: Wire):
    stack_id = wire.create(parameters={"length": "12"}, tags="red,blue", timeout_mins=5)
    wire.made(stack_id, "a", "OS::Heat::RandomString", attributes={"value": "xyz"})
    shown = wire.ask("GET", f"/stacks/web/{stack_id}").json["stack"]
    assert shown["stack_status"] == "CREATE_IN_PROGRESS"
    assert shown["stack_status_reason"] == "Stack CREATE started"
    assert shown["parameters"] == {
        "OS::project_id": "demo",
        "OS::stack_id": stack_id,
        "OS::stack_name": "web",
        "length": "12",
        "secret": "******",
    }
    assert shown["outputs"] == [
        {"output_key": "text", "description": "what was drawn", "output_value": "xyz"}
    ]
    assert (shown["tags"], shown["timeout_mins"]) == (["red", "blue"], 5)
    assert shown["description"] == "a few texts"
    assert "project" not in shown
    bare = wire.ask("GET", f"/stacks/web/{stack_id}?resolve_outputs=False").json["stack"]
    assert "outputs" not in bare


def test_an_output_that_is_not_known_yet_says_what_it_waits_for(wire: Wire):
    stack_id = wire.create()
    found = wire.ask("GET", f"/stacks/web/{stack_id}/outputs/text").json["output"]
    assert found["output_value"] is None
    assert "a.value" in found["output_error"]
    assert wire.ask("GET", f"/stacks/web/{stack_id}/outputs/no").status_code == 404


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_name_or_id_leads_to_the_full_address(wire: Wire, method: str):
    stack_id = wire.create()
    href = f"http://falconframework.org/v1/demo/stacks/web/{stack_id}"
    arn = f"arn:openstack:heat::demo:stacks/web/{stack_id}"
    for identity in ("web", stack_id, arn):
        found = wire.ask(method, f"/stacks/{identity}", query_string="a=b")
        assert (found.status_code, found.headers["Location"]) == (302, f"{href}?a=b")


@pytest.mark.parametrize("part", ["resources", "events", "template", "environment", "files"])
def test_parts_of_a_stack_are_found_by_its_name(wire: Wire, part: str):
    stack_id = wire.create()
    found = wire.ask("GET", f"/stacks/web/{part}")
    assert found.headers["Location"].endswith(f"/stacks/web/{stack_id}/{part}")


def test_the_name_is_taken_once_in_a_project(wire: Wire):
    wire.create()
    again = wire.ask("POST", "/stacks", {"stack_name": "web", "template": HOT})
    assert (again.status_code, again.json["error"]["type"]) == (409, "StackExists")
    wire.create(project="other")


def test_lists_have_pages_filters_and_a_count(wire: Wire):
    for name in ("c", "a", "b"):
        wire.create(name)
    first = wire.ask("GET", "/stacks?sort_keys=stack_name&limit=2&with_count=True").json
    assert [entry["stack_name"] for entry in first["stacks"]] == ["a", "b"]
    assert first["count"] == 3
    rest = first["links"][0]["href"].split("/v1/demo")[1]
    assert [e["stack_name"] for e in wire.ask("GET", rest).json["stacks"]] == ["c"]
    newest = wire.ask("GET", "/stacks").json["stacks"]
    assert [entry["stack_name"] for entry in newest] == ["b", "a", "c"]
    for query, names in {
        "name=a": ["a"],
        "name=a&name=b": ["b", "a"],
        "status=IN_PROGRESS": ["b", "a", "c"],
        "status=CREATE_FAILED": [],
        "stack_status=CREATE_IN_PROGRESS": ["b", "a", "c"],
        "status=CREATE_FAILED&status=IN_PROGRESS": ["b", "a", "c"],
        "status=CREATE_FAILED&status=COMPLETE": [],
        "disable_rollback=True": ["b", "a", "c"],
        "timeout_mins=7": [],
        "nonsense=1": ["b", "a", "c"],
    }.items():
        found = wire.ask("GET", f"/stacks?{query}").json["stacks"]
        assert [entry["stack_name"] for entry in found] == names, query
    for query in ("disable_rollback=maybe", "timeout_mins=x", "timeout_mins=99999999999"):
        refused = wire.ask("GET", f"/stacks?{query}")
        assert refused.status_code == 400
        assert query.partition("=")[0] in refused.json["error"]["message"]


def test_update_replaces_and_patch_keeps(wire: Wire):
    stack_id = wire.create(parameters={"length": 10}, tags="x")
    wire.settle(stack_id)
    before = stacks.get(wire.db, stack_id)
    path = f"/stacks/web/{stack_id}"
    accepted = wire.ask("PATCH", path, {"parameters": {"secret": "new"}})
    assert (accepted.status_code, accepted.json["stack"]["id"]) == (202, stack_id)
    patched = stacks.get(wire.db, stack_id)
    assert definitions.get(wire.db, patched.definition).environment["parameters"] == {
        "length": 10,
        "secret": "new",
    }
    assert patched.previous_definition == before.definition
    assert patched.tags == ("x",)
    assert (patched.action, patched.status) == ("UPDATE", "IN_PROGRESS")
    assert operations.current(wire.db, stack_id).options == {"previous": before.definition}
    assert wire.ask("PUT", path, {"template": HOT}).status_code == 202
    put = stacks.get(wire.db, stack_id)
    assert definitions.get(wire.db, put.definition).environment["parameters"] == {}
    assert put.previous_definition == before.definition
    assert put.tags == ()
    assert wire.ask("PUT", path, {}).status_code == 400


def test_patch_forgets_parameters(wire: Wire):
    stack_id = wire.create(parameters={"length": 10})
    wire.settle(stack_id)
    body = {"clear_parameters": ["length"]}
    assert wire.ask("PATCH", f"/stacks/web/{stack_id}", body).status_code == 202
    definition = definitions.get(wire.db, stacks.get(wire.db, stack_id).definition)
    assert definition.environment["parameters"] == {}


def test_immutable_parameters_stay(wire: Wire):
    template = HOT.replace("default: 8}", "default: 8, immutable: true}")
    stack_id = wire.create(template=template)
    wire.settle(stack_id)
    body = {"template": template, "parameters": {"length": 9}}
    refused = wire.ask("PUT", f"/stacks/web/{stack_id}", body)
    assert refused.status_code == 400
    assert refused.json["error"]["type"] == "ImmutableParameterModified"


def test_delete_supersedes_and_a_deleted_stack_is_found_by_id(wire: Wire):
    stack_id = wire.create()
    path = f"/stacks/web/{stack_id}"
    gone = wire.ask("DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    operation = operations.current(wire.db, stack_id)
    assert (operation.action, operation.definition) == ("DELETE", None)
    assert wire.ask("PUT", path, {"template": HOT}).json["error"]["type"] == "NotSupported"
    assert wire.ask("DELETE", path).status_code == 204
    wire.settle(stack_id, "DELETE")
    assert wire.ask("DELETE", path).status_code == 404
    shown = wire.ask("GET", path).json["stack"]
    assert shown["stack_status"] == "DELETE_COMPLETE"
    assert "outputs" not in shown
    assert wire.ask("GET", "/stacks/web").status_code == 404
    assert wire.ask("GET", "/stacks").json["stacks"] == []
    assert len(wire.ask("GET", "/stacks?show_deleted=true").json["stacks"]) == 1


def test_cancelling(wire: Wire):
    stack_id = wire.create()
    path = f"/stacks/web/{stack_id}/actions"
    refused = wire.ask("POST", path, {"cancel_update": None})
    assert (refused.status_code, refused.json["error"]["type"]) == (400, "NotSupported")
    wire.settle(stack_id)
    first = stacks.get(wire.db, stack_id).definition
    wire.ask("PUT", f"/stacks/web/{stack_id}", {"template": HOT})
    done = wire.ask("POST", path, {"cancel_update": None})
    assert (done.status_code, done.json) == (200, None)
    operation = operations.current(wire.db, stack_id)
    assert (operation.action, operation.definition) == ("ROLLBACK", first)
    assert stacks.get(wire.db, stack_id).action == "ROLLBACK"


def test_cancelling_without_rollback_leaves_the_state_to_the_engine(wire: Wire):
    stack_id = wire.create()
    path = f"/stacks/web/{stack_id}/actions"
    assert wire.ask("POST", path, {"cancel_without_rollback": ""}).status_code == 200
    operation = operations.current(wire.db, stack_id)
    assert (operation.action, operation.options) == ("CREATE", {"cancel": True})


def test_template_environment_and_files_come_back(wire: Wire):
    stack_id = wire.create(
        parameters={"secret": "s3cret"},
        environment={"parameter_defaults": {"length": 9}},
        files={"x": "text"},
    )
    path = f"/stacks/web/{stack_id}"
    template = wire.ask("GET", f"{path}/template").json
    assert template["heat_template_version"] == "2016-10-14"
    environment = wire.ask("GET", f"{path}/environment").json
    assert environment["parameters"] == {"secret": "******"}
    assert environment["parameter_defaults"] == {"length": 9}
    assert wire.ask("GET", f"{path}/files").json == {"x": "text"}


def test_a_preview_makes_nothing(wire: Wire):
    found = wire.ask("POST", "/stacks/preview", {"stack_name": "web", "template": HOT})
    assert found.status_code == 200, found.text
    assert "+ a  OS::Heat::RandomString" in found.json["plan"]
    entries = {e["resource_name"]: e for e in found.json["stack"]["resources"]}
    assert entries["a"]["properties"]["length"] == 8
    assert entries["a"]["required_by"] == ["b"]
    assert wire.ask("GET", "/stacks").json["stacks"] == []


def test_a_preview_of_an_update_shows_the_plan(wire: Wire):
    stack_id = wire.create()
    wire.made(
        stack_id,
        "a",
        "OS::Heat::RandomString",
        properties={"length": 8},
        attributes={"value": "xyz"},
    )
    wire.settle(stack_id)
    body = {"parameters": {"length": 9}}
    found = wire.ask("PATCH", f"/stacks/web/{stack_id}/preview", body).json
    changes = found["resource_changes"]
    names = {key: [e["resource_name"] for e in entries] for key, entries in changes.items()}
    assert names == {
        "unchanged": [],
        "updated": [],
        "replaced": ["a"],
        "added": ["b"],
        "deleted": [],
    }
    assert changes["replaced"][0]["reasons"][0]["property"] == "length"
    assert "length: 8 -> 9" in found["plan"]
    assert stacks.get(wire.db, stack_id).action == "CREATE"
