"""OS::Heat::WaitCondition."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from heat.base.json import Json
from heat.plugin.checks import at_least, between
from heat.plugin.fields import attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.resource import Stateless, failed
from heat.plugin.signal import SUCCESS, Signal, latest, read
from heat.plugin.steps import Forget, Hear, Steps

LONGEST = 43200
"""Seconds: twelve hours."""


@resource("OS::Heat::WaitCondition", support={"status": "SUPPORTED", "version": "2014.2"})
class WaitCondition(Stateless):
    """Waits until its handle was told often enough that something is done."""

    handle: str = fixed("The handle that is told.")
    timeout: float = fixed("Seconds to wait at most.", check=between(1, LONGEST))
    count: int = mutable("How many successes to wait for.", default=1, check=at_least(1))

    data = attribute("What was told, by id, as JSON.", cached=False)

    @property
    def listens_to(self) -> str:
        """The handle."""
        return self.handle

    def overheard(self, signals: Sequence[Signal]) -> Mapping[str, Json]:
        """Tell the data that came, by id."""
        return {"data": data_of(signals)}

    def referred(self, item: str) -> Json:
        """Give the name in the template."""
        return self.__here__.resource

    def create(self) -> Steps[str | None]:
        """Wait."""
        yield from wait(self.handle, self.count, self.timeout)
        return self.physical_name

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Wait again, for what is missing."""
        if changed:
            yield from wait(self.handle, self.count, self.timeout)

    def delete(self, item: str) -> Steps[None]:
        """Let the handle begin anew."""
        yield Forget(self.handle)

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Tell what came until now."""
        reply = yield Hear(self.handle)
        shown = self.overheard(read(reply["signals"]))
        return {name: shown.get(name) for name in names}


def wait(handle: str, count: int, seconds: float) -> Steps[None]:
    """Wait for signals to a handle; fail with the reasons of failures, or when time is up."""
    reply = yield Hear(handle, count, seconds)
    signals = read(reply["signals"])
    failures = [signal.reason for signal in signals if signal.status != SUCCESS]
    if failures:
        yield from failed(";".join(failures), "WaitConditionFailure")
    if len(signals) < count:
        late = f"{len(signals)} of {count} received"
        if signals:
            late += f" - {';'.join(signal.reason for signal in signals)}"
        yield from failed(late, "WaitConditionTimeout")


def data_of(signals: Sequence[Signal]) -> str:
    """Write the data of signals by id."""
    return json.dumps({signal.id: signal.data for signal in latest(signals)})
