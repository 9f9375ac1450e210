"""The last inch to a service: nothing leaves that may not leave any more, no answer is endless.

Whoever asks may stand still at any instruction, for longer than its right to ask lasts. So that
right is looked at once more between getting a connection and each write to it. What remains is
the kernel: what it was given is on its way.
"""

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import requests
from keystoneauth1.exceptions import ClientException
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import pool_classes_by_scheme


class Withheld(Exception):
    """A request did not leave, at least not whole, since it might not any more."""


class TooLarge(ClientException):
    """An answer has more bytes than are read of any."""

    def __init__(self, largest: int) -> None:
        super().__init__(f"An answer has more than {largest} bytes.")
        self.largest = largest


def _always() -> bool:
    return True


MAY_LEAVE: ContextVar[Callable[[], bool]] = ContextVar("MAY_LEAVE", default=_always)
"""Tells whether the requests of this context may still leave; asked in any thread."""


def leave() -> None:
    """Raise Withheld when the requests of this context may not leave any more."""
    if not MAY_LEAVE.get()():
        raise Withheld


class Wire(HTTPAdapter):
    """Sends what may leave, and reads so many bytes of an answer at most."""

    def __init__(self, *, connections: int, largest: int) -> None:
        super().__init__(pool_connections=connections, pool_maxsize=connections)
        self._largest = largest

    def init_poolmanager(self, *args: Any, **more: Any) -> None:
        """Make the pools for requests without a proxy."""
        super().init_poolmanager(*args, **more)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *args: Any, **more: Any) -> Any:
        """Return the pools for requests through a proxy."""
        manager = super().proxy_manager_for(*args, **more)
        if manager.pool_classes_by_scheme == pool_classes_by_scheme:
            manager.pool_classes_by_scheme = _POOLS  # those of SOCKS know the way, ours do not
        return manager

    def send(self, *args: Any, **more: Any) -> requests.Response:
        """Send a request and return its whole answer."""
        reply = super().send(*args, **{**more, "stream": True})
        found = bytearray()
        for chunk in reply.iter_content(_CHUNK):
            found += chunk
            if len(found) > self._largest:
                reply.close()
                raise TooLarge(self._largest)
        reply._content = bytes(found)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        return reply


class _Plain(HTTPConnection):
    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        leave()
        super().send(data)


class _Encrypted(HTTPSConnection):
    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        leave()
        super().send(data)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain  # pyright: ignore[reportAssignmentType]  # urllib3's own does not fit


class _EncryptedPool(HTTPSConnectionPool):
    ConnectionCls = _Encrypted  # pyright: ignore[reportAssignmentType]


_POOLS = {"http": _PlainPool, "https": _EncryptedPool}
_CHUNK = 1 << 16
