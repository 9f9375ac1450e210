import logging
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from sqlalchemy import event as listener
from sqlalchemy.exc import OperationalError
from store_rows import NOW, event, intent, operation, resource, stack

from heat.store import credentials, events, journal, leases, operations, resources, stacks
from heat.store.commit import commit
from heat.store.database import Database
from heat.store.events import EventQuery
from heat.store.migrations import create
from heat.store.rows import (
    Batch,
    ChangeOperation,
    ChangeResource,
    ChangeStack,
    CredentialsRow,
    DropCredentials,
    DropJournal,
    DropResource,
    PutCredentials,
    PutEvent,
    PutIntent,
    PutOperation,
    PutReply,
    PutResource,
    Verdict,
)

TAKEN, FENCED, SUPERSEDED, BROKEN = Verdict
TERM = timedelta(minutes=5)


def driven(db: Database, name: str = "web"):
    """A stack with a current operation and a lease of engine ``one`` (epoch 1)."""
    row = stack(name)
    asked = operation(row.id)
    operations.accept(db, operation=asked, stack=row)
    leases.claim(db, "one", TERM, 10)
    return row, asked


def test_a_verb_from_its_first_intent_to_its_end(db):
    web, _ = driven(db)
    server = resource(web.id, properties={"name": "s"}, requires=("a", "b"), data={"k": "v"})
    step = intent(server)
    commit(db, "one", [Batch(web.id, 1, (PutResource(server), PutIntent(step)))])
    assert resources.of_stack(db, web.id) == [server]
    assert journal.of_stack(db, web.id) == [step]
    replied = {"id": "p1", "nested": [1, None, {"ä": "\u2028"}]}
    named = ChangeResource(server.id, {"physical_id": "p1"})
    commit(db, "one", [Batch(web.id, 1, (PutReply(server.id, "create", 0, replied), named))])
    [found] = journal.of_stack(db, web.id)
    assert (found.reply, found.answered) == (replied, True)
    told = event(web.id, resource=server.id)
    over = (
        ChangeResource(
            server.id, {"status": "COMPLETE", "updated_at": NOW, "attributes": {"a": 1}}
        ),
        DropJournal(server.id),
        PutEvent(told),
    )
    commit(db, "one", [Batch(web.id, 1, over)])
    row = resources.by_name(db, web.id, "server")
    assert (row.status, row.physical_id, row.attributes) == ("COMPLETE", "p1", {"a": 1})
    assert (row.properties, row.requires, row.data) == ({"name": "s"}, ("a", "b"), {"k": "v"})
    assert journal.of_stack(db, web.id) == []
    assert events.listing(db, EventQuery(stacks=[web.id])) == [told]
    commit(db, "one", [Batch(web.id, 1, (DropResource(server.id),))])
    assert resources.of_stack(db, web.id) == []


def test_one_fenced_batch_leaves_the_others_alone(db):
    (one, _), (two, _), (three, _) = driven(db, "a"), driven(db, "b"), driven(db, "c")
    leases.release(db, "one", [two.id])
    leases.claim(db, "other", TERM, 10)
    batches = [Batch(row.id, 1, (PutResource(resource(row.id)),)) for row in (one, two, three)]
    assert commit(db, "one", batches) == [TAKEN, FENCED, TAKEN]
    assert resources.counts(db, [one.id, two.id, three.id]) == {one.id: 1, two.id: 0, three.id: 1}


def test_a_batch_that_breaks_leaves_the_others_alone(db, caplog):
    (one, _), (two, _), (three, _) = driven(db, "a"), driven(db, "b"), driven(db, "c")
    bad = [
        Batch(two.id, 1, (PutResource(resource(two.id)), ChangeStack(two.id, {"name": "a"}))),
        Batch(three.id, 1, (PutResource(resource(three.id, properties={"x": object()})),)),
    ]
    good = Batch(one.id, 1, (PutResource(resource(one.id)),))
    with caplog.at_level(logging.ERROR):
        assert commit(db, "one", [bad[0], good, bad[1]]) == [BROKEN, TAKEN, BROKEN]
    assert [record.getMessage()[:36] for record in caplog.records] == [
        f"The writes of stack {row.id}"[:36] for row in (two, three)
    ]
    assert resources.counts(db, [one.id, two.id, three.id]) == {one.id: 1, two.id: 0, three.id: 0}


def test_credentials_change_unless_they_are_another_users_by_now(db):
    web, asked = driven(db)
    mine = CredentialsRow(
        id="c1", user_id="me", username="me", project=web.project, secret={"token": "t"}
    )
    credentials.put(db, mine)
    trusted = replace(mine, secret={"token": "t", "trust": "x"})
    [verdict] = commit(db, "one", [Batch(web.id, 1, (PutCredentials(trusted, web.id),), asked.id)])
    assert verdict is TAKEN
    assert credentials.get(db, "c1") == trusted
    # A request that looked at them before has to look again.
    assert stacks.get(db, web.id).revision == web.revision + 1
    other = replace(mine, user_id="you", secret={"token": "u"})
    credentials.put(db, other)
    commit(db, "one", [Batch(web.id, 1, (PutCredentials(trusted, web.id),))])
    assert credentials.get(db, "c1") == other
    assert commit(db, "one", [Batch(web.id, 9, (DropCredentials("c1"),))]) == [FENCED]
    assert credentials.get(db, "c1") == other
    commit(db, "one", [Batch(web.id, 1, (DropCredentials("c1"),))])
    assert credentials.get(db, "c1") is None


def test_changes_of_a_stack_let_its_revision_grow(db):
    web, _ = driven(db)
    both = (ChangeStack(web.id, {"status": "COMPLETE"}), ChangeStack(web.id, {"tags": ("x",)}))
    commit(db, "one", [Batch(web.id, 1, both)])
    row = stacks.get(db, web.id)
    assert (row.status, row.tags, row.revision) == ("COMPLETE", ("x",), 2)
    commit(db, "one", [Batch(web.id, 1, (ChangeStack(web.id, {"deleted_at": NOW}),))])
    assert stacks.by_name(db, "demo", "web") is None


def test_a_rollback_supersedes_what_it_rolls_back(db):
    web, asked = driven(db)
    back = operation(web.id, action="ROLLBACK")
    writes = (ChangeOperation(asked.id, {"state": "FAILED", "reason": "no"}), PutOperation(back))
    assert commit(db, "one", [Batch(web.id, 1, writes, asked.id)]) == [TAKEN]
    assert operations.get(db, asked.id).state == "FAILED"
    assert operations.current(db, web.id) == back


def test_a_batch_of_a_superseded_operation_is_refused(db):
    web, asked = driven(db)
    newer = operation(web.id, action="DELETE", definition=None)
    operations.accept(db, operation=newer, stack=ChangeStack(web.id, {"action": "DELETE"}))
    failed = ChangeStack(web.id, {"action": "CREATE", "status": "FAILED"})
    back = PutOperation(operation(web.id, action="ROLLBACK"))
    assert commit(db, "one", [Batch(web.id, 1, (failed, back), asked.id)]) == [SUPERSEDED]
    assert operations.current(db, web.id) == newer
    assert stacks.get(db, web.id).action == "DELETE"
    ended = Batch(web.id, 1, (ChangeOperation(asked.id, {"state": "DONE", "reason": "r"}),))
    assert commit(db, "one", [ended]) == [TAKEN]
    found = operations.get(db, asked.id)
    assert (found.state, found.reason) == ("SUPERSEDED", "r")


def test_batches_see_the_operations_of_those_before_them(db):
    web, asked = driven(db)
    back = operation(web.id)
    first = Batch(web.id, 1, (PutOperation(back),), asked.id)
    second = Batch(web.id, 1, (ChangeOperation(back.id, {"state": "DONE"}),), back.id)
    third = Batch(web.id, 1, (ChangeStack(web.id, {"status": "FAILED"}),), back.id)
    assert commit(db, "one", [first, second, third]) == [TAKEN, TAKEN, SUPERSEDED]
    assert operations.current(db, web.id) is None


def test_a_commit_whose_answer_is_lost_is_not_done_twice(db, monkeypatch):
    web, _ = driven(db)
    told = event(web.id)
    writes = (PutEvent(told), ChangeStack(web.id, {"status": "COMPLETE"}))
    lost = []

    def lose(connection) -> None:
        """Fail after the COMMIT went through."""
        if not lost:
            lost.append(connection)
            connection.connection.dbapi_connection.commit()
            raise OperationalError("COMMIT", {}, Exception("gone"), connection_invalidated=True)

    listener.listen(db.engine, "commit", lose)
    batches = [Batch(web.id, 1, writes), Batch(web.id, 9, writes)]
    assert commit(db, "one", batches) == [TAKEN, FENCED]
    assert lost
    assert stacks.get(db, web.id).revision == 1
    assert events.listing(db, EventQuery(stacks=[web.id])) == [told]


def test_a_hundred_completions_are_a_handful_of_statements(db):
    web, _ = driven(db)
    rows = [resource(web.id, f"r{n}") for n in range(100)]
    begun = [Batch(web.id, 1, (PutResource(row), PutIntent(intent(row)))) for row in rows]
    commit(db, "one", begun)
    said: list[str] = []
    listener.listen(db.engine, "before_cursor_execute", lambda *a: said.append(a[2]))
    done = [
        Batch(
            web.id,
            1,
            (
                ChangeResource(row.id, {"status": "COMPLETE", "physical_id": row.name}),
                PutEvent(event(web.id, resource=row.id)),
                DropJournal(row.id),
            ),
        )
        for row in rows
    ]
    assert commit(db, "one", done) == [TAKEN] * 100
    assert len(said) <= 6, said
    found = resources.of_stack(db, web.id)
    assert {(r.name, r.physical_id, r.status) for r in found} == {
        (f"r{n}", f"r{n}", "COMPLETE") for n in range(100)
    }


def test_text_that_a_database_cannot_hold_is_replaced(db):
    web, _ = driven(db)
    row = resource(web.id, reason="a\x00b\ud800c" + "ä" * 100_000, properties={"x": "\x00"})
    assert commit(db, "one", [Batch(web.id, 1, (PutResource(row),))]) == [TAKEN]
    [found] = resources.of_stack(db, web.id)
    assert found.reason == "a\ufffdb?c" + "ä" * 100_000
    assert found.properties == {"x": "\x00"}


NAMES = st.sampled_from(["r1", "r2", "r3"])
VALUES = st.one_of(st.none(), st.text(max_size=5, alphabet="aä'%\\\"\n:"), st.integers())
WRITES = st.one_of(
    st.tuples(st.just("put"), NAMES, VALUES),
    st.tuples(st.just("change"), NAMES, VALUES),
    st.tuples(st.just("status"), NAMES, st.sampled_from(["COMPLETE", "FAILED"])),
    st.tuples(st.just("drop"), NAMES, st.none()),
    st.tuples(st.just("intent"), NAMES, st.integers(0, 2)),
    st.tuples(st.just("reply"), NAMES, st.integers(0, 2)),
    st.tuples(st.just("forget"), NAMES, st.none()),
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(groups=st.lists(st.lists(st.lists(WRITES, max_size=5), max_size=3), max_size=3))
def test_writes_in_groups_come_to_the_same_as_one_by_one(db, groups):
    web, _ = driven(db, f"s{db.random.getrandbits(64)}")
    rows = {name: resource(web.id, name) for name in ("r1", "r2", "r3")}
    model: dict[str, dict] = {}
    steps: dict[tuple[str, int], object] = {}
    for group in groups:
        batches = []
        for writes in group:
            made = []
            for what, name, value in writes:
                row = rows[name]
                key = (name, value)
                match what:
                    case "put" if name not in model:
                        model[name] = {"properties": {"v": value}, "status": row.status}
                        changed = {"properties": {"v": value}}
                        made.append(PutResource(resource(web.id, name, id=row.id, **changed)))
                    case "change":
                        if name in model:
                            model[name]["properties"] = {"v": value}
                        made.append(ChangeResource(row.id, {"properties": {"v": value}}))
                    case "status":
                        if name in model:
                            model[name]["status"] = value
                        made.append(ChangeResource(row.id, {"status": value}))
                    case "drop":
                        model.pop(name, None)
                        steps = {k: v for k, v in steps.items() if k[0] != name}
                        made.append(DropResource(row.id))
                    case "intent" if key not in steps:
                        steps[key] = None
                        made.append(PutIntent(intent(row, value)))
                    case "reply":
                        if key in steps:
                            steps[key] = {"answer": value}
                        made.append(PutReply(row.id, "create", value, {"answer": value}))
                    case "forget":
                        steps = {k: v for k, v in steps.items() if k[0] != name}
                        made.append(DropJournal(row.id))
            batches.append(Batch(web.id, 1, tuple(made)))
        assert commit(db, "one", batches) == [TAKEN] * len(batches)
    found = resources.of_stack(db, web.id)
    assert {r.name: {"properties": r.properties, "status": r.status} for r in found} == model
    names = {row.id: name for name, row in rows.items()}
    left = {(names[s.resource], s.sequence): s.reply for s in journal.of_stack(db, web.id)}
    assert left == steps


@pytest.mark.parametrize("fields", [{"nme": "x"}, {"live_name": "x"}])
def test_a_field_that_is_none_is_refused(fields, caplog):
    db = Database()
    create(db)
    web, _ = driven(db)
    with caplog.at_level(logging.CRITICAL):
        assert commit(db, "one", [Batch(web.id, 1, (ChangeStack(web.id, fields),))]) == [BROKEN]
    db.close()
