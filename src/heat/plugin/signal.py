"""What is said to a resource from outside, and what its type makes of it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from heat.base.json import Json
from heat.plugin.steps import Nest, Reply

SUCCESS, FAILURE = "SUCCESS", "FAILURE"


class Signal(msgspec.Struct, frozen=True, kw_only=True):
    """One thing said; what comes later under the same id takes its place."""

    id: str
    status: str = SUCCESS
    reason: str = ""
    data: Any = None
    told: str = ""  # what the event says of it


class Signalled(Protocol):
    """A type to which something can be said."""

    def receive(self, body: Mapping[str, Any] | None, heard: Sequence[Signal]) -> Signal:
        """Return what a request means after those before; raises ValueError when nothing."""
        ...

    def heard(self, signals: Sequence[Signal]) -> Mapping[str, Json]:
        """Return what the metadata says of signals."""
        ...


class Listening(Protocol):
    """A type whose attributes tell what was said to another resource."""

    @property
    def listens_to(self) -> str:
        """The physical id, or the name, of that resource."""
        ...

    def overheard(self, signals: Sequence[Signal]) -> Mapping[str, Json]:
        """Return the attributes that tell of it."""
        ...


class Admitted(Protocol):
    """A type whose user may use other resources, too."""

    def admitted_by(self) -> Sequence[str]:
        """Return the names of those that say which."""
        ...


class Admitting(Protocol):
    """A type that says which resources users may use."""

    def admits(self) -> Sequence[str]:
        """Return the names of those resources."""
        ...


class Scaling(Protocol):
    """A type to which anything that is said means: change the size of a group."""

    @property
    def scales(self) -> str:
        """The physical id, or the name, of that group."""
        ...

    @property
    def pause(self) -> float | None:
        """Seconds in which the group changes no more afterwards; None leaves it to the group."""
        ...

    @property
    def adjusts(self) -> tuple[str, float]:
        """What kind of change it makes, and by how much: those who meter the cloud hear of it."""
        ...

    def size_after(self, size: int) -> int:
        """Return the size that a group of this size should have, before the group's limits."""
        ...


class Scaled(Protocol):
    """A type whose members are more or fewer when a Scaling type is told so."""

    @property
    def pause(self) -> float | None:
        """Seconds in which it changes no more after a change."""
        ...

    def allowed(self, size: int) -> int:
        """Return the size nearest to this one that its limits allow."""
        ...

    def count(self, inside: Reply) -> int:
        """Return how many members it has."""
        ...

    def scaled(self, inside: Reply, size: int, seed: str) -> Nest:
        """Return what gives it so many members; ``seed`` is for the names of new ones."""
        ...


def read(bodies: Iterable[Mapping[str, Any]]) -> list[Signal]:
    """Read signals as they were written down."""
    return [msgspec.convert(body, Signal) for body in bodies]


def latest(signals: Iterable[Signal]) -> list[Signal]:
    """Return the last one of each id, in the order in which the ids came."""
    found: dict[str, Signal] = {}
    for signal in signals:
        found[signal.id] = signal
    return list(found.values())


def enough(signals: Sequence[Signal], count: int) -> bool:
    """Tell whether that many came, or one that is no success."""
    return len(signals) >= count or any(signal.status != SUCCESS for signal in signals)
