"""Pages of a listing: everything behind a marker, in any order, without counting rows off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, func, literal, or_, select

from heat.base.errors import Invalid
from heat.store.database import Database
from heat.store.types import EARLIEST, Moment

Key = tuple[Column[Any], bool]


@dataclass(frozen=True)
class Order:
    """Columns to sort by, each with True for ascending; the last one is unique."""

    keys: tuple[Key, ...]

    @classmethod
    def of(
        cls,
        known: Mapping[str, Column[Any]],
        names: Sequence[str],
        directions: Sequence[str],
        last: Key,
    ) -> "Order":
        """Make an order of what a request says; keys without a direction ascend."""
        keys: list[Key] = []
        for position, name in enumerate(names):
            if name not in known:
                raise Invalid(f"Can't sort by {name!r}; sort by one of {', '.join(sorted(known))}.")
            direction = directions[position] if position < len(directions) else "asc"
            if direction not in {"asc", "desc"}:
                raise Invalid(f"The sort direction {direction!r} is neither 'asc' nor 'desc'.")
            keys.append((known[name], direction == "asc"))
        if all(column is not last[0] for column, _ in keys):
            keys.append((last[0], keys[-1][1] if keys else last[1]))
        return cls(tuple(keys))

    def by(self) -> list[ColumnElement[Any]]:
        """Return what ORDER BY takes."""
        return [
            _value(column).asc() if ascending else _value(column).desc()
            for column, ascending in self.keys
        ]


def after(db: Database, identity: Column[Any], marker: str, order: Order) -> ColumnElement[bool]:
    """Return the condition for rows behind the marker's."""
    query = select(*(_value(column) for column, _ in order.keys)).where(identity == marker)
    found = db.read(lambda connection: connection.execute(query).one_or_none())
    if found is None:
        raise Invalid(f"The marker {marker!r} is not the id of anything that this lists.")
    ways: list[ColumnElement[bool]] = []
    for position, (column, ascending) in enumerate(order.keys):
        same = [
            _value(earlier) == literal(found[index], earlier.type)
            for index, (earlier, _) in enumerate(order.keys[:position])
        ]
        here = literal(found[position], column.type)
        ways.append(and_(*same, _value(column) > here if ascending else _value(column) < here))
    return or_(*ways)


def _value(column: Column[Any]) -> ColumnElement[Any]:
    """Give NULL a place in the order, the same on every database: before all else."""
    if not column.nullable:
        return column
    lowest: Any = EARLIEST if isinstance(column.type, Moment) else ""
    return func.coalesce(column, literal(lowest, column.type), type_=column.type)
