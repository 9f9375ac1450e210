"""What servers are given to answer with does answer: the commands are run as they stand."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import requests

from .conftest import Dev

HANDLE = """
heat_template_version: 2018-08-31
resources:
  handle: {type: OS::Heat::WaitConditionHandle}
  other: {type: OS::Heat::WaitConditionHandle}
  condition:
    type: OS::Heat::WaitCondition
    properties: {handle: {get_resource: handle}, timeout: 120}
outputs:
  command: {value: {get_attr: [handle, curl_cli]}}
  said: {value: {get_attr: [condition, data]}}
"""
FAR = 60


def people(dev: Dev) -> list[Any]:
    """Return all users and projects of the cloud."""
    where, default = dev.variables["OS_AUTH_URL"], {"name": "Default"}
    user = {"name": "admin", "domain": default, "password": dev.variables["OS_PASSWORD"]}
    identity = {"methods": ["password"], "password": {"user": user}}
    scope = {"project": {"name": "admin", "domain": default}}
    body = {"auth": {"identity": identity, "scope": scope}}
    token = requests.post(f"{where}/auth/tokens", json=body, timeout=FAR).headers["X-Subject-Token"]
    return [
        requests.get(f"{where}/{kind}", headers={"X-Auth-Token": token}, timeout=FAR).json()[kind]
        for kind in ("users", "projects")
    ]


def output(dev: Dev, stack: str, name: str) -> str:
    """Return an output, as soon as there is one."""
    end = time.monotonic() + FAR
    while time.monotonic() < end:
        shown = dev.ask("heat", "stack", "show", stack)
        for one in shown["outputs"]:
            if one["output_key"] == name and one["output_value"]:
                return str(one["output_value"])
        time.sleep(0.2)
    raise AssertionError(f"{stack} has no {name}")


def words_of(command: str) -> tuple[str, str]:
    """Return the token and the address in a command."""
    token = command.split("X-Auth-Token: ")[1].split("'", maxsplit=1)[0]
    return token, command.rsplit(" ", 1)[1]


def test_the_curl_command_of_a_handle_ends_the_wait(dev: Dev, tmp_path: Path) -> None:
    template = tmp_path / "handle.yaml"
    template.write_text(HANDLE)
    before = people(dev)
    dev.run("heat", "stack", "create", "told", "-t", template)
    command = output(dev, "told", "command")
    body = json.dumps({"status": "SUCCESS", "data": "it runs"})
    done = subprocess.run(
        ["sh", "-c", f"{command} --data-binary '{body}'"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "200 OK" in done.stdout
    assert output(dev, "told", "said") == '{"1": "it runs"}'
    token, address = words_of(command)
    refused(token, address)
    dev.run("heat", "stack", "delete", "told", "-y", "--wait")
    assert people(dev) == before


def refused(token: str, address: str) -> None:
    """See that a user of a stack may do nothing else than what it is there for."""
    headers = {"X-Auth-Token": token}
    project, _, rest = address.partition("/stacks/")
    stack = f"{project}/stacks/{'/'.join(rest.split('/')[:2])}"
    for verb, url in (
        ("POST", f"{stack}/resources/other/signal"),
        ("GET", f"{stack}/resources/other/metadata"),
        ("GET", f"{stack}/resources/handle"),
        ("GET", f"{stack}/resources"),
        ("GET", f"{stack}/template"),
        ("GET", stack),
        ("DELETE", stack),
        ("GET", f"{project}/stacks"),
        ("POST", f"{project}/stacks"),
    ):
        body = {"stack_name": "mine", "template": HANDLE} if verb == "POST" else None
        reply = requests.request(verb, url, headers=headers, json=body, timeout=FAR)
        assert reply.status_code == 403, (verb, url, reply.status_code, reply.text)
    seen = requests.get(f"{stack}/resources/handle/metadata", headers=headers, timeout=FAR)
    assert seen.json()["metadata"]["1"]["data"] == "it runs"
