"""One request to a cloud service: sent, tried again where that is harmless, and decoded."""

import logging
import time
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import datetime
from random import Random, SystemRandom
from typing import Any, TypeVar

import msgspec
import requests
from msgspec.structs import replace

from heat.base.clock import Clock, WallClock
from heat.base.errors import CloudFault, Permanent, Temporary
from heat.cloud import finding
from heat.cloud.credentials import Credentials
from heat.cloud.faults import from_reply, request_id
from heat.cloud.sessions import Sessions
from heat.cloud.settings import CloudSettings
from heat.cloud.wire import leave
from heat.plugin.steps import Call, Finder, Reply

T = TypeVar("T")
LOG = logging.getLogger(__name__)

CLIENT_ID = "4a1f6c0e-7d0b-5a52-9d2c-6b8f0c3e9a11"
"""How Heat names itself to queues, which want to tell their clients apart."""

REQUEST_ID: ContextVar[str] = ContextVar("REQUEST_ID", default="")
"""The id of the request to Heat that calls are made for; services write it to their logs."""


class Client:
    """Sends calls as one user or another and blocks until they are answered; thread-safe."""

    def __init__(
        self,
        sessions: Sessions,
        *,
        clock: Clock | None = None,
        sleep: Callable[[float], None] = time.sleep,
        random: Random | None = None,
    ) -> None:
        self.sessions = sessions
        self._clock = clock or WallClock()
        self._sleep = sleep
        self._random = random or SystemRandom()

    @property
    def settings(self) -> CloudSettings:
        """Return what was set about the cloud."""
        return self.sessions.settings

    def send(
        self,
        call: Call,
        who: Credentials,
        *,
        deadline: datetime | None = None,
    ) -> Reply:
        """Send a call and return the decoded reply, ``{}`` when it is empty.

        A reading or repeatable call is tried again when it may go through later, as often as
        the settings say. Any other is sent once. Past the deadline nothing is sent, and no answer
        is waited for; raises Withheld when it may not leave any more.
        """
        return self._through(call, who, _decoded, deadline)

    def content(self, call: Call, who: Credentials) -> bytes:
        """Read something and return its bytes as they are."""
        return self._through(call, who, lambda _, reply: reply.content)

    def _through(
        self,
        call: Call,
        who: Credentials,
        read: Callable[[Call, requests.Response], T],
        deadline: datetime | None = None,
    ) -> T:
        tries = self.settings.retries if call.reads or call.repeatable else 0

        def patience() -> tuple[float, float]:
            return self._patience(call, deadline)

        for attempt in range(tries + 1):
            try:
                return read(call, self._send_once(call, who, patience))
            except Temporary as fault:
                pause = self._pause(attempt, fault)
                if attempt == tries or self._too_late(pause, deadline):
                    raise
                LOG.info("%s %s: %s; again in %.1f s", call.method, call.path, fault, pause)
            leave()  # nobody may be there any more to wait for it
            self._sleep(pause)
        raise AssertionError("the last try returns or raises")

    def find(self, finder: Finder, value: str, who: Credentials) -> str:
        """Return the id of the one object with this id or name."""
        return finding.find(lambda call: self.send(call, who), finder, value)

    def _patience(self, call: Call, deadline: datetime | None) -> tuple[float, float]:
        """Return how long a connection and an answer may take, asked just before it is sent."""
        known = self.settings.connect_timeout, self.settings.read_timeout
        if deadline is None:
            return known
        left = (deadline - self._clock.now()).total_seconds()
        if left <= 0:
            raise Temporary(
                "It was not sent: its time was over before that.",
                service=call.service,
                request=f"{call.method} {call.path}",
            )
        return min(known[0], left), min(known[1], left)

    def _send_once(
        self, call: Call, who: Credentials, patience: Callable[[], tuple[float, float]]
    ) -> requests.Response:
        reply = self.sessions.request(
            replace(who, region=call.region) if call.region else who,
            call.service,
            call.method,
            call.path,
            params=call.query or None,
            patience=patience,
            microversion=call.microversion,
            headers=_headers(call),
            data=None if call.body is None else msgspec.json.encode(call.body),
        )
        LOG.debug(
            "%s %s %s: %s %s",
            call.service,
            call.method,
            call.path,
            reply.status_code,
            request_id(reply),
        )
        if reply.status_code == 404 and call.missing_ok:
            return reply
        if reply.status_code >= 400 or (300 <= reply.status_code < 400 and not call.reads):
            raise from_reply(call, reply)
        return reply

    def _pause(self, attempt: int, fault: CloudFault) -> float:
        grown = min(self.settings.retry_delay * (1 << attempt), self.settings.retry_delay_most)
        return max(fault.retry_after, grown * self._random.uniform(0.5, 1.0))

    def _too_late(self, pause: float, deadline: datetime | None) -> bool:
        # A service that asks for minutes is waited for by whoever can do other things meanwhile.
        if pause > self.settings.read_timeout:
            return True
        if deadline is None:
            return False
        return (deadline - self._clock.now()).total_seconds() <= pause


def _decoded(call: Call, reply: requests.Response) -> Reply:
    return {} if reply.status_code == 404 else decode(call, reply)


def decode(call: Call, reply: requests.Response) -> Reply:
    """Return a good reply as a mapping, whatever the service sent.

    What has no body has its Location, and HEAD its headers in lower case; a list is under
    ``items``, other text under ``text``.
    """
    if call.method == "HEAD":
        return {"headers": {name.lower(): value for name, value in reply.headers.items()}}
    if not reply.content.strip():
        location = reply.headers.get("location")
        return {"location": location} if location else {}
    if "json" not in reply.headers.get("content-type", "json"):
        return {"text": reply.text}
    try:
        body: Any = msgspec.json.decode(reply.content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Permanent(
            f"The {call.service} service answered with something that is not JSON.",
            service=call.service,
            request=f"{call.method} {call.path}",
            status=reply.status_code,
            request_id=request_id(reply),
            ambiguous=not call.reads,
        ) from None
    if isinstance(body, Mapping):
        return body  # pyright: ignore[reportUnknownVariableType]
    return {"items": body} if isinstance(body, list) else {}


def _headers(call: Call) -> dict[str, str]:
    headers = {"Accept": "application/json", **call.headers}
    if call.body is not None:
        headers["Content-Type"] = call.content_type or "application/json"
    if call.service == "messaging":
        headers["Client-ID"] = CLIENT_ID
    if known := REQUEST_ID.get():
        headers["X-OpenStack-Request-ID"] = known
    return headers
