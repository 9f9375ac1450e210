"""OS::Heat::SoftwareComponent."""

from collections.abc import Iterator, Mapping
from typing import Any

from heat.base.problems import Problem
from heat.plugin.checks import length
from heat.plugin.fields import Struct, fixed, is_known
from heat.plugin.registry import resource
from heat.plugin.steps import Steps
from heat.resources.heat.config_parts import COMPONENT, ConfigResource, Input, Output, written

USUAL = ["CREATE", "UPDATE"]


class Config(Struct):
    """What is to be done at some actions of the stack."""

    actions: list[str] = fixed("The actions.", default=USUAL, check=length(1))
    config: str | None = fixed("The text, such as a script.")
    tool: str = fixed("The tool in the server that takes it.")


@resource(
    "OS::Heat::SoftwareComponent",
    service="orchestration",
    support={"status": "SUPPORTED", "version": "2014.2"},
)
class SoftwareComponent(ConfigResource):
    """What is to be done on servers at each of the actions of a stack."""

    configs: list[Config] = fixed("What is done, and when.", check=length(1))
    inputs: list[Input] | None = fixed("Values that the configs take.")
    outputs: list[Output] | None = fixed("Values that the configs give back.")
    options: dict[str, Any] | None = fixed("What else the tools are told.")

    def problems(self) -> Iterator[Problem]:
        """Want one config at most for an action."""
        if not is_known(self.configs):
            return
        seen: set[str] = set()
        for index, config in enumerate(self.configs):
            for action in config.actions:
                if action in seen:
                    yield Problem(
                        "Two configs for one action",
                        ("configs", index, "actions"),
                        f"There is a config for {action} before this one already.",
                        cure="give each action to one config only",
                        code="H705",
                    )
                seen.add(action)

    def content(self) -> Steps[Mapping[str, Any]]:
        """Return the configs as one."""
        yield from ()
        configs = [
            {"actions": one.actions, "config": one.config, "tool": one.tool} for one in self.configs
        ]
        return {
            "group": COMPONENT,
            "config": {"configs": configs},
            "options": self.options or {},
            "inputs": written(self.inputs),
            "outputs": written(self.outputs),
        }
