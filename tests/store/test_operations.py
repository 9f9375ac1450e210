import threading
from datetime import timedelta

import pytest
from store_rows import NOW, event, new_id, operation, stack

from heat.base.errors import Conflict, NotFound
from heat.store import credentials, definitions, events, operations, stacks
from heat.store.events import EventQuery
from heat.store.rows import ChangeStack, CredentialsRow, DefinitionRow


def test_a_request_is_kept_whole(db):
    row = stack(tags=("blue", "green"), timeout_mins=5)
    asked = operation(row.id, options={"adopt": True}, plan=b"\x00plan")
    desired = DefinitionRow(id="d1", template={"a": 1}, files={"f": "x"}, environment={"p": [1]})
    user = CredentialsRow(id="c1", user_id="u", username="n", project="p", secret={"token": "t"})
    told = event(row.id)
    operations.accept(
        db, operation=asked, stack=row, definition=desired, credentials=user, events=[told]
    )
    assert stacks.get(db, row.id) == row
    assert operations.current(db, row.id) == asked
    assert definitions.get(db, "d1") == desired
    assert credentials.get(db, "c1") == user
    assert events.listing(db, EventQuery(stacks=[row.id])) == [told]


def test_a_name_is_used_once_in_a_project(db):
    row = stack("web")
    operations.accept(db, operation=operation(row.id), stack=row)
    twin = stack("web")
    with pytest.raises(Conflict) as refused:
        operations.accept(db, operation=operation(twin.id), stack=twin, events=[event(twin.id)])
    assert refused.value.kind == "StackExists"
    assert stacks.get(db, twin.id) is None
    assert events.listing(db, EventQuery(stacks=[twin.id])) == []
    for other in (stack("WEB"), stack("web", project="another"), stack("web", owner=row.id)):
        operations.accept(db, operation=operation(other.id), stack=other)


def test_a_name_is_free_again_after_deletion(db):
    row, twin = stack("web"), stack("web")
    operations.accept(db, operation=operation(row.id), stack=row)
    gone = ChangeStack(row.id, {"deleted_at": NOW})
    operations.accept(db, operation=operation(row.id), stack=gone)
    operations.accept(db, operation=operation(twin.id), stack=twin)
    assert stacks.get(db, row.id) is None
    assert stacks.get(db, row.id, deleted=True).deleted_at == NOW
    with pytest.raises(NotFound):
        operations.accept(
            db, operation=operation(row.id), stack=ChangeStack(row.id, {"action": "UPDATE"})
        )


def test_of_many_creating_one_name_one_wins(db):
    rows = [stack("web") for _ in range(6)]
    start = threading.Barrier(len(rows))
    outcome: list[str] = []

    def race(row) -> None:
        start.wait()
        try:
            operations.accept(db, operation=operation(row.id), stack=row)
        except Conflict as error:
            outcome.append(error.kind)
        else:
            outcome.append("created")

    threads = [threading.Thread(target=race, args=(row,)) for row in rows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) == ["StackExists"] * 5 + ["created"]


def test_a_newer_request_supersedes_the_current_one(db):
    row = stack()
    first, second = operation(row.id), operation(row.id, action="UPDATE")
    operations.accept(db, operation=first, stack=row)
    change = ChangeStack(row.id, {"action": "UPDATE", "tags": ("new",)})
    operations.accept(db, operation=second, stack=change, expect_revision=0)
    assert operations.get(db, first.id).state == "SUPERSEDED"
    assert operations.current(db, row.id) == second
    changed = stacks.get(db, row.id)
    assert (changed.action, changed.tags, changed.revision) == ("UPDATE", ("new",), 1)


def test_a_request_made_from_an_older_revision_is_refused(db):
    row = stack(revision=3)
    first = operation(row.id)
    operations.accept(db, operation=first, stack=row)
    with pytest.raises(Conflict, match="has changed in the meantime"):
        operations.accept(
            db, operation=operation(row.id), stack=ChangeStack(row.id, {}), expect_revision=2
        )
    assert operations.current(db, row.id) == first


def test_requests_at_the_same_time_leave_one_current(db):
    row = stack()
    operations.accept(db, operation=operation(row.id), stack=row)
    asked = [operation(row.id) for _ in range(8)]
    start = threading.Barrier(len(asked))

    def race(request) -> None:
        start.wait()
        operations.accept(db, operation=request, stack=ChangeStack(row.id, {"action": "UPDATE"}))

    threads = [threading.Thread(target=race, args=(request,)) for request in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    states = sorted(found.state for found in operations.of_stack(db, row.id))
    assert states == ["PENDING"] + ["SUPERSEDED"] * 8
    assert stacks.get(db, row.id).revision == 8


def test_the_same_request_twice_is_one(db):
    """As when the answer to the first COMMIT is lost."""
    row, asked = stack(), operation("x")
    asked = operation(row.id)
    operations.accept(db, operation=asked, stack=row)
    operations.accept(db, operation=asked, stack=row)
    operations.accept(db, operation=asked, stack=ChangeStack(row.id, {"action": "UPDATE"}))
    assert stacks.get(db, row.id) == row
    assert operations.of_stack(db, row.id) == [asked]


def test_what_was_superseded_ends_as_its_successor_whatever_the_clocks_say(db):
    row = stack()
    first = operation(row.id, requested_at=NOW + timedelta(seconds=5))
    operations.accept(db, operation=first, stack=row)
    second = operation(row.id, requested_at=NOW)
    operations.accept(db, operation=second, stack=ChangeStack(row.id, {"action": "UPDATE"}))
    assert operations.ended(db, [first.id]) == {}
    third = operation(row.id, requested_at=NOW + timedelta(seconds=3), state="DONE")
    operations.accept(db, operation=third, stack=ChangeStack(row.id, {"action": "UPDATE"}))
    assert operations.ended(db, [first.id, second.id]) == dict.fromkeys(
        [first.id, second.id], ("DONE", "")
    )


def test_an_unknown_operation_is_none(db):
    assert operations.get(db, new_id()) is None
    assert operations.current(db, new_id()) is None


def test_the_newest_operation_of_one_request_is_told_from_those_of_others(db):
    row = stack("web")
    first = operation(row.id, request_id="one")
    operations.accept(db, operation=first, stack=row)
    second = operation(row.id, request_id="two", requested_at=NOW + timedelta(seconds=1))
    operations.accept(db, operation=second, stack=ChangeStack(row.id, {"action": "UPDATE"}))
    assert operations.newest(db, row.id).id == second.id
    assert operations.newest(db, row.id, "one").id == first.id
