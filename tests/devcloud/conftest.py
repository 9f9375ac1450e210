"""A cloud without sockets and one with them; time stands still unless a test moves it."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from devcloud.assembly import build
from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.settings import Settings
from devcloud.kernel.web import Reply, Request
from devcloud.server import Running, serve


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


class Client:
    """Asks a cloud in process, as one of its users."""

    def __init__(self, cloud: DevCloud, user: str = "demo", project: str | None = None) -> None:
        self.cloud = cloud
        proof = {"name": user, "domain": {"id": "default"}, "password": "devcloud"}
        scope = {"project": {"name": project or user, "domain": {"id": "default"}}}
        identity = {"methods": ["password"], "password": {"user": proof}}
        reply = self.ask(
            "POST", "/identity/v3/auth/tokens", {"auth": {"identity": identity, "scope": scope}}
        )
        assert reply.status == 201, reply.raw
        self.token = reply.headers["X-Subject-Token"]
        self.project_id = reply.json()["token"]["project"]["id"]

    token = ""

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        if self.token:
            headers.setdefault("X-Auth-Token", self.token)
        return self.cloud.dispatch(Request.of(method, path, headers=headers, body=body))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cloud(clock: Clock) -> DevCloud:
    return build(clock=clock, random=random.Random(1), settings=Settings())


@pytest.fixture
def client(cloud: DevCloud) -> Callable[..., Client]:
    """Make clients: client(), client("heat", "service")."""
    return lambda *who: Client(cloud, *who)


@pytest.fixture
def demo(cloud: DevCloud) -> Client:
    return Client(cloud)


@pytest.fixture
def running(cloud: DevCloud) -> Iterator[Running]:
    server = serve(cloud)
    yield server
    server.close()
