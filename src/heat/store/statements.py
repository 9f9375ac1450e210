"""Statements that each database says in its own way; those used all the time are made once."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Delete,
    Insert,
    Table,
    Update,
    bindparam,
    delete,
    update,
)
from sqlalchemy.dialects import mysql, postgresql, sqlite


def any_of(name: str) -> BindParameter[Any]:
    """Return what stands for a list of values that is given when the statement is run."""
    return bindparam(name, expanding=True)


def insert_new(connection: Connection, table: Table, values: Sequence[dict[str, Any]]) -> None:
    """Insert rows, leaving out those whose key is there already.

    MariaDB's INSERT IGNORE would swallow other errors too, so a duplicate is set to itself.
    """
    if values:
        connection.execute(_inserting(connection.dialect.name, table), values)


@cache
def _inserting(dialect: str, table: Table) -> Insert:
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    key = next(iter(table.primary_key.columns))
    return mysql.insert(table).on_duplicate_key_update({key.name: key})


def delete_all(connection: Connection, table: Table, column: str, values: Iterable[str]) -> None:
    """Delete the rows that have one of the values."""
    if gone := sorted(values):
        connection.execute(_deleting(table, column), {"gone": gone})


@cache
def _deleting(table: Table, column: str) -> Delete:
    return delete(table).where(table.c[column].in_(any_of("gone")))


def put(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    """Insert a row, or overwrite the one with its key."""
    keys = [column.name for column in table.primary_key.columns]
    rest = {name: value for name, value in values.items() if name not in keys}
    if connection.dialect.name in {"mysql", "mariadb"}:
        connection.execute(mysql.insert(table).values(values).on_duplicate_key_update(rest))
        return
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(
        insert(table).values(values).on_conflict_do_update(index_elements=keys, set_=rest)
    )


def update_many(
    connection: Connection, table: Table, keys: Sequence[str], rows: Iterable[dict[str, Any]]
) -> None:
    """Update rows, found by their keys; rows that set the same columns share a statement."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        columns = tuple(sorted(row.keys() - set(keys)))
        if columns:
            groups.setdefault(columns, []).append(row)
    for columns, members in groups.items():
        if connection.dialect.name in {"mysql", "mariadb"} and len(members) > 1:
            _update_joined(connection, table, keys, columns, members)
        else:
            _update_each(connection, table, keys, columns, members)


def _update_each(
    connection: Connection,
    table: Table,
    keys: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[dict[str, Any]],
) -> None:
    """Run one statement for many rows: a loop within SQLite, a pipeline with PostgreSQL."""
    given = [
        {f"key_{key}": row[key] for key in keys} | {f"new_{name}": row[name] for name in columns}
        for row in rows
    ]
    connection.execute(_updating(table, tuple(keys), tuple(columns)), given)


@cache
def _updating(table: Table, keys: tuple[str, ...], columns: tuple[str, ...]) -> Update:
    found = [table.c[key] == bindparam(f"key_{key}") for key in keys]
    values: dict[str, Any] = {name: bindparam(f"new_{name}") for name in columns}
    return update(table).where(*found).values(values)


def _update_joined(
    connection: Connection,
    table: Table,
    keys: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[dict[str, Any]],
) -> None:
    """Join the rows, as a table of values: PyMySQL would send a statement for each of them."""
    dialect = connection.dialect
    quote = dialect.identifier_preparer.quote
    names = (*keys, *columns)
    binds = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    given = tuple(
        bind(row[name]) if bind else row[name]
        for row in rows
        for name, bind in zip(names, binds, strict=True)
    )
    first = ", ".join(f"%s AS v{position}" for position in range(len(names)))
    more = " UNION ALL SELECT " + ", ".join(["%s"] * len(names))
    found = " AND ".join(f"t.{quote(key)} = v.v{position}" for position, key in enumerate(keys))
    changed = ", ".join(
        f"t.{quote(name)} = v.v{position}" for position, name in enumerate(columns, len(keys))
    )
    connection.exec_driver_sql(
        f"UPDATE {quote(table.name)} t JOIN (SELECT {first}{more * (len(rows) - 1)}) v "  # noqa: S608 (names of our own)
        f"ON {found} SET {changed}",
        given,
    )
