"""Conversations about actions, unhealthy resources, snapshots, exports and adoption."""

import json

import pytest

from heat.store import operations, snapshots
from heat.store import resources as recorded
from wire import HOT, Wire


@pytest.fixture
def stack(wire: Wire) -> str:
    stack_id = wire.create()
    wire.settle(stack_id)
    a = wire.made(stack_id, "a", "OS::Heat::RandomString", data={"value": "xyz"})
    wire.made(stack_id, "b", "OS::Heat::Value", requires=(a.id,))
    return f"/stacks/web/{stack_id}"


@pytest.fixture
def permitting(db) -> Wire:
    return Wire(db, limits={"enable_stack_adopt": True, "enable_stack_abandon": True})


def id_of(path: str) -> str:
    return path.rsplit("/", 1)[1]


@pytest.mark.parametrize("action", ["suspend", "resume", "check"])
def test_an_action_is_accepted_once_at_a_time(wire: Wire, stack: str, action: str):
    accepted = wire.ask("POST", f"{stack}/actions", {action: None})
    assert (accepted.status_code, accepted.json) == (200, None)
    shown = wire.ask("GET", stack).json["stack"]
    assert shown["stack_status"] == f"{action.upper()}_IN_PROGRESS"
    assert operations.current(wire.db, id_of(stack)).action == action.upper()
    refused = wire.ask("POST", f"{stack}/actions", {"check": None})
    assert (refused.status_code, refused.json["error"]["type"]) == (409, "ActionInProgress")


@pytest.mark.parametrize("action", ["suspend", "resume"])
def test_what_was_done_already_is_fine(wire: Wire, stack: str, action: str):
    wire.settle(id_of(stack), action.upper())
    assert wire.ask("POST", f"{stack}/actions", {action: ""}).status_code == 200
    assert operations.current(wire.db, id_of(stack)) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "mark_unhealthy"),
        ({"mark_unhealthy": "maybe"}, 'Unrecognized value "maybe" for "mark_unhealthy"'),
        ({"mark_unhealthy": True, "why": "x"}, "why is not known in the body"),
        ({"mark_unhealthy": True, "resource_status_reason": 1}, "must be text"),
    ],
)
def test_a_mark_says_what_it_means(wire: Wire, stack: str, body: dict, words: str):
    refused = wire.ask("PATCH", f"{stack}/resources/a", body)
    assert refused.status_code == 400
    assert words in refused.json["error"]["message"]


def test_a_resource_is_marked_by_its_name_or_its_physical_id(wire: Wire, stack: str):
    mark = {"mark_unhealthy": True, "resource_status_reason": "it smokes"}
    assert wire.ask("PATCH", f"{stack}/resources/p-b", mark).json is None
    shown = wire.ask("GET", f"{stack}/resources/b").json["resource"]
    assert shown["resource_status"] == "CHECK_FAILED"
    assert shown["resource_status_reason"] == "it smokes"
    event = wire.ask("GET", f"{stack}/events").json["events"][0]
    assert (event["resource_name"], event["resource_status"]) == ("b", "CHECK_FAILED")
    missing = wire.ask("PATCH", f"{stack}/resources/zz", mark)
    assert (missing.status_code, missing.json["error"]["type"]) == (404, "ResourceNotFound")
    healthy = {"mark_unhealthy": "False"}
    wire.ask("PATCH", f"{stack}/resources/a", healthy)
    assert wire.ask("GET", f"{stack}/resources/a").json["resource"]["resource_status"] == (
        "CREATE_COMPLETE"
    )
    wire.ask("POST", f"{stack}/actions", {"check": None})
    assert wire.ask("PATCH", f"{stack}/resources/b", healthy).status_code == 409


def test_several_resources_of_one_physical_id_are_not_guessed_at(wire: Wire, stack: str):
    wire.made(id_of(stack), "c", "OS::Heat::Value", physical_id="p-b")
    refused = wire.ask("PATCH", f"{stack}/resources/p-b", {"mark_unhealthy": True})
    assert refused.json["error"]["type"] == "PhysicalResourceIDAmbiguity"
    assert "b, c" in refused.json["error"]["message"]


def test_a_snapshot_is_begun_shown_and_refused_while_it_is_taken(wire: Wire, stack: str):
    made = wire.ask("POST", f"{stack}/snapshots", {"name": "s1"})
    assert made.status_code == 200
    assert made.json["name"] == "s1"
    assert (made.json["status"], made.json["status_reason"]) == ("IN_PROGRESS", "")
    path = f"{stack}/snapshots/{made.json['id']}"
    assert wire.ask("GET", path).json["snapshot"]["data"] is None
    assert wire.ask("DELETE", path).status_code == 400
    assert wire.ask("POST", f"{path}/restore", {}).status_code == 400
    assert wire.ask("POST", f"{stack}/snapshots", {}).status_code == 409
    gone = wire.ask("GET", f"{stack}/snapshots/nope")
    assert (gone.status_code, gone.json["error"]["type"]) == (404, "NotFound")


def test_another_operation_ends_a_snapshot_that_is_being_taken(wire: Wire, stack: str):
    made = wire.ask("POST", f"{stack}/snapshots", {}).json["id"]
    wire.ask("DELETE", stack)
    assert snapshots.get(wire.db, id_of(stack), made).status == "FAILED"


def test_hidden_values_are_masked_in_a_snapshot(wire: Wire, stack: str):
    wire.ask("PUT", stack, {"template": HOT, "parameters": {"secret": "pssst"}})
    wire.settle(id_of(stack), "UPDATE")
    made = wire.ask("POST", f"{stack}/snapshots", {}).json["id"]
    row = snapshots.get(wire.db, id_of(stack), made)
    assert "pssst" not in repr(row)
    data = {"answer": {"password": "pssst"}, "secret": "pssst", "value": "xyz"}
    wire.kept(made, a={"name": "a", "type": "T", "real_type": "T", "resource_data": data})
    shown = wire.ask("GET", f"{stack}/snapshots/{made}")
    kept = shown.json["snapshot"]["data"]["resources"]["a"]
    assert kept == {"name": "a", "type": "T", "resource_data": {"value": "xyz"}}
    assert shown.json["snapshot"]["data"]["environment"]["parameters"]["secret"] == "******"
    assert "pssst" not in shown.text


def test_export_abandon_and_adopt_must_be_switched_on(wire: Wire, stack: str):
    for method, path, body in (
        ("GET", f"{stack}/export", None),
        ("DELETE", f"{stack}/abandon", None),
        ("POST", "/stacks", {"stack_name": "n", "adopt_stack_data": {"template": {"x": 1}}}),
    ):
        refused = wire.ask(method, path, body)
        assert refused.status_code == 400, path
        assert "is not supported" in refused.text or "Stack Adopt" in refused.text


def test_what_is_abandoned_can_be_adopted(permitting: Wire, stack: str):
    exported = permitting.ask("GET", f"{stack}/export").json
    assert exported["resources"]["a"] == {
        "name": "a",
        "resource_id": "p-a",
        "type": "OS::Heat::RandomString",
        "action": "CREATE",
        "status": "COMPLETE",
        "metadata": {},
        "resource_data": {"value": "xyz"},
    }
    abandoned = permitting.ask("DELETE", f"{stack}/abandon")
    assert abandoned.status_code == 200
    assert abandoned.json["template"] == exported["template"]
    current = operations.current(permitting.db, id_of(stack))
    assert (current.action, current.options) == ("DELETE", {"abandon": True})
    body = {"stack_name": "again", "adopt_stack_data": json.dumps(abandoned.json)}
    adopted = permitting.ask("POST", "/stacks", body)
    assert adopted.status_code == 201, adopted.text
    new = adopted.json["stack"]["id"]
    rows = {row.name: row for row in recorded.of_stack(permitting.db, new)}
    assert (rows["a"].action, rows["a"].physical_id) == ("INIT", "p-a")
    assert rows["a"].data == {"value": "xyz"}
    shown = permitting.ask("GET", f"/stacks/again/{new}").json["stack"]
    assert shown["stack_status"] == "ADOPT_IN_PROGRESS"


@pytest.mark.parametrize("given", ["p-a", {"resource_data": "xyz"}, {"resources": [1]}])
def test_what_an_export_does_not_say_of_a_resource_is_refused(permitting: Wire, stack: str, given):
    exported = permitting.ask("GET", f"{stack}/export").json
    exported["resources"]["a"] = given
    body = {"stack_name": "again", "adopt_stack_data": exported}
    refused = permitting.ask("POST", "/stacks", body)
    assert refused.status_code == 400
    assert "the resource a must be a map" in refused.json["error"]["message"]


@pytest.mark.parametrize("given", ["{", "[]", '{"template": 1}', {"resources": {}}])
def test_what_is_no_export_is_refused(permitting: Wire, given):
    refused = permitting.ask("POST", "/stacks", {"stack_name": "n", "adopt_stack_data": given})
    assert refused.status_code == 400
    assert "adopt_stack_data" in refused.json["error"]["message"]
