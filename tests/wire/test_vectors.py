"""The recorded cases of the language, each a real request to a real API and engine."""

import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from .conftest import Dev

sys.path.insert(0, str(Path(__file__).parents[1]))

import vectors

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SENT = ("template", "parameters", "environment", "files", "environment_files")
AT_ONCE = 4
LONGEST = 60


class Api:
    """The REST API of a `heat dev`, for its user."""

    def __init__(self, dev: Dev) -> None:
        variables = dev.variables
        domain = {"name": variables["OS_USER_DOMAIN_NAME"]}
        user = {
            "name": variables["OS_USERNAME"],
            "password": variables["OS_PASSWORD"],
            "domain": domain,
        }
        project = {"name": variables["OS_PROJECT_NAME"], "domain": domain}
        auth = {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": project},
        }
        reply = requests.post(
            f"{variables['OS_AUTH_URL']}/auth/tokens", json={"auth": auth}, timeout=30
        )
        reply.raise_for_status()
        self.token = reply.headers["X-Subject-Token"]
        self.project = reply.json()["token"]["project"]["id"]
        self.url = f"{variables['HEAT_URL']}/v1/{self.project}"
        self._threads = threading.local()

    def ask(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        session = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = requests.Session()
            session.trust_env = False
            session.headers["X-Auth-Token"] = self.token
        return session.request(method, self.url + path, json=body, timeout=LONGEST, **options)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    dev = Dev(tmp_path_factory.mktemp("vectors"))
    yield Api(dev)
    dev.end()


def difference(api: Api, case: Mapping[str, Any]) -> str | None:
    body = {key: case[key] for key in SENT if case.get(key) is not None}
    if case.get("op") == "validate":
        reply = api.ask("POST", "/validate", body)
        if reply.status_code != 200:
            return refusal(case, reply)
        return vectors.wrong_answer(case["expect"], reply.json(), {"%PROJECT_ID%": api.project})
    name = f"v{uuid.uuid4().hex[:12]}"
    reply = api.ask("POST", "/stacks", {**body, "stack_name": name, "timeout_mins": 10})
    if reply.status_code != 201:
        return refusal(case, reply)
    stack_id = reply.json()["stack"]["id"]
    address = f"/stacks/{name}/{stack_id}"
    try:
        stack = finished(api, address)
        if stack["stack_status"] != "CREATE_COMPLETE":
            return vectors.wrong_failure(case["expect"], stack["stack_status_reason"])
        names = {
            "%STACK_NAME%": name,
            "%STACK_ID%": stack_id,
            "%PROJECT_ID%": api.project,
        }
        outputs = stack.get("outputs") or []
        shown = {output["output_key"]: output["output_value"] for output in outputs}
        failed = [output["output_key"] for output in outputs if output.get("output_error")]
        return vectors.wrong_outputs(case["expect"], shown, failed, names)
    finally:
        api.ask("DELETE", address)


def finished(api: Api, address: str) -> dict[str, Any]:
    deadline = time.monotonic() + LONGEST
    pause = 0.02
    while True:
        stack: dict[str, Any] = api.ask("GET", address).json()["stack"]
        if not stack["stack_status"].endswith("IN_PROGRESS"):
            return stack
        assert time.monotonic() < deadline, stack["stack_status"]
        time.sleep(pause)
        pause = min(0.5, 2 * pause)


def refusal(case: Mapping[str, Any], reply: requests.Response) -> str | None:
    error = reply.json()["error"]
    said = vectors.wrong_refusal(case["expect"], error["type"], error["message"])
    status = case["expect"].get("error", {}).get("http", reply.status_code)
    return said or (None if status == reply.status_code else f"answers {reply.status_code}")


@pytest.mark.parametrize("area", vectors.areas())
def test_behaves_as_recorded(api: Api, area: str) -> None:
    asked = [case for case in vectors.cases() if case["area"] == area]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        told = list(
            pool.map(lambda case: vectors.unless_extended(case, difference(api, case)), asked)
        )
    wrong = [
        f"{case['id']} {said}\n{case['template']}"
        for case, said in zip(asked, told, strict=True)
        if said
    ]
    assert not wrong, "\n\n".join(wrong)
