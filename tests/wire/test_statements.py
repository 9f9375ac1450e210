"""What clients are told of the native API, statement by statement, asked of a real service."""

import json
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from .conftest import Dev
from .test_vectors import Api

TEMPLATE: dict[str, Any] = {
    "heat_template_version": "2018-08-31",
    "description": "d",
    "parameters": {
        "p": {"type": "string", "default": "x"},
        "h": {"type": "string", "hidden": True, "default": "hush"},
    },
    "resources": {
        "a": {"type": "OS::Heat::RandomString", "properties": {"length": 8}},
        "b": {"type": "OS::Heat::Value", "properties": {"value": {"get_attr": ["a", "value"]}}},
    },
    "outputs": {"o": {"description": "od", "value": {"get_param": "p"}}},
}
OF_A_STACK = {
    "id", "links", "stack_name", "description", "creation_time", "updated_time", "deletion_time",
    "stack_owner", "parent", "stack_user_project_id", "tags",
}  # fmt: skip
SHOWN = OF_A_STACK | {
    "template_description", "parameters", "capabilities", "notification_topics", "timeout_mins",
    "disable_rollback",
}  # fmt: skip
STATE = {"stack_status", "stack_status_reason"}


class Stack:
    """A stack of its own, made and at rest."""

    def __init__(self, api: Api) -> None:
        self.api, self.name = api, f"s{uuid.uuid4().hex[:8]}"
        made = api.ask("POST", "/stacks", {"stack_name": self.name, "template": TEMPLATE})
        assert made.status_code == 201, made.text
        self.id = made.json()["stack"]["id"]
        self.path, self.made = f"/stacks/{self.name}/{self.id}", made
        self.rest()

    def ask(self, method: str, path: str = "", body: Any = None, **more: Any) -> requests.Response:
        return self.api.ask(method, self.path + path, body, **more)

    def rest(self) -> dict[str, Any]:
        """Wait until nothing is under way."""
        deadline = time.monotonic() + 60
        while True:
            shown: dict[str, Any] = self.ask("GET").json()["stack"]
            if not shown["stack_status"].endswith("IN_PROGRESS"):
                return shown
            assert time.monotonic() < deadline, shown
            time.sleep(0.05)

    def tell(self, method: str, path: str, body: Any, status: int) -> dict[str, Any]:
        answer = self.ask(method, path, body)
        assert answer.status_code == status, answer.text
        return self.rest()


@pytest.fixture(scope="module")
def api(dev: Dev) -> Api:
    return Api(dev)


@pytest.fixture
def stack(api: Api) -> Iterator[Stack]:
    made = Stack(api)
    yield made
    made.ask("DELETE")


def test_a_stack_is_shown_and_listed_with_all_that_clients_know(stack: Stack) -> None:
    address = f"{stack.api.url}{stack.path}"
    assert stack.made.headers["Location"] == address
    assert stack.made.json()["stack"]["links"] == [{"href": address, "rel": "self"}]
    shown = stack.ask("GET").json()["stack"]
    assert set(shown) == SHOWN | STATE | {"outputs"}
    assert shown["stack_owner"] == "demo"
    assert shown["parameters"]["h"] == "******"
    assert shown["outputs"] == [{"output_key": "o", "description": "od", "output_value": "x"}]
    assert "outputs" not in stack.ask("GET", "?resolve_outputs=false").json()["stack"]
    (listed,) = stack.api.ask("GET", f"/stacks?id={stack.id}").json()["stacks"]
    assert set(listed) == OF_A_STACK | STATE
    assert (listed["description"], listed["tags"]) == ("", None)
    environment = stack.ask("GET", "/environment").json()
    assert set(environment) == {
        "parameters", "parameter_defaults", "resource_registry", "event_sinks",
        "encrypted_param_names",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "fits"),
    [
        ("status=COMPLETE", True), ("status=CREATE_COMPLETE", True),
        ("status=CREATE_FAILED", False), ("stack_status=CREATE_COMPLETE", True),
        ("action=CREATE", True), ("stack_action=CHECK", False),
        ("username=demo", True), ("stack_owner=demo", True), ("owner_id=x", False),
        ("parent=x", False), ("disable_rollback=true", True), ("disable_rollback=false", False),
        ("timeout_mins=5", False), ("stack_user_project_id=x", False),
        ("stack_status_reason=nothing", False), ("name=other", False),
    ],
)  # fmt: skip
def test_lists_are_filtered(stack: Stack, query: str, fits: bool) -> None:
    found = stack.api.ask("GET", f"/stacks?id={stack.id}&{query}").json()["stacks"]
    assert bool(found) == fits


def test_names_ids_and_arns_lead_to_the_stack(stack: Stack) -> None:
    arn = f"arn:openstack:heat::{stack.api.project}:stacks/{stack.name}/{stack.id}"
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        for known in (stack.name, stack.id, arn):
            answer = stack.api.ask(method, f"/stacks/{known}?a=b", allow_redirects=False)
            assert answer.status_code == 302
            assert answer.headers["Location"] == f"{stack.api.url}{stack.path}?a=b"
    assert stack.api.ask("GET", f"/stacks/other/{stack.id}").status_code == 404


def test_what_an_update_keeps_and_clears(stack: Stack) -> None:
    stack.tell("PUT", "", {}, 400)
    stack.tell("PATCH", "", {"existing": True}, 202)
    more = {"tags": "a,b", "timeout_mins": 9, "disable_rollback": False}
    shown = stack.tell("PUT", "", {"template": TEMPLATE, **more}, 202)
    assert shown["tags"] == ["a", "b"]
    shown = stack.tell("PATCH", "", {"parameters": {"p": "new"}}, 202)
    assert (shown["tags"], shown["timeout_mins"], shown["disable_rollback"]) == (
        ["a", "b"],
        9,
        False,
    )
    assert shown["parameters"]["p"] == "new"
    shown = stack.tell("PATCH", "", {"clear_parameters": ["p"]}, 202)
    assert shown["parameters"]["p"] == "x"
    shown = stack.tell("PUT", "", {"template": TEMPLATE}, 202)
    assert (shown["tags"], shown["timeout_mins"], shown["disable_rollback"]) == ([], 9, False)


def test_actions_take_one_word_and_answer_null(stack: Stack) -> None:
    for word in ("check", "suspend", "suspend"):
        answer = stack.ask("POST", "/actions", {word: None})
        assert (answer.status_code, answer.text) == (200, "null")
        stack.rest()
    refused = stack.ask("PUT", "", {"template": TEMPLATE})
    assert (refused.status_code, refused.json()["error"]["type"]) == (400, "NotSupported")
    assert stack.tell("POST", "/actions", {"resume": 1}, 200)["stack_status"] == "RESUME_COMPLETE"
    for body in ({}, {"suspend": 1, "resume": 1}, {"dance": 1}):
        stack.tell("POST", "/actions", body, 400)
    for word in ("cancel_update", "cancel_without_rollback"):
        refused = stack.ask("POST", "/actions", {word: None})
        assert (refused.status_code, refused.json()["error"]["type"]) == (400, "NotSupported")


def test_a_snapshot_is_taken_restored_and_removed(stack: Stack) -> None:
    made = stack.ask("POST", "/snapshots", {"name": "n"})
    assert made.status_code == 200
    keys = {"id", "name", "action", "status", "status_reason", "data", "creation_time"}
    assert set(made.json()) == keys
    key = made.json()["id"]
    stack.rest()
    assert stack.ask("GET", f"/snapshots/{key}").json()["snapshot"]["status"] == "COMPLETE"
    assert [one["id"] for one in stack.ask("GET", "/snapshots").json()["snapshots"]] == [key]
    stack.tell("POST", f"/snapshots/{key}/restore", None, 202)
    assert stack.ask("DELETE", f"/snapshots/{key}").status_code == 204
    assert stack.ask("GET", f"/snapshots/{key}").status_code == 404


def test_a_resource_is_marked_by_its_name_or_physical_id(stack: Stack) -> None:
    told = {"mark_unhealthy": True, "resource_status_reason": "why"}
    answer = stack.ask("PATCH", "/resources/a", told)
    assert (answer.status_code, answer.text) == (200, "null")
    marked = stack.ask("GET", "/resources/a").json()["resource"]
    assert (marked["resource_status"], marked["resource_status_reason"]) == ("CHECK_FAILED", "why")
    well = {"mark_unhealthy": False}
    assert stack.ask("PATCH", f"/resources/{marked['physical_resource_id']}", well).ok
    shown = stack.ask("GET", "/resources/a").json()["resource"]
    assert shown["resource_status"] == "CHECK_COMPLETE"
    for body in ({}, {"x": 1}, {"mark_unhealthy": True, "y": 1}, {"mark_unhealthy": "maybe"}):
        assert stack.ask("PATCH", "/resources/a", body).status_code == 400
    for path, body, status in (
        ("b", {}, 400), ("zz", {}, 404), ("a", {"unset_hook": "x"}, 400),
        ("a", {"unset_hook": "pre-update"}, 400),
    ):  # fmt: skip
        assert stack.ask("POST", f"/resources/{path}/signal", body).status_code == status


def test_events_are_filtered_and_shown_with_properties(stack: Stack) -> None:
    (event,) = stack.ask(
        "GET",
        "/events?resource_action=CREATE&resource_name=a&resource_status=COMPLETE"
        "&resource_type=OS::Heat::RandomString",
    ).json()["events"]
    assert set(event) == {
        "id", "event_time", "resource_name", "logical_resource_id", "physical_resource_id",
        "resource_status", "resource_status_reason", "links",
    }  # fmt: skip
    shown = stack.ask("GET", f"/resources/a/events/{event['id']}").json()["event"]
    assert shown["resource_properties"]["length"] == 8
    first = stack.ask("GET", "/events?nested_depth=1&limit=1").json()["events"][0]
    rels = [link["rel"] for link in first["links"]]
    assert rels == ["self", "resource", "stack", "root_stack"]


def test_a_deleted_stack_is_shown_by_its_id_alone(stack: Stack) -> None:
    assert stack.ask("DELETE").status_code == 204
    shown = stack.rest()
    assert shown["stack_status"] == "DELETE_COMPLETE"
    assert "outputs" not in shown
    assert stack.ask("DELETE").status_code == 404
    assert stack.api.ask("GET", f"/stacks/{stack.name}").status_code == 404
    for query, there in (("", False), ("&show_deleted=true", True)):
        found = stack.api.ask("GET", f"/stacks?id={stack.id}{query}").json()["stacks"]
        assert bool(found) == there


VALUE = {"type": "OS::Heat::Value", "properties": {"value": 1}}


def _of(**resources: Any) -> dict[str, Any]:
    return {"heat_template_version": "2018-08-31", "resources": resources}


def _merging(**strategies: str) -> dict[str, Any]:
    said = {
        name: json.dumps({"parameter_merge_strategies": {"p": word}, "parameters": {"p": "1"}})
        for name, word in strategies.items()
    }
    return {"environment_files": list(said), "files": said}


def _told(**facts: Any) -> dict[str, Any]:
    """Say something of the resource a in an environment."""
    return {"environment": {"resource_registry": {"resources": {"a": facts}}}}


@pytest.mark.parametrize(
    ("template", "more", "kind"),
    [
        (_of(a=VALUE), _told(restricted_actions="x"), "InvalidRestrictedAction"),
        (TEMPLATE, _merging(e="merge", f="deep_merge"), "ConflictingMergeStrategyForParam"),
        (
            _of(a={**VALUE, "external_id": "x", "depends_on": "b"}, b=VALUE),
            {},
            "StackValidationFailed",
        ),
        (_of(a=VALUE), _told(hooks="x"), "InvalidBreakPointHook"),
        (_of(a={**VALUE, "depends_on": "b"}, b={**VALUE, "depends_on": "a"}), {},
         "CircularDependencyException"),
        (TEMPLATE, {"parameters": {"q": 1}}, "UnknownUserParameter"),
        (TEMPLATE | {"parameters": {"p": {"type": "string"}}}, {}, "UserParameterMissing"),
    ],
)  # fmt: skip
def test_mistakes_of_users_are_theirs(api: Api, template: Any, more: Any, kind: str) -> None:
    refused = api.ask("POST", "/stacks", {"stack_name": "wrong", "template": template, **more})
    assert (refused.status_code, refused.json()["error"]["type"]) == (400, kind)
