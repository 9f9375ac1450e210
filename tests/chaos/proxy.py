"""A way to a server that can be cut, or stall: connections stay, and nothing gets through."""

import contextlib
import socket
import threading
from typing import Any
from urllib.parse import urlsplit, urlunsplit

BLOCK = 65536


class Proxy:
    """Listens on a port of its own and passes everything on, as long as it is asked to."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._where = (self._parts.hostname or "", self._parts.port or 0)
        self._open, self._over = threading.Event(), threading.Event()
        self._open.set()
        self._is_cut = False
        self._turn = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens, in place of the server."""
        user = self._parts.netloc.rpartition("@")[0]
        here = f"127.0.0.1:{self._listening.getsockname()[1]}"
        return urlunsplit(self._parts._replace(netloc=f"{user}@{here}" if user else here))

    def stall(self) -> None:
        """Accept whoever comes, take what they send, and pass nothing on."""
        self._open.clear()

    def cut(self) -> None:
        """End all connections, and those that come as soon as they do."""
        self._is_cut = True
        self._drop()

    def mend(self) -> None:
        """Pass on again; what stalled meanwhile is let through."""
        self._is_cut = False
        self._open.set()

    def close(self) -> None:
        self._over.set()
        self._listening.close()
        self._drop()
        self._open.set()

    def _drop(self) -> None:
        with self._turn:
            dropped, self._sockets = self._sockets, set()
        for one in dropped:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._join, args=[near], daemon=True).start()

    def _join(self, near: socket.socket) -> None:
        with near:
            self._open.wait()
            if self._is_cut:
                return
            try:
                far = socket.create_connection(self._where, timeout=10)
            except OSError:
                return
            with far:
                far.settimeout(None)
                with self._turn:
                    self._sockets |= {near, far}
                back = threading.Thread(target=self._pass_on, args=[far, near], daemon=True)
                back.start()
                self._pass_on(near, far)
                back.join()
                with self._turn:
                    self._sockets -= {near, far}

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while block := source.recv(BLOCK):
                self._open.wait()
                target.sendall(block)
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


def proxies(stack: Any, *urls: str) -> list[Proxy]:
    """Return a proxy for each server, which ends with the stack of contexts."""
    made = [Proxy(url) for url in urls]
    for one in made:
        stack.callback(one.close)
    return made
