"""How the frozen rows lie in the tables: which columns are JSON, which are encrypted."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import Column, Row, Table

from heat.store import rows, tables
from heat.store.database import Database
from heat.store.sealing import is_sealed

R = TypeVar("R", bound=Struct)

PRIVATE = "__private__"
"""The key by which a private value asks to be encrypted whatever the database is told."""


class Shape(Generic[R]):
    """A kind of row and its table.

    ``json`` columns hold JSON; ``tuples`` JSON lists that are tuples in the row. ``sealed``
    columns are JSON too, always encrypted; ``private`` ones are encrypted when the database
    is told to (JSON text, or bytes for ``blobs``), and JSON that says so itself (``PRIVATE``).
    Fields that it does without (``but``) have their defaults in the row.
    """

    def __init__(
        self,
        kind: type[R],
        table: Table,
        *,
        json: Collection[str] = (),
        tuples: Collection[str] = (),
        sealed: Collection[str] = (),
        private: Collection[str] = (),
        blobs: Collection[str] = (),
        but: Collection[str] = (),
    ) -> None:
        self.kind, self.table = kind, table
        self.fields = tuple(name for name in kind.__struct_fields__ if name not in but)
        self.columns: list[Column[Any]] = [table.c[name] for name in self.fields]
        self._encoded = frozenset((*json, *tuples, *sealed))
        self._tuples, self._sealed = frozenset(tuples), frozenset(sealed)
        self._private, self._blobs = frozenset(private), frozenset(blobs)
        self._decoded = self._encoded | self._blobs
        self.plain = frozenset(self.fields) - self._decoded

    def write(self, db: Database, row: R) -> dict[str, Any]:
        """Return a row as column values."""
        return {name: self.value(db, name, getattr(row, name)) for name in self.fields}

    def change(self, db: Database, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return some fields as column values."""
        if unknown := fields.keys() - set(self.fields):
            raise ValueError(f"{self.kind.__name__} has no {', '.join(sorted(unknown))}")
        return {name: self.value(db, name, value) for name, value in fields.items()}

    def value(self, db: Database, name: str, value: Any) -> Any:
        """Return a field as a column value."""
        private = name in self._private and (db.seal_properties or _says_so(value))
        if name in self._encoded:
            text = to_json(value)
            secret = private or name in self._sealed
            return db.seal.close(text) if secret and value else text.decode()
        if private and value is not None and name in self._blobs:
            return db.seal.close(value).encode()
        return value

    def read(self, db: Database, found: Row[Any] | Sequence[Any]) -> R:
        """Return a row from its columns, which are in the order of the fields."""
        values = dict(zip(self.fields, found, strict=True))
        for name in self._decoded:
            values[name] = self._back(db, name, values[name])
        return self.kind(**values)

    def read_all(self, db: Database, found: Iterable[Row[Any] | Sequence[Any]]) -> list[R]:
        """Return rows from their columns."""
        return [self.read(db, row) for row in found]

    def _back(self, db: Database, name: str, value: Any) -> Any:
        if name in self._blobs:
            if value is None or not is_sealed(bytes(value[:5]).decode("latin-1")):
                return value
            return db.seal.open(bytes(value).decode("ascii"))
        plain = from_json(db.seal.open(value) if is_sealed(value) else value)
        return tuple(plain) if name in self._tuples else plain


def to_json(value: Any) -> bytes:
    """Encode a value; mappings and sequences of any kind are welcome."""
    return _ENCODER.encode(value)


def from_json(text: str | bytes) -> Any:
    """Decode a value."""
    return _DECODER.decode(text)


def _says_so(value: Any) -> bool:
    return isinstance(value, Mapping) and PRIVATE in value


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, Sequence):
        return list(value)  # pyright: ignore[reportUnknownArgumentType]
    raise TypeError(f"a {type(value).__name__} has no JSON")


_ENCODER = msgspec.json.Encoder(enc_hook=_plain)
_DECODER: msgspec.json.Decoder[Any] = msgspec.json.Decoder()

STACK = Shape(rows.StackRow, tables.stack, tuples=("tags",))
OPERATION = Shape(
    rows.OperationRow, tables.operation, json=("options",), private=("plan",), blobs=("plan",)
)
LEASE = Shape(rows.LeaseRow, tables.lease)
RESOURCE = Shape(
    rows.ResourceRow,
    tables.resource,
    json=("properties", "attempted", "resolved", "attributes", "metadata"),
    tuples=("requires",),
    sealed=("data",),
    private=("properties", "attempted", "resolved", "attributes"),
)
JOURNAL = Shape(rows.JournalRow, tables.journal, json=("reply",), private=("reply",))
SIGNAL = Shape(rows.SignalRow, tables.signal, json=("body",), private=("body",))
EVENT = Shape(rows.EventRow, tables.event, json=("properties",), private=("properties",))
CREDENTIALS = Shape(rows.CredentialsRow, tables.credentials, sealed=("secret",))
SERVICE = Shape(rows.ServiceRow, tables.service)
SNAPSHOT = Shape(rows.SnapshotRow, tables.snapshot, sealed=("data",))
EXPORT = Shape(rows.ExportRow, tables.export, json=("value",), private=("value",))
CONFIG = Shape(
    rows.ConfigRow,
    tables.software_config,
    json=("config", "outputs", "options"),
    sealed=("inputs",),
    private=("config",),
)
DEPLOYMENT = Shape(
    rows.DeploymentRow,
    tables.software_deployment,
    json=("output_values",),
    sealed=("input_values",),
    private=("output_values",),
)
