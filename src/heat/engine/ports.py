"""What the engine asks of the outside, passed in: the store, the cloud, time and chance.

With these replaced the whole engine runs on a virtual clock, with seeded faults and crashes.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from heat.base.clock import Clock
from heat.base.ids import OperationId, ProjectId, ResourceId, StackId
from heat.cloud.credentials import Credentials
from heat.cloud.port import CloudPort
from heat.cloud.stack_users import StackUsers
from heat.engine.endings import Records
from heat.engine.hearing import Inbox
from heat.plugin.resource import Resource
from heat.store.database import Database
from heat.store.rows import (
    Batch,
    ConfigRow,
    CredentialsRow,
    DefinitionRow,
    DeploymentRow,
    EventRow,
    ExportRow,
    JournalRow,
    LeaseRow,
    OperationRow,
    ResourceRow,
    SignalRow,
    SnapshotRow,
    StackRow,
    Verdict,
)

T = TypeVar("T")


class Loaded(Struct, frozen=True, kw_only=True):
    """All that is recorded of a stack and its current operation, read once per operation."""

    stack: StackRow
    operation: OperationRow
    definition: DefinitionRow | None
    resources: Sequence[ResourceRow]
    journal: Sequence[JournalRow]
    credentials: CredentialsRow | None
    snapshots: Sequence[SnapshotRow] = ()
    exports: Mapping[str, ExportRow] = {}
    """What is exported in its project, by name."""
    imports: frozenset[str] = frozenset()
    environment: Mapping[str, Any] | None = None
    """That of a stack that is deleted, whose hooks still hold."""
    hidden: Sequence[Any] = ()
    """The secrets of the stacks above, which may stand anywhere in this one."""


class Family(Struct, frozen=True, kw_only=True):
    """A nested stack as its parent sees it: what is recorded of it, whatever it is about."""

    stack: StackRow
    definition: DefinitionRow | None
    resources: Sequence[ResourceRow]


class Store(Inbox, Records, Protocol):
    """The store, as the engine sees it."""

    async def claim(
        self, limit: int, prefer: Sequence[StackId], held: Collection[StackId]
    ) -> list[LeaseRow]:
        """Take the leases of stacks that have work and no driver."""
        ...

    async def renew(self, held: Mapping[StackId, int]) -> frozenset[StackId]:
        """Prolong leases, and tell which are still held."""
        ...

    async def turn(self, key: str, interval: timedelta) -> bool:
        """Tell whether it is this engine's turn to do what one engine does now and then."""
        ...

    async def ask(self, work: Callable[[Database], T]) -> T:
        """Ask the database something else, without holding the engine up."""
        ...

    async def release(self, held: Mapping[StackId, int]) -> None:
        """Give leases back, unless they have another epoch by now."""
        ...

    async def load(self, stack: StackId) -> Loaded | None:
        """Read a stack and its current operation; None when it has none."""
        ...

    async def trim(self, stack: StackId, events: int) -> None:
        """Forget the oldest events of a stack beyond a number."""
        ...

    async def stack(self, key: StackId) -> StackRow | None:
        """Read a stack that is not deleted."""
        ...

    async def family(self, stack: StackId) -> Family | None:
        """Read a stack, deleted or not, with its definition and resources."""
        ...

    async def exports(self, project: ProjectId) -> Mapping[str, ExportRow]:
        """Return what is exported in a project, by name."""
        ...

    async def importers(
        self,
        project: ProjectId,
        names: Collection[str],
        besides: StackId,
        root: StackId | None = None,
    ) -> Mapping[str, list[str]]:
        """Return who imports what has these names, besides a stack and those below it."""
        ...

    async def count_tree(self, root: StackId) -> int:
        """Return how many resources a root stack has with all below it."""
        ...

    async def there(self, stack_ids: Collection[StackId]) -> frozenset[StackId]:
        """Return those of the stacks that are not deleted."""
        ...

    async def currents(self, stacks: Collection[StackId]) -> Mapping[StackId, OperationId]:
        """Return the current operations of stacks."""
        ...

    async def resource(self, key: ResourceId) -> ResourceRow | None:
        """Return a resource row."""
        ...

    async def say(self, row: SignalRow, event: EventRow) -> None:
        """Write down what was said, and tell of it; raises Conflict when its number is taken."""
        ...

    async def config(self, key: str, project: ProjectId) -> ConfigRow | None:
        """Return a software config of a project."""
        ...

    async def deployment(self, key: str, project: ProjectId) -> DeploymentRow | None:
        """Return a software deployment of a project."""
        ...

    async def recorded(self, physical_ids: Collection[str]) -> frozenset[str]:
        """Return those of the ids that some resource row names."""
        ...

    async def commit(self, batches: Sequence[Batch]) -> list[Verdict]:
        """Commit what the fences let through, and tell what became of each."""
        ...


class Cloud(CloudPort, Protocol):
    """The cloud, on behalf of one user; faults are heat.base.errors.Temporary and Permanent."""

    async def make_trust(self, who: Credentials, mark: str) -> str:
        """Return the id of a trust of this user for the service; the mark's one if it is there."""
        ...

    async def given_trusts(self) -> list[dict[str, Any]]:
        """Return the trusts that stack owners gave to the service."""
        ...

    async def service_roles(self) -> frozenset[str]:
        """Return what the service user may be in its own project."""
        ...

    async def drop_trust(self, who: Credentials) -> None:
        """Remove the trust of these credentials; one that is gone already is fine."""
        ...

    async def of_users(self, work: Callable[[StackUsers], T]) -> T:
        """Do something about users of stacks."""
        ...

    @property
    def has_users(self) -> bool:
        """Whether there is a domain for users of stacks."""
        ...


class Chance(Protocol):
    """Randomness: a seeded one makes a run repeatable."""

    def id(self) -> str:
        """Return a new random UUID."""
        ...

    def hex(self, size: int) -> str:
        """Return that many random bytes as hexadecimal digits."""
        ...

    def spread(self, seconds: float) -> float:
        """Return a delay around the given one, so that many don't beat together."""
        ...


class World(Struct, frozen=True, kw_only=True):
    """The outside of one engine."""

    store: Store
    cloud: Cloud
    clock: Clock
    chance: Chance
    types: Mapping[str, type[Resource]]


class Settings(Struct, frozen=True, kw_only=True):
    """How an engine works; times in seconds.

    The stacks of an engine that died are another's after ``lease_term`` and ``scan_interval`` at
    the latest. Leases are renewed at a third of their term.

    A request of which nothing is heard may still take effect for ``answer_time``.
    ``action_retry_limit`` bounds how often a creation is tried again that ended in an error of
    the service or in a conflict; ``conflict_tries`` how often a call is sent again that the cloud
    refuses because something is still in use; ``cloud_patience`` how long a service is waited for
    that can't be reached or answers that it can't serve.
    ``max_resources`` bounds a stack with all that is nested in it, -1 meaning any number, and
    ``max_nested_depth`` how deep that goes. ``max_events`` of a stack are kept, 0 meaning all.
    Once in an ``orphan_sweep_interval`` one engine looks for objects that are no stack's any
    more, 0 meaning never. ``action_timeout`` is what a rollback may take of a stack that says
    nothing of it.
    """

    lease_term: float = 6.0
    scan_interval: float = 2.0
    stacks_at_once: int = 64
    acts_at_once: int = 64
    conflict_tries: int = 9
    cloud_patience: float = 300.0
    retry_delay: float = 0.5
    retry_delay_max: float = 8.0
    settle_time: float = 30.0
    answer_time: float = 75.0
    search_skew: float = 5.0
    trusts: bool = True
    action_retry_limit: int = 5
    max_resources: int = 1000
    max_nested_depth: int = 5
    action_timeout: float = 3600.0
    max_events: int = 1000
    orphan_sweep_interval: float = 3600.0
