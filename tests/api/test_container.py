"""Files of a request that lie in object storage."""

import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
import requests
from requests.adapters import BaseAdapter

from heat.cloud.client import Client
from heat.cloud.sessions import Sessions
from heat.cloud.settings import CloudSettings
from wire import HOT, Wire

OUTER = "{heat_template_version: 2018-08-31, resources: {below: {type: below.yaml}}}"
FAR = "2999-01-01T00:00:00.000000Z"


class Storage(BaseAdapter):
    """A cloud with an identity service and containers of objects, in pages of two."""

    def __init__(self, **containers: dict[str, Any]) -> None:
        super().__init__()
        self.containers, self.asked = containers, []
        self.has_storage = True

    def close(self) -> None:
        pass

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        parts = urlsplit(request.url or "")
        if parts.netloc == "keystone":
            return self._answer(request, 200, json.dumps({"token": self._token()}).encode())
        self.asked.append((parts.path, request.headers["X-Auth-Token"]))
        _, _, container, *name = unquote(parts.path).split("/", 3)
        objects = self.containers.get(container)
        if objects is None or (name and name[0] not in objects):
            return self._answer(request, 404, b"{}")
        if name:
            last = int(request.headers["Range"].removeprefix("bytes=0-"))
            text = objects[name[0]]
            return self._answer(request, 206 if text else 416, text[: last + 1])
        after = parse_qs(parts.query).get("marker", [""])[0]
        listed = [
            {"name": key, "bytes": self._told(key, text), "content_type": "text/plain"}
            for key, text in sorted(objects.items())
            if key > after
        ]
        return self._answer(request, 200, json.dumps(listed[:2]).encode())

    @staticmethod
    def _told(name: str, text: bytes) -> int:
        """Return what lists say of an object: one that is made of others is empty there."""
        return 0 if name.startswith("parts") else len(text)

    def _token(self) -> dict[str, Any]:
        endpoint = {"interface": "public", "region_id": "r", "url": "http://swift/account"}
        storage = {"type": "object-store", "endpoints": [{**endpoint, "id": "e"}]}
        return {
            "expires_at": FAR,
            "user": {"id": "id-alice", "domain": {}},
            "catalog": [storage] if self.has_storage else [],
        }

    @staticmethod
    def _answer(request: Any, status: int, content: bytes) -> requests.Response:
        answer = requests.Response()
        answer.status_code, answer._content, answer.request = status, content, request
        answer.headers["content-type"] = "application/json"
        answer.url = request.url
        return answer


@pytest.fixture
def storage(monkeypatch) -> Storage:
    monkeypatch.setattr("heat.operations.container.PAGE", 2)
    more = {f"{n}.sh": b"#!/bin/sh" for n in range(3)} | {"empty": b""}
    return Storage(mine={"below.yaml": HOT.encode(), "env.json": b'{"parameters": {}}', **more})


@pytest.fixture
def wire(db, storage: Storage) -> Wire:
    client = Client(Sessions(CloudSettings(auth_url="http://keystone/v3"), storage))
    return Wire(db, client=client, limits={"max_files_size": 5000})


def test_files_come_from_a_container(wire: Wire, storage: Storage):
    sent = {"environment_files": ["env.json"], "files": {"0.sh": "#!mine"}}
    body = {"template": OUTER, "files_container": "mine", **sent}
    made = wire.ask("POST", "/stacks", {"stack_name": "web", **body})
    assert made.status_code == 201, made.text
    files = wire.ask("GET", f"/stacks/web/{made.json['stack']['id']}/files").json
    assert files["below.yaml"] == HOT
    assert files["env.json"] == '{"parameters": {}}'
    assert (files["0.sh"], files["2.sh"]) == ("#!mine", "#!/bin/sh")
    assert files["empty"] == ""
    assert ("/account/mine/0.sh", "token-alice") not in storage.asked
    assert {token for _, token in storage.asked} == {"token-alice"}
    shown = wire.ask("POST", "/stacks/preview", {"stack_name": "other", **body})
    assert shown.status_code == 200
    told = wire.ask("POST", "/validate?show_nested=true", body)
    assert "below" in told.json["NestedParameters"]


def test_an_update_gets_what_lies_there_now(wire: Wire, storage: Storage):
    body = {"template": OUTER, "files_container": "mine"}
    stack_id = wire.ask("POST", "/stacks", {"stack_name": "web", **body}).json["stack"]["id"]
    wire.settle(stack_id)
    storage.containers["mine"]["0.sh"] = b"#!new"
    path = f"/stacks/web/{stack_id}"
    assert wire.ask("PATCH", path, {"files_container": "mine"}).status_code == 202
    assert wire.ask("GET", f"{path}/files").json["0.sh"] == "#!new"


@pytest.mark.parametrize(
    ("container", "status", "kind", "said"),
    [
        ("none", 404, "NotFound", "from container none"),
        ("large", 400, "DownloadLimitExceeded", "5001 bytes"),
        ("parts", 400, "DownloadLimitExceeded", "5001 bytes"),
        ("many", 400, "DownloadLimitExceeded", "more than 1000 files"),
        ("image", 400, "", "disk.img in the container image is not text"),
        ("a/b", 400, "", "no / in its name"),
    ],
)
def test_what_can_not_be_had(
    wire: Wire, storage: Storage, container: str, status: int, kind: str, said: str
):
    storage.containers |= {"large": {"x": b"x" * 5001}, "image": {"disk.img": b"\xff\xd8"}}
    storage.containers |= {
        "parts": {"parts": b"x" * 10**6},
        "many": dict.fromkeys(map(str, range(1001)), b""),
    }
    body = {"stack_name": "web", "template": OUTER, "files_container": container}
    refused = wire.ask("POST", "/stacks", body)
    assert refused.status_code == status
    assert said in refused.json["error"]["message"]
    assert refused.json["error"]["type"] == kind or not kind


def test_a_cloud_without_object_storage(wire: Wire, storage: Storage, db):
    storage.has_storage = False
    body = {"stack_name": "web", "template": OUTER, "files_container": "mine"}
    for one in (wire, Wire(db)):
        refused = one.ask("POST", "/stacks", body)
        assert refused.status_code == 400
        assert "object-store service" in refused.json["error"]["message"]
