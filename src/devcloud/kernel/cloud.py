"""The cloud as one function: dispatch(request) does everything that a request does.

Nothing here knows of sockets, threads to serve them, the machine's clock or chance: time and
randomness are passed in, and a reply that should come late or never only says so.
"""

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random, SystemRandom
from typing import Any

import msgspec

from devcloud.kernel import microversions
from devcloud.kernel.faults import Fault, Faults
from devcloud.kernel.router import Match, Router
from devcloud.kernel.settings import Settings
from devcloud.kernel.store import Store
from devcloud.kernel.web import Call, Refused, Reply, Request, Service, Token

Clock = Callable[[], datetime]


class DevCloud:
    """A cloud: services over one store."""

    def __init__(
        self,
        store: Store | None = None,
        clock: Clock | None = None,
        random: Random | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.store = store or Store()
        self.settings = settings or Settings()
        self.random = random or SystemRandom()
        self.faults = Faults()
        self.services: dict[str, Service] = {}
        self.lock = threading.RLock()
        self.latencies: dict[str, float] = dict(self.settings.latency)
        self.refill: Callable[[], None] | None = None
        """Puts the first content back after a reset."""
        self._clock = clock or utc_now
        self._requests: Counter[tuple[str, str]] = Counter()
        self._mounts: dict[str, Mount] = {}

    def add(self, service: Service) -> None:
        """Take a service into the cloud."""
        self.services[service.name] = service
        self._mounts[service.prefix.strip("/")] = Mount(service, Router(service.routes))

    def state(self, name: str) -> Any:
        """Return another service's state object."""
        return self.services[name].state

    def now(self) -> datetime:
        """Return the present moment, in UTC."""
        return self._clock()

    def after(self, seconds: float) -> datetime:
        """Return the moment so many seconds from now."""
        return self._clock() + timedelta(seconds=seconds)

    def moment(self, epoch: float) -> datetime:
        """Return the moment of a number of seconds since 1970."""
        return datetime.fromtimestamp(epoch, UTC)

    def new_id(self) -> str:
        """Return a new random id, with dashes."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def new_hex(self) -> str:
        """Return a new random id without dashes, as keystone has them."""
        return uuid.UUID(int=self.random.getrandbits(128), version=4).hex

    def latency(self, action: str) -> float:
        """Return how many seconds an action takes, for example "server.create"."""
        return self.latencies.get(action, 0.0)

    def requests(self) -> dict[str, dict[str, int]]:
        """Return how often each operation was asked for, by service."""
        counted: dict[str, dict[str, int]] = {}
        with self.lock:
            for (service, operation), times in sorted(self._requests.items()):
                counted.setdefault(service, {})[operation] = times
        return counted

    def forget_requests(self) -> None:
        """Count from zero again."""
        with self.lock:
            self._requests.clear()

    def reset(self) -> None:
        """Drop everything and put the first content back."""
        with self.lock:
            self.faults.clear()
            self._requests.clear()
            self.latencies = dict(self.settings.latency)
            self.store.clear()
            if self.refill is not None:
                self.refill()
            self.store.commit()

    def dispatch(self, request: Request) -> Reply:
        """Do what the request asks and return the answer, encoded."""
        first, _, rest = request.path.lstrip("/").partition("/")
        mount = self._mounts.get(first)
        if mount is None:
            return finish(nowhere(self, request), request)
        service = mount.service
        request.service = service.name
        request.path = "/" + rest
        request_id = f"req-{self.new_id()}"
        match = mount.router.match(request.method, request.path)
        fault = self._fault(service, request, match)
        if fault is not None and fault.action == "hang":
            return Reply(504, delay=fault.seconds, lost=True, raw=b"")
        with self.lock:
            try:
                reply = self._handled(service, request, match, fault)
            except Refused as refused:
                reply = service.error(refused, request)
                reply.headers.update(refused.headers)
            finally:
                self.store.commit()
            # Bodies may hold live rows, so they are encoded before the lock is given up.
            reply = finish(reply, request)
        reply.headers.setdefault("x-openstack-request-id", request_id)
        if fault is not None and fault.action == "slow":
            reply.delay = fault.seconds
        if fault is not None and fault.action == "lose_reply":
            reply.lost = True
        return reply

    def _fault(self, service: Service, request: Request, match: Match | None) -> Fault | None:
        if service.name.startswith("_"):
            return None
        operation = f"{request.method} {match.template if match else '?'}"
        with self.lock:
            self._requests[service.name, operation] += 1
        return self.faults.decide(service.name, request.method, request.path)

    def _handled(
        self, service: Service, request: Request, match: Match | None, fault: Fault | None
    ) -> Reply:
        if fault is not None and fault.action in {"refuse", "error"}:
            raise Refused(fault.status, fault.message, code=fault.code, type=fault.code)
        request.token = self._token(request)
        if request.token is None and needs_token(service, match):
            raise unauthorised(request)
        if match is None:
            raise Refused(404, "The resource could not be found.")
        if match.handler is None:
            allowed = ", ".join(sorted(match.methods))
            raise Refused(
                405, "The method is not allowed for this resource.", headers={"Allow": allowed}
            )
        if service.microversions is not None:
            request.microversion = microversions.asked_for(service.microversions, request)
        if service.decodes:
            decode_body(request)
        call = Call(request, self, match.params, fault)
        answer = match.handler(call)
        reply = answer if isinstance(answer, Reply) else Reply(200, answer)
        if service.microversions is not None and request.microversion is not None:
            reply.headers |= microversions.headers(service.microversions, request.microversion)
        return reply

    def _token(self, request: Request) -> Token | None:
        token_id = request.headers.get("x-auth-token")
        identity = self.services.get("identity")
        if not token_id or identity is None:
            return None
        service_token_id = request.headers.get("x-service-token")
        service_token: Token | None = service_token_id and identity.state.token(service_token_id)
        # A service that works on for long may use its caller's token after it expired.
        vouched = service_token is not None and "service" in service_token.roles
        token: Token | None = identity.state.token(token_id, allow_expired=vouched)
        return token


@dataclass(frozen=True)
class Mount:
    """A service and its compiled routes."""

    service: Service
    router: Router


def utc_now() -> datetime:
    """Return the machine's time."""
    return datetime.now(UTC)


def needs_token(service: Service, match: Match | None) -> bool:
    """Say whether a request must come with a token."""
    return service.needs_token and not (match is not None and match.template in service.open)


def unauthorised(request: Request) -> Refused:
    """Return the refusal of whoever has no valid token."""
    return Refused(
        401,
        "The request you have made requires authentication.",
        headers={"WWW-Authenticate": f'Keystone uri="{request.base}/identity"'},
    )


def decode_body(request: Request) -> None:
    """Decode a JSON body; what is not declared as something else counts as JSON."""
    if not request.raw:
        if request.body is not None:
            request.raw = msgspec.json.encode(request.body)
        return
    kind = request.headers.get("content-type", "")
    if kind and "json" not in kind:
        return
    try:
        request.body = msgspec.json.decode(request.raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused(400, "Malformed request body", code="malformed") from None


def finish(reply: Reply, request: Request) -> Reply:
    """Encode the body."""
    headers = reply.headers
    if reply.raw is None:
        if reply.body is None:
            reply.raw = b""
        else:
            reply.raw = msgspec.json.encode(reply.body)
            headers.setdefault("Content-Type", "application/json")
            reply.body = None
    if request.method == "HEAD":
        reply.raw = b""
    return reply


def nowhere(cloud: DevCloud, request: Request) -> Reply:
    """Answer a path that belongs to no service; the root says where the services are."""
    if request.path.strip("/"):
        return Reply(
            404, {"error": {"code": 404, "message": "No such service.", "title": "Not Found"}}
        )
    endpoints: Mapping[str, str] = {
        service.name: f"{request.base}{service.prefix}"
        for service in cloud.services.values()
        if not service.name.startswith("_")
    }
    return Reply(200, {"devcloud": endpoints})
