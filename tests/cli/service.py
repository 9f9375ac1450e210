"""A keystone of one call and a service of a few stacks, whose answers a test lays out."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

PROJECT = "p1"
TOKEN = "the-token"
ID = "11111111-2222-3333-4444-555555555555"
NESTED = "99999999-2222-3333-4444-555555555555"


@dataclass
class Asked:
    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    token: str | None


@dataclass
class Step:
    """What one look at a stack finds: its state, the events since, the resources."""

    status: str
    events: list[dict[str, Any]] = field(default_factory=list)
    resources: list[dict[str, Any]] | None = None
    reason: str = ""


@dataclass
class Service:
    """The world a test lays out; each look at the stack takes the next of ``steps``."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    stack: dict[str, Any] = field(default_factory=dict)
    resources: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    answers: dict[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=lambda: [TOKEN])
    held: threading.Event | None = None
    refuses_above: int | None = None

    def said(self, method: str, path: str) -> list[Asked]:
        return [a for a in self.asked if a.method == method and a.path == f"/v1/{PROJECT}{path}"]

    def answer(self, asked: Asked) -> tuple[int, Any, dict[str, str]]:
        if asked.path == "/v3/auth/tokens":
            return self._log_in(asked)
        if asked.token not in self.tokens:
            return 401, fault(401, "Unauthorized", "the token ran out"), {}
        path = asked.path.removeprefix(f"/v1/{PROJECT}")
        if (asked.method, path) in self.answers:
            return *self.answers[asked.method, path], {}
        if re.fullmatch(r"/stacks/[^/]+", path) and asked.method == "GET":
            if not self.stack or path.removeprefix("/stacks/") not in (
                self.stack["stack_name"],
                ID,
            ):
                name = path.rpartition("/")[2]
                words = f"The Stack ({name}) could not be found."
                return 404, fault(404, "EntityNotFound", words), {}
            return 302, None, {"Location": f"{self.url}/v1/{PROJECT}{self.home}"}
        if path == self.home:
            return self._look(asked)
        if path == f"{self.home}/events":
            return 200, {"events": self._events(asked.query)}, {}
        if path == f"{self.home}/resources":
            return 200, {"resources": self.resources}, {}
        return 404, fault(404, "NotFound", f"nothing at {path}"), {}

    @property
    def home(self) -> str:
        return f"/stacks/{self.stack.get('stack_name')}/{ID}"

    def _log_in(self, asked: Asked) -> tuple[int, Any, dict[str, str]]:
        identity = asked.body["auth"]["identity"]
        user = identity.get("password", {}).get("user", {})
        if "password" in identity["methods"] and user["password"] != "secret":
            words = {"error": {"code": 401, "message": "The request you have made requires it."}}
            return 401, words, {}
        endpoints = [
            {"interface": "internal", "region_id": "R1", "url": "http://127.0.0.1:1/v1/p1"},
            {"interface": "public", "region_id": "R1", "url": f"{self.url}/v1/{PROJECT}"},
        ]
        catalog = [{"type": "orchestration", "endpoints": endpoints}]
        token = {
            "token": {
                "project": {"id": PROJECT},
                "catalog": catalog,
                "methods": identity["methods"],
                "expires_at": "2090-01-01T00:00:00.000000Z",
            }
        }
        return 201, token, {"X-Subject-Token": self.tokens[-1]}

    def _look(self, asked: Asked) -> tuple[int, Any, dict[str, str]]:
        if asked.method in ("PUT", "PATCH"):
            return 202, None, {}
        if asked.method == "DELETE":
            return 204, None, {}
        if asked.query.get("resolve_outputs") and self.steps:
            step = self.steps.pop(0)
            self.stack["stack_status"] = step.status
            self.stack["stack_status_reason"] = step.reason
            self.events += step.events
            if step.resources is not None:
                self.resources = step.resources
        elif asked.query.get("resolve_outputs") and self.held is not None:
            self.held.set()
        if self.stack["stack_status"] == "GONE":
            return 404, fault(404, "EntityNotFound", "The Stack could not be found."), {}
        return 200, {"stack": self.stack}, {}

    def _events(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        found = list(self.events)
        if marker := query.get("marker"):
            ids = [event["id"] for event in found]
            found = found[ids.index(marker[0]) + 1 :]
        if query.get("sort_dir") != ["asc"]:
            found.reverse()
        return found[: int(query["limit"][0])] if "limit" in query else found

    def event(
        self, name: str, status: str, reason: str = "state changed", physical_id: str = "", of=None
    ) -> dict[str, Any]:
        self.count = getattr(self, "count", 0) + 1
        stack_name, stack_id = of or (self.stack["stack_name"], ID)
        home = f"{self.url}/v1/{PROJECT}/stacks/{stack_name}/{stack_id}"
        return {
            "id": f"e{self.count}",
            "event_time": f"2026-01-01T00:00:{self.count:02}Z",
            "resource_name": name,
            "logical_resource_id": name,
            "physical_resource_id": physical_id,
            "resource_status": status,
            "resource_status_reason": reason,
            "links": [{"rel": "stack", "href": home}],
        }

    def resource(self, name: str, status: str, kind: str = "OS::Nova::Server", of=None, nested=""):
        stack_name, stack_id = of or (self.stack["stack_name"], ID)
        home = f"{self.url}/v1/{PROJECT}/stacks"
        links = [{"rel": "stack", "href": f"{home}/{stack_name}/{stack_id}"}]
        if nested:
            links.append({"rel": "nested", "href": f"{home}/{nested}"})
        return {
            "resource_name": name,
            "physical_resource_id": f"id-of-{name}" if not status.startswith("INIT") else "",
            "resource_type": kind,
            "resource_status": status,
            "resource_status_reason": "state changed",
            "updated_time": "2026-01-01T00:00:00Z",
            "links": links,
        }

    def has_stack(self, name: str, status: str = "CREATE_COMPLETE", **fields: Any) -> None:
        self.stack = {
            "stack_name": name,
            "id": ID,
            "stack_status": status,
            "stack_status_reason": "Stack CREATE completed successfully",
            "creation_time": "2026-01-01T00:00:00Z",
            "updated_time": None,
            "description": "A shop",
            "outputs": [],
            **fields,
        }


def fault(status: int, kind: str, message: str, problems: Any = None) -> dict[str, Any]:
    error = {"type": kind, "traceback": None, "message": message}
    if problems is not None:
        error["problems"] = problems
    return {"code": status, "title": "Fault", "explanation": "generic", "error": error}


@contextmanager
def served() -> Iterator[Service]:
    """Serve a world on a free port."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            most, length = service.refuses_above, int(self.headers.get("Content-Length") or 0)
            if most is not None and length > most:
                self.close_connection = True
                return
            text = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(
                self.command,
                parts.path,
                parse_qs(parts.query),
                json.loads(text) if text else None,
                self.headers.get("X-Auth-Token"),
            )
            service.asked.append(asked)
            status, body, headers = service.answer(asked)
            content = b"" if body is None else json.dumps(body).encode()
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
