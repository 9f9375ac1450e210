"""Every route answers well, as the document of the API says; the wire checks each answer."""

from typing import Any

import promised
import pytest

from heat.store import services as engines
from heat.store.rows import ServiceRow
from wire import HOT, Wire

NESTED = """\
heat_template_version: 2018-08-31
parameters:
  many:
    type: number
    label: Many
    tags: [a]
    constraints: [{range: {min: 1, max: 9}}, {modulo: {step: 1, offset: 0}}]
    default: 2
  word:
    type: string
    constraints:
    - {length: {min: 1, max: 9}, description: short}
    - {allowed_values: [x, yy]}
    - {allowed_pattern: '[a-z]+'}
    default: x
  image: {type: string, default: x, constraints: [{custom_constraint: keystone.role}]}
parameter_groups: [{label: first, parameters: [many]}]
resources:
  below: {type: below.yaml}
"""
FILES = {"below.yaml": HOT}
TREE = {"template": NESTED, "files": FILES}


class Told:
    """Sends requests and keeps which routes answered well."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.answered: set[str] = set()

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        answer = self.wire.ask(method, path, body, **more)
        assert answer.status_code < 400, (method, path, answer.text)
        self.answered.add(f"{method} {promised.route_of(f'/v1/demo{path}')}")
        return answer.json if answer.content else None

    def all(self, method: str, *paths: str) -> None:
        for path in paths:
            self.ask(method, path)


@pytest.fixture
def told(db) -> Told:
    limits = {"enable_stack_adopt": True, "enable_stack_abandon": True}
    return Told(Wire(db, limits=limits))


def test_every_route_answers_as_the_document_says(told: Told) -> None:
    for play in (_stacks, _resources, _saved, _known, _software):
        play(told)
    every = {
        f"{method.upper()} {path}"
        for path, by in promised.DOCUMENT["paths"].items()
        for method in by
        if method != "parameters"
    }
    assert told.answered == every


def _stacks(told: Told) -> None:
    wire = told.wire
    body = {"stack_name": "web", "template": HOT, "tags": "a,b", "timeout_mins": 5}
    told.ask("POST", "/stacks/preview", body)
    told.ask("POST", "/stacks/preview", {"stack_name": "tree", **TREE})
    stack_id = told.ask("POST", "/stacks", body)["stack"]["id"]
    told.ask("POST", "/validate", {"template": HOT})
    told.ask("POST", "/validate?show_nested=true", TREE)
    told.all("GET", "/stacks?limit=1&with_count=true", "/stacks/detail")
    told.ask("GET", "/stacks?with_count=true", roles="admin")
    web = f"/stacks/web/{stack_id}"
    wire.settle(stack_id)
    told.all("GET", web, f"{web}?resolve_outputs=false", f"{web}/outputs", f"{web}/outputs/text")
    wire.made(stack_id, "a", "OS::Heat::RandomString", attributes={"value": "xyz"})
    told.all("GET", f"{web}/outputs/text", f"{web}/template", f"{web}/environment", f"{web}/files")
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
        told.ask(method, "/stacks/web")
    for part in ("resources", "events", "template", "actions"):
        told.ask("GET", f"/stacks/web/{part}")
        told.ask("POST", f"/stacks/web/{part}")
    told.all("GET", *(f"/stacks/web/{part}" for part in ("environment", "files", "outputs")))
    for existing, method in enumerate(("PUT", "PATCH")):
        told.ask(method, f"{web}/preview", {} if existing else {"template": HOT})
        tree = {"template": NESTED.replace("below: {", "b: {"), "files": FILES}
        told.ask(method, f"{web}/preview?show_nested=true", tree)
        told.ask(method, web, {} if existing else {"template": HOT})
        wire.settle(stack_id, "UPDATE")
    told.ask("POST", f"{web}/actions", {"check": None})
    wire.settle(stack_id, "CHECK")
    told.ask("DELETE", web)
    wire.settle(stack_id, "DELETE")
    told.all("GET", web, "/stacks?show_deleted=true")


def _resources(told: Told) -> None:
    stack_id = told.wire.create()
    told.wire.settle(stack_id)
    path = f"/stacks/web/{stack_id}/resources"
    told.wire.made(stack_id, "a", "OS::Heat::RandomString", attributes={"value": "xyz"})
    told.wire.made(stack_id, "h", "OS::Heat::WaitConditionHandle", metadata={"x": 1})
    told.all("GET", path, f"{path}?with_detail=true&nested_depth=2", f"{path}/a?with_attr=b")
    told.all("GET", f"{path}/h/metadata")
    told.ask("POST", f"{path}/h/signal", {"status": "SUCCESS"})
    told.ask("PATCH", f"{path}/a", {"mark_unhealthy": True})
    told.all("GET", f"{path}/a/events", f"/stacks/web/{stack_id}/events?nested_depth=1")
    event = told.ask("GET", f"{path}/a/events")["events"][0]["id"]
    told.ask("GET", f"{path}/a/events/{event}")
    told.ask("DELETE", f"/stacks/web/{stack_id}")
    told.wire.settle(stack_id, "DELETE")


def _saved(told: Told) -> None:
    stack_id = told.wire.create()
    told.wire.settle(stack_id)
    web = f"/stacks/web/{stack_id}"
    made = told.ask("POST", f"{web}/snapshots", {"name": "one"})
    told.wire.settle(stack_id, "SNAPSHOT")
    told.wire.kept(made["id"], a={"name": "a", "type": "T", "real_type": "T", "resource_data": {}})
    told.all("GET", f"{web}/snapshots", f"{web}/snapshots/{made['id']}", f"{web}/export")
    told.ask("POST", f"{web}/snapshots/{made['id']}/restore")
    told.wire.settle(stack_id, "RESTORE")
    told.ask("DELETE", f"{web}/snapshots/{made['id']}")
    told.wire.settle(stack_id, "RESTORE")
    told.ask("DELETE", f"{web}/abandon")


def _known(told: Told) -> None:
    types = told.ask("GET", "/resource_types", roles="admin")["resource_types"]
    told.all("GET", "/resource_types?with_description=true")
    for name in types:
        told.ask("GET", f"/resource_types/{name}")
    told.all("GET", "/resource_types/OS::Heat::Value/template", "/template_versions", "/build_info")
    told.all("GET", "/resource_types/OS::Heat::Value/template?template_type=hot")
    for version in told.ask("GET", "/template_versions")["template_versions"]:
        path = f"/template_versions/{version['version']}/functions"
        told.all("GET", path, f"{path}?with_condition_func=true")
    now = told.wire.db.now()
    engine = ServiceRow(
        id="e", host="h", binary="heat-engine", engine="e", report_interval=60,
        created_at=now, updated_at=now,
    )  # fmt: skip
    engines.report(told.wire.db, engine)
    told.ask("GET", "/services", roles="admin")


def _software(told: Told) -> None:
    body = {"name": "c", "config": "#!/bin/sh", "inputs": [{"name": "i"}]}
    config = told.ask("POST", "/software_configs", body)["software_config"]["id"]
    told.all("GET", "/software_configs", f"/software_configs/{config}")
    told.ask("GET", "/software_configs", roles="admin")
    body = {"config_id": config, "server_id": "s", "action": "CREATE", "status": "IN_PROGRESS"}
    made = told.ask("POST", "/software_deployments", body)["software_deployment"]["id"]
    one = f"/software_deployments/{made}"
    told.all("GET", "/software_deployments", one, "/software_deployments/metadata/s")
    told.ask("PUT", one, {"status": "COMPLETE"})
    told.ask("GET", one)
    told.ask("DELETE", one)
    told.ask("DELETE", f"/software_configs/{config}")
