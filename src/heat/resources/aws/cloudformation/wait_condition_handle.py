"""AWS::CloudFormation::WaitConditionHandle and OS::Heat::UpdateWaitConditionHandle."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from heat.base.json import Json
from heat.plugin.fields import Difference
from heat.plugin.private import ADDRESS
from heat.plugin.registry import resource
from heat.plugin.resource import Stateless
from heat.plugin.signal import Signal, latest
from heat.plugin.steps import Keep, Steps
from heat.plugin.users import enrol, expel, let_in, shut_out
from heat.resources.heat.signalling import cfn_address
from heat.resources.heat.wait_condition_handle import said

_KEYS = {"id": "UniqueId", "status": "Status", "reason": "Reason", "data": "Data"}


@resource(
    "AWS::CloudFormation::WaitConditionHandle",
    support={"status": "SUPPORTED", "version": "2014.1"},
)
class WaitConditionHandle(Stateless):
    """What is told by a PUT to its address that something is done."""

    def create(self) -> Steps[str | None]:
        """Get a user who may tell it, and make out the address that is signed with its keys."""
        here = yield from enrol(self.__here__, self.physical_name, keys=True)
        address = yield from cfn_address(here, self.physical_name)
        yield Keep({**here.data, ADDRESS: address})
        return self.physical_name

    def delete(self, item: str) -> Steps[None]:
        """Remove the user."""
        yield from expel(self.__here__)

    def referred(self, item: str) -> Json:
        """Give the address."""
        return str(self.__here__.data.get(ADDRESS, item))

    def suspend(self, item: str) -> Steps[None]:
        """Hear nobody while the stack is suspended."""
        yield from shut_out(self.__here__)

    def resume(self, item: str) -> Steps[None]:
        """Hear the user again."""
        yield from let_in(self.__here__)

    def receive(self, body: Mapping[str, Any] | None, heard: Sequence[Signal]) -> Signal:
        """Take exactly Status, Reason, Data and UniqueId."""
        given = body or {}
        if given.keys() != set(_KEYS.values()):
            raise ValueError(f"a signal has exactly {', '.join(sorted(_KEYS.values()))}")
        return said(given, heard, _KEYS)

    def heard(self, signals: Sequence[Signal]) -> Mapping[str, Json]:
        """Tell by id what came."""
        return {
            signal.id: {"Status": signal.status, "Reason": signal.reason, "Data": signal.data}
            for signal in latest(signals)
        }


@resource(
    "OS::Heat::UpdateWaitConditionHandle", support={"status": "SUPPORTED", "version": "2014.1"}
)
class UpdateWaitConditionHandle(WaitConditionHandle):
    """A handle that every update replaces, so that its condition waits anew each time."""

    def must_replace(self, before: Any, changes: Iterable[Difference]) -> str | None:
        """Ask to be replaced, whatever changes."""
        return "every update replaces it"
