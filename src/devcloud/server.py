"""Serves a cloud over HTTP: waitress threads in front of dispatch."""

import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from waitress import wasyncore
from waitress.channel import ClientDisconnected
from waitress.server import create_server

from devcloud.kernel.cloud import DevCloud
from devcloud.kernel.web import Headers, Reply, Request

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]

REASONS = {
    200: "OK",
    201: "Created",
    202: "Accepted",
    204: "No Content",
    300: "Multiple Choices",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    409: "Conflict",
    413: "Request Entity Too Large",
    415: "Unsupported Media Type",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class Running:
    """A server at work in a thread of its own."""

    def __init__(self, cloud: DevCloud, host: str, port: int, threads: int) -> None:
        self.host = host
        self._closing = threading.Event()
        self._sockets: dict[int, Any] = {}
        self._server: Any = create_server(
            application(cloud, self._closing),
            map=self._sockets,
            host=host,
            port=port,
            threads=threads,
            ident=None,
            connection_limit=1000,
            channel_timeout=300,
            asyncore_use_poll=True,
            max_request_body_size=1 << 34,
        )
        self.port: int = self._server.effective_port
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.run, name="devcloud", daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Wait until the server ends."""
        self._thread.join()

    def close(self) -> None:
        """Stop serving and let go of the port."""
        if self._closing.is_set():
            return
        self._closing.set()
        # Threads at work wake the loop up when they are done, so they end before its sockets.
        self._server.task_dispatcher.shutdown(timeout=2)
        # Sockets belong to the loop's thread; it ends when it has none left.
        self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._sockets))
        self._thread.join(timeout=5)


def serve(cloud: DevCloud, host: str = "127.0.0.1", port: int = 0, threads: int = 16) -> Running:
    """Serve the cloud; port 0 takes a free one."""
    return Running(cloud, host, port, threads)


def application(
    cloud: DevCloud, closing: threading.Event
) -> Callable[[Environ, StartResponse], Iterable[bytes]]:
    """Return the WSGI application; `closing` cuts short the delays that faults asked for."""

    def app(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        reply = cloud.dispatch(request_from(environ))
        if reply.delay:
            closing.wait(reply.delay)
        if reply.lost:
            # Waitress closes the connection without an answer when a task ends like this.
            raise ClientDisconnected
        return send(reply, start_response)

    return app


def request_from(environ: Environ) -> Request:
    """Read a request; the path stays percent-encoded so that a name may contain a slash."""
    length = environ.get("CONTENT_LENGTH") or 0
    headers = Headers(
        {
            name[5:].replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_")
        }
    )
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    path = environ["REQUEST_URI"].partition("?")[0]
    host = environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}"
    return Request(
        method=environ["REQUEST_METHOD"],
        path=path,
        query=parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True),
        headers=headers,
        raw=environ["wsgi.input"].read(int(length)) if length else b"",
        base=f"http://{host}",
    )


def send(reply: Reply, start_response: StartResponse) -> Iterable[bytes]:
    """Hand a reply to the WSGI server."""
    raw = reply.raw or b""
    headers = list(reply.headers.items())
    if reply.status != 204:
        headers.append(("Content-Length", str(len(raw))))
    start_response(f"{reply.status} {REASONS.get(reply.status, 'Unknown')}", headers)
    return [raw]
