"""Keeps the objects of the cloud: plain rows in memory, written through to one SQLite file.

A row is a dict with an "id". After changing a row, put it back: that is what keeps the
indexes right and marks the row for the next commit. Rows are live objects, so only code
that runs under the cloud's lock may touch them.
"""

import sqlite3
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

Row = dict[str, Any]
Keys = Callable[[Row], Iterable[Hashable]]


class Store:
    """The tables of one cloud, kept in a file when a path is given."""

    def __init__(self, path: str | None = None) -> None:
        self.path = path
        self.blobs = Blobs(None if path is None else Path(f"{path}.blobs"))
        self._tables: dict[str, Table] = {}
        self._dirty: dict[tuple[str, str], None] = {}
        self._file = None if path is None else open_file(path)
        if self._file is not None:
            self._load(self._file)

    def table(self, kind: str) -> "Table":
        """Return the table of this kind of object, for example "network.port"."""
        if kind not in self._tables:
            self._tables[kind] = Table(kind, self._touch)
        return self._tables[kind]

    def tables(self) -> dict[str, "Table"]:
        """Return every table that was asked for so far or found in the file."""
        return dict(self._tables)

    def commit(self) -> None:
        """Write what changed since the last commit, in one transaction."""
        if not self._dirty:
            return
        if self._file is not None:
            self._write(self._file)
        self._dirty.clear()

    def clear(self) -> None:
        """Remove every object."""
        for table in self._tables.values():
            table.clear()
        self.blobs.clear()
        self.commit()

    def close(self) -> None:
        """Commit and let go of the file."""
        self.commit()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _touch(self, kind: str, row_id: str) -> None:
        self._dirty[kind, row_id] = None

    def _load(self, file: sqlite3.Connection) -> None:
        for kind, text in file.execute("SELECT kind, json FROM objects ORDER BY rowid"):
            self.table(kind).put(msgspec.json.decode(text))
        self._dirty.clear()

    def _write(self, file: sqlite3.Connection) -> None:
        kept: list[tuple[str, str, str]] = []
        gone: list[tuple[str, str]] = []
        for kind, row_id in self._dirty:
            row = self._tables[kind].get(row_id)
            if row is None:
                gone.append((kind, row_id))
            else:
                kept.append((kind, row_id, msgspec.json.encode(row).decode()))
        with file:
            file.executemany("DELETE FROM objects WHERE kind = ? AND id = ?", gone)
            # An update keeps the rowid, and with it the order in which objects were made.
            file.executemany(
                "INSERT INTO objects (kind, id, json) VALUES (?, ?, ?)"
                " ON CONFLICT (kind, id) DO UPDATE SET json = excluded.json",
                kept,
            )


class Table:
    """The objects of one kind, in the order in which they were made."""

    def __init__(self, kind: str, touch: Callable[[str, str], None]) -> None:
        self.kind = kind
        self.version = 0
        """Grows with every change, so that what was derived from the table can be kept."""
        self._touch = touch
        self._rows: dict[str, Row] = {}
        self._indexes: dict[str, Index] = {}

    def get(self, row_id: str | None) -> Row | None:
        """Return the row with this id, or None."""
        return None if row_id is None else self._rows.get(row_id)

    def all(self) -> list[Row]:
        """Return every row; the list is the caller's, the rows are not copies."""
        return list(self._rows.values())

    def put(self, row: Row) -> Row:
        """Add the row, or note that it changed."""
        row_id = row["id"]
        self._rows[row_id] = row
        for index in self._indexes.values():
            index.put(row)
        self._touched(row_id)
        return row

    def pop(self, row_id: str) -> Row | None:
        """Remove a row and return it; None when there is none."""
        row = self._rows.pop(row_id, None)
        if row is not None:
            for index in self._indexes.values():
                index.pop(row_id)
            self._touched(row_id)
        return row

    def first(self, count: int) -> list[Row]:
        """Return the oldest rows."""
        return list(islice(self._rows.values(), count))

    def index(self, field: str, keys: Keys | None = None) -> None:
        """Maintain an index for `find(field, ...)`.

        Without `keys` a row is found under its value of that field, or under each element
        when the value is a list. With `keys` the name is free and the function says under
        what the row is found.
        """
        index = self._indexes[field] = Index(keys or field_keys(field))
        for row in self._rows.values():
            index.put(row)

    def find(self, field: str, value: Hashable) -> list[Row]:
        """Return the rows with this value, oldest first; indexes the field on first use."""
        if field not in self._indexes:
            self.index(field)
        return [self._rows[row_id] for row_id in self._indexes[field].ids(value)]

    def count(self, field: str, value: Hashable) -> int:
        """Return how many rows `find` would."""
        if field not in self._indexes:
            self.index(field)
        return len(self._indexes[field].ids(value))

    def clear(self) -> None:
        """Remove every row."""
        for row_id in list(self._rows):
            self.pop(row_id)

    def _touched(self, row_id: str) -> None:
        self.version += 1
        self._touch(self.kind, row_id)

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.all())

    def __contains__(self, row_id: object) -> bool:
        return row_id in self._rows


class Index:
    """Finds rows by what a key function says of them, also after they were changed in place."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._ids: dict[Hashable, dict[str, None]] = {}
        self._filed: dict[str, tuple[Hashable, ...]] = {}

    def put(self, row: Row) -> None:
        """File the row under its present keys."""
        row_id = row["id"]
        keys = tuple(self._keys(row))
        filed = self._filed.get(row_id)
        if filed == keys:
            return
        if filed is not None:
            self.pop(row_id)
        self._filed[row_id] = keys
        for key in keys:
            self._ids.setdefault(key, {})[row_id] = None

    def pop(self, row_id: str) -> None:
        """Forget the row."""
        for key in self._filed.pop(row_id, ()):
            ids = self._ids.get(key)
            if ids is not None:
                ids.pop(row_id, None)
                if not ids:
                    del self._ids[key]

    def ids(self, key: Hashable) -> Collection[str]:
        """Return the ids filed under this key."""
        return self._ids.get(key, {}).keys()


class Blobs:
    """Keeps bytes by name: files in a directory, or memory when there is none."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._memory: dict[str, bytes] = {}

    def put(self, name: str, content: bytes) -> None:
        """Keep these bytes."""
        if self._directory is None:
            self._memory[name] = content
        else:
            self._directory.mkdir(parents=True, exist_ok=True)
            (self._directory / name).write_bytes(content)

    def get(self, name: str) -> bytes | None:
        """Return the bytes kept under this name, or None."""
        if self._directory is None:
            return self._memory.get(name)
        try:
            return (self._directory / name).read_bytes()
        except FileNotFoundError:
            return None

    def pop(self, name: str) -> None:
        """Drop the bytes; it is no error when there are none."""
        if self._directory is None:
            self._memory.pop(name, None)
        else:
            (self._directory / name).unlink(missing_ok=True)

    def clear(self) -> None:
        """Drop everything."""
        self._memory.clear()
        if self._directory is not None and self._directory.is_dir():
            for path in self._directory.iterdir():
                path.unlink()


def open_file(path: str) -> sqlite3.Connection:
    """Open the file of objects, made when it is missing."""
    # Requests are served by many threads, one at a time under the cloud's lock.
    file = sqlite3.connect(path, check_same_thread=False)
    file.execute("PRAGMA journal_mode = WAL")
    # A killed process loses nothing; only a power cut could, and this is a cloud for tests.
    file.execute("PRAGMA synchronous = OFF")
    file.execute(
        "CREATE TABLE IF NOT EXISTS objects"
        " (kind TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, id))"
    )
    return file


def field_keys(field: str) -> Keys:
    """Return the key function of a plain field."""

    def keys(row: Row) -> Iterable[Hashable]:
        value: Any = row.get(field)
        return value if isinstance(value, list) else (value,)

    return keys
