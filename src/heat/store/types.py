"""Column types that mean the same on SQLite, PostgreSQL and MariaDB, and the database's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import DateTime, Dialect, LargeBinary, String, Text
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.visitors import InternalTraversal
from sqlalchemy.types import BigInteger, Integer, TypeDecorator, TypeEngine

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """A point in time to the microsecond: aware and in UTC here, whatever the database keeps."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Pick the type that keeps microseconds."""
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.TIMESTAMP(timezone=True))
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a moment without a zone; drop the zone where columns have none."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a moment needs its zone: {value!r}")
        moment = value.astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Give the moment its zone back."""
        if value is None:
            return None
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text for people, of any length; what a database can't hold becomes a replacement sign."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Pick a type without MariaDB's limit of 64 KiB."""
        if dialect.name in {"mysql", "mariadb"}:
            return dialect.type_descriptor(mysql.MEDIUMTEXT())
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace NUL (PostgreSQL refuses it) and lone surrogates (no UTF-8 holds them)."""
        if value is None or (value.isascii() and "\x00" not in value):
            return value
        return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def identity() -> String:
    """Return the type of an id."""
    return String(64)


def text() -> TypeEngine[str]:
    """Return the type of encoded JSON and of sealed values."""
    return Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")


def blob() -> TypeEngine[bytes]:
    """Return the type of encoded bytes."""
    return LargeBinary().with_variant(mysql.LONGBLOB(), "mysql", "mariadb")


def counter() -> TypeEngine[int]:
    """Return the type of a number that the database counts up (in SQLite only an INTEGER does)."""
    return BigInteger().with_variant(Integer(), "sqlite")


class Now(ColumnElement[datetime]):
    """The database's own time, moved by a number of seconds."""

    # What is said of it goes into the key of cached statements: claims ask every few seconds.
    _traverse_internals = [("microseconds", InternalTraversal.dp_plain_obj)]  # noqa: RUF012
    type = Moment()

    def __init__(self, after: timedelta = timedelta()) -> None:
        self.microseconds = after // timedelta(microseconds=1)


@compiles(Now, "sqlite")
def _now_of_sqlite(element: Now, _compiler: Any, **_: Any) -> str:
    return f"heat_now({element.microseconds})"


@compiles(Now, "postgresql")
def _now_of_postgresql(element: Now, _compiler: Any, **_: Any) -> str:
    # The start of the transaction: one that had to wait sees fewer leases as expired and
    # makes its own end sooner, both on the safe side.
    return f"(CURRENT_TIMESTAMP + INTERVAL '{element.microseconds} microseconds')"


@compiles(Now, "mysql", "mariadb")
def _now_of_mariadb(element: Now, _compiler: Any, **_: Any) -> str:
    return f"(UTC_TIMESTAMP(6) + INTERVAL {element.microseconds} MICROSECOND)"
