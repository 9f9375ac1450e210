from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_rows import NOW, event, new_id, operation, resource, stack

from heat.base.errors import Invalid
from heat.store import events, leases, operations, resources, stacks
from heat.store.commit import commit
from heat.store.database import Database
from heat.store.events import EventQuery
from heat.store.rows import Batch, ChangeStack, PutResource, StackRow
from heat.store.stacks import StackQuery


def keep(db: Database, *rows: StackRow) -> None:
    for row in rows:
        operations.accept(db, operation=operation(row.id), stack=row)


def names(found: list[StackRow]) -> list[str]:
    return [row.name for row in found]


def later(seconds: int):
    return NOW + timedelta(seconds=seconds)


def test_the_newest_stack_comes_first(db):
    keep(db, *(stack(f"s{n}", created_at=later(n)) for n in range(3)), stack("x", project="other"))
    assert names(stacks.listing(db, StackQuery(project="demo"))) == ["s2", "s1", "s0"]
    assert stacks.count(db, StackQuery()) == 4
    assert stacks.count_live(db, "demo") == 3


def test_tags_choose_stacks(db):
    keep(db, stack("ab", tags=("a", "b")), stack("bc", tags=("b", "c")), stack("none"))

    def chosen(**how) -> set[str]:
        return set(names(stacks.listing(db, StackQuery(**how))))

    assert chosen(tags=["a", "b"]) == {"ab"}
    assert chosen(tags_any=["a", "c"]) == {"ab", "bc"}
    assert chosen(not_tags=["a", "b"]) == {"bc", "none"}
    assert chosen(not_tags_any=["a", "c"]) == {"none"}
    assert chosen(hidden_tags=["c"]) == {"ab", "none"}


def test_filters_choose_stacks(db):
    done, failed = stack("done", status="COMPLETE"), stack("failed", action="UPDATE")
    child, gone = stack("child", owner=done.id, root=done.id), stack("gone", deleted_at=NOW)
    keep(db, done, failed, child)
    keep(db, gone)

    def chosen(**how) -> set[str]:
        return set(names(stacks.listing(db, StackQuery(**how))))

    assert chosen() == {"done", "failed"}
    assert chosen(show_nested=True) == {"done", "failed", "child"}
    assert chosen(show_deleted=True) == {"done", "failed", "gone"}
    assert chosen(filters={"state": ["CREATE_COMPLETE", "UPDATE_COMPLETE"]}) == {"done"}
    assert chosen(filters={"name": ["done", "failed"], "action": ["UPDATE"]}) == {"failed"}
    assert chosen(show_nested=True, filters={"owner": [done.id]}) == {"child"}
    with pytest.raises(Invalid, match="password"):
        stacks.listing(db, StackQuery(filters={"password": ["x"]}))
    assert names(stacks.children(db, done.id)) == ["child"]
    assert set(names(stacks.tree(db, done.id))) == {"done", "child"}


def test_a_stack_is_found_by_what_a_user_calls_it(db):
    old, web = stack("web", deleted_at=NOW), stack("web")
    nested = stack("web", owner=web.id, created_at=later(5))
    keep(db, old, web, nested)
    assert stacks.by_name(db, "demo", "web") == web
    assert stacks.by_name(db, "other", "web") is None
    assert stacks.by_identity(db, "demo", "web") == web
    assert stacks.by_identity(db, None, old.id) == old
    assert stacks.by_identity(db, "other", web.id) is None
    assert stacks.get(db, old.id) is None
    with_users = stack("app", stack_user_project="people")
    keep(db, with_users)
    assert stacks.by_identity(db, "people", "app") == with_users
    keep(db, mine := stack("app", project="people"))
    assert stacks.by_identity(db, "people", "app") == mine
    assert stacks.many(db, [web.id, old.id, new_id()]) == {web.id: web}


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    ages=st.lists(
        st.tuples(st.integers(0, 2), st.one_of(st.none(), st.integers(0, 2))), max_size=7
    ),
    keys=st.lists(
        st.tuples(
            st.sampled_from(["name", "created_at", "updated_at", "status"]),
            st.sampled_from(["asc", "desc"]),
        ),
        max_size=3,
    ),
    limit=st.integers(1, 3),
)
def test_pages_put_together_are_the_whole(db, ages, keys, limit):
    project = new_id()
    for made, changed in ages:
        when = None if changed is None else later(changed)
        keep(db, stack(new_id(), project=project, created_at=later(made), updated_at=when))
    how = {
        "project": project,
        "sort_keys": [key for key, _ in keys],
        "sort_dirs": [direction for _, direction in keys],
    }
    whole = stacks.listing(db, StackQuery(**how))
    assert len(whole) == len(ages)
    pages: list[StackRow] = []
    while page := stacks.listing(
        db, StackQuery(**how, limit=limit, marker=pages[-1].id if pages else None)
    ):
        pages += page
    assert pages == whole


def test_what_cannot_be_sorted_by_is_refused(db):
    for bad in (
        StackQuery(sort_keys=["secret"]),
        StackQuery(sort_keys=["name"], sort_dirs=["up"]),
        StackQuery(marker="nothing"),
    ):
        with pytest.raises(Invalid):
            stacks.listing(db, bad)


def test_events_of_one_moment_stay_in_the_order_they_were_told(db):
    web = new_id()
    told = [event(web, resource_name=f"r{n}", action="CREATE" if n % 2 else "X") for n in range(7)]
    events.put(db, told[:4])
    events.put(db, told[2:])
    assert events.listing(db, EventQuery(stacks=[web])) == told[::-1]
    first = events.listing(db, EventQuery(stacks=[web], limit=3))
    rest = events.listing(db, EventQuery(stacks=[web], marker=first[-1].id))
    assert first + rest == told[::-1]
    oldest = EventQuery(stacks=[web], sort_keys=["created_at"], filters={"action": ["CREATE"]})
    assert events.listing(db, oldest) == told[1::2]
    assert events.count(db, oldest) == 3
    assert events.get(db, told[0].id) == told[0]
    assert events.get(db, new_id()) is None


def test_what_is_told_late_comes_after_what_was_told_before_whatever_its_time(db):
    web = new_id()
    told = [event(web, created_at=later(second)) for second in (3, 5, 4)]
    for one in told:
        events.put(db, [one])
    assert events.listing(db, EventQuery(stacks=[web])) == told[::-1]
    read = EventQuery(stacks=[web], sort_keys=["created_at"], marker=told[1].id)
    assert events.listing(db, read) == told[2:]


def test_a_stack_keeps_its_newest_events(db):
    web, other = new_id(), new_id()
    told = [event(web) for _ in range(5)]
    events.put(db, [*told, event(other)])
    assert events.purge(db, web, 2) == 3
    assert events.purge(db, web, 2) == 0
    assert events.listing(db, EventQuery(stacks=[web])) == [told[4], told[3]]
    assert events.count(db, EventQuery(stacks=[other])) == 1


def test_a_stack_with_the_resources_of_a_name_and_what_requires_them(db):
    web = stack("web")
    keep(db, web, stack("other"))
    leases.claim(db, "one", timedelta(minutes=1), 2)
    new = resource(web.id, created_at=later(1))
    old = resource(web.id, created_at=later(0), replaced_by=new.id)
    above = resource(web.id, name="above", created_at=later(2), requires=(new.id,))
    commit(db, "one", [Batch(web.id, 1, tuple(PutResource(row) for row in (old, new, above)))])
    found, rows = resources.within(db, web.id, "server")
    assert found == stacks.get(db, web.id)
    assert rows == [old, new]
    assert resources.within(db, web.id, "nothing") == (found, [])
    assert resources.within(db, new_id(), "server") == (None, [])
    assert resources.requiring(db, web.id, new.id) == ["above"]
    assert resources.requiring(db, web.id, old.id) == []


def test_the_best_of_several_resources_of_a_name(db):
    web = stack("web")
    keep(db, web)
    leases.claim(db, "one", timedelta(minutes=1), 1)
    new = resource(web.id, created_at=later(1), physical_id="p2")
    old = resource(web.id, created_at=later(9), replaced_by=new.id, physical_id="p1")
    commit(db, "one", [Batch(web.id, 1, (PutResource(old), PutResource(new)))])
    assert resources.by_name(db, web.id, "server") == new
    assert resources.by_name(db, web.id, "nothing") is None
    assert resources.get(db, old.id) == old
    assert resources.of_stack(db, web.id) == [new, old]
    assert resources.by_physical_id(db, "p1") == [old]
    assert resources.by_physical_id(db, "p1", project="other") == []
    assert resources.counts(db, [web.id, "x"]) == {web.id: 2, "x": 0}
    assert resources.count_tree(db, web.id) == 2
    commit(db, "one", [Batch(web.id, 1, (ChangeStack(web.id, {"deleted_at": NOW}),))])
    assert resources.by_physical_id(db, "p1") == []
