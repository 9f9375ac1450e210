"""OS::Heat::SoftwareConfig."""

from collections.abc import Mapping
from typing import Any

from heat.plugin.fields import fixed
from heat.plugin.registry import resource
from heat.plugin.steps import Steps
from heat.resources.heat.config_parts import UNGROUPED, ConfigResource, Input, Output, written


@resource(
    "OS::Heat::SoftwareConfig",
    service="orchestration",
    support={"status": "SUPPORTED", "version": "2014.1"},
)
class SoftwareConfig(ConfigResource):
    """What is to be done on servers: a text, the tool that understands it, inputs and outputs."""

    group: str = fixed("The tool in the server that takes the config.", default=UNGROUPED)
    config: str | None = fixed("The text, such as a script.", shown=True)
    options: dict[str, Any] | None = fixed("What else the tool is told.")
    inputs: list[Input] | None = fixed("Values that the config takes.")
    outputs: list[Output] | None = fixed("Values that the config gives back.")

    def content(self) -> Steps[Mapping[str, Any]]:
        """Return what the template says."""
        yield from ()
        return {
            "group": self.group,
            "config": self.config or "",
            "options": self.options or {},
            "inputs": written(self.inputs),
            "outputs": written(self.outputs),
        }
