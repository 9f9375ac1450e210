"""OS::Heat::TestResource."""

from collections.abc import Iterable
from typing import Any

from heat.base.json import Json
from heat.plugin.checks import named
from heat.plugin.fields import Difference, Struct, attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.resource import Stateless, failed
from heat.plugin.steps import Keep, Sleep, Steps

FOREVER = 10 * 365 * 24 * 3600
"""Seconds: longer than any operation may take."""


class ActionWaits(Struct):
    """Seconds to wait in single actions."""

    create: float | None = mutable("Seconds that a creation takes.")
    update: float | None = mutable("Seconds that an update takes.")
    delete: float | None = mutable("Seconds that a deletion takes.")


@resource("OS::Heat::TestResource", support={"status": "SUPPORTED", "version": "5.0.0"})
class TestResource(Stateless):
    """A resource that waits, fails and is replaced as told, to try out templates and Heat."""

    __test__ = False

    value: str | None = mutable("What the attribute `output` gives.", default="test_string")
    fail: bool = mutable("Whether creation and update fail.", default=False)
    update_replace: bool = mutable(
        "Whether the update that sets this replaces the resource.", default=False
    )
    update_replace_value: str | None = fixed("A value whose change replaces the resource.")
    wait_secs: float = mutable("Seconds each action takes; below 0 it never ends.", default=0)
    action_wait_secs: ActionWaits | None = mutable("Seconds that single actions take instead.")
    attr_wait_secs: float = mutable("Seconds that reading an attribute takes.", default=0)
    constraint_prop_secs: float = mutable(
        "Seconds that checking this property takes; accepted, and not spent.",
        default=0,
        check=named("test_constr", lambda _: None),
    )
    client_name: str = mutable("Client to work with while waiting; accepted only.", default="")
    entity_name: str = mutable("Objects to work with while waiting; accepted only.", default="")

    output = attribute("The value.", type=None, cached=False)

    def create(self) -> Steps[str | None]:
        """Wait, then fail or succeed."""
        yield from self._act("create")
        return self.physical_name

    def update(self, item: str, before: Any, changed: frozenset[str]) -> Steps[None]:
        """Wait, then fail or succeed."""
        yield from self._act("update")

    def delete(self, item: str) -> Steps[None]:
        """Wait."""
        yield from self._wait("delete")

    def check(self, item: str) -> Steps[None]:
        """Find it well."""
        yield from ()

    def must_replace(self, before: Any, changes: Iterable[Difference]) -> str | None:
        """Replace when the property that asks for it is switched on."""
        switched = any(change.name == "update_replace" for change in changes)
        return "update_replace was switched on" if switched and self.update_replace else None

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Give the output, after a while if so told."""
        if self.attr_wait_secs > 0:
            yield Sleep(self.attr_wait_secs)
        return (yield from super().reveal(item, names))

    def shown(self) -> dict[str, Json]:
        """Give the value that was kept as output."""
        return {"output": self.__here__.data.get("value", self.value)}

    def _act(self, action: str) -> Steps[None]:
        known = action == "create" and not self.fail
        yield Keep({"value": self.value}, self.physical_name if known else None)
        yield from self._wait(action)
        if self.fail:
            yield from failed(f"Test Resource failed {self.__here__.resource}", "ValueError")

    def _wait(self, action: str) -> Steps[None]:
        own = getattr(self.action_wait_secs, action, None)
        seconds = self.wait_secs if own is None else own
        if seconds:
            yield Sleep(FOREVER if seconds < 0 else seconds)
