"""OS::Heat::StructuredConfig."""

from collections.abc import Mapping
from typing import Any

from heat.plugin.fields import attribute, fixed
from heat.plugin.registry import resource
from heat.plugin.steps import Steps
from heat.resources.heat.config_parts import UNGROUPED, ConfigResource, Input, Output, written


@resource(
    "OS::Heat::StructuredConfig",
    service="orchestration",
    support={"status": "SUPPORTED", "version": "2014.1"},
)
class StructuredConfig(ConfigResource):
    """What is to be done on servers, as a map into which a deployment puts its inputs."""

    group: str = fixed("The tool in the server that takes the config.", default=UNGROUPED)
    config: dict[str, Any] | None = fixed(
        "The map; `{get_input: NAME}` in it stands for an input.",
        shown=attribute("", type="String"),
    )
    options: dict[str, Any] | None = fixed("What else the tool is told.")
    inputs: list[Input] | None = fixed("Values that the config takes.")
    outputs: list[Output] | None = fixed("Values that the config gives back.")

    def content(self) -> Steps[Mapping[str, Any]]:
        """Return what the template says."""
        yield from ()
        return {
            "group": self.group,
            "config": self.config or {},
            "options": self.options or {},
            "inputs": written(self.inputs),
            "outputs": written(self.outputs),
        }
