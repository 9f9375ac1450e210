"""OS::Heat::None."""

from heat.plugin.registry import resource
from heat.plugin.resource import Stateless
from heat.plugin.steps import Steps


@resource("OS::Heat::None", support={"status": "SUPPORTED", "version": "5.0.0"})
class Nothing(Stateless):
    """A stand-in that takes any property, gives null for any attribute, and makes nothing."""

    anything = True

    def create(self) -> Steps[str | None]:
        """Take the resource's own id, which is a UUID, as physical id."""
        yield from ()
        return self.__here__.resource_id or self.physical_name
