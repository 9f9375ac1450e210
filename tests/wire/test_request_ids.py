"""The id of a request stands in its answer, in the log, in events and in what clouds refused."""

import time
from typing import Any

import pytest

from .conftest import Dev
from .test_roles import ask, login

MINE = "req-01234567-89ab-cdef-0123-456789abcdef"
BELOW = """
heat_template_version: 2018-08-31
resources:
  net: {type: OS::Neutron::Net}
"""
OUTER = """
heat_template_version: 2018-08-31
resources:
  below: {type: below.yaml}
"""


@pytest.mark.slow
def test_one_id_goes_through_all(dev: Dev) -> None:
    token, project = login(dev, "demo", "demo")
    stacks = f"{dev.variables['HEAT_URL'].split('/v1')[0]}/v1/{project}/stacks"
    body = {"stack_name": "traced", "template": OUTER, "files": {"below.yaml": BELOW}}
    code, headers, made = ask("POST", stacks, body, token, X_Openstack_Request_Id=MINE)
    assert (code, headers["X-Openstack-Request-Id"]) == (201, MINE)
    stack = made["stack"]["links"][0]["href"]
    deadline = time.monotonic() + 60
    while shown(stack, token)["stack_status"] == "CREATE_IN_PROGRESS":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    events = ask("GET", f"{stack}/events?nested_depth=2", token=token)[2]["events"]
    assert {event["resource_name"] for event in events} >= {"traced", "below", "net"}
    for event in events:
        whole = ask("GET", event["links"][0]["href"], token=token)[2]["event"]
        assert whole["request_id"] == MINE
    log = (dev.folder / "state/heat.log").read_text().splitlines()
    assert [line for line in log if f"[{MINE}] POST /v1/{project}/stacks: 201" in line]
    assert ask("DELETE", stack, token=token)[0] == 204


def shown(stack: str, token: str) -> Any:
    return ask("GET", stack, token=token)[2]["stack"]
