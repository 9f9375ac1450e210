"""A tiny cloud of the tests' own: a keystone of two calls, and whatever a test answers."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from heat.cloud.client import Client
from heat.cloud.credentials import Credentials
from heat.cloud.sessions import Sessions
from heat.cloud.settings import CloudSettings, Trustee

FAR = "2090-01-01T00:00:00.000000Z"


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False
    held: threading.Event | None = None


@dataclass
class Keystone:
    """Knows tokens and trusts by name."""

    tokens: set[str] = field(default_factory=lambda: {"user-token"})
    trusts: set[str] = field(default_factory=lambda: {"trust-1"})
    expires_at: str = FAR
    given: int = 0

    def answer(self, asked: Asked, url: str) -> Answer:
        if asked.method == "GET":
            token = asked.headers["x-subject-token"]
            if token not in self.tokens:
                return Answer(404, {"error": {"message": "no such token", "code": 404}})
            return Answer(200, {"token": self.token(url, "user-1", self.expires_at)})
        wanted = asked.json["auth"]
        trust = wanted["scope"].get("OS-TRUST:trust", {}).get("id")
        password = wanted["identity"]["password"]["user"]["password"]
        if password != "pa55" or (trust and trust not in self.trusts):
            return Answer(401, {"error": {"message": "not you", "code": 401}})
        self.given += 1
        token = f"{trust or 'service'}-token-{self.given}"
        self.tokens.add(token)
        user = "user-1" if trust else "service-1"
        return Answer(201, {"token": self.token(url, user)}, {"X-Subject-Token": token})

    def token(self, url: str, user: str, expires_at: str = FAR) -> dict[str, Any]:
        def endpoint(path: str, region: str = "here", interface: str = "public") -> dict[str, str]:
            return {
                "url": url + path,
                "region": region,
                "region_id": region,
                "interface": interface,
                "id": path + region,
            }

        catalogue = [
            ("compute", [endpoint("/elsewhere", "there"), endpoint("/compute/v2.1")]),
            ("volumev3", [endpoint("/volume/v3")]),
            ("network", [endpoint("/inside", interface="internal"), endpoint("/network")]),
            ("image", [endpoint("/image")]),
        ]
        return {
            "methods": ["password"],
            "user": {"id": user, "name": user, "domain": {"id": "default", "name": "Default"}},
            "project": {"id": "p1", "name": "p1", "domain": {"id": "default", "name": "Default"}},
            "roles": [{"id": "r", "name": "member"}],
            "issued_at": "2026-01-01T00:00:00.000000Z",
            "expires_at": expires_at,
            "catalog": [
                {"type": kind, "name": kind, "id": kind, "endpoints": endpoints}
                for kind, endpoints in catalogue
            ],
        }


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """A client that went away is part of the tests."""


class Tiny:
    """The server: each test sets ``answers``, a function from what is asked."""

    def __init__(self) -> None:
        self.keystone = Keystone()
        self.asked: list[Asked] = []
        self.pauses: list[float] = []
        self._clients: list[Client] = []
        self.logins: list[Asked] = []
        self.answers: Callable[[Asked], Answer] = lambda _: Answer(200, {})
        self._server = Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer_in_turn(self, *answers: Answer) -> None:
        """Give these answers, the last of them for ever."""
        left = list(answers)
        self.answers = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def client(self, **changed: Any) -> Client:
        """A client of this cloud that remembers its pauses and makes none."""
        settings = {
            "auth_url": self.url,
            "trustee": Trustee("heat", "pa55", user_domain_id="default"),
            "region": "here",
        }
        self.pauses.clear()
        client = Client(Sessions(CloudSettings(**(settings | changed))), sleep=self.pauses.append)
        self._clients.append(client)
        return client

    def close(self) -> None:
        for client in self._clients:
            client.sessions.close()
        self._clients.clear()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _take(self, asked: Asked) -> Answer:
        if asked.path.startswith("/v3/auth/tokens"):
            self.logins.append(asked)
            return self.keystone.answer(asked, self.url)
        self.asked.append(asked)
        if asked.headers.get("x-auth-token") not in self.keystone.tokens:
            return Answer(401, {"error": {"message": "token refused", "code": 401}})
        return self.answers(asked)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        tiny = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                size = int(self.headers.get("content-length") or 0)
                headers = {name.lower(): value for name, value in self.headers.items()}
                answer = tiny._take(Asked(self.command, self.path, headers, self.rfile.read(size)))
                if answer.held is not None:
                    answer.held.wait(20)
                if answer.lost:
                    self.close_connection = True
                    return
                raw, kind = answer.body, "text/html; charset=UTF-8"
                if answer.body is not None and not isinstance(answer.body, str):
                    raw, kind = json.dumps(answer.body), "application/json"
                data = (raw or "").encode(
                    "latin-1" if "Content-Encoding" in answer.headers else "utf-8"
                )
                self.send_response(answer.status)
                for name, value in ({"Content-Type": kind} | answer.headers).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = handle_any  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@pytest.fixture
def tiny() -> Iterator[Tiny]:
    cloud = Tiny()
    yield cloud
    cloud.close()


@pytest.fixture
def user() -> Credentials:
    return Credentials(user_id="user-1", username="demo", project="p1", token="user-token")


@pytest.fixture
def answer() -> type[Answer]:
    return Answer
