"""OS::Heat::ScalingPolicy."""

from collections.abc import Iterator

from heat.base.json import Json
from heat.base.problems import Problem
from heat.plugin.checks import at_least, one_of
from heat.plugin.fields import attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.resource import Stateless
from heat.plugin.steps import Steps
from heat.plugin.users import enrol, expel, let_in, shut_out
from heat.resources.heat.scaling import CHANGE, EXACT, PERCENT, adjusted
from heat.resources.heat.signalling import native_address, signal_address
from heat.template.codes import problem


@resource("OS::Heat::ScalingPolicy", support={"status": "SUPPORTED"})
class ScalingPolicy(Stateless):
    """What an alarm tells when a group shall have more or fewer members."""

    auto_scaling_group_id: str = fixed("The group.")
    scaling_adjustment: float = mutable("By how much, or to how many, the size changes.")
    adjustment_type: str = mutable(
        "What the adjustment means.", check=one_of(CHANGE, EXACT, PERCENT)
    )
    cooldown: float | None = mutable("Seconds after a change in which policies change nothing.")
    min_adjustment_step: int | None = mutable(
        "The fewest members by which a percentage changes the size.", check=at_least(0)
    )

    alarm_url = attribute("The address to POST to.", cached=False)
    signal_url = attribute(
        "The address to POST to.", support={"status": "SUPPORTED", "version": "5.0.0"}
    )

    def problems(self) -> Iterator[Problem]:
        """Take a smallest step only with percentages."""
        kinds = (CHANGE, EXACT)
        if self.min_adjustment_step is not None and self.adjustment_type in kinds:
            detail = (
                "min_adjustment_step property should only be specified for adjustment_type "
                f"with value {PERCENT}"
            )
            cure = f"leave it out, or make adjustment_type {PERCENT}"
            yield problem("H704", ("min_adjustment_step",), detail, cure)

    @property
    def scales(self) -> str:
        """The group."""
        return self.auto_scaling_group_id

    @property
    def pause(self) -> float | None:
        """Seconds in which the group changes no more afterwards."""
        return self.cooldown

    @property
    def adjusts(self) -> tuple[str, float]:
        """What kind of change it makes, and by how much."""
        return self.adjustment_type, self.scaling_adjustment

    def size_after(self, size: int) -> int:
        """Return the size that a group of this size should have."""
        return adjusted(
            size, self.adjustment_type, self.scaling_adjustment, self.min_adjustment_step
        )

    def create(self) -> Steps[str | None]:
        """Get a user who may tell it."""
        yield from enrol(self.__here__, self.physical_name, keys=True)
        return self.physical_name

    def delete(self, item: str) -> Steps[None]:
        """Remove the user."""
        yield from expel(self.__here__)

    def suspend(self, item: str) -> Steps[None]:
        """Hear nobody while the stack is suspended."""
        yield from shut_out(self.__here__)

    def resume(self, item: str) -> Steps[None]:
        """Hear the user again."""
        yield from let_in(self.__here__)

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Say where to tell it: signed, and for whoever has a token."""
        here = self.__here__
        values: dict[str, Json] = {}
        if "alarm_url" in names:
            values["alarm_url"] = yield from signal_address(here)
        if "signal_url" in names:
            values["signal_url"] = yield from native_address(here.keeping({}))
        return {name: values.get(name) for name in names}
