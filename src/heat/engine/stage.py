"""Where verbs run: what those of one operation share."""

from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from heat.base.ids import ResourceId
from heat.cloud.credentials import Credentials
from heat.cloud.finders import AsyncFinders
from heat.engine.hearing import Hearing
from heat.engine.lease import Lease
from heat.engine.nursery import Nursery
from heat.engine.ports import Settings, World
from heat.engine.users import Users


class Stage(Struct, frozen=True, kw_only=True):
    """Where verbs of one operation run."""

    world: World
    settings: Settings
    lease: Lease
    who: Credentials
    finders: AsyncFinders
    hearing: Hearing
    nursery: Nursery
    users: Users
    deadline: datetime
    stopping: Callable[[], bool]
    made: Callable[[ResourceId, str], None]
    kept: frozenset[str] = frozenset()
    """What snapshots of the stack may keep: it is nobody else's work."""

    @property
    def latest(self) -> datetime:
        """When even what still runs is cut off; no answer is waited for any longer."""
        return self.deadline + timedelta(seconds=self.settings.settle_time)
