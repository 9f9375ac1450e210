"""The document of the API: true to its routes, and a source of requests nobody would think of."""

import json
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from heat.api.app import ROUTES
from heat.api.openapi import document
from heat.store.database import Database
from heat.store.migrations import create
from wire import Wire

DOCUMENT = document(ROUTES, "r")
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {
    f"{found.ok().method.upper()} {found.ok().path}": found.ok()
    for found in SCHEMA.get_all_operations()
}


@pytest.fixture(scope="module")
def served():
    """A service with a stack that has nearly everything, which requests may change."""
    db = Database("sqlite://")
    create(db)
    wire = Wire(db, limits={"enable_stack_adopt": True, "enable_stack_abandon": True})
    stack_id = wire.create()
    wire.settle(stack_id)
    wire.made(stack_id, "a", "OS::Heat::RandomString", attributes={"value": "xyz"})
    names = {
        "stack_name": "web",
        "stack_id": stack_id,
        "resource_name": "a",
        "output_key": "text",
        "type_name": "OS::Nova::Server",
        "template_version": "heat_template_version.2018-08-31",
    }
    yield wire, names
    db.close()


def test_it_is_served_without_a_token(wire: Wire):
    served = wire.bare("GET", "/v1/openapi.json")
    assert served.status_code == 200
    assert served.json["openapi"] == "3.1.0"
    paths = {path.removeprefix("/v1/{tenant_id}") for path in served.json["paths"]}
    assert paths == set(ROUTES)


def test_it_is_a_sound_document():
    SCHEMA.validate()


def test_it_says_what_a_request_takes():
    stacks = DOCUMENT["paths"]["/v1/{tenant_id}/stacks"]
    parameters = {one["name"]: one["schema"] for one in stacks["get"]["parameters"]}
    assert parameters["limit"] == {"anyOf": [{"type": "integer"}, {"type": "null"}]}
    assert {"with_count", "tags_any", "global_tenant", "name", "status"} <= parameters.keys()
    body = stacks["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/NewStack"}
    assert DOCUMENT["components"]["schemas"]["NewStack"]["required"] == ["stack_name"]
    assert "201" in stacks["post"]["responses"]


def test_it_says_what_is_answered():
    stacks = DOCUMENT["paths"]["/v1/{tenant_id}/stacks"]
    page = stacks["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert page == {"$ref": "#/components/schemas/Stacks"}
    assert "Location" in stacks["post"]["responses"]["201"]["headers"]
    events = DOCUMENT["paths"]["/v1/{tenant_id}/stacks/{stack_name}/{stack_id}/events"]["get"]
    assert set(events["responses"]["200"]["content"]) == {"application/json", "text/event-stream"}
    fault = DOCUMENT["components"]["responses"]["404"]["content"]["application/json"]["schema"]
    assert fault == {"$ref": "#/components/schemas/Fault"}


def ask(served: Any, case: Any, *, known: bool) -> Any:
    """Send what was thought of; ``known`` puts names into the address that exist."""
    wire, names = served
    parts = dict(case.path_parameters or {})
    if known:
        parts |= {name: value for name, value in names.items() if name in parts}
    parts["tenant_id"] = "demo"
    path = case.operation.path
    for name, value in parts.items():
        path = path.replace(f"{{{name}}}", quote(str(value), safe="") or "-")
    more: dict[str, Any] = {}
    if isinstance(case.query, dict):
        more["params"] = {name: _text(value) for name, value in case.query.items()}
    if isinstance(case.body, dict | list | str | int | float | bool | None):
        more["raw"] = json.dumps(case.body).encode()
    return wire.ask(case.method, path, roles="member,reader", **more)


def _text(value: Any) -> Any:
    return [str(item) for item in value] if isinstance(value, list) else str(value)


def check(served: Any, name: str, mode: GenerationMode, examples: int) -> None:
    operation = OPERATIONS[name]

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        derandomize=examples < 20,
    )
    @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
    def fails_never(case: Any, known: bool) -> None:
        answer = ask(served, case, known=known)
        shown = (case.path_parameters, case.query, case.body, answer.text)
        assert answer.status_code < 500, shown
        if answer.status_code >= 400:
            assert answer.json["error"]["message"], shown

    fails_never()


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_request_makes_it_fail(served, name: str):
    check(served, name, GenerationMode.POSITIVE, 8)


@pytest.mark.slow
@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("name", OPERATIONS)
def test_no_request_of_very_many_makes_it_fail(served, name: str, mode: GenerationMode):
    check(served, name, mode, 15)
