"""AWS::CloudFormation::WaitCondition."""

from collections.abc import Mapping, Sequence
from typing import Any

from heat.base.json import Json
from heat.plugin.checks import at_least, between
from heat.plugin.fields import attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.resource import Stateless, failed
from heat.plugin.signal import Signal, read
from heat.plugin.steps import Forget, Hear, Steps
from heat.resources.heat.signalling import named_in
from heat.resources.heat.wait_condition import LONGEST, data_of, wait


@resource(
    "AWS::CloudFormation::WaitCondition", support={"status": "SUPPORTED", "version": "2014.1"}
)
class WaitCondition(Stateless):
    """Waits until its handle was told often enough that something is done."""

    Handle: str = fixed("The address of the handle that is told.")
    Timeout: int = fixed("Seconds to wait at most.", check=between(1, LONGEST))
    Count: int = mutable("How many successes to wait for.", default=1, check=at_least(1))

    Data = attribute("What was told, by id, as JSON.", cached=False)

    @property
    def listens_to(self) -> str:
        """The physical id of the handle."""
        named = named_in(self.Handle)
        return named[1] if named else self.Handle

    def overheard(self, signals: Sequence[Signal]) -> Mapping[str, Json]:
        """Tell the data that came, by id."""
        return {"Data": data_of(signals)}

    def referred(self, item: str) -> Json:
        """Give the name in the template."""
        return self.__here__.resource

    def create(self) -> Steps[str | None]:
        """Wait."""
        yield from self._wait()
        return self.physical_name

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Wait again, for what is missing."""
        if changed:
            yield from self._wait()

    def delete(self, item: str) -> Steps[None]:
        """Let the handle begin anew."""
        yield Forget(self.listens_to)

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Tell what came until now."""
        reply = yield Hear(self.listens_to)
        shown = self.overheard(read(reply["signals"]))
        return {name: shown.get(name) for name in names}

    def _wait(self) -> Steps[None]:
        named = named_in(self.Handle)
        if named is None or named[0] != self.__here__.stack_id:
            text = f"{self.Handle} is not the address of a wait condition handle of this stack"
            yield from failed(text, "ValueError")
        yield from wait(self.listens_to, self.Count, self.Timeout)
