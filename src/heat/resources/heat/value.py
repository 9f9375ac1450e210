"""OS::Heat::Value."""

from collections.abc import Iterator
from typing import Any

from heat.base.json import Json
from heat.base.problems import Problem
from heat.plugin.checks import one_of
from heat.plugin.fields import attribute, mutable
from heat.plugin.registry import resource
from heat.plugin.resource import Stateless
from heat.plugin.values import fits

KINDS: dict[str, Any] = {
    "string": str,
    "number": float,
    "comma_delimited_list": list[Any],
    "json": dict[str, Any],
    "boolean": bool,
}


@resource("OS::Heat::Value", support={"status": "SUPPORTED", "version": "7.0.0"})
class Value(Stateless):
    """A named value: what an expression gives, worked out once and read in many places."""

    value: Any = mutable(
        "The value; `get_attr` gives it back as it is.", shown=attribute("", type=None)
    )
    type: str | None = mutable("What the value must be.", check=one_of(*KINDS))

    def problems(self) -> Iterator[Problem]:
        """See that the value is of the type."""
        if self.value is not None and self.type in KINDS:
            yield from fits(KINDS[self.type], self.value, ("value",))

    def shown(self) -> dict[str, Json]:
        """Give the value back."""
        return {"value": self.value}
