"""What callers are told when something is wrong, and who may do what."""

import pytest
from sqlalchemy import event

from heat.api.faults import status_of
from heat.base.errors import Conflict, Temporary, Unavailable
from wire import HOT, Wire

WRONG = """\
heat_template_version: 2016-10-14
parameters:
  size: {type: number}
resources:
  a:
    type: OS::Heat::RandomStrin
  b:
    type: OS::Heat::RandomString
    properties: {length: none, colour: red}
  c:
    type: OS::Heat::Value
    properties: {value: {get_attr: [zz, value]}}
"""


def test_all_problems_come_at_once_with_their_places(wire: Wire):
    refused = wire.ask("POST", "/stacks", {"stack_name": "web", "template": WRONG})
    assert refused.status_code == 400
    fault = refused.json
    assert (fault["code"], fault["title"]) == (400, "Bad Request")
    assert fault["error"]["traceback"] is None
    problems = fault["error"]["problems"]
    found = {(".".join(map(str, p["at"])), p["line"]) for p in problems}
    assert ("parameters.size", None) in {(place, None) for place, _ in found}
    assert ("resources.a.type", 6) in found
    assert ("resources.b.properties.length", 9) in found
    assert ("resources.b.properties.colour", 9) in found
    assert any(line == 12 for _, line in found)
    assert "OS::Heat::RandomString" in fault["error"]["message"]
    assert wire.ask("GET", "/stacks").json["stacks"] == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ('{"stack_name": "web", }', "Expecting property name"),
        ("[]", "must be a JSON object"),
        ("", "stack_name"),
        ('{"stack_name": "web"}', "No template"),
        ('{"stack_name": "9web", "template": {}}', "No template"),
        ('{"stack_name": "9", "template": {"heat_template_version": "2016-10-14"}}', "stack name"),
        ('{"stack_name": "w", "template": "a: ["}', "can't be read"),
        ('{"stack_name": "w", "template": "x", "disable_rollback": "maybe"}', "maybe"),
        ('{"stack_name": "w", "template": "x", "timeout_mins": -1}', "timeout_mins"),
        ('{"stack_name": "w", "template": "x", "files": 3}', "files must be a map"),
        ('{"stack_name": "w", "template_url": "file:///x"}', "must begin with http://"),
        ('{"stack_name": "w", "template_url": "http://127.0.0.1/x"}', "no public address"),
        ('{"stack_name": "w", "template_url": 7}', "template_url must be text"),
        ('{"stack_name": "w", "template": 5}', "template must be"),
    ],
)
def test_malformed_requests_are_told_why(wire: Wire, body: str, said: str):
    refused = wire.ask("POST", "/stacks", raw=body.encode())
    assert refused.status_code == 400
    assert said in refused.json["error"]["message"]


def test_json_errors_name_the_line(wire: Wire):
    refused = wire.ask("POST", "/stacks", raw=b'{\n"a": x}')
    problem = refused.json["error"]["problems"][0]
    assert (problem["line"], problem["column"], problem["text"]) == (2, 6, '"a": x}')


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/stacks?limit=-1", "limit"),
        ("/stacks?show_deleted=yes", "show_deleted"),
        ("/stacks?sort_dir=up", "sort_dir"),
        ("/stacks?marker=nope", "marker"),
        ("/resource_types?support_status=GOOD", "support_status"),
    ],
)
def test_queries_are_checked(wire: Wire, path: str, said: str):
    refused = wire.ask("GET", path)
    assert refused.status_code == 400
    assert said in refused.json["error"]["message"]


def test_limits(wire: Wire, db):
    small = Wire(
        db,
        limits={"max_stacks_per_tenant": 1, "max_resources_per_stack": 2},
        max_json_body_size=5000,
    )
    small.create()
    refused = small.ask("POST", "/stacks", {"stack_name": "b", "template": HOT})
    assert refused.json["error"]["type"] == "RequestLimitExceeded"
    three = HOT.replace("outputs:", "  c: {type: OS::Heat::None}\noutputs:")
    refused = small.ask("POST", "/stacks", {"stack_name": "b", "template": three}, project="other")
    assert "3 resources" in refused.json["error"]["message"]
    big = {"stack_name": "b", "template": HOT, "files": {"x": "y" * 5000}}
    refused = small.ask("POST", "/stacks", big, project="other")
    assert (refused.status_code, refused.json["error"]["type"]) == (400, "RequestLimitExceeded")


def test_unknown_addresses_and_methods(wire: Wire):
    assert wire.ask("GET", "/nothing").json["code"] == 404
    refused = wire.ask("DELETE", "/validate")
    assert refused.status_code == 405
    assert "POST" in refused.headers["Allow"]
    options = wire.ask("OPTIONS", "/stacks")
    assert (options.status_code, options.headers["Allow"]) == (204, "GET, POST")


def test_versions_and_the_probe_need_no_token(wire: Wire):
    versions = wire.bare("GET", "/")
    assert versions.status_code == 300
    href = versions.json["versions"][0]["links"][0]["href"]
    assert href == "http://falconframework.org/v1/"
    assert wire.bare("GET", "/healthcheck").status_code == 200
    refused = wire.bare("GET", "/v1/demo/stacks")
    assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Keystone")


def test_projects_know_nothing_of_each_other(wire: Wire):
    stack_id = wire.create()
    for path in (
        f"/stacks/web/{stack_id}",
        "/stacks/web",
        f"/stacks/{stack_id}",
        f"/stacks/web/{stack_id}/resources",
        f"/stacks/web/{stack_id}/events",
        f"/stacks/web/{stack_id}/template",
        f"/stacks/web/{stack_id}/outputs",
    ):
        assert wire.ask("GET", path, project="other").status_code == 404, path
        refused = wire.ask("GET", path, project="other", url_project="demo")
        assert (refused.status_code, refused.json["error"]["type"]) == (403, "InvalidTenant")
    for method in ("DELETE", "PATCH"):
        assert wire.ask(method, f"/stacks/web/{stack_id}", project="other").status_code == 404
    assert wire.ask("GET", "/stacks", project="other").json["stacks"] == []
    assert wire.ask("GET", f"/stacks/other/{stack_id}").status_code == 404


def test_the_administrator_sees_all_by_their_address(wire: Wire):
    stack_id = wire.create()
    path = f"/stacks/web/{stack_id}"
    shown = wire.ask("GET", path, project="ops", roles="admin", url_project="demo")
    assert shown.json["stack"]["project"] == "demo"
    everywhere = wire.ask("GET", "/stacks?global_tenant=true", project="ops", roles="admin")
    assert everywhere.status_code == 403  # nobody may, unless the operator says so


@pytest.mark.parametrize(
    ("roles", "method", "path", "status"),
    [
        ("reader", "GET", "/stacks", 200),
        ("reader", "POST", "/stacks", 403),
        ("reader", "POST", "/validate", 403),
        ("heat_stack_user", "GET", "/stacks", 403),
        ("heat_stack_user", "GET", "/stacks/web", 302),
        ("member", "GET", "/stacks?global_tenant=true", 403),
    ],
)
def test_policy(wire: Wire, roles: str, method: str, path: str, status: int):
    wire.create()
    body = {"stack_name": "other", "template": HOT} if method == "POST" else None
    assert wire.ask(method, path, body, roles=roles).status_code == status


def test_only_an_administrator_may_use_the_types_for_them(wire: Wire):
    template = {
        "heat_template_version": "2016-10-14",
        "resources": {"f": {"type": "OS::Nova::Flavor", "properties": {"ram": 1, "vcpus": 1}}},
    }
    refused = wire.ask("POST", "/stacks", {"stack_name": "f", "template": template})
    assert (refused.status_code, refused.json["error"]["type"]) == (403, "Forbidden")


def test_the_class_gives_the_status():
    assert [status_of(f) for f in (Conflict("x"), Temporary("x"), Unavailable("x"))] == [
        409,
        503,
        503,
    ]


def test_an_unforeseen_error_keeps_its_words_to_the_log(wire: Wire, caplog):
    wire.services.db.engine.dispose()

    def fail(*_args):
        raise RuntimeError("password=hunter2")

    event.listen(wire.db.engine, "before_cursor_execute", fail)
    failed = wire.ask("GET", "/stacks")
    assert failed.status_code == 500
    assert "hunter2" not in failed.text
    assert "hunter2" in caplog.text
