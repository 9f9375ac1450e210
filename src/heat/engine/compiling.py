"""Definitions that were read lately, kept: a parent looks at its nested stacks again and again.

A definition never changes once it is written, so its id stands for its content.
"""

from collections.abc import Mapping

from heat.engine.kept import Kept
from heat.plan.definition import Compiled, compile_definition
from heat.plan.exports import Exported
from heat.plugin.resource import Resource
from heat.store.rows import DefinitionRow, ExportRow, StackRow

MOST = 5000
"""Resources whose definitions are kept; each takes some kilobytes."""
LEAST = 40
"""As many resources does any definition count for."""


def weight(compiled: Compiled) -> int:
    """Return the resources that a definition counts for."""
    return max(LEAST, len(compiled.template.resources))


class Compilations:
    """The definitions that one engine used last, ready to evaluate."""

    def __init__(self, types: Mapping[str, type[Resource]], most: int = MOST) -> None:
        self._types = types
        self._kept: Kept[tuple[str, str], Compiled] = Kept(most, weight)

    def of(
        self, stack: StackRow, definition: DefinitionRow, exports: Mapping[str, ExportRow]
    ) -> Compiled:
        """Read a definition for a stack; raises Invalid when it can't be read at all.

        Nothing is kept where other stacks export values, for those change.
        """

        def read() -> Compiled:
            return compile_definition(
                definition,
                self._types,
                stack_id=stack.id,
                stack_name=stack.name,
                project=stack.project,
                exports=Exported(lambda: {name: row.value for name, row in exports.items()}),
            )

        return read() if exports else self._kept.get((definition.id, stack.id), read)
