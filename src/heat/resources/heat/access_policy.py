"""OS::Heat::AccessPolicy."""

from collections.abc import Sequence
from typing import Any

from heat.base.json import Json
from heat.plugin.fields import fixed
from heat.plugin.registry import resource
from heat.plugin.resource import Stateless


@resource("OS::Heat::AccessPolicy", support={"status": "SUPPORTED"})
class AccessPolicy(Stateless):
    """Says which resources of the stack a user may ask about."""

    AllowedResources: list[Any] = fixed("Names of the resources.")

    def admits(self) -> Sequence[str]:
        """Return the names of those resources."""
        return [str(name) for name in self.AllowedResources]

    def referred(self, item: str) -> Json:
        """Give the name in the template."""
        return self.__here__.resource
