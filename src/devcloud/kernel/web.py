"""What a request and its reply are, free of any socket, and how a service declares itself."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from devcloud.kernel.faults import Fault

if TYPE_CHECKING:
    from devcloud.kernel.cloud import DevCloud


class Headers(dict[str, str]):
    """Headers by name; the case of a name does not matter."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        super().__init__({name.lower(): value for name, value in (headers or {}).items()})

    def __getitem__(self, name: str) -> str:
        return super().__getitem__(name.lower())

    def __setitem__(self, name: str, value: str) -> None:
        super().__setitem__(name.lower(), value)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and super().__contains__(name.lower())

    def get(self, name: str, default: Any = None) -> Any:
        """Return a header's value, or the default."""
        return super().get(name.lower(), default)


@dataclass(frozen=True)
class Token:
    """Who asks, and within what: the part of a keystone token that services need."""

    id: str
    user_id: str
    user_name: str
    user_domain_id: str
    user_domain_name: str
    roles: frozenset[str]
    expires_at: datetime
    methods: tuple[str, ...] = ("password",)
    project_id: str | None = None
    project_name: str | None = None
    project_domain_id: str | None = None
    project_domain_name: str | None = None
    domain_id: str | None = None
    domain_name: str | None = None
    system: bool = False
    trust_id: str | None = None

    @property
    def is_admin(self) -> bool:
        """Whether the role admin is among the roles."""
        return "admin" in self.roles


@dataclass
class Request:
    """One request. `path` is the whole path when it comes in, later what follows the prefix."""

    method: str
    path: str
    query: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    headers: Headers = field(default_factory=Headers)
    body: Any = None
    raw: bytes = b""
    base: str = "http://devcloud"
    service: str = ""
    token: Token | None = None
    microversion: tuple[int, int] | None = None

    @classmethod
    def of(
        cls,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        raw: bytes = b"",
        body: Any = None,
    ) -> "Request":
        """Make a request from a URL, with or without host; `body` is sent as JSON."""
        parts = urlsplit(url)
        base = f"{parts.scheme}://{parts.netloc}" if parts.netloc else "http://devcloud"
        known = Headers(headers)
        if body is not None:
            raw = msgspec.json.encode(body)
            known["content-type"] = known.get("content-type") or "application/json"
        query = parse_qs(parts.query, keep_blank_values=True)
        return cls(method.upper(), parts.path, query, known, raw=raw, base=base)


@dataclass
class Reply:
    """What is answered: `body` is JSON, or `raw` is sent as it is.

    `delay` is how many seconds the transport holds the reply back; a `lost` one is never
    sent: the connection is closed instead.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    raw: bytes | None = None
    delay: float = 0.0
    lost: bool = False

    def json(self) -> Any:
        """Return the body as the client gets it: a copy of its own, None when empty."""
        return msgspec.json.decode(self.raw) if self.raw else None


class Refused(Exception):
    """A request that is turned down; each service renders it in its own shape."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str = "",
        type: str = "",  # noqa: A002 - the name that neutron's bodies use
        detail: Any = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.type = type
        self.detail = detail
        self.headers = dict(headers or {})


@dataclass
class Call:
    """A request on its way through one handler."""

    request: Request
    cloud: "DevCloud"
    params: dict[str, str]
    fault: Fault | None = None

    @property
    def token(self) -> Token:
        """The caller's token; without one the request is refused."""
        if self.request.token is None:
            raise Refused(401, "The request you have made requires authentication.")
        return self.request.token

    @property
    def project_id(self) -> str:
        """The project that the token is scoped to; empty when it has none."""
        return self.token.project_id or ""

    @property
    def body(self) -> Any:
        """The decoded JSON body."""
        return self.request.body

    def arg(self, name: str) -> str | None:
        """Return the first value of a query argument."""
        values = self.request.query.get(name)
        return values[0] if values else None

    def args(self, name: str) -> list[str]:
        """Return every value of a query argument."""
        return self.request.query.get(name, [])


Handler = Callable[[Call], Reply | dict[str, Any]]
Routes = Mapping[tuple[str, str], Handler]


@dataclass(frozen=True)
class Microversions:
    """The microversions that a service speaks, and the headers that ask for one."""

    name: str
    """What stands before the version in OpenStack-API-Version, for example "compute"."""
    lowest: tuple[int, int]
    highest: tuple[int, int]
    header: str | None = None
    """The service's older header, for example X-OpenStack-Nova-API-Version."""


@dataclass(frozen=True)
class Service:
    """What one emulated service consists of."""

    name: str
    """The name its state is known by: identity, compute, network, volume, image."""
    prefix: str
    """The first segment of its paths, for example "/compute"."""
    routes: Routes
    """(method, template) to handler, templates below the prefix: ("GET", "/v2.1/servers/{id}")."""
    error: Callable[[Refused, Request], Reply]
    """Renders a refusal in the service's own shape."""
    state: Any = None
    """What `cloud.state(name)` returns."""
    catalogue: Mapping[str, str] = field(default_factory=dict[str, str])
    """Catalogue type to the endpoint's path below the prefix; $(project_id)s is filled in:
    {"volumev3": "/v3/$(project_id)s", "block-storage": "/v3/$(project_id)s"}."""
    title: str = ""
    """The service's name in the catalogue: keystone, nova, ..."""
    needs_token: bool = True
    open: frozenset[str] = frozenset({"/"})
    """Templates that are answered without a token, such as version documents."""
    microversions: Microversions | None = None
    decodes: bool = True
    """Whether bodies are JSON unless they say otherwise; else they stay as they are."""
