"""What an operator can set about calling the cloud, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Trustee:
    """The service user that acts for stack owners; trusts are given to it."""

    username: str
    password: str = field(repr=False)
    project_name: str = "service"
    user_domain_id: str = ""
    user_domain_name: str = ""
    project_domain_id: str = ""
    project_domain_name: str = ""


@dataclass(frozen=True)
class StackDomain:
    """The keystone domain that users made for stacks live in, and who may make them."""

    domain_id: str = ""
    domain_name: str = ""
    admin: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Polling:
    """How waits look: soon at first, then less and less often; in seconds.

    ``patience`` and ``list_patience`` say how long a look may take before the watcher goes on
    without it; ``batch`` how many waits it takes to ask for a list rather than item by item;
    ``tolerated`` how many internal errors in a row a wait survives.
    """

    delays: tuple[float, ...] = (0.1, 0.25, 0.5, 1.0, 2.0)
    jitter: float = 0.2
    page: int = 500
    batch: int = 3
    patience: float = 1.0
    list_patience: float = 10.0
    tolerated: int = 5


@dataclass(frozen=True)
class Way:
    """Which endpoints of a service to use, and which certificates to trust: a file, or any."""

    interface: str = "public"
    ca: str = ""
    insecure: bool = False

    @property
    def verify(self) -> bool | str:
        """What sessions take for that."""
        return False if self.insecure else (self.ca or True)


@dataclass(frozen=True)
class CloudSettings:
    """Where the cloud is and how patient to be with it; times are seconds.

    ``ca`` is a file of certificates to trust in place of the system's. ``endpoint_overrides``
    go before the catalogue and ``microversion_caps`` limit what is asked for, both by service
    type, as ``ways`` are, for services that are not reached like the others; an override may
    hold ``%(project_id)s``. ``retries`` says how often a repeatable request is sent again.
    ``largest_answer`` is how many bytes are read of an answer. ``threads`` is per service, so
    that one that hangs holds up no other.
    """

    auth_url: str
    trustee: Trustee | None = None
    stack_domain: StackDomain | None = None
    stack_user_role: str = "heat_stack_user"
    region: str = ""
    interface: str = "public"
    ca: str = ""
    insecure: bool = False
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    largest_answer: int = 64 << 20
    retries: int = 3
    retry_delay: float = 0.3
    retry_delay_most: float = 8.0
    pool_size: int = 16
    threads: int = 8
    sessions: int = 1000
    endpoint_overrides: Mapping[str, str] = field(default_factory=dict[str, str])
    microversion_caps: Mapping[str, str] = field(default_factory=dict[str, str])
    ways: Mapping[str, Way] = field(default_factory=dict[str, Way])
    delegated_roles: tuple[str, ...] = ()
    allow_redelegation: bool = False
    polling: Polling = field(default_factory=Polling)

    def way(self, service: str) -> Way:
        """Return how a service is reached."""
        return self.ways.get(service) or Way(self.interface, self.ca, self.insecure)
