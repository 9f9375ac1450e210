"""What templates read of other stacks, by the names under which those export it."""

from collections.abc import Callable, Mapping

from heat.base.json import Json
from heat.base.problems import did_you_mean
from heat.base.unknown import Unknown
from heat.template.expressions import Bad


class Exported:
    """The exports of a project; takes note of those that are read."""

    def __init__(self, values: Callable[[], Mapping[str, Json]]) -> None:
        self._values = values
        self.used: set[str] = set()

    def export(self, name: str) -> Json | Unknown:
        """Return the value exported by a name."""
        values = self._values()
        if name not in values:
            cure = did_you_mean(name, values) or "create the stack that exports it first"
            raise Bad(f"no stack of this project exports {name!r}", cure, code="H310")
        self.used.add(name)
        return values[name]


class AnyExport:
    """Where it does not matter yet what is exported: every name will have a value."""

    def export(self, name: str) -> Json | Unknown:
        """Return what waits for a name."""
        return Unknown(frozenset((f"export {name}",)))
