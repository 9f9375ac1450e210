"""How many streams of events a process keeps at once, and how they live."""

from dataclasses import dataclass, field
from threading import BoundedSemaphore, Event


@dataclass(frozen=True)
class Streams:
    """How many streams there may be at once, and how they live; times in seconds.

    Each of them takes a thread of the server, so that some must be left for other requests. A
    stream ends after its ``lifetime``; its client comes again, with a token that is still good.
    All end soon after ``ended`` is set.
    """

    most: int = 8
    interval: float = 1.0
    heartbeat: float = 15.0
    lifetime: float = 300.0
    ended: Event = field(default_factory=Event)
    free: BoundedSemaphore = field(init=False)

    def __post_init__(self) -> None:
        """Count those that there are."""
        object.__setattr__(self, "free", BoundedSemaphore(self.most))
