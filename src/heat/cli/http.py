"""A small HTTP client on the standard library: the usual ones take longer to import than to use."""

import http.client
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from heat.cli.failures import Failure, Unreachable

PATIENCE = 120.0
"""Seconds to wait for an answer: a large template is checked before it is accepted."""
LARGE = 1 << 20
"""Bytes that every service takes."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body's value; None when there is none, or it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass
class Http:
    """Connections that are kept open between requests, by server."""

    cacert: str | None = None
    verify: bool = True
    certificate: tuple[str, str | None] | None = None
    patience: float = PATIENCE
    open: dict[tuple[str, str], http.client.HTTPConnection] = field(
        default_factory=dict[tuple[str, str], http.client.HTTPConnection]
    )

    def request(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> Answer:
        """Send a request; raises Unreachable when no answer comes."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            cure = "it must begin with http:// or https://, and name a host"
            raise Unreachable(f"{url.partition('?')[0]!r} is no address of a service", cure)
        key = (parts.scheme, parts.netloc)
        kept = self.open.pop(key, None)
        # A server may close an idle connection at any time. Reading again does no harm; what
        # changes something is sent on a connection of its own, so that it is sent once.
        if kept is not None and method != "GET":
            kept.close()
            kept = None
        try:
            if kept is not None:
                try:
                    return self._exchange(kept, key, method, parts, headers, body)
                except (http.client.HTTPException, OSError):
                    kept.close()
            return self._exchange(self._connect(parts), key, method, parts, headers, body)
        except (http.client.HTTPException, OSError, ValueError) as error:
            words = getattr(error, "strerror", None) or str(error) or type(error).__name__
            message = f"no answer from {parts.scheme}://{parts.netloc}: {words}"
            cure = "check the address, and that the service runs"
            raise Unreachable(message, cure) from error

    def close(self) -> None:
        """Close every connection."""
        for connection in self.open.values():
            connection.close()
        self.open.clear()

    def _exchange(
        self,
        connection: http.client.HTTPConnection,
        key: tuple[str, str],
        method: str,
        parts: SplitResult,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Answer:
        target = parts.path or "/"
        if parts.query:
            target += f"?{parts.query}"
        if _proxy(parts) and parts.scheme == "http":
            target = f"{parts.scheme}://{parts.netloc}{target}"
        try:
            try:
                connection.request(method, target, body, dict(headers))
            except (BrokenPipeError, ConnectionResetError) as error:
                if len(body or b"") < LARGE:
                    raise
                raise _too_large(len(body or b"")) from error
            got = connection.getresponse()
            text = got.read()
        except BaseException:
            connection.close()
            raise
        if got.will_close:
            connection.close()
        else:
            self.open[key] = connection
        return Answer(got.status, {name.lower(): v for name, v in got.getheaders()}, text)

    def _connect(self, parts: SplitResult) -> http.client.HTTPConnection:
        proxy = _proxy(parts)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "http":
            if proxy:
                host, port = proxy
            return http.client.HTTPConnection(host, port, timeout=self.patience)
        context = self._tls()
        if proxy:
            through = http.client.HTTPSConnection(*proxy, timeout=self.patience, context=context)
            through.set_tunnel(host, port)
            return through
        return http.client.HTTPSConnection(host, port, timeout=self.patience, context=context)

    def _tls(self) -> Any:
        import ssl

        context = ssl.create_default_context(cafile=self.cacert)
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.certificate:
            context.load_cert_chain(*self.certificate)
        return context


def _too_large(size: int) -> Failure:
    """Say what it means that a server hangs up while it is sent something large."""
    message = f"the service hung up on a request of {size} bytes, which is more than it takes"
    return Failure(message, "send less, or have max_json_body_size of heat.conf raised")


def _proxy(parts: SplitResult) -> tuple[str, int | None] | None:
    """Return the proxy for a server, from the usual variables."""
    if not any(name.lower() in ("http_proxy", "https_proxy", "all_proxy") for name in os.environ):
        return None
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    url = proxies.get(parts.scheme) or proxies.get("all")
    if not url or not parts.hostname or proxy_bypass(parts.hostname):
        return None
    found = urlsplit(url if "://" in url else f"http://{url}")
    return (found.hostname, found.port) if found.hostname else None
