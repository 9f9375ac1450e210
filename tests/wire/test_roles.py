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


def ask(method: str, url: str, body: Any = None, token: str = "") -> tuple[int, Any, Any]:
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"} | ({"X-Auth-Token": token} if token else {})
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

    code, _, made = ask("POST", stacks, {"stack_name": "mine", "template": TEMPLATE}, mine)
    assert code == 201, made
    stack = made["stack"]["id"]
    assert ask("GET", f"{stacks}/mine/{stack}", token=mine)[0] == 200
    assert ask("GET", f"{stacks}/mine/{stack}", token=theirs)[0] == 403
    assert ask("GET", f"{heat}/v1/{other}/stacks/mine/{stack}", token=theirs)[0] == 404
    assert ask("DELETE", f"{heat}/v1/{other}/stacks/mine/{stack}", token=theirs)[0] == 404
    assert ask("GET", f"{heat}/v1/{other}/stacks", token=theirs)[2] == {"stacks": []}

    admin, _ = login(dev, "admin", "admin")
    assert ask("GET", f"{stacks}/mine/{stack}", token=admin)[0] == 200
    assert ask("GET", f"{heat}/v1/{project}/services", token=admin)[0] == 200
    assert ask("GET", f"{heat}/v1/{project}/services", token=mine)[0] == 403
    assert ask("DELETE", f"{stacks}/mine/{stack}", token=mine)[0] == 204
