"""Long lists, read as one JSON text a row.

Drivers that are written in Python take most of the time of a list for its columns, one by one; a
text with all of them is decoded many times as fast.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, get_type_hints

import msgspec
from msgspec import Struct
from sqlalchemy import Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from heat.store import rows, tables
from heat.store.database import Database
from heat.store.shapes import EVENT, Shape
from heat.store.types import Moment

R = TypeVar("R", bound=Struct)


class Listed(FunctionElement[str]):
    """Columns as one JSON list."""

    name = "listed"
    type = Text()
    inherit_cache = True


class Lines(Generic[R]):
    """How many rows of a shape are read: as ``column``, whose texts are decoded together."""

    def __init__(self, shape: Shape[R]) -> None:
        self.column = Listed(*shape.columns)
        self._shape = shape
        hints = get_type_hints(shape.kind)
        kinds = tuple(hints[name] if name in shape.plain else str for name in shape.fields)
        self._decoder = msgspec.json.Decoder(list[tuple[kinds]])  # type: ignore[valid-type]
        self._moments = [n for n, c in enumerate(shape.columns) if isinstance(c.type, Moment)]

    def read_all(self, db: Database, texts: Iterable[str]) -> list[R]:
        """Return rows from their texts."""
        return [self._read(db, line) for line in self._decoder.decode(f"[{','.join(texts)}]")]

    def _read(self, db: Database, line: Iterable[Any]) -> R:
        values = list(line)
        for n in self._moments:
            values[n] = _aware(values[n])
        return self._shape.read(db, values)


def _aware(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@compiles(Listed)
def _json_array(element: Listed, compiler: Any, **more: Any) -> str:
    return f"json_array({compiler.process(element.clauses, **more)})"


@compiles(Listed, "postgresql")
def _json_build_array(element: Listed, compiler: Any, **more: Any) -> str:
    return f"CAST(json_build_array({compiler.process(element.clauses, **more)}) AS text)"


STACKS = Lines(
    Shape(
        rows.StackRow,
        tables.stack,
        tuples=("tags",),
        but=(
            "previous_definition", "revision", "description", "root", "parent_resource",
            "disable_rollback", "timeout_mins", "credentials", "user_id",
        ),
    )
)  # fmt: skip
RESOURCES = Lines(
    Shape(
        rows.ResourceRow,
        tables.resource,
        tuples=("requires",),
        but=(
            "properties", "attempted", "resolved", "attributes", "data", "metadata",
            "deletion_policy", "replace_policy", "operation",
        ),
    )
)  # fmt: skip
EVENTS = Lines(EVENT)
EVENTS_WITHOUT_PROPERTIES = Lines(Shape(rows.EventRow, tables.event, but=("properties",)))
