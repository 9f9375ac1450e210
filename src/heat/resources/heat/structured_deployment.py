"""OS::Heat::StructuredDeployment."""

from collections.abc import Sequence

from heat.base.json import Json
from heat.plugin.checks import one_of
from heat.plugin.fields import fixed
from heat.plugin.registry import resource
from heat.plugin.resource import failed
from heat.plugin.steps import Steps
from heat.resources.heat import derived_config as derived
from heat.resources.heat.software_deployment import Deployment

VALIDATE = one_of("LAX", "STRICT")


@resource(
    "OS::Heat::StructuredDeployment",
    service="orchestration",
    support={"status": "SUPPORTED", "version": "2014.1"},
)
class StructuredDeployment(Deployment):
    """Does a structured config on a server: a map, into which the inputs are put."""

    input_key: str = fixed("What stands for an input in the map.", default="get_input")
    input_values_validate: str = fixed(
        "Whether inputs without a value are refused, or null.", default="LAX", check=VALIDATE
    )

    def made_of(self, config: derived.Config, inputs: Sequence[derived.Value]) -> Steps[Json]:
        """Return the map with the inputs in it."""
        content, missing = derived.put_in(
            config["config"] or {}, self.input_key, derived.values(inputs)
        )
        if missing and self.input_values_validate == "STRICT":
            yield from failed(
                f"The Parameter ({missing[0]}) was not provided.", "UserParameterMissing"
            )
        return content
