"""The messaging service: queues, and messages until their time is over."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devcloud.assembly import build
from devcloud.kernel.web import Reply, Request

CLIENT = "3381af92-2b9e-11e3-b191-71861300734c"
PATCH = "application/openstack-messaging-v2.0-json-patch"


class Caller:
    """A user of the project demo, at a time that can be moved."""

    def __init__(self) -> None:
        self.now = datetime(2030, 1, 1, tzinfo=UTC)
        self.cloud = build(clock=lambda: self.now)
        domain = {"name": "Default"}
        user = {"name": "demo", "domain": domain, "password": "devcloud"}
        auth = {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": {"name": "demo", "domain": domain}},
        }
        reply = self.cloud.dispatch(
            Request.of("POST", "/identity/v3/auth/tokens", body={"auth": auth})
        )
        self.token = reply.headers["X-Subject-Token"]

    def ask(
        self, method: str, path: str, body: Any = None, client: str | None = CLIENT, **headers: str
    ) -> Reply:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given |= {"X-Auth-Token": self.token} | ({"Client-ID": client} if client else {})
        url = f"/messaging/v2/queues{path}"
        return self.cloud.dispatch(Request.of(method, url, headers=given, body=body))


@pytest.fixture
def caller() -> Caller:
    return Caller()


def test_a_queue_is_made_changed_listed_and_removed(caller: Caller) -> None:
    made = caller.ask("PUT", "/q", {"a": 1})
    assert (made.status, made.headers["Location"]) == (201, "/v2/queues/q")
    assert caller.ask("PUT", "/q", {"a": 2}).status == 204
    shown = caller.ask("GET", "/q").json()
    assert (shown["a"], shown["_max_messages_post_size"]) == (1, 262144)
    steps = [
        {"op": "add", "path": "/metadata/b", "value": [1]},
        {"op": "remove", "path": "/metadata/a"},
    ]
    assert caller.ask("PATCH", "/q", steps).status == 406
    changed = caller.ask("PATCH", "/q", steps, Content_Type=PATCH).json()
    assert changed["b"] == [1]
    assert "a" not in changed
    assert caller.ask("PATCH", "/q", steps[1:], Content_Type=PATCH).status == 409
    listed = caller.ask("GET", "?detailed=true").json()["queues"]
    assert listed == [{"name": "q", "href": "/v2/queues/q", "metadata": {"b": [1]}}]
    assert [caller.ask("DELETE", "/q").status for _ in range(2)] == [204, 204]
    assert caller.ask("GET", "/q").status == 404


def test_messages_are_read_by_others_until_their_time_is_over(caller: Caller) -> None:
    posted = caller.ask("POST", "/q/messages", {"messages": [{"ttl": 60, "body": {"x": 1}}]})
    assert posted.status == 201
    (where,) = posted.json()["resources"]
    assert caller.ask("GET", "/q/messages").json()["messages"] == []
    other = CLIENT.replace("3", "4")
    caller.now += timedelta(seconds=59)
    for found in (
        caller.ask("GET", "/q/messages?echo=true"),
        caller.ask("GET", "/q/messages", client=other),
    ):
        (message,) = found.json()["messages"]
        assert (message["href"], message["body"], message["age"]) == (where, {"x": 1}, 59)
    caller.now += timedelta(seconds=1)
    assert caller.ask("GET", "/q/messages?echo=true").json()["messages"] == []


@pytest.mark.parametrize(
    ("body", "client"),
    [
        ({"messages": []}, CLIENT),
        ({"messages": [{"body": 1}] * 21}, CLIENT),
        ({"messages": [{"ttl": 59, "body": 1}]}, CLIENT),
        ({"messages": [{"ttl": 60}]}, CLIENT),
        ({"messages": [{"body": "x" * 262144}]}, CLIENT),
        ({"messages": [{"body": 1}]}, None),
        ({"messages": [{"body": 1}]}, "me"),
    ],
)
def test_what_can_not_be_posted_is_refused(
    caller: Caller, body: dict[str, Any], client: str | None
) -> None:
    refused = caller.ask("POST", "/q/messages", body, client=client)
    assert refused.status == 400
    assert set(refused.json()) == {"title", "description"}
    assert caller.ask("GET", "/q").status == 404
