"""Requests that nobody means well: each gets a 4xx with words, never a 500."""

import io
import json

import pytest

from heat.store.database import Database
from heat.store.migrations import create
from wire import HOT, Wire

NAMES = ["%00", "a%0d%0aX-Evil:%201", "%ff%fe", "..%2f..", "a%1b[31m", "\u2603", "a" * 3000, "'--"]
BODIES = {
    "twice": b'{"stack_name": "a", "stack_name": "b"}',
    "not a number": b'{"stack_name": "a", "timeout_mins": NaN}',
    "endless": b'{"stack_name": "a", "timeout_mins": Infinity}',
    "too large a number": b'{"stack_name": "a", "parameters": {"x": 1e999}}',
    "many digits": b'{"stack_name": "a", "timeout_mins": ' + b"9" * 9000 + b"}",
    "deep lists": b'{"stack_name": "a", "parameters": {"x": ' + b"[" * 400 + b"]" * 400 + b"}}",
    "very deep": b'{"a":' * 20000 + b"1" + b"}" * 20000,
    "no UTF-8": b'{"stack_name": "\xff"}',
    "UTF-16": '{"stack_name": "a"}'.encode("utf-16"),
    "half a pair": b'{"stack_name": "a\\ud800", "template": "x"}',
    "U+0000": b'{"stack_name": "a", "template": "heat_template_version: 2016-10-14\\u0000"}',
    "U+0000 in a name": b'{"stack_name": "a", "files": {"a\\u0000": ""}}',
    "a mark before": b'\xef\xbb\xbf{"stack_name": "a"}',
    "no object": b'"stack_name"',
    "another after": b'{"stack_name": "a"}{}',
    "a form": b"stack_name=a",
    "XML": b"<stack/>",
}


@pytest.fixture(scope="module")
def lasting():
    database = Database("sqlite://")
    create(database)
    wire = Wire(database)
    wire.stack_id = wire.create()
    yield wire
    database.close()


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_bodies_that_are_no_request(lasting: Wire, body: bytes):
    for path in ("/stacks", "/stacks/preview", "/validate"):
        refused = lasting.ask("POST", path, raw=body, project="none")
        assert refused.status_code == 400, refused.text
        assert refused.json["error"]["message"]
    assert lasting.ask("GET", "/stacks", project="none").json["stacks"] == []


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("text/plain", 200),
        ("", 200),
        ("application/x-www-form-urlencoded", 400),
        ("multipart/form-data; boundary=x", 400),
        ("application/xml", 400),
        ("text/plain, text/html", 400),
    ],
)
def test_kinds_of_bodies(lasting: Wire, kind: str, status: int):
    sent = json.dumps({"stack_name": "a", "template": HOT}).encode()
    answer = lasting.ask("POST", "/stacks/preview", raw=sent, kind=kind)
    assert answer.status_code == status
    if status == 400:
        assert "send JSON" in answer.json["error"]["message"]


def test_a_signal_may_be_called_a_form(wire: Wire):
    stack_id = wire.create()
    wire.settle(stack_id)
    wire.made(stack_id, "h", "OS::Heat::WaitConditionHandle")
    path = f"/stacks/web/{stack_id}/resources/h"
    kind = "application/x-www-form-urlencoded"
    assert wire.ask("POST", f"{path}/signal", raw=b'{"data": "d"}', kind=kind).status_code == 200
    assert "'d'" in str(wire.ask("GET", f"{path}/metadata").json["metadata"])


@pytest.mark.parametrize("name", NAMES)
def test_names_that_no_stack_has(lasting: Wire, name: str):
    stack_id = lasting.stack_id
    for path in (
        f"/stacks/{name}",
        f"/stacks/{name}/{stack_id}",
        f"/stacks/web/{name}",
        f"/stacks/{name}/events",
        f"/stacks/web/{stack_id}/resources/{name}",
        f"/stacks/web/{stack_id}/resources/{name}/events/{name}",
        f"/stacks/web/{stack_id}/outputs/{name}",
        f"/stacks/web/{stack_id}/snapshots/{name}",
        f"/resource_types/{name}",
        f"/template_versions/{name}/functions",
    ):
        refused = lasting.ask("GET", path)
        assert refused.status_code in (400, 404), (path, refused.text)
        assert "X-Evil" not in refused.headers


@pytest.mark.parametrize("value", ["%00", "%ff", "a%0d%0ab", "-1", "1e3", "9" * 5000, "\u0663"])
@pytest.mark.parametrize("name", ["limit", "marker", "sort_keys", "name", "tags", "show_nested"])
def test_queries_that_mean_nothing(lasting: Wire, name: str, value: str):
    for path in ("/stacks", "/resource_types", "/stacks/web"):
        answer = lasting.ask("GET", f"{path}?{name}={value}")
        assert answer.status_code < 500, (path, answer.text)
        assert "\r" not in answer.headers.get("Location", "")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ('{"a": "\\ud800"}', "half of a surrogate pair"),
        ('{"\\udfff": 1}', "half of a surrogate pair"),
        ('{"a": NaN}', "no JSON number"),
        ("[" * 100000, "nested too deeply"),
        ('{"a": "\\ud83d\\ude00", "b": "\\\\ud800"}', None),
    ],
)
def test_parameters_that_are_json(wire: Wire, value: str, said: str | None):
    template = HOT.replace("parameters:", "parameters:\n  j: {type: json, default: {}}")
    body = {"stack_name": "j", "template": template, "parameters": {"j": value}}
    answer = wire.ask("POST", "/stacks", body)
    if said is None:
        shown = wire.ask("GET", f"/stacks/j/{answer.json['stack']['id']}").json["stack"]
        assert json.loads(shown["parameters"]["j"]) == {"a": "\U0001f600", "b": "\\ud800"}
    else:
        assert (answer.status_code, said in answer.json["error"]["message"]) == (400, True)


def test_numbers_without_end_are_as_good_as_the_largest(wire: Wire):
    stack_id = wire.create()
    digits = "9" * 40
    assert len(wire.ask("GET", f"/stacks?limit={digits}").json["stacks"]) == 1
    path = f"/stacks/web/{stack_id}"
    assert wire.ask("GET", f"{path}/resources?nested_depth={digits}").status_code == 200
    assert wire.ask("GET", f"{path}/events?limit={digits}").status_code == 200
    body = {"stack_name": "b", "template": HOT, "timeout_mins": int(digits)}
    refused = wire.ask("POST", "/stacks", body)
    assert refused.status_code == 400
    assert "timeout_mins" in refused.json["error"]["message"]


def test_a_body_in_chunks_has_a_limit_too(db):
    small = Wire(db, max_json_body_size=1000)
    body = json.dumps({"stack_name": "a", "template": HOT, "files": {"x": "y" * 2000}}).encode()
    refused = small.chunked("POST", "/stacks", io.BytesIO(body))
    assert refused.json["error"]["type"] == "RequestLimitExceeded"
    sent = json.dumps({"stack_name": "a", "template": HOT}).encode()
    assert small.chunked("POST", "/stacks", io.BytesIO(sent)).status_code == 201


def test_a_wish_for_a_request_id_is_heard_only_if_it_is_one(wire: Wire):
    mine = "req-01234567-89ab-cdef-0123-456789abcdef"
    name = "X-Openstack-Request-Id"
    assert wire.ask("GET", "/stacks", headers={name: mine}).headers[name] == mine
    for wrong in ("mine", f"{mine}\tx", mine.upper(), ""):
        given = wire.ask("GET", "/stacks", headers={name: wrong}).headers[name]
        assert given.startswith("req-")
        assert given != wrong


@pytest.mark.parametrize("path", ["/v2", "/v2/demo/stacks", "/v1.5/", "/v0"])
def test_other_versions_are_told_which_there_are(wire: Wire, path: str):
    told = wire.bare("GET", path)
    assert told.status_code == 300
    assert told.json["versions"][0]["id"] == "v1.0"


def test_a_token_for_no_project_is_refused(wire: Wire):
    refused = wire.bare("GET", "/v1/demo/stacks", headers={"X-User-Id": "u", "X-Roles": "admin"})
    assert refused.status_code == 403
    assert "project" in refused.json["error"]["message"]


@pytest.mark.parametrize("label", ["x" * 256, 5, {"a": 1}])
def test_names_of_snapshots_have_a_length(wire: Wire, label):
    stack_id = wire.create()
    refused = wire.ask("POST", f"/stacks/web/{stack_id}/snapshots", {"name": label})
    assert refused.status_code == 400
    assert "name" in refused.json["error"]["message"]


@pytest.mark.filterwarnings("ignore:Unknown REQUEST_METHOD")
def test_a_method_that_nobody_knows_is_told_which_there_are(wire: Wire):
    for method, path, there in (
        ("FOO", "/stacks", {"GET", "OPTIONS", "POST"}),
        ("HEAD", "/stacks", {"GET", "OPTIONS", "POST"}),
        ("PROPFIND", "/build_info", {"GET", "OPTIONS"}),
    ):
        refused = wire.ask(method, path)
        assert refused.status_code == 405
        assert set(refused.headers["Allow"].split(", ")) == there


@pytest.mark.parametrize("host", ["a b", "a/../b", "", "a@b", "<script>", "a:b", "[::1"])
def test_a_host_that_is_none_makes_no_links(wire: Wire, host: str):
    refused = wire.ask("GET", "/stacks", headers={"Host": host})
    assert refused.status_code == 400
    assert "Host" in refused.json["error"]["message"]


@pytest.mark.parametrize("host", ["a", "a_b.example:8004", "[::1]:8004", "10.0.0.1"])
def test_a_host_as_there_are_makes_links(wire: Wire, host: str):
    assert wire.ask("GET", "/stacks", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("said", "base"),
    [
        ({"X-Forwarded-Host": "a:8443", "X-Forwarded-Proto": "https"}, "https://a:8443"),
        ({"X-Forwarded-Host": "a", "X-Forwarded-Prefix": "/orch/"}, "http://a/orch"),
        ({"X-Forwarded-Host": "a, b", "X-Forwarded-Proto": "https, http"}, "https://a"),
        ({"Forwarded": "for=1;host=a.b;proto=https, for=2;host=c"}, "https://a.b"),
    ],
)
def test_links_lead_through_the_first_proxy(db, said: dict[str, str], base: str):
    behind = Wire(db, trust_forwarded=True)
    made = behind.ask("POST", "/stacks", {"stack_name": "a", "template": HOT}, headers=said)
    home = made.headers["Location"]
    assert home.startswith(f"{base}/v1/")
    assert behind.ask("GET", "/stacks/a", headers=said).headers["Location"] == home
    direct = Wire(db).ask("GET", "/stacks/a", headers=said).headers["Location"]
    assert direct.partition("/v1/")[2] == home.partition("/v1/")[2]
    assert not direct.startswith(base)


@pytest.mark.parametrize("name", ["X-Forwarded-Proto", "X-Forwarded-Host", "X-Forwarded-Prefix"])
def test_a_proxy_that_says_nonsense_is_not_repeated(db, name: str):
    behind = Wire(db, trust_forwarded=True)
    assert behind.ask("GET", "/stacks", headers={name: "java script:"}).status_code == 400
