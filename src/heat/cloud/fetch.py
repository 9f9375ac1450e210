"""Fetches a template from an address that a user gave, without being led into the cloud's inside.

Who can make a server ask for any address can make it ask for those that only the server reaches:
the metadata service, the database's port, an API behind the firewall. So every address that a
name stands for is checked, and the one that was checked is the one connected to, for a name may
stand for another address a moment later. A redirect is checked just like the first address.
"""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Timer
from typing import Self
from urllib.parse import SplitResult, urljoin, urlsplit

from heat.base.errors import Invalid

MAX_REDIRECTS = 3
_CHUNK = 64 * 1024
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True)
class FetchSettings:
    """How templates are fetched.

    ``timeout`` is in seconds, to connect and again to answer; ``largest`` is in bytes.
    ``allowed_hosts`` are names or addresses that may be asked whatever they lead to.
    ``allow_private`` lets every other name lead to this host or a private network, too, but
    never to link-local addresses, where clouds keep their metadata.
    """

    timeout: float = 60
    largest: int = 524288
    allow_private: bool = False
    allowed_hosts: tuple[str, ...] = ()


def fetch(url: str, settings: FetchSettings) -> str:
    """Return the text behind an address; raises Invalid that says why there is none."""
    shown = ""
    for _ in range(MAX_REDIRECTS + 1):
        parts = _split(url)
        shown = f"{parts.scheme}://{parts.netloc}{parts.path}"  # a query may hold a secret
        try:
            answer = _ask(parts, shown, settings)
        except (OSError, http.client.HTTPException) as error:
            raise _failed(shown, _words(error)) from None
        if isinstance(answer, bytes):
            try:
                return answer.decode("utf-8-sig")
            except UnicodeDecodeError:
                raise _failed(shown, "it is not text in UTF-8") from None
        url = urljoin(url, answer.location)
    raise _failed(shown, f"it leads on more than {MAX_REDIRECTS} times")


@dataclass(frozen=True)
class _Redirect:
    location: str


def _split(url: str) -> SplitResult:
    if any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        raise _bad("The address of a template may not hold spaces or control characters.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _bad(f"The address of the template can't be read: {error}.") from None
    if parts.scheme not in ("http", "https"):
        raise _bad("The address of a template must begin with http:// or https://.")
    if "@" in parts.netloc:
        raise _bad("The address of a template may not hold a user or a password.")
    if not parts.hostname or port == 0:
        raise _bad("The address of the template names no host.")
    return parts


def _ask(parts: SplitResult, shown: str, settings: FetchSettings) -> bytes | _Redirect:
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    sock = _connect(_addresses(host, port, settings, shown), port, settings.timeout)
    with _Deadline(sock, settings.timeout) as deadline:
        try:
            if parts.scheme == "https":
                deadline.encrypt(host)
            answer = _exchange(deadline.sock, parts, shown, settings.largest)
        except (OSError, ValueError, http.client.HTTPException):
            if deadline.passed:
                raise TimeoutError from None
            raise
        if deadline.passed:
            raise TimeoutError  # what came may be cut short
        return answer


def _exchange(
    sock: socket.socket, parts: SplitResult, shown: str, largest: int
) -> bytes | _Redirect:
    connection = http.client.HTTPConnection(parts.netloc)
    connection.sock = sock
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("GET", target, headers={"User-Agent": "heat", "Accept": "*/*"})
        with connection.getresponse() as answer:
            if answer.status in (301, 302, 303, 307, 308):
                return _Redirect(answer.getheader("Location") or "")
            if answer.status != 200:
                raise _failed(shown, f"the answer is HTTP {answer.status}")
            return _read(answer, shown, largest)
    finally:
        connection.close()


def _read(answer: http.client.HTTPResponse, shown: str, largest: int) -> bytes:
    found = bytearray()
    while chunk := answer.read(_CHUNK):
        found += chunk
        if len(found) > largest:
            raise Invalid(
                f"The template at {shown} has more than the {largest} bytes allowed.",
                kind="DownloadLimitExceeded",
            )
    return bytes(found)


class _Deadline:
    """Cuts a connection off after a time, however slowly it trickles."""

    def __init__(self, sock: socket.socket, timeout: float) -> None:
        self.sock, self.passed = sock, False
        self._timer = Timer(timeout, self._cut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self.sock.close()

    def encrypt(self, host: str) -> None:
        """Go on in TLS."""
        context = ssl.create_default_context()
        # The handshake comes after, so that it can be cut off, too.
        self.sock = context.wrap_socket(
            self.sock, server_hostname=host, do_handshake_on_connect=False
        )
        self.sock.do_handshake()

    def _cut(self) -> None:
        self.passed = True
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


def _addresses(host: str, port: int, settings: FetchSettings, shown: str) -> list[Address]:
    try:
        infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _failed(shown, f"the host {host} is not known") from None
    found = [ipaddress.ip_address(str(info[4][0]).partition("%")[0]) for info in infos]
    allowed = host.lower() in {name.lower() for name in settings.allowed_hosts}
    if not found or not (allowed or all(_may_ask(address, settings) for address in found)):
        raise _bad(
            f"The template at {shown} can't be fetched: {host} is no public address. Send the "
            "text in template, or ask the operator to add the host to allowed_template_hosts."
        )
    return list(dict.fromkeys(found))


def _may_ask(address: Address, settings: FetchSettings) -> bool:
    for inner in _inside(address):
        if inner.is_link_local or inner.is_multicast or inner.is_unspecified:
            return False
        if not inner.is_global and not settings.allow_private:
            return False
    return True


def _inside(address: Address) -> Iterator[Address]:
    """Give the address, and those of IPv4 that one of IPv6 carries."""
    yield address
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            yield address.ipv4_mapped
        if address.sixtofour is not None:
            yield address.sixtofour
        if address.teredo is not None:
            yield from address.teredo
        if address in _NAT64:
            yield ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)


def _connect(addresses: list[Address], port: int, timeout: float) -> socket.socket:
    """Connect to the first that answers."""
    last: OSError = OSError("it has no address")
    for address in addresses:
        try:
            return socket.create_connection((str(address), port), timeout / len(addresses))
        except OSError as error:
            last = error
    raise last


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return "the answer is not HTTP"


def _bad(message: str) -> Invalid:
    return Invalid(message, kind="HTTPBadRequest")


def _failed(shown: str, why: str) -> Invalid:
    return _bad(f"The template at {shown} can't be fetched: {why}.")
