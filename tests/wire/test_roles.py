"""Real tokens of real users at a whole service: who gets in, and what others may learn."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from .conftest import Dev

TEMPLATE = "{heat_template_version: 2018-08-31, resources: {a: {type: 'OS::Heat::None'}}}"


def login(dev: Dev, user: str, project: str) -> tuple[str, str]:
    """Return a token and the project's id."""
    domain = {"name": "Default"}
    password = dev.variables["OS_PASSWORD"]
    who = {"user": {"name": user, "domain": domain, "password": password}}
    scope = {"project": {"name": project, "domain": domain}}
    body = {"auth": {"identity": {"methods": ["password"], "password": who}, "scope": scope}}
    _, headers, told = ask("POST", f"{dev.variables['OS_AUTH_URL']}/auth/tokens", body)
    return headers["X-Subject-Token"], told["token"]["project"]["id"]


def ask(
    method: str, url: str, body: Any = None, token: str = "", **more: str
) -> tuple[int, Any, Any]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"X-Auth-Token": token} if token else {})
    headers |= {name.replace("_", "-"): value for name, value in more.items()}
    try:
        with urlopen(Request(url, data, headers, method=method), timeout=60) as reply:
            return reply.status, reply.headers, json.loads(reply.read() or b"null")
    except HTTPError as error:
        with error:
            return error.code, error.headers, json.loads(error.read() or b"null")


@pytest.mark.slow
def test_tokens_open_their_own_project_only(dev: Dev) -> None:
    heat = dev.variables["HEAT_URL"].split("/v1")[0]
    mine, project = login(dev, "demo", "demo")
    theirs, other = login(dev, "alt_demo", "alt_demo")
    stacks = f"{heat}/v1/{project}/stacks"

    assert ask("GET", stacks)[0] == 401
    assert ask("GET", stacks, token="made-up")[0] == 401
    assert ask("GET", f"{heat}/v1/openapi.json")[0] == 200

    code, _, made = ask("POST", stacks, {"stack_name": "own", "template": TEMPLATE}, mine)
    assert code == 201, made
    stack = made["stack"]["id"]
    assert ask("GET", f"{stacks}/own/{stack}", token=mine)[0] == 200
    assert ask("GET", f"{stacks}/own/{stack}", token=theirs)[0] == 403
    assert ask("GET", f"{heat}/v1/{other}/stacks/own/{stack}", token=theirs)[0] == 404
    assert ask("DELETE", f"{heat}/v1/{other}/stacks/own/{stack}", token=theirs)[0] == 404
    assert ask("GET", f"{heat}/v1/{other}/stacks", token=theirs)[2] == {"stacks": []}

    admin, _ = login(dev, "admin", "admin")
    assert ask("GET", f"{stacks}/own/{stack}", token=admin)[0] == 200
    assert ask("GET", f"{heat}/v1/{project}/services", token=admin)[0] == 200
    assert ask("GET", f"{heat}/v1/{project}/services", token=mine)[0] == 403
    assert ask("DELETE", f"{stacks}/own/{stack}", token=mine)[0] == 204


@pytest.mark.slow
def test_nobody_gets_in_by_saying_who_they_are(dev: Dev) -> None:
    _, project = login(dev, "demo", "demo")
    heat = dev.variables["HEAT_URL"].split("/v1")[0]
    stacks = f"{heat}/v1/{project}/stacks"
    said = {
        "X_Project_Id": project, "X_Tenant_Id": project, "X_User_Id": "u", "X_Roles": "admin",
        "X_Identity_Status": "Confirmed", "X_Is_Admin_Project": "true",
    }  # fmt: skip
    for token in ("", "made-up"):
        code, headers, told = ask("GET", stacks, token=token, **said)
        assert code == 401
        assert told["error"]["type"] == "HTTPUnauthorized"
        assert headers["X-Openstack-Request-Id"].startswith("req-")
        assert headers.get_all("WWW-Authenticate") == [
            f'Keystone uri="{dev.variables["OS_AUTH_URL"].removesuffix("/v3")}/v3"'
        ]
    demo, _ = login(dev, "demo", "demo")
    assert ask("GET", f"{heat}/v1/{project}/services", token=demo, **said)[0] == 403


@pytest.mark.slow
def test_a_password_does_in_place_of_a_token(dev: Dev) -> None:
    heat = dev.variables["HEAT_URL"].split("/v1")[0]
    _, project = login(dev, "demo", "demo")
    _, other = login(dev, "alt_demo", "alt_demo")
    password = dev.variables["OS_PASSWORD"]
    good = {"X_Auth_User": "demo", "X_Auth_Key": password}
    stacks = f"/v1/{project}/stacks"
    code, _, made = ask("POST", heat + stacks, {"stack_name": "mine", "template": TEMPLATE}, **good)
    assert code == 201, made
    address = made["stack"]["links"][0]["href"]
    assert ask("GET", address, **good)[2]["stack"]["stack_owner"] == "demo"
    assert ask("GET", f"{heat}/v1/{other}/stacks", **good)[0] == 401
    for wrong in ({"X_Auth_Key": "guess"}, {"X_Auth_User": "nobody"}, {"X_Auth_Key": ""}):
        code, _, told = ask("GET", heat + stacks, **(good | wrong))
        assert (code, told["error"]["type"]) == (401, "HTTPUnauthorized")
    assert ask("DELETE", address, **good)[0] == 204


@pytest.mark.slow
def test_the_version_may_be_asked_for_by_accept(dev: Dev) -> None:
    heat = dev.variables["HEAT_URL"].split("/v1")[0]
    token, project = login(dev, "demo", "demo")
    stacks = f"{heat}/{project}/stacks"
    kind = "application/vnd.openstack.orchestration-v1"
    assert "stacks" in ask("GET", stacks, token=token, Accept=kind)[2]
    assert ask("GET", stacks, token=token)[0] == 404
    assert ask("GET", stacks, token=token, Accept=kind.replace("v1", "v2"))[0] == 300
    assert ask("GET", heat, Accept=kind)[0] == 300
