"""What clients in other languages send and expect: gophercloud's shapes, which Terraform uses.

Templates and environments are texts, tags one text; the answers are decoded strictly.
"""

import time
from pathlib import Path
from typing import Any

import pytest
import requests

from .sessions import session_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore"),
]


NONE = "{heat_template_version: 2018-08-31, resources: {a: {type: 'OS::Heat::None'}}}"


class Service:
    """The API at its endpoint, without a library in between."""

    def __init__(self, variables: dict[str, str]) -> None:
        session, _ = session_of(variables)
        self.url = session.get_endpoint(service_type="orchestration")
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.headers["X-Auth-Token"] = session.get_token()

    def __call__(self, method: str, path: str, status: int, **body: Any) -> Any:
        url = path if path.startswith("http") else self.url + path
        answer = self.http.request(method, url, json=body or None, timeout=60)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.text else None

    def until(self, path: str, status: str) -> Any:
        deadline = time.monotonic() + 60
        while (stack := self("GET", path, 200)["stack"])["stack_status"] != status:
            assert time.monotonic() < deadline, stack
            time.sleep(0.1)
        return stack


@pytest.fixture(scope="module")
def ask(variables: dict[str, str]) -> Service:
    return Service(variables)


def test_a_stack_of_terraform(ask: Service, application: Path) -> None:
    inner = (application / "inner.yaml").read_text()
    sent = {
        "stack_name": "terraformed",
        "template": (application / "app.yaml").read_text(),
        "environment": "resource_registry: {'Wire::Inner': inner.yaml}\n",
        "files": {"inner.yaml": inner},
        "parameters": {"length": 5, "count": "1"},
        "disable_rollback": True,
        "timeout_mins": 30,
        "tags": "one,two",
    }
    # The provider puts an empty tag before each of its own, and knows environments of one newline.
    blank = {**sent, "template": NONE, "parameters": {}, "environment": "\n", "tags": ",,one,two"}
    assert ask("POST", "/stacks/preview", 200, **blank)["stack"]["tags"] == ["one", "two"]
    preview = ask("POST", "/stacks/preview", 200, **sent)["stack"]
    assert preview["stack_name"] == "terraformed"
    made = ask("POST", "/stacks", 201, **sent)["stack"]
    assert made["links"][0]["rel"] == "self"
    path = f"/stacks/terraformed/{made['id']}"
    stack = ask.until(path, "CREATE_COMPLETE")
    # Its structs hold texts, lists and numbers, and times of RFC 3339.
    assert {type(value) for value in stack["parameters"].values()} == {str}
    assert (stack["tags"], stack["timeout_mins"]) == (["one", "two"], 30)
    assert isinstance(stack["disable_rollback"], bool)
    for name in ("capabilities", "notification_topics", "outputs", "links"):
        assert isinstance(stack[name], list)
    time.strptime(stack["creation_time"], "%Y-%m-%dT%H:%M:%SZ")
    assert stack["updated_time"] is None

    by_name = ask("GET", "/stacks/terraformed", 200)["stack"]
    by_id = ask("GET", f"/stacks/{made['id']}", 200)["stack"]
    assert by_name["id"] == by_id["id"] == made["id"]
    assert [one["id"] for one in ask("GET", "/stacks?limit=5", 200)["stacks"]] == [made["id"]]

    changed = {name: sent[name] for name in ("template", "environment", "files")}
    ask("PUT", path, 202, **changed, parameters={"length": 6}, tags="three")
    stack = ask.until(path, "UPDATE_COMPLETE")
    assert (stack["parameters"]["length"], stack["parameters"]["count"]) == ("6", "2")
    assert stack["tags"] == ["three"]
    ask("PATCH", path, 202, parameters={"count": 1})
    deadline = time.monotonic() + 60
    while ask("GET", path, 200)["stack"]["parameters"]["count"] != "1":
        assert time.monotonic() < deadline
    stack = ask.until(path, "UPDATE_COMPLETE")
    assert stack["parameters"]["length"] == "6"

    resources = ask("GET", f"{path}/resources", 200)["resources"]
    found = ask("GET", "/stacks/terraformed/resources", 200)["resources"]
    assert [one["resource_name"] for one in found] == [one["resource_name"] for one in resources]
    assert all(isinstance(one["required_by"], list) for one in resources)
    assert ask("GET", f"{path}/resources/word/metadata", 200)["metadata"] == {"kind": "word"}
    assert ask("GET", f"{path}/events?sort_keys=event_time&sort_dir=asc", 200)["events"]
    assert ask("GET", f"{path}/template", 200)["heat_template_version"] == "2018-08-31"

    ask("DELETE", path, 204)
    ask.until(f"/stacks/{made['id']}", "DELETE_COMPLETE")
    ask("GET", "/stacks/terraformed", 404)


def test_a_name_is_enough_for_every_method(ask: Service) -> None:
    """Clients follow the redirect with the method and the body that they had."""
    made = ask("POST", "/stacks", 201, stack_name="named", template=NONE)["stack"]
    ask.until("/stacks/named", "CREATE_COMPLETE")
    for method, body in (("PUT", {"template": NONE}), ("PATCH", {"tags": "x"})):
        answer = ask.http.request(
            method, f"{ask.url}/stacks/named", json=body, allow_redirects=False, timeout=30
        )
        assert answer.status_code == 302
        ask(method, answer.headers["Location"], 202, **body)
        deadline = time.monotonic() + 60
        while ask("GET", "/stacks/named", 200)["stack"]["stack_status"] != "UPDATE_COMPLETE":
            assert time.monotonic() < deadline
    answer = ask.http.delete(f"{ask.url}/stacks/named", allow_redirects=False, timeout=30)
    assert answer.status_code == 302
    ask("DELETE", answer.headers["Location"], 204)
    ask.until(f"/stacks/{made['id']}", "DELETE_COMPLETE")
