"""Threads of the API take turns, so that one project's slow requests hold up no other's."""

import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import falcon.testing
import pytest
import requests

from devcloud.assembly import build
from devcloud.kernel.settings import Settings
from devcloud.kernel.store import Store
from devcloud.server import serve
from heat.api.guard import CHECKED, wrap
from heat.main.served import Served, listen

_DEFAULT = {"name": "Default"}
PASSWORD = Settings.password
SERVICE = {
    "auth_type": "password", "username": "heat", "password": PASSWORD, "project_name": "service",
    "user_domain_name": "Default", "project_domain_name": "Default",
    "service_token_roles_required": "true",
}  # fmt: skip
LOGIN = {
    "auth": {
        "identity": {
            "methods": ["password"],
            "password": {"user": {"name": "demo", "domain": _DEFAULT, "password": PASSWORD}},
        },
        "scope": {"project": {"name": "demo", "domain": _DEFAULT}},
    }
}


class Slow:
    """An application whose requests last until they are let go, but for those that say quick.

    The token of a project is its name, but for one that is checked for as long as that lasts.
    """

    def __init__(self) -> None:
        self.go, self.lock = threading.Event(), threading.Lock()
        self.running = 0
        self.came = threading.Semaphore(0)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        token = environ.get("HTTP_X_AUTH_TOKEN", "")
        if token.startswith("good "):
            environ[CHECKED](token, token.split()[1])
        if "quick" not in environ["PATH_INFO"]:
            with self.lock:
                self.running += 1
            self.came.release()
            self.go.wait(30)
        start("200 OK", [("Content-Length", "2")])
        return [b"ok"]


@pytest.fixture
def slow() -> Iterator[tuple[Slow, str]]:
    app, listening = Slow(), listen("127.0.0.1", 0)
    served = Served(app, listening, threads=4)
    yield app, f"http://127.0.0.1:{listening.getsockname()[1]}"
    app.go.set()
    served.close()
    listening.close()


def send(url: str, *tokens: str) -> list[threading.Thread]:
    threads = [
        threading.Thread(
            target=requests.get,
            args=(url,),
            kwargs={"timeout": 30, "headers": {"X-Auth-Token": token}},
        )
        for token in tokens
    ]
    for thread in threads:
        thread.start()
    return threads


def ask(url: str, token: str) -> str:
    return requests.get(url, timeout=10, headers={"X-Auth-Token": token}).text


@pytest.mark.parametrize(
    "tokens", [["good greedy"] * 12, [f"good greedy {n}" for n in range(12)]], ids=["one", "many"]
)
def test_one_projects_slow_requests_leave_a_thread_to_others(
    slow: tuple[Slow, str], tokens: list[str]
) -> None:
    app, url = slow
    sent = send(f"{url}/v1/greedy/slow", *tokens)
    for _ in range(3):
        assert app.came.acquire(timeout=10)
    for n in range(5):
        assert ask(f"{url}/v1/modest/quick", f"good modest {n}") == "ok"
    assert app.running == 3
    app.go.set()
    for thread in sent:
        thread.join(10)
    assert app.running == 12


def test_who_names_a_project_without_a_good_token_takes_none_of_its_turns(
    slow: tuple[Slow, str],
) -> None:
    app, url = slow
    assert ask(f"{url}/v1/victim/quick", "good victim") == "ok"
    sent = send(f"{url}/v1/victim/slow", *(f"forged {n}" for n in range(12)))
    for _ in range(3):
        assert app.came.acquire(timeout=10)
    for _ in range(5):
        assert ask(f"{url}/v1/victim/quick", "good victim") == "ok"
    assert app.running == 3
    app.go.set()
    for thread in sent:
        thread.join(10)


def test_strangers_of_all_projects_together_leave_a_thread_to_those_who_are_known(
    slow: tuple[Slow, str],
) -> None:
    app, url = slow
    assert ask(f"{url}/v1/known/quick", "good known") == "ok"
    sent = [send(f"{url}/v1/p{n}/slow", f"forged {n}")[0] for n in range(8)]
    for _ in range(3):
        assert app.came.acquire(timeout=10)
    assert ask(f"{url}/v1/other/quick", "good known") == "ok"
    app.go.set()
    for thread in sent:
        thread.join(10)


def test_a_proxy_in_front_is_heard_only_where_there_is_one() -> None:
    def forwarded(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [])
        return [environ.get("HTTP_X_FORWARDED_PROTO", "nothing").encode()]

    for behind_proxy, heard in ((True, "https"), (False, "nothing")):
        listening = listen("127.0.0.1", 0)
        served = Served(forwarded, listening, threads=1, behind_proxy=behind_proxy)
        try:
            said = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.0.0.9"}
            url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1/x/quick"
            assert requests.get(url, timeout=10, headers=said).text == heard
        finally:
            served.close()
            listening.close()


def trickle(client: socket.socket) -> None:
    for _ in range(200):
        client.sendall(b"x")
        time.sleep(0.1)


@pytest.mark.parametrize(
    "beginning",
    [
        b"GET /v1/x/quick HTTP/1.1\r\nHost: a\r\n",
        b"POST /quick HTTP/1.1\r\nContent-Length: 99\r\n\r\n",
    ],
)
def test_a_request_that_trickles_is_cut_off(beginning: bytes) -> None:
    listening = listen("127.0.0.1", 0)
    served = Served(Slow(), listening, threads=1, patience=1)
    try:
        with socket.create_connection(listening.getsockname(), timeout=10) as client:
            client.sendall(beginning)
            started = time.monotonic()
            with pytest.raises(OSError):
                trickle(client)
        assert time.monotonic() - started < 15
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/quick"
        with requests.Session() as kept:
            assert kept.get(url, timeout=10).text == "ok"
            time.sleep(0.5)
            assert kept.get(url, timeout=10).text == "ok"
    finally:
        served.close()
        listening.close()


def test_projects_take_turns(slow: tuple[Slow, str]) -> None:
    app, url = slow
    for name in "abc":
        assert ask(f"{url}/v1/{name}/quick", f"good {name}") == "ok"
    first = send(f"{url}/v1/a/slow", *["good a"] * 3) + send(f"{url}/v1/b/slow", "good b")
    for _ in range(4):
        assert app.came.acquire(timeout=10)
    waiting = send(f"{url}/v1/a/slow", *["good a"] * 4) + send(f"{url}/v1/c/quick", "good c")
    app.go.set()
    for thread in first + waiting:
        thread.join(10)
        assert not thread.is_alive()
    assert app.running == 8


def test_a_good_token_is_told_with_its_project(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "devcloud.sqlite"))
    cloud = serve(build(store), "127.0.0.1", 0)
    heard: list[tuple[str, str]] = []

    def app(_environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return [b"ok"]

    try:
        auth_url = f"{cloud.url}/identity/v3"
        answer = requests.post(f"{auth_url}/auth/tokens", json=LOGIN, timeout=10)
        token, project = answer.headers["X-Subject-Token"], answer.json()["token"]["project"]["id"]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            keystone = SERVICE | {"auth_url": auth_url, "www_authenticate_uri": auth_url}
            client = falcon.testing.TestClient(wrap(app, keystone))
        for given in (token, "forged"):
            said = {"X-Auth-Token": given, "X-Project-Id": "victim"}
            extras = {CHECKED: lambda *good: heard.append(good)}
            client.simulate_get("/v1/victim/stacks", headers=said, extras=extras)
    finally:
        cloud.close()
        store.close()
    assert heard == [(token, project)]


@pytest.mark.parametrize(
    "sent", [b"\x16\x03\x01\x02\x00\r\n\r\n", b"GET\r\n\r\n", b"get / HTTP/1.1\r\n\r\n"]
)
def test_what_is_no_request_is_told_so(sent: bytes, caplog: pytest.LogCaptureFixture) -> None:
    listening = listen("127.0.0.1", 0)
    served = Served(Slow(), listening, threads=1)
    try:
        with socket.create_connection(listening.getsockname(), timeout=10) as client:
            client.sendall(sent)
            with client.makefile("rb") as answer:
                assert answer.read().split()[1] == b"400"
    finally:
        served.close()
        listening.close()
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
