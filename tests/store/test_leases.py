import threading
import time
from datetime import timedelta

import psycopg
import pytest
from store_rows import Hands, event, new_id, operation, stack

from heat.store import leases, operations, resources
from heat.store.commit import commit
from heat.store.database import Database
from heat.store.leases import claim, release, renew
from heat.store.rows import Batch, ChangeOperation, PutEvent, Verdict
from heat.store.types import EARLIEST

TERM = timedelta(seconds=15)


def accepted(db: Database, *names: str, **fields) -> list[str]:
    ids = []
    for name in names:
        row = stack(name, **fields)
        operations.accept(db, operation=operation(row.id), stack=row)
        ids.append(row.id)
    return ids


def test_a_claim_is_granted_once(db):
    [web] = accepted(db, "web")
    [lease] = claim(db, "one", TERM, 10)
    assert (lease.stack, lease.engine, lease.epoch) == (web, "one", 1)
    assert abs(lease.expires_at - db.now() - TERM) < timedelta(seconds=10)
    assert claim(db, "two", TERM, 10) == []
    assert claim(db, "one", TERM, 10) == []


def test_engines_racing_for_claims_share_them_out(db):
    names = [f"s{n}" for n in range(30)]
    ids = accepted(db, *names)
    got: dict[str, list[str]] = {"one": [], "two": [], "three": []}
    start = threading.Barrier(len(got))

    def race(engine: str) -> None:
        start.wait()
        for _ in range(40):
            got[engine] += [lease.stack for lease in claim(db, engine, TERM, 3)]

    threads = [threading.Thread(target=race, args=(engine,)) for engine in got]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(key for keys in got.values() for key in keys) == sorted(ids)


def test_projects_take_turns(db):
    accepted(db, "a", "b", "c", "d", project="greedy")
    [other] = accepted(db, "e", project="modest")
    assert other in [lease.stack for lease in claim(db, "one", TERM, 2)]


def test_preferred_stacks_come_first(db):
    ids = accepted(db, "a", "b", "c", "d")
    assert [lease.stack for lease in claim(db, "one", TERM, 1, [ids[3]])] == [ids[3]]


def test_a_released_lease_goes_on_with_the_next_epoch(db):
    [web] = accepted(db, "web")
    claim(db, "one", TERM, 10)
    release(db, "two", [web])
    assert claim(db, "two", TERM, 10) == []
    release(db, "one", [web])
    assert leases.of(db, web).expires_at == EARLIEST
    assert [lease.epoch for lease in claim(db, "two", TERM, 10)] == [2]


def test_an_expired_lease_is_taken_over_and_fences_the_old_driver_out(db):
    [web] = accepted(db, "web")
    claim(db, "one", timedelta(0), 10)
    [lease] = claim(db, "two", TERM, 10)
    assert lease.epoch == 2
    assert renew(db, "one", {web: 1}, TERM) == frozenset()
    told = event(web)
    assert commit(db, "one", [Batch(web, 1, (PutEvent(told),))]) == [Verdict.FENCED]
    assert commit(db, "two", [Batch(web, 1, (PutEvent(told),))]) == [Verdict.FENCED]
    assert commit(db, "one", [Batch(web, 2, (PutEvent(told),))]) == [Verdict.FENCED]
    assert commit(db, "two", [Batch(web, 2, (PutEvent(told),))]) == [Verdict.TAKEN]


def test_time_of_a_database_in_memory_is_the_given_clock(hands: Hands):
    from heat.store.migrations import create

    db = Database(clock=hands)
    create(db)
    accepted(db, "web")
    claim(db, "one", TERM, 10)
    hands.forward(TERM - timedelta(microseconds=1))
    assert claim(db, "two", TERM, 10) == []
    hands.forward(timedelta(microseconds=1))
    assert [lease.epoch for lease in claim(db, "two", TERM, 10)] == [2]
    db.close()


def test_renewal_tells_what_is_still_held(db):
    one, two = accepted(db, "a", "b")
    before = {lease.stack: lease for lease in claim(db, "one", timedelta(seconds=1), 10)}
    assert renew(db, "one", {one: 1, two: 7, new_id(): 1}, TERM) == {one}
    assert leases.of(db, one).expires_at > before[one].expires_at
    assert leases.of(db, two) == before[two]


def test_a_claim_whose_answer_was_lost_is_taken_anew(db):
    one, two = accepted(db, "a", "b")
    claim(db, "one", TERM, 10)
    assert [(x.stack, x.epoch) for x in claim(db, "one", TERM, 10, held=[one])] == [(two, 2)]
    assert claim(db, "one", TERM, 10, held=[one, two]) == []


def test_stacks_without_work_are_not_claimed(db):
    row = stack()
    asked = operation(row.id)
    operations.accept(db, operation=asked, stack=row)
    [lease] = claim(db, "one", TERM, 10)
    done = Batch(row.id, lease.epoch, (ChangeOperation(asked.id, {"state": "DONE"}),))
    assert commit(db, "one", [done]) == [Verdict.TAKEN]
    release(db, "one", [row.id])
    assert claim(db, "two", TERM, 10) == []
    assert resources.of_stack(db, row.id) == []


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_stack_is_taken_over_from_an_engine_that_fell_silent_in_the_middle_of_a_commit(db, url):
    """Its session is at work, not idle, as long as there is more to come: no limit ends it."""
    [web] = accepted(db, "web")
    claim(db, "one", timedelta(0), 10)
    where = db.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    connection = psycopg.connect(where)
    silent = connection.pgconn
    silent.enter_pipeline_mode()
    for statement in (b"BEGIN", b"SELECT stack FROM lease FOR UPDATE"):
        silent.send_query_params(statement, None)
    silent.send_flush_request()
    silent.flush()
    began = time.monotonic()
    while not (taken := claim(db, "two", TERM, 10)):
        assert time.monotonic() - began < 10
        time.sleep(0.2)
    assert [lease.stack for lease in taken] == [web]
    connection.close()
