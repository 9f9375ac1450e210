"""A connection that keeps statements ready: SQLAlchemy takes longer for each than SQLite does."""

import re
import sqlite3
from collections import Counter
from weakref import WeakKeyDictionary

_LIST = re.compile(r"__\[POSTCOMPILE_(\w+)\]")


class Rows(list):
    """The rows that a statement found, or the number of those that it changed."""

    rowcount = -1

    def all(self):
        return self

    def first(self):
        return self[0] if self else None

    def one(self):
        (row,) = self
        return row

    def one_or_none(self):
        return self.one() if self else None


class Ready:
    """A statement as the driver takes it, and what makes values of columns and back."""

    def __init__(self, statement, names, dialect):
        compiled = statement.compile(dialect=dialect, column_keys=names or None)
        self.sql, self.names = compiled.string, compiled.positiontup
        self.made = {name: compiled.binds[name].effective_value for name in self.names}
        self.lists = {b.key for b in compiled.post_compile_params}
        self.encoders = compiled._bind_processors
        columns = compiled._result_columns or ()
        found = [column.type._cached_result_processor(dialect, None) for column in columns]
        self.decoders = [(n, decode) for n, decode in enumerate(found) if decode]
        odd = (
            compiled.literal_execute_params or compiled.insert_prefetch or compiled.update_prefetch
        )
        self.fits = not odd and self.lists == set(_LIST.findall(self.sql))
        self.long = {}

    def bound(self, given):
        """Return SQL and values; None when a list is empty, which has a form of its own."""
        values, sizes = [], []
        for name in self.names:
            value = given[name] if name in given else self.made[name]
            encode = self.encoders.get(name)
            if name not in self.lists:
                values.append(encode(value) if encode else value)
                continue
            if not value:
                return None
            sizes.append(len(value))
            values += map(encode, value) if encode else value
        return self._sized(tuple(sizes)), values

    def _sized(self, sizes):
        if not sizes:
            return self.sql
        if sizes not in self.long:
            left = iter(sizes)
            self.long[sizes] = _LIST.sub(lambda _: ", ".join("?" * next(left)), self.sql)
        return self.long[sizes]

    def decoded(self, found):
        if not self.decoders:
            return Rows(found)
        rows = Rows()
        for one in found:
            row = list(one)
            for n, decode in self.decoders:
                row[n] = decode(row[n])
            rows.append(tuple(row))
        return rows


class Prepared:
    """A connection as the store uses it; what comes once, or is odd, goes the usual way."""

    def __init__(self, usual):
        self.usual, self.dialect, self.info = usual, usual.dialect, usual.info
        self.plain = usual.connection.driver_connection
        self._times, self._ready = WeakKeyDictionary(), WeakKeyDictionary()

    def execute(self, statement, given=None):
        many = isinstance(given, list)
        ready = self._known(statement, (given[0] if many else given) or {})
        if ready is None or (many and ready.lists):
            return self.usual.execute(statement, given)
        try:
            return self._run(statement, ready, given, many=many)
        except sqlite3.Error:
            return self.usual.execute(statement, given)  # it fails again, with the usual error

    def scalars(self, statement, given=None):
        found = self.execute(statement, given)
        return Rows(row[0] for row in found) if isinstance(found, Rows) else found.scalars()

    def exec_driver_sql(self, *given):
        return self.usual.exec_driver_sql(*given)

    def _run(self, statement, ready, given, *, many):
        if many:
            bound = [ready.bound(one)[1] for one in given]
            if len(bound) > 1:
                cursor = self.plain.executemany(ready.sql, bound)
            else:
                cursor = self.plain.execute(ready.sql, bound[0])
        else:
            bound = ready.bound(given or {})
            if bound is None:
                return self.usual.execute(statement, given)
            cursor = self.plain.execute(*bound)
        rows = ready.decoded(cursor.fetchall() if cursor.description else ())
        rows.rowcount = cursor.rowcount
        return rows

    def _known(self, statement, names):
        """Return a statement that was seen before, with the same parameters."""
        key = frozenset(names)
        kept = self._ready.get(statement)
        if kept is not None and key in kept:
            return kept[key]
        times = self._times.setdefault(statement, Counter())
        times[key] += 1
        if times[key] < 3:
            return None
        ready = Ready(statement, sorted(names), self.dialect)
        self._ready.setdefault(statement, {})[key] = ready if ready.fits else None
        return self._ready[statement][key]
