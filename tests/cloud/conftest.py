"""One cloud for the contract tests: devcloud, and the real services when they are at hand."""

import os
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from devcloud.assembly import build
from devcloud.kernel.settings import Settings
from devcloud.server import serve

from .identity import role_id
from .networking import Net


class Cloud:
    """The services of a cloud as its user demo, or as admin, asks them."""

    def __init__(self, name: str, auth_url: str, password: str) -> None:
        self.name = name
        self.auth_url = auth_url
        self.password = password
        self._sessions: dict[str, Session] = {}

    def session(self, user: str = "demo", project: str | None = None) -> Session:
        """Return the session of a user in the project of the same name, or another."""
        project = project or user
        key = f"{user}@{project}"
        if key not in self._sessions:
            auth = v3.Password(
                auth_url=self.auth_url,
                username=user,
                password=self.password,
                user_domain_id="default",
                project_name=project,
                project_domain_id="default",
            )
            self._sessions[key] = Session(auth=auth)
        return self._sessions[key]

    def close(self) -> None:
        for session in self._sessions.values():
            session.session.close()

    @property
    def project_id(self) -> str:
        found = self.session().get_project_id()
        assert found is not None
        return found

    def request(
        self,
        method: str,
        service_type: str,
        path: str,
        *,
        admin: bool = False,
        user: str | None = None,
        microversion: str | None = None,
        headers: dict[str, str] | None = None,
        **rest: Any,
    ) -> requests.Response:
        """Ask a service; no status raises. `path` follows the catalogue's endpoint."""
        sent = dict(headers or {})
        if microversion is not None:
            name = {"volumev3": "volume", "block-storage": "volume"}.get(service_type, service_type)
            sent["OpenStack-API-Version"] = f"{name} {microversion}"
        session = self.session(user or ("admin" if admin else "demo"))
        endpoint = session.get_endpoint(service_type=service_type, interface="public")
        assert endpoint is not None, f"no endpoint for {service_type}"
        reply: requests.Response = session.request(
            endpoint.rstrip("/") + path,
            method,
            headers=sent,
            raise_exc=False,
            redirect=False,
            **rest,
        )
        return reply

    def get(self, service_type: str, path: str, **rest: Any) -> requests.Response:
        return self.request("GET", service_type, path, **rest)

    def head(self, service_type: str, path: str, **rest: Any) -> requests.Response:
        return self.request("HEAD", service_type, path, **rest)

    def post(self, service_type: str, path: str, **rest: Any) -> requests.Response:
        return self.request("POST", service_type, path, **rest)

    def put(self, service_type: str, path: str, **rest: Any) -> requests.Response:
        return self.request("PUT", service_type, path, **rest)

    def patch(self, service_type: str, path: str, **rest: Any) -> requests.Response:
        return self.request("PATCH", service_type, path, **rest)

    def delete(self, service_type: str, path: str, **rest: Any) -> requests.Response:
        return self.request("DELETE", service_type, path, **rest)

    def until(
        self,
        service_type: str,
        path: str,
        wanted: Callable[[requests.Response], bool],
        *,
        seconds: float = 60,
        **rest: Any,
    ) -> requests.Response:
        """Ask again and again until the answer is as wanted."""
        deadline = time.monotonic() + seconds
        while True:
            reply = self.get(service_type, path, **rest)
            if wanted(reply):
                return reply
            assert time.monotonic() < deadline, f"{path}: still {reply.status_code} {reply.text}"
            time.sleep(0.01 if self.name == "devcloud" else 0.5)

    def unique(self, word: str = "test") -> str:
        """Return a name that nothing else has."""
        return f"{word}-{uuid.uuid4().hex[:12]}"


@pytest.fixture(scope="session", params=["devcloud", pytest.param("lab", marks=pytest.mark.lab)])
def cloud(request: pytest.FixtureRequest) -> Iterator[Cloud]:
    """The cloud under test."""
    if request.param == "devcloud":
        settings = Settings()
        running = serve(build(settings=settings))
        found = Cloud("devcloud", f"{running.url}/identity/v3", settings.password)
        try:
            yield found
        finally:
            found.close()
            running.close()
        return
    path = os.environ.get("HEAT_LAB_CLOUDS_YAML")
    if not path:
        pytest.skip("HEAT_LAB_CLOUDS_YAML names no clouds.yaml")
    auth = yaml.safe_load(Path(path).read_text())["clouds"]["lab-demo"]["auth"]
    found = Cloud("lab", auth["auth_url"], auth["password"])
    yield found
    found.close()


@pytest.fixture
def demo_id(cloud):
    return cloud.session("demo").get_user_id()


@pytest.fixture
def heat_id(cloud):
    return cloud.session("heat", "service").get_user_id()


@pytest.fixture
def newcomer(cloud):
    """A user of its own in a project of its own."""
    name = cloud.unique("newcomer")
    project = cloud.post("identity", "/projects", json={"project": {"name": name}}, admin=True)
    project_id = project.json()["project"]["id"]
    body = {"name": name, "password": "first", "default_project_id": project_id}
    user = cloud.post("identity", "/users", json={"user": body}, admin=True)
    user_id = user.json()["user"]["id"]
    grant = f"/projects/{project_id}/users/{user_id}/roles/{role_id(cloud, 'member')}"
    assert cloud.put("identity", grant, admin=True).status_code == 204
    yield {"id": user_id, "name": name, "project_id": project_id, "grant": grant}
    cloud.delete("identity", f"/users/{user_id}", admin=True)
    cloud.delete("identity", f"/projects/{project_id}", admin=True)


@pytest.fixture
def net(cloud: Any) -> Iterator[Net]:
    net = Net(cloud)
    yield net
    net.clean()
