"""OS::Heat::ResourceChain."""

from typing import Any

from heat.base.json import Json
from heat.base.unknown import Unknown
from heat.plugin.fields import attribute, fixed, mutable
from heat.plugin.registry import resource
from heat.plugin.steps import Nest
from heat.resources.heat.members import Members


@resource("OS::Heat::ResourceChain", support={"status": "SUPPORTED", "version": "6.0.0"})
class ResourceChain(Members):
    """Resources of several types with the same properties, one after the other."""

    resources: list[str] = mutable("The types of the members, in order.")
    concurrent: bool = fixed("Whether all members are made at once.", default=False)
    resource_properties: dict[str, Any] | None = fixed("The properties of every member.")

    refs = attribute("The reference ids of the members.", type="List")
    attributes = attribute("A named attribute of each member, by the member's name.", type="Map")

    def foreseen(self) -> Nest | None:
        """Return the nested stack, as far as the types are known."""
        if isinstance(self.resources, Unknown) or any(
            isinstance(kind, Unknown) for kind in self.resources
        ):
            return None
        return self.child("CREATE")

    def child(self, action: str) -> Nest:
        """Return the nested stack with a member for each type."""
        return self.nest(action, {str(n): self._member(n) for n in range(len(self.resources))})

    def _member(self, number: int) -> Json:
        member: dict[str, Json] = {"type": self.resources[number]}
        if self.resource_properties:
            member["properties"] = self.resource_properties
        if number and not self.concurrent:
            member["depends_on"] = [str(number - 1)]
        return member
