"""Operations that could go on for ever come to an end: the deadline holds, whatever is wrong."""

from heat.plugin.registry import TYPES
from heat.store import operations, stacks
from heat.store.rows import PutOperation

from .templates import FILES, PARENT

ONE = """
heat_template_version: 2018-08-31
resources:
  net: {type: OS::Neutron::Net}
"""


def test_a_stack_that_no_engine_can_drive_fails_at_its_deadline(world, monkeypatch, caplog):
    def buggy(self, item):
        raise KeyError("surprise")

    async def main(place):
        place.start()
        stack = await place.done("CREATE", ONE)
        with monkeypatch.context() as patch:
            patch.setattr(TYPES["OS::Neutron::Net"], "referred", buggy)
            place.ask("UPDATE", ONE, stack, timeout=60)
            row = await place.settled(stack, seconds=90)
        assert (row.action, row.status) == ("UPDATE", "FAILED")
        assert row.reason == "Timeout: Timed out; the engine's log tells what kept it from going on"
        await place.done("DELETE", None, stack)
        assert place.made() == {}

    world(main)
    assert "surprise" in caplog.text


def test_a_nested_stack_deleted_while_its_parent_asks_for_an_update(world):
    """The deletion is committed after the parent's look at it, and before what it asks for."""

    async def main(place):
        worker = place.start()
        stack = await place.done("CREATE", PARENT, files=FILES)
        child = place.rows(stack)["n"].physical_id
        store = worker._world.store._inner
        commit = store.commit

        async def overtaken(batches):
            asked = [w.row for b in batches for w in b.writes if isinstance(w, PutOperation)]
            if any(row.stack == child for row in asked):
                gone = {
                    "action": "DELETE",
                    "status": "COMPLETE",
                    "deleted_at": place.clock.now(),
                }
                place.db.write(lambda c: stacks.change(c, place.db, child, gone))
            return await commit(batches)

        store.commit = overtaken
        place.ask("UPDATE", PARENT, stack, files=FILES, parameters={"x": "2"})
        row = await place.settled(stack, seconds=60)
        assert (row.action, row.status) == ("UPDATE", "FAILED")
        assert "was deleted at the same moment" in row.reason
        assert operations.current(place.db, child) is None
        gone = stacks.get(place.db, child, deleted=True)
        assert (gone.action, gone.status) == ("DELETE", "COMPLETE")
        store.commit = commit
        await place.done("UPDATE", PARENT, stack, files=FILES, parameters={"x": "2"})
        assert place.rows(stack)["n"].physical_id != child

    world(main)
