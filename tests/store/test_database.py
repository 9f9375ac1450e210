import gc
import socket
import threading
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from pymysql.connections import Connection as PyMySQL
from sqlalchemy import create_engine, text
from store_rows import intent, operation, resource, stack

from heat.base.errors import Invalid, Unavailable
from heat.store import credentials, definitions, journal, leases, operations, resources
from heat.store.commit import commit
from heat.store.database import Database
from heat.store.mariadb import share_trust
from heat.store.migrations import create
from heat.store.rows import Batch, CredentialsRow, DefinitionRow, PutIntent, PutResource
from heat.template.hot import is_hidden

KILL = {
    "postgresql": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND datname = current_database()",
    "mariadb": "SELECT id FROM information_schema.processlist "
    "WHERE id <> connection_id() AND user = substring_index(current_user(), '@', 1)",
}


def test_a_write_that_fails_half_way_leaves_nothing(db):
    def half(connection) -> None:
        connection.execute(text("INSERT INTO stack_tag (stack, tag) VALUES ('s', 't')"))
        raise ValueError("changed my mind")

    with pytest.raises(ValueError, match="changed my mind"):
        db.write(half)
    left = text("SELECT tag FROM stack_tag")
    assert db.read(lambda connection: connection.execute(left).all()) == []


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"], indirect=True)
def test_a_lost_connection_is_made_anew(db, url, kind):
    row = stack()
    operations.accept(db, operation=operation(row.id), stack=row)
    other = Database(url)

    def cut(connection) -> None:
        found = connection.scalars(text(KILL[kind])).all()
        if kind == "mariadb":
            for number in found:
                connection.execute(text(f"KILL {number}"))

    other.write(cut)
    assert len(leases.claim(db, "one", timedelta(seconds=15), 1)) == 1
    other.write(cut)
    assert operations.current(db, row.id) is not None
    other.close()


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"], indirect=True)
def test_a_process_that_stands_still_keeps_no_rows_locked(db, url):
    row = stack()
    operations.accept(db, operation=operation(row.id), stack=row)
    locked, awake, tries = threading.Event(), threading.Event(), []

    def stand_still(connection) -> int:
        tries.append(connection)
        connection.execute(text("UPDATE stack SET name = name"))
        locked.set()
        if len(tries) == 1:
            awake.wait(60)
        return connection.execute(text("UPDATE stack SET name = 'mine'")).rowcount

    other, done = Database(url), []
    frozen = threading.Thread(target=lambda: done.append(other.write(stand_still)))
    frozen.start()
    locked.wait(10)
    try:
        db.write(lambda connection: connection.execute(text("UPDATE stack SET name = 'theirs'")))
    finally:
        awake.set()
        frozen.join()
    # Its transaction was ended; what it wanted is done from the start, not half.
    assert done == [1]
    assert len(tries) == 2
    other.close()


def test_a_database_that_is_away_is_unavailable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        for scheme in ("postgresql", "mariadb"):
            waits: list[float] = []
            db = Database(f"{scheme}://a:secret@127.0.0.1:{port}/heat", sleep=waits.append)
            with pytest.raises(Unavailable) as refused:
                db.now()
            assert "secret" not in str(refused.value)
            assert len(waits) == 3
            db.close()


def test_nothing_of_a_refused_connection_stays():
    def connections() -> int:
        return sum(isinstance(one, PyMySQL) for one in gc.get_objects())

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        db = Database(f"mariadb://a:b@127.0.0.1:{taken.getsockname()[1]}/heat", sleep=str)
        gc.collect()
        gc.disable()
        try:
            before = connections()
            with pytest.raises(Unavailable):
                db.now()
            assert connections() == before
        finally:
            gc.enable()
            db.close()


def test_threads_share_a_database(db):
    rows = [stack(f"s{n}") for n in range(20)]

    def work(mine) -> None:
        for row in mine:
            operations.accept(db, operation=operation(row.id), stack=row)
            db.now()

    threads = [threading.Thread(target=work, args=(rows[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(operations.currents(db, [row.id for row in rows])) == 20


@pytest.mark.parametrize("said", [True, "yes", "maybe", 2, False, "no", 0, None])
def test_what_counts_as_hidden_is_what_the_language_says(said):
    template = {"parameters": {"p": {"type": "string", "hidden": said}}}
    assert ("p" in definitions.hidden(template, {})) is is_hidden(said)


def test_secrets_are_not_in_the_file(tmp_path):
    path = tmp_path / "heat.db"
    keys = [Fernet.generate_key().decode()]
    db = Database(f"sqlite:///{path}", keys=keys, seal_properties=True)
    create(db)
    row = stack()
    wanted = DefinitionRow(
        id="d1",
        template={"parameters": {"p": {"hidden": True}, "q": {}}, "Parameters": {}},
        files={},
        environment={
            "parameters": {"p": "SECRET-1", "q": "seen", "r": {"deep": "SECRET-2"}},
            "parameter_defaults": {"r": "SECRET-3"},
            "encrypted_param_names": ["r"],
        },
    )
    user = CredentialsRow(
        id="c1", user_id="u", username="n", project="p", secret={"token": "SECRET-4"}
    )
    asked = operation(row.id, plan=b"SECRET-5")
    operations.accept(db, operation=asked, stack=row, definition=wanted, credentials=user)
    leases.claim(db, "one", timedelta(seconds=15), 1)
    made = resource(
        row.id,
        properties={"x": "SECRET-6"},
        resolved={"x": "SECRET-7"},
        data={"x": "SECRET-8"},
        attributes={"x": "SECRET-9"},
    )
    step = intent(made, reply={"x": "SECRET-10"}, answered=True)
    commit(db, "one", [Batch(row.id, 1, (PutResource(made), PutIntent(step)))])
    assert definitions.get(db, "d1") == wanted
    assert credentials.get(db, "c1") == user
    assert operations.current(db, row.id) == asked
    assert resources.of_stack(db, row.id) == [made]
    assert journal.of_stack(db, row.id) == [step]
    db.close()
    raw = b"".join(found.read_bytes() for found in tmp_path.iterdir())
    assert b"seen" in raw
    assert b"SECRET-" not in raw


def test_an_older_key_still_opens(tmp_path):
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    url = f"sqlite:///{tmp_path}/heat.db"
    user = CredentialsRow(id="c1", user_id="u", username="n", project="p", secret={"a": "b"})
    first = Database(url, keys=[old])
    create(first)
    credentials.put(first, user)
    first.close()
    both = Database(url, keys=[new, old])
    assert credentials.get(both, "c1") == user
    credentials.put(both, user)
    both.close()
    last = Database(url, keys=[new])
    assert credentials.get(last, "c1") == user
    credentials.drop(last, "c1")
    assert credentials.get(last, "c1") is None
    last.close()


def test_a_key_that_is_none_names_the_cure():
    with pytest.raises(Invalid, match="generate_key"):
        Database(keys=["short"])
    with pytest.raises(Invalid, match="at least one"):
        Database(keys=[])


@pytest.mark.parametrize("url", ["oracle://a:hush@b/c", "not a url: hush"])
def test_a_url_that_is_none_is_refused_without_its_password(url):
    with pytest.raises(Invalid) as refused:
        Database(url)
    assert "hush" not in str(refused.value)


def test_templates_and_files_are_kept_once(db):
    same = {"template": {"a": 1}, "files": {"f": "x" * 1000}}
    definitions.put(db, DefinitionRow(id="d1", environment={"n": 1}, **same))
    definitions.put(db, DefinitionRow(id="d2", environment={"n": 2}, **same))
    definitions.put(db, DefinitionRow(id="d2", environment={"n": 3}, **same))
    found = definitions.many(db, ["d1", "d2", "d3"])
    assert {key: row.environment for key, row in found.items()} == {"d1": {"n": 1}, "d2": {"n": 2}}
    for table in ("raw_template", "raw_files"):
        query = text(f"SELECT count(*) FROM {table}")
        assert db.read(lambda connection, q=query: connection.scalars(q).one()) == 1


def test_connections_to_mariadb_share_the_certificates_of_the_system():
    """Each would keep a megabyte of them, though few servers are asked for theirs."""
    one, other = (_unconnected() for _ in range(2))
    assert one.ctx is other.ctx
    assert not one._ssl_required
    asked = _unconnected(ssl={"verify_mode": "none"})
    assert asked.ctx is not one.ctx
    assert asked._ssl_required


def _unconnected(**more):
    engine = create_engine("mariadb+pymysql://", connect_args={"defer_connect": True, **more})
    share_trust(engine)
    return engine.pool._invoke_creator(None)
