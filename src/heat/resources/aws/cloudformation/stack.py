"""AWS::CloudFormation::Stack."""

from typing import Any

from heat.base.json import Json
from heat.base.unknown import Unknown
from heat.plugin.fields import mutable
from heat.plugin.nested import Nested
from heat.plugin.registry import resource
from heat.plugin.steps import Nest, Steps
from heat.resources.heat.members import without_null


@resource("AWS::CloudFormation::Stack")
class Stack(Nested):
    """A nested stack made from the template at an address."""

    address = "template_url"

    template_url: str = mutable("The address of the template.", named="TemplateURL")
    timeout: int | None = mutable("Minutes that an action may take.", named="TimeoutInMinutes")
    parameters: dict[str, Any] | None = mutable(
        "The values of the template's parameters.", named="Parameters"
    )

    def foreseen(self) -> Nest | None:
        """Return the nested stack, as far as the address and the parameters are known."""
        waits = isinstance(self.template_url, Unknown) or isinstance(self.parameters, Unknown)
        return None if waits else self.child("CREATE")

    def child(self, action: str) -> Nest:
        """Give the parameters to the template."""
        return Nest(
            action,
            source=self.template_url,
            parameters=without_null(self.parameters or {}),
            minutes=self.timeout,
            facade=self.facade,
        )

    def reveal(self, item: str, names: frozenset[str]) -> Steps[dict[str, Json]]:
        """Return outputs, which templates ask for as ``Outputs.NAME``."""
        plain = {name: name.removeprefix("Outputs.") for name in names}
        found = yield from super().reveal(item, frozenset(plain.values()))
        return {name: found[inner] for name, inner in plain.items() if inner in found}
