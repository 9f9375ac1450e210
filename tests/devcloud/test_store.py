"""Rows, their indexes, and what is left of them after a restart."""

from hypothesis import given
from hypothesis import strategies as st

from devcloud.kernel.store import Store


def ids(rows):
    return [row["id"] for row in rows]


def test_rows_are_found_by_a_field_also_after_they_changed():
    table = Store().table("x")
    first = table.put({"id": "1", "owner": "a"})
    table.put({"id": "2", "owner": "a"})

    assert ids(table.find("owner", "a")) == ["1", "2"]
    first["owner"] = "b"
    table.put(first)
    assert ids(table.find("owner", "a")) == ["2"]
    assert ids(table.find("owner", "b")) == ["1"]
    table.pop("1")
    assert table.find("owner", "b") == []
    assert table.count("owner", "a") == 1


def test_a_list_is_found_by_each_of_its_elements():
    table = Store().table("x")
    table.put({"id": "1", "tags": ["a", "b"]})
    table.put({"id": "2", "tags": ["b"]})

    assert ids(table.find("tags", "a")) == ["1"]
    assert ids(table.find("tags", "b")) == ["1", "2"]


def test_an_index_may_say_itself_under_what_a_row_is_found():
    table = Store().table("x")
    table.index("address", lambda row: [ip["ip"] for ip in row["ips"]])
    table.put({"id": "1", "ips": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}]})

    assert ids(table.find("address", "10.0.0.2")) == ["1"]


def test_what_was_committed_is_there_after_a_restart_in_the_same_order(tmp_path):
    path = str(tmp_path / "state.sqlite")
    store = Store(path)
    for name in "bca":
        store.table("x").put({"id": name, "n": 1})
    store.blobs.put("blob", b"bytes")
    store.commit()
    changed = store.table("x").get("b")
    changed["n"] = 2
    store.table("x").put(changed)
    store.table("x").pop("c")
    store.close()

    again = Store(path)

    assert again.table("x").all() == [{"id": "b", "n": 2}, {"id": "a", "n": 1}]
    assert again.blobs.get("blob") == b"bytes"
    again.close()


def test_clear_leaves_nothing(tmp_path):
    path = str(tmp_path / "state.sqlite")
    store = Store(path)
    store.table("x").put({"id": "1"})
    store.blobs.put("blob", b"bytes")
    store.commit()

    store.clear()
    store.close()

    again = Store(path)
    assert again.tables() == {}
    assert again.blobs.get("blob") is None
    again.close()


change = st.tuples(
    st.sampled_from(["put", "pop"]), st.sampled_from("1234"), st.sampled_from(["a", "b", None])
)


@given(st.lists(change))
def test_an_index_always_agrees_with_a_scan(changes):
    table = Store().table("x")
    table.index("owner")

    for action, row_id, owner in changes:
        if action == "put":
            row = table.get(row_id) or {"id": row_id}
            row["owner"] = owner
            table.put(row)
        else:
            table.pop(row_id)

    for owner in ("a", "b", None):
        scanned = {row["id"] for row in table.all() if row["owner"] == owner}
        assert {row["id"] for row in table.find("owner", owner)} == scanned
