"""Threads of the API take turns, so that one project's slow requests hold up no other's."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from heat.main.served import Served, listen


class Slow:
    """An application whose requests last until they are let go, but for those that say quick."""

    def __init__(self) -> None:
        self.go, self.lock = threading.Event(), threading.Lock()
        self.running = 0
        self.came = threading.Semaphore(0)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
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


def send(url: str, count: int) -> list[threading.Thread]:
    threads = [
        threading.Thread(target=requests.get, args=(url,), kwargs={"timeout": 30})
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    return threads


def test_one_projects_slow_requests_leave_a_thread_to_others(slow: tuple[Slow, str]) -> None:
    app, url = slow
    sent = send(f"{url}/v1/greedy/slow", 12)
    for _ in range(3):
        assert app.came.acquire(timeout=10)
    for _ in range(5):
        answer = requests.get(f"{url}/v1/modest/quick", timeout=10)
        assert answer.text == "ok"
    assert app.running == 3
    app.go.set()
    for thread in sent:
        thread.join(10)
    assert app.running == 12


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
    first = send(f"{url}/v1/a/slow", 3) + send(f"{url}/v1/b/slow", 1)
    for _ in range(4):
        assert app.came.acquire(timeout=10)
    waiting = send(f"{url}/v1/a/slow", 4) + send(f"{url}/v1/c/quick", 1)
    app.go.set()
    for thread in first + waiting:
        thread.join(10)
        assert not thread.is_alive()
    assert app.running == 8
