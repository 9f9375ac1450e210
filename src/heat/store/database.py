"""A database: its connections, its clock, its keys, and what to do when it falters."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from random import Random
from traceback import clear_frames
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import StaticPool

from heat.base.clock import Clock, WallClock
from heat.base.errors import Invalid, Unavailable
from heat.store.faults import Falter, falter
from heat.store.mariadb import share_trust
from heat.store.sealing import Seal
from heat.store.types import Now

T = TypeVar("T")
Told = Callable[[Sequence[Mapping[str, Any]]], None]

_EVENTS = "event"

_OF_MARIADB = {"connect_timeout": 10, "read_timeout": 60, "write_timeout": 60}
_PATIENCE: Mapping[str, Mapping[str, int]] = {
    "postgresql": {
        "connect_timeout": 10,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
    },
    "mysql": _OF_MARIADB,
    "mariadb": _OF_MARIADB,
}
"""When a server that says nothing is taken for gone, unless the URL says otherwise."""

SILENT_SECONDS = 5
"""How long a transaction may wait for its client."""
_OF_MARIADB_SESSION = (
    "SET SESSION innodb_lock_wait_timeout = 10 "
    f", SESSION net_read_timeout = {SILENT_SECONDS} "
    f"/*M!100300 , SESSION idle_transaction_timeout = {SILENT_SECONDS} */ "
    "/*!80000 , SESSION wait_timeout = 30 */"
)
_SESSION: Mapping[str, str] = {
    "postgresql": (
        f"SET idle_in_transaction_session_timeout = '{SILENT_SECONDS}s'; SET lock_timeout = '10s'"
    ),
    "mysql": _OF_MARIADB_SESSION,
    "mariadb": _OF_MARIADB_SESSION,
}
"""When the server takes a client that says nothing for gone.

A process that stands still, or whose machine is cut off, may hold rows locked, those of a lease
among them; no other could go on with its stacks until the server ends its transaction. MySQL has
no such limit for transactions alone, so there it is one for all connections. What these limits
leave out is ended by who meets it: ``store/stalled.py``.
"""

_DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}


class Database:
    """One database, for any number of threads.

    ``clock`` is the time of an SQLite database; a server has its own. ``keys`` encrypt the
    secrets (the first one) and decrypt them (all); without any, a key that everyone knows is
    used. With ``seal_properties`` the evaluated properties, journal replies and plans are
    encrypted too. ``attempts`` bounds how often a transaction is repeated when the database
    falters.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        clock: Clock | None = None,
        keys: Sequence[str] | None = None,
        pool_size: int = 10,
        pool_timeout: float = 30.0,
        seal_properties: bool = False,
        attempts: int = 8,
        random: Random | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.clock = clock or WallClock()
        self.seal = Seal(keys)
        self.seal_properties = seal_properties
        self.random = random or Random()  # noqa: S311 (it spreads retries and names commits)
        self._attempts, self._sleep = attempts, sleep
        self._where = where = _complete(url)
        self.engine, self._one_at_a_time = _connect(where, self.clock, pool_size, pool_timeout)
        self.dialect = self.engine.dialect.name
        # All that a server hears of a read is its statement: no BEGIN, COMMIT or ROLLBACK.
        self._reader = (
            _connect_to_read(where, pool_size, pool_timeout) if self.locks_rows else self.engine
        )
        self._turn = threading.Lock()
        self._told: Told | None = None

    def beside(self) -> "Database":
        """Return the same database with connections of its own, for those who must not queue up.

        SQLite has one writer at a time anyway: there it is this one itself.
        """
        if self.dialect == "sqlite":
            return self
        url = self._where.render_as_string(hide_password=False)
        return Database(url, clock=self.clock, pool_size=1, attempts=self._attempts)

    @property
    def locks_rows(self) -> bool:
        """Tell whether SELECT ... FOR UPDATE means something; SQLite has one writer at a time."""
        return self.dialect != "sqlite"

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run a function that only reads; each of its statements sees what is committed by then."""
        return self._repeat(self._look, work, alone=self._one_at_a_time)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run a function in a transaction; it is run again when the database falters."""
        return self._repeat(self._change, work, alone=self.dialect == "sqlite")

    def now(self) -> datetime:
        """Return the database's time."""
        moment: datetime = self.read(lambda connection: connection.scalars(select(Now())).one())
        return moment

    def watch(self, told: Told | None) -> None:
        """Have a function called with the events of each transaction, when they are written.

        They come as column values. It must come back at once.
        """
        if self._told is None and told is not None:
            event.listen(self.engine, "after_execute", _note_events)
        elif self._told is not None and told is None:
            event.remove(self.engine, "after_execute", _note_events)
        self._told = told

    def close(self) -> None:
        """Close all connections; a database in memory is gone then."""
        self.engine.dispose()
        self._reader.dispose()

    def _repeat(
        self,
        run: Callable[[Callable[[Connection], T]], T],
        work: Callable[[Connection], T],
        *,
        alone: bool,
    ) -> T:
        attempt = 0
        while True:
            attempt += 1
            try:
                with self._turn if alone else nullcontext():
                    return run(work)
            except PoolTimeout as error:
                raise Unavailable("The database has no connection to spare.") from error
            except DBAPIError as error:
                kind = falter(error)
                if kind is None:
                    raise
                # PyMySQL's error and its connection hold each other, with megabytes of
                # certificates; a long outage would fill the memory before they are garbage.
                if error.orig is not None:
                    clear_frames(error.orig.__traceback__)
                if attempt >= self._attempts or (kind is Falter.AWAY and attempt >= 4):
                    raise Unavailable(_AWAY[kind]) from error
            self._sleep(self.random.uniform(0.5, 1.0) * min(0.01 * 2**attempt, 1.0))

    def _look(self, work: Callable[[Connection], T]) -> T:
        with self._reader.connect() as connection:
            return work(connection)

    def _change(self, work: Callable[[Connection], T]) -> T:
        with self.engine.connect() as connection:
            connection.info.pop(_EVENTS, None)
            with connection.begin():
                if self.dialect == "sqlite":
                    # The driver is told to leave transactions to us; a write takes its lock at
                    # once, so that it can't fail half-way for having read first.
                    connection.exec_driver_sql("BEGIN IMMEDIATE")
                result = work(connection)
            written = connection.info.pop(_EVENTS, None)
        if written and self._told is not None:
            self._told(written)
        return result


def _note_events(
    connection: Connection, statement: Any, many: Any, one: Any, _options: Any, _result: Any
) -> None:
    """Keep the events that a statement inserts until the transaction ends."""
    if getattr(statement, "is_insert", False) and statement.table.name == _EVENTS:
        connection.info.setdefault(_EVENTS, []).extend(many or [one])


_AWAY = {
    Falter.AWAY: "The database can't be reached.",
    Falter.BUSY: "The database is too busy.",
}


def _complete(url: str | None) -> URL:
    """Name the driver and the character set where the URL leaves them out."""
    try:
        where = make_url(url or "sqlite://")
    except Exception as error:
        raise Invalid(
            "The database URL can't be read; write scheme://user:password@host/name."
        ) from error
    where = where.set(drivername=_DRIVERS.get(where.drivername, where.drivername))
    if where.get_backend_name() in {"mysql", "mariadb"}:
        where = where.update_query_dict({"charset": "utf8mb4", "collation": "utf8mb4_bin"})
    elif where.get_backend_name() not in {"sqlite", "postgresql"}:
        raise Invalid(
            f"A database of kind {where.get_backend_name()!r} is not supported; use sqlite, "
            "postgresql, mariadb or mysql."
        )
    return where


def _connect(where: URL, clock: Clock, pool_size: int, pool_timeout: float) -> tuple[Engine, bool]:
    """Return an engine, and whether it has only one connection (SQLite in memory)."""
    if where.get_backend_name() != "sqlite":
        engine = _server(where, pool_size, pool_timeout, isolation_level="READ COMMITTED")

        def limit(connection: Any, _record: object) -> None:
            with connection.cursor() as cursor:
                cursor.execute(_SESSION[where.get_backend_name()])
            connection.commit()

        event.listen(engine, "connect", limit)
        return engine, False
    in_memory = where.database in {None, "", ":memory:"}
    arguments = {"check_same_thread": False, "timeout": 30.0}
    if in_memory:
        engine = create_engine(
            where, poolclass=StaticPool, connect_args=arguments, hide_parameters=True
        )
    else:
        engine = create_engine(
            where,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=pool_timeout,
            connect_args=arguments,
            hide_parameters=True,
        )

    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.create_function("heat_now", 1, lambda after: _text(clock.now(), after))
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-16000"):
            connection.execute(f"PRAGMA {pragma}").close()

    event.listen(engine, "connect", prepare)
    return engine, in_memory


def _connect_to_read(where: URL, pool_size: int, pool_timeout: float) -> Engine:
    options = {"isolation_level": "AUTOCOMMIT", "skip_autocommit_rollback": True}
    return _server(where, pool_size, pool_timeout, **options)


def _server(where: URL, pool_size: int, pool_timeout: float, **options: Any) -> Engine:
    patience = _PATIENCE[where.get_backend_name()]
    engine = create_engine(
        where,
        pool_size=pool_size,
        max_overflow=0,  # those who read and those who write have so many each
        pool_timeout=pool_timeout,
        pool_recycle=3600,
        # Who takes a connection ends its transaction; the pool would send another ROLLBACK.
        pool_reset_on_return=None,
        # Errors show the statement, never the values in it.
        hide_parameters=True,
        connect_args={k: value for k, value in patience.items() if k not in where.query},
        **options,
    )
    if patience is _OF_MARIADB:
        share_trust(engine)
    return engine


def _text(moment: datetime, after: int) -> str:
    """Write a moment as SQLite columns hold it."""
    moved = (moment + timedelta(microseconds=after)).replace(tzinfo=None)
    return moved.isoformat(sep=" ", timespec="microseconds")
