"""Templates are fetched from where users may point, and from nowhere inside of the cloud."""

import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from heat.base.errors import Invalid
from heat.cloud import fetch as module
from heat.cloud.fetch import FetchSettings, fetch

HERE = FetchSettings(timeout=5, largest=1000, allow_private=True)


@contextmanager
def serving(answers):
    """Serve a map of paths to (status, headers, body); yields the address and what was asked."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            status, headers, body = answers[self.path.partition("?")[0]]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            for part in body if isinstance(body, list) else [body]:
                self.wfile.write(part)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def refusal(url, settings=HERE):
    with pytest.raises(Invalid) as caught:
        fetch(url, settings)
    return caught.value


def test_a_text_comes_with_its_query_and_without_its_mark():
    with serving({"/t": (200, {}, "\ufeffa: é".encode())}) as (url, asked):
        assert fetch(f"{url}/t?key=1", HERE) == "a: é"
        assert asked == ["/t?key=1"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://[2002:7f00:1::]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.1.2.3/",
        "http://192.168.1.1/",
        "http://100.64.0.1/",
        "http://0.0.0.0/",
        "http://224.0.0.1/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[fe80::1]/",
        "http://[fd00::1]/",
    ],
)
def test_nothing_inside_is_asked(url):
    refused = refusal(url, FetchSettings(timeout=2))
    assert "is no public address" in refused.message
    assert "allowed_template_hosts" in refused.message
    assert refused.kind == "HTTPBadRequest"


def test_metadata_is_never_asked_unless_its_host_is_named():
    assert "no public address" in refusal("http://169.254.169.254/").message


def test_a_named_host_may_be_inside():
    with serving({"/": (200, {}, b"a: 1")}) as (url, _):
        assert fetch(url, FetchSettings(timeout=5, allowed_hosts=("127.0.0.1",))) == "a: 1"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("file:///etc/passwd", "http:// or https://"),
        ("gopher://host/", "http:// or https://"),
        ("http://user:secret@host/", "user or a password"),
        ("http://", "names no host"),
        ("http://[", "can't be read"),
        ("http://host:99999/", "can't be read"),
        ("http://host\r\nX: y/", "control characters"),
        ("http://127.0.0.1:1/", "refused"),
    ],
)
def test_bad_addresses_are_told_apart(url, said):
    message = refusal(url).message
    assert said in message
    assert "secret" not in message


def test_an_answer_that_is_no_template_says_what_it_is():
    answers = {"/no": (404, {}, b""), "/bytes": (200, {}, b"\xff\xfe\x00")}
    with serving(answers) as (url, _):
        assert "HTTP 404" in refusal(f"{url}/no?token=secret").message
        assert "not text in UTF-8" in refusal(f"{url}/bytes").message
        assert "secret" not in refusal(f"{url}/no?token=secret").message


def test_an_answer_that_is_too_large_is_cut_off():
    with serving({"/": (200, {}, [b"x" * 100] * 11)}) as (url, _):
        refused = refusal(url)
    assert refused.kind == "DownloadLimitExceeded"
    assert "more than the 1000 bytes" in refused.message


def test_redirects_are_followed_and_checked():
    answers = {
        "/a": (302, {"Location": "/b"}, b""),
        "/b": (200, {}, b"a: 1"),
        "/loop": (302, {"Location": "/loop"}, b""),
        "/inside": (302, {"Location": "http://169.254.169.254/"}, b""),
        "/file": (302, {"Location": "file:///etc/passwd"}, b""),
    }
    with serving(answers) as (url, asked):
        assert fetch(f"{url}/a", HERE) == "a: 1"
        asked.clear()
        assert "more than 3 times" in refusal(f"{url}/loop").message
        assert len(asked) == 4
        assert "no public address" in refusal(f"{url}/inside").message
        assert "http:// or https://" in refusal(f"{url}/file").message


def test_the_address_that_was_checked_is_the_one_connected_to(monkeypatch):
    """A name that stands for something else a moment later leads nowhere else."""
    looked_up = []
    resolve = socket.getaddrinfo

    def changing(host, port, *given, **more):
        if host == "rebind.example":
            looked_up.append(host)
            host = "127.0.0.1" if len(looked_up) == 1 else "169.254.169.254"
        return resolve(host, port, *given, **more)

    monkeypatch.setattr(socket, "getaddrinfo", changing)
    with serving({"/": (200, {}, b"a: 1")}) as (url, _):
        port = url.rpartition(":")[2]
        assert fetch(f"http://rebind.example:{port}/", HERE) == "a: 1"
    assert looked_up == ["rebind.example"]


def test_an_answer_that_trickles_ends_with_the_time():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def trickle():
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                try:
                    for _ in range(200):
                        connection.sendall(b"H")
                        time.sleep(0.05)
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        refused = refusal(url, FetchSettings(timeout=0.3, allow_private=True))
        thread.join()
    assert "did not answer in time" in refused.message


def test_one_bad_address_among_good_ones_is_enough(monkeypatch):
    monkeypatch.setattr(
        module.socket,
        "getaddrinfo",
        lambda *_given, **_more: [
            (2, 1, 6, "", ("93.184.216.34", 80)),
            (2, 1, 6, "", ("10.0.0.1", 80)),
        ],
    )
    assert "no public address" in refusal("http://two.example/", FetchSettings()).message
