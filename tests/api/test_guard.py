"""What is answered when nobody can tell who asks."""

import warnings
from typing import Any

import falcon.testing
import pytest

from heat.api.app import application
from heat.api.guard import CHECKED, wrap
from heat.base.errors import Temporary
from heat.rpc.local import Local
from wire import Wire

NOWHERE = "http://127.0.0.1:1/v3"
AWAY = {
    "auth_type": "password", "auth_url": NOWHERE, "www_authenticate_uri": NOWHERE,
    "username": "heat", "password": "x", "http_request_max_retries": "0",
    "service_token_roles_required": "true",
}  # fmt: skip


def guarded(wire: Wire, login: Any = None) -> falcon.testing.TestClient:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        app = wrap(application(Local(wire.services).call), AWAY, login)
    return falcon.testing.TestClient(app)


def test_an_identity_service_that_is_away_is_told_as_a_fault(wire: Wire):
    refused = guarded(wire).simulate_get("/v1/demo/stacks", headers={"X-Auth-Token": "t"})
    assert refused.status_code == 503
    assert "identity service" in refused.json["error"]["message"]
    assert refused.headers["X-Openstack-Request-Id"].startswith("req-")


def test_nobody_is_a_fault_too_that_says_where_tokens_come_from(wire: Wire):
    refused = guarded(wire).simulate_get("/v1/demo/stacks")
    assert refused.status_code == 401
    assert refused.json["error"]["type"] == "HTTPUnauthorized"
    assert refused.headers["WWW-Authenticate"] == f'Keystone uri="{NOWHERE}"'


@pytest.mark.parametrize("path", ["/", "/v1", "/v2/x", "/healthcheck", "/v1/openapi.json"])
def test_open_paths_ask_nobody(wire: Wire, path: str):
    assert guarded(wire).simulate_get(path).status_code in (200, 300)


@pytest.mark.parametrize(
    ("path", "headers", "asked"),
    [
        ("/v1/demo/stacks", {}, [("zoë", "pass", "demo")]),
        ("/demo/stacks", {}, [("zoë", "pass", "demo")]),
        ("/v1/demo/stacks", {"X-Auth-Key": ""}, []),
        ("/v1/", {}, []),
    ],
)
def test_a_password_is_shown_for_the_project_of_the_address(
    wire: Wire, path: str, headers: dict[str, str], asked: list[Any]
):
    seen: list[Any] = []

    def login(*given: str) -> str:
        seen.append(given)
        return ""

    known = {"X-Auth-User": "zoë".encode().decode("latin-1"), "X-Auth-Key": "pass"}
    guarded(wire, login).simulate_get(path, headers=known | headers)
    assert seen == asked


def test_a_password_can_not_be_checked_while_the_identity_service_is_away(wire: Wire):
    def login(*_: str) -> str:
        raise Temporary("gone", service="identity")

    known = {"X-Auth-User": "demo", "X-Auth-Key": "pass"}
    refused = guarded(wire, login).simulate_get("/v1/demo/stacks", headers=known)
    assert refused.status_code == 503


@pytest.mark.parametrize("path", ["/v1", "/v1/victim/stacks"])
def test_nobody_is_told_of_a_token_that_was_not_checked(wire: Wire, path: str):
    seen: list[Any] = []
    said = {"X-Auth-Token": "forged", "X-Project-Id": "victim", "X-Identity-Status": "Confirmed"}
    extras = {CHECKED: lambda *good: seen.append(good)}
    answer = guarded(wire).simulate_get(path, headers=said, extras=extras)
    assert answer.status_code in (200, 300, 503)
    assert seen == []
