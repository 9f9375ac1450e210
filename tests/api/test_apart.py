"""Who may do what, route by route and role by role: a route that is new must be put in here."""

import uuid
from typing import Any

import pytest

from heat.api.app import ROUTES
from heat.store import events
from heat.store.database import Database
from heat.store.migrations import create
from heat.store.rows import EventRow
from wire import HOT, Wire

READERS, MEMBERS, WITH_STACK_USERS, ADMINISTRATORS = "readers", "members", "signals", "admins"
ALLOWED = {
    READERS: {"reader", "member", "admin"},
    MEMBERS: {"member", "admin"},
    WITH_STACK_USERS: {"reader", "member", "admin", "heat_stack_user"},
    ADMINISTRATORS: {"admin"},
}
ROLES = ["reader", "member", "admin", "heat_stack_user", "swiftoperator"]
_S = "/stacks/{stack_name}/{stack_id}"
_R = f"{_S}/resources/{{resource_name}}"
RULES = {
    **{
        f"{method} /stacks/{{stack_name}}": WITH_STACK_USERS
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
    },
    **{
        f"{method} /stacks/{{stack_name}}/{part}": WITH_STACK_USERS
        for method in ("GET", "POST")
        for part in ("resources", "events", "template", "actions")
    },
    **{
        f"GET /stacks/{{stack_name}}/{part}": WITH_STACK_USERS
        for part in ("environment", "files", "outputs")
    },
    "GET /stacks": READERS,
    "POST /stacks": MEMBERS,
    "POST /stacks/preview": READERS,
    "GET /stacks/detail": READERS,
    f"GET {_S}": READERS,
    f"PUT {_S}": MEMBERS,
    f"PATCH {_S}": MEMBERS,
    f"DELETE {_S}": MEMBERS,
    f"PUT {_S}/preview": MEMBERS,
    f"PATCH {_S}/preview": MEMBERS,
    f"GET {_S}/template": READERS,
    f"GET {_S}/environment": READERS,
    f"GET {_S}/files": READERS,
    f"GET {_S}/outputs": READERS,
    f"GET {_S}/outputs/{{output_key}}": READERS,
    f"POST {_S}/actions": MEMBERS,
    f"DELETE {_S}/abandon": MEMBERS,
    f"GET {_S}/export": MEMBERS,
    f"GET {_S}/snapshots": READERS,
    f"POST {_S}/snapshots": MEMBERS,
    f"GET {_S}/snapshots/{{snapshot_id}}": READERS,
    f"DELETE {_S}/snapshots/{{snapshot_id}}": MEMBERS,
    f"POST {_S}/snapshots/{{snapshot_id}}/restore": MEMBERS,
    f"GET {_S}/events": READERS,
    f"GET {_S}/resources": READERS,
    f"GET {_R}": READERS,
    f"PATCH {_R}": MEMBERS,
    f"GET {_R}/metadata": WITH_STACK_USERS,
    f"POST {_R}/signal": WITH_STACK_USERS,
    f"GET {_R}/events": READERS,
    f"GET {_R}/events/{{event_id}}": READERS,
    "POST /validate": MEMBERS,
    "GET /resource_types": READERS,
    "GET /resource_types/{type_name}": READERS,
    "GET /resource_types/{type_name}/template": MEMBERS,
    "GET /template_versions": READERS,
    "GET /template_versions/{template_version}/functions": READERS,
    "GET /build_info": READERS,
    "GET /services": ADMINISTRATORS,
    "GET /software_configs": READERS,
    "POST /software_configs": MEMBERS,
    "GET /software_configs/{config_id}": READERS,
    "DELETE /software_configs/{config_id}": MEMBERS,
    "GET /software_deployments": READERS,
    "POST /software_deployments": MEMBERS,
    "GET /software_deployments/{deployment_id}": READERS,
    "PUT /software_deployments/{deployment_id}": MEMBERS,
    "DELETE /software_deployments/{deployment_id}": MEMBERS,
    "GET /software_deployments/metadata/{server_id}": WITH_STACK_USERS,
}
SECRET = "correct-horse"
OWN = "battery-staple"
SENT = {
    "POST /stacks": {"stack_name": "new", "template": HOT},
    "POST /stacks/preview": {"stack_name": "new", "template": HOT},
    "POST /validate": {"template": HOT},
    f"PUT {_S}": {"template": HOT},
    f"PUT {_S}/preview": {"template": HOT},
    f"POST {_S}/actions": {"suspend": None},
    f"PATCH {_R}": {"mark_unhealthy": True},
    "POST /software_deployments": {"server_id": "0", "config_id": "0"},
}
EVERY = [f"{method} {path}" for path, methods in ROUTES.items() for method in methods]


class Owner:
    """A project with one of everything."""

    def __init__(self, wire: Wire, project: str) -> None:
        self.wire, self.project = wire, project
        body = {"parameters": {"secret": SECRET}}
        stack_id = wire.create(project=project, **body)
        wire.settle(stack_id)
        wire.made(
            stack_id, "a", "OS::Heat::RandomString", attributes={"value": OWN},
            metadata={"deep": OWN},
        )  # fmt: skip
        path = f"/stacks/web/{stack_id}"
        event = wire.ask("GET", f"{path}/events", project=project).json["events"][0]["id"]
        snapshot = wire.ask("POST", f"{path}/snapshots", {}, project=project).json["id"]
        wire.settle(stack_id)
        self.parts = {
            "stack_name": "web", "stack_id": stack_id, "resource_name": "a", "event_id": event,
            "snapshot_id": snapshot, "output_key": "text", "type_name": "OS::Heat::Value",
            "template_version": "heat_template_version.2016-10-14", "server_id": "server-of-owner",
            "config_id": self._made("software_config", {"name": OWN, "config": OWN}),
        }  # fmt: skip
        deployed = {"config_id": self.parts["config_id"], "server_id": "server-of-owner"}
        self.parts["deployment_id"] = self._made("software_deployment", deployed)

    def _made(self, kind: str, body: Any) -> str:
        made = self.wire.ask("POST", f"/{kind}s", body, project=self.project)
        assert made.status_code == 200, made.text
        return made.json[kind]["id"]

    def ask(self, name: str, *, stack_id: str | None = None, **who: Any):
        method, path = name.split(" ")
        body = SENT.get(name)
        if body is None and method in ("POST", "PUT", "PATCH"):
            body = {}
        parts = self.parts | ({"stack_id": stack_id} if stack_id else {})
        return self.wire.ask(method, path.format(**parts), body, **who)

    def known(self) -> list[str]:
        """Everything that nobody else may ever read."""
        ids = ("stack_id", "event_id", "snapshot_id", "config_id", "deployment_id")
        return [SECRET, OWN, *(self.parts[name] for name in ids)]


@pytest.fixture(scope="module")
def wire():
    db = Database("sqlite://")
    create(db)
    limits = {"enable_stack_adopt": True, "enable_stack_abandon": True, "max_stacks_per_tenant": -1}
    yield Wire(db, limits=limits)
    db.close()


@pytest.fixture(scope="module")
def owner(wire: Wire) -> Owner:
    return Owner(wire, "owner")


def test_every_route_is_here():
    assert set(RULES) == set(EVERY)


@pytest.mark.parametrize("name", RULES)
def test_another_project_learns_nothing(owner: Owner, name: str):
    before = owner.ask("GET " + _S, project=owner.project).text
    told = owner.ask(name, project="other", roles="member,reader")
    answer = told.text + str(told.headers)
    path = name.split(" ")[1].format(**owner.parts)
    for secret in owner.known():
        if secret not in path:
            assert secret not in answer
    if any(part in name for part in ("{stack_", "{config_id}", "{deployment_id}")):
        assert told.status_code == 404, answer
    with_url = owner.ask(name, project="other", roles="member,reader", url_project=owner.project)
    assert with_url.status_code == 403
    assert with_url.json["error"]["type"] == "InvalidTenant"
    assert owner.ask("GET " + _S, project=owner.project).text == before


@pytest.mark.parametrize("name", [name for name in RULES if "{stack_id}" in name])
def test_what_is_not_there_and_what_is_not_yours_sound_alike(owner: Owner, name: str):
    theirs = owner.ask(name, project="other", roles="member,reader")
    missing = owner.ask(name, stack_id="0" * 36, project="other", roles="member,reader")
    assert (theirs.status_code, theirs.text) == (missing.status_code, missing.text)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", RULES)
def test_roles(owner: Owner, name: str, role: str):
    if role in ALLOWED[RULES[name]] and not name.startswith("GET"):
        owner = Owner(owner.wire, f"owner-{EVERY.index(name)}-{role}")
    told = owner.ask(name, project=owner.project, roles=role)
    if role in ALLOWED[RULES[name]]:
        assert told.status_code not in (401, 403, 500), told.text
    else:
        assert told.status_code == 403, told.text
        assert SECRET not in told.text


# An export is there to be adopted; what resources make of values is their own.
TELLING = [
    name
    for name in RULES
    if not any(part in name for part in ("DELETE", "export", "{resource_name}", "software"))
]


@pytest.mark.parametrize("name", TELLING)
def test_hidden_values_are_shown_to_nobody(owner: Owner, name: str):
    if not name.startswith("GET"):
        owner = Owner(owner.wire, f"hiding-{EVERY.index(name)}")
    told = owner.ask(name, project=owner.project, roles="member,reader")
    assert SECRET not in told.text


def test_a_refusal_of_a_hidden_value_does_not_show_it(owner: Owner):
    strict = HOT.replace("default: hush", "default: hush, constraints: [{length: {max: 4}}]")
    stack = f"/stacks/web/{owner.parts['stack_id']}"
    for method, path, body in (
        ("POST", "/stacks", {"stack_name": "n", "parameters": {"secret": SECRET}}),
        ("POST", "/stacks/preview", {"stack_name": "n", "parameters": {"secret": SECRET}}),
        ("PATCH", stack, {}),
        ("PATCH", f"{stack}/preview", {}),
    ):
        refused = owner.wire.ask(method, path, body | {"template": strict}, project="owner")
        assert refused.status_code == 400
        assert "secret" in refused.json["error"]["message"]
        assert SECRET not in refused.text


def test_a_preview_shows_no_hidden_value_that_a_property_had_or_gets(wire: Wire):
    template = HOT.replace("{get_attr: [a, value]}}", "{get_param: secret}}", 1)
    stack_id = wire.create("uses", template, parameters={"secret": SECRET}, project="uses")
    wire.settle(stack_id)
    wire.made(stack_id, "b", "OS::Heat::Value", properties={"value": SECRET})
    stack, other = f"/stacks/uses/{stack_id}", "another-secret"
    for body, change in (
        ({"template": template.replace("{get_param: secret}", "open")}, "****** -> open"),
        ({"template": template, "parameters": {"secret": other}}, "****** -> ******"),
    ):
        told = wire.ask("PUT", f"{stack}/preview", body, project="uses")
        assert told.status_code == 200, told.text
        assert f"value: {change}" in told.json["plan"]
        assert SECRET not in told.text
        assert other not in told.text
    made = {"stack_name": "n", "template": template, "parameters": {"secret": other}}
    new = wire.ask("POST", "/stacks/preview", made, project="uses")
    assert other not in new.text


def test_an_event_tells_the_properties_of_its_resource(wire: Wire):
    stack_id = wire.create("tells", project="tells")
    row = wire.made(stack_id, "b", "OS::Heat::Value")
    first, then = (
        EventRow(
            id=str(uuid.uuid4()), stack=stack_id, resource=row.id, resource_name="b",
            resource_type=row.type, action="CREATE", status=status, created_at=row.created_at,
            properties=given, physical_id=None, reason="", request_id="",
        )
        for status, given in (("IN_PROGRESS", {"value": 1}), ("COMPLETE", {}))
    )  # fmt: skip
    events.put(wire.db, [first])
    events.put(wire.db, [then])
    for event in (first, then):
        path = f"/stacks/tells/{stack_id}/resources/b/events/{event.id}"
        shown = wire.ask("GET", path, project="tells").json["event"]
        assert shown["resource_properties"] == {"value": 1}
        assert shown["resource_type"] == "OS::Heat::Value"
