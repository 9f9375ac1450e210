"""A WSGI application behind waitress, in a thread of its own."""

import socket
import threading
import time
from typing import Any

from waitress import wasyncore
from waitress.channel import HTTPChannel
from waitress.server import create_server

from heat.api.guard import CHECKED
from heat.api.stream import ASIDE
from heat.main.turns import Turns

PATIENCE = 60
"""Seconds that a request may take to come, and a connection to stay without one."""


class Patient(HTTPChannel):  # type: ignore[misc]
    """A connection whose requests must come within a time, however steadily they trickle."""

    _began: float | None = None

    def received(self, data: bytes) -> Any:
        """Take a piece of a request; what is not whole yet is as old as its beginning."""
        said = super().received(data)
        if self.request is None:
            self._began = None
        else:
            self._began = self._began or time.time()
            self.last_activity = self._began
        return said


class Served:
    """An application at work on a listening socket until it is closed.

    ``behind_proxy`` hands on what a proxy in front says of clients; others could say anything.
    """

    def __init__(
        self,
        application: Any,
        listening: socket.socket,
        threads: int = 16,
        *,
        largest: int = 2**20,
        patience: int = PATIENCE,
        behind_proxy: bool = False,
    ) -> None:
        self._sockets: dict[int, Any] = {}
        turns = Turns(threads, behind_proxy=behind_proxy)
        told = {ASIDE: turns.step_aside, CHECKED: turns.checked}
        self._server: Any = create_server(
            lambda environ, start: application({**environ, **told}, start),
            _dispatcher=turns,
            map=self._sockets,
            sockets=[listening],
            ident=None,
            connection_limit=1000,
            # Waitress reads a request to its end before a thread has it, so that slow clients hold
            # none. The application says what is wrong with a body somewhat too large.
            max_request_body_size=4 * largest,
            channel_timeout=patience,
            cleanup_interval=min(30, patience),
            asyncore_use_poll=True,
            clear_untrusted_proxy_headers=not behind_proxy,
        )
        self._server.channel_class = Patient
        self._thread = threading.Thread(target=self._run, name="api", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Finish what is being answered and let go of the port."""
        self._server.task_dispatcher.shutdown(timeout=5)
        self._server.trigger.pull_trigger(lambda: wasyncore.close_all(self._sockets))
        self._thread.join(timeout=5)

    def _run(self) -> None:
        self._server.run()


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except OSError:
        listening.close()
        raise
    listening.listen(1024)
    return listening
