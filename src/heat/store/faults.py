"""Which of a database's errors pass when the transaction is run again."""

from enum import Enum

from sqlalchemy.exc import DBAPIError


class Falter(Enum):
    """Why a transaction may go through on another try."""

    BUSY = "a deadlock, a lock or a conflict with another transaction"
    AWAY = "the server is gone, starting or stopping"


# serialization failure, deadlock, lock not available
_POSTGRESQL_BUSY = {"40001", "40P01", "55P03"}
# connection errors are class 08; the rest: too long idle in a transaction, shutdowns, starting up,
# too many connections, read-only
_POSTGRESQL_AWAY = {"25P03", "57P01", "57P02", "57P03", "57P05", "53300", "25006"}
# lock wait timeout, deadlock, record changed since last read
_MARIADB_BUSY = {1205, 1213, 1020}
# refused or lost connections, too many connections, shutdown, killed, read-only
_MARIADB_AWAY = {0, 1040, 1053, 1290, 1836, 1927, 2002, 2003, 2006, 2013, 2014, 2055, 4031}


def falter(error: DBAPIError) -> Falter | None:
    """Tell why an error passes, or None when it stays."""
    if error.connection_invalidated:
        return Falter.AWAY
    cause = error.orig
    module = type(cause).__module__.partition(".")[0]
    if module == "sqlite3":
        text = str(cause)
        return Falter.BUSY if "is locked" in text or "is busy" in text else None
    if module == "psycopg":
        return _of_postgresql(getattr(cause, "sqlstate", None), type(cause).__name__)
    if module == "pymysql":
        number = cause.args[0] if cause is not None and cause.args else None
        if number in _MARIADB_BUSY:
            return Falter.BUSY
        return Falter.AWAY if number in _MARIADB_AWAY else None
    return None


def _of_postgresql(state: str | None, name: str) -> Falter | None:
    if state is None:
        # Without a state the server did not answer at all.
        return Falter.AWAY if name in {"OperationalError", "ConnectionTimeout"} else None
    if state in _POSTGRESQL_BUSY:
        return Falter.BUSY
    return Falter.AWAY if state in _POSTGRESQL_AWAY or state.startswith("08") else None
