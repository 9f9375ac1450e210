"""An operation that fails before it begins anything goes back, too, where that is wanted."""

import pytest

from .templates import EXPECTED, NETS

UNKNOWN = """
heat_template_version: 2021-04-16
resources:
  thing: {type: OS::Never::Heard}
"""
MADE = {name: number for name, number in EXPECTED.items() if name.startswith("network")}


@pytest.mark.parametrize("rollback", [False, True])
def test_a_creation_that_can_not_begin(world, rollback):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", UNKNOWN, rollback=rollback)
        row = await place.settled(stack)
        told = place.events(stack)
        assert "app CREATE_FAILED" in told
        if rollback:
            assert (row.action, row.status) == ("ROLLBACK", "COMPLETE"), row.reason
            assert told[-2:] == ["app ROLLBACK_IN_PROGRESS", "app ROLLBACK_COMPLETE"]
        else:
            assert (row.action, row.status) == ("CREATE", "FAILED")

    world(main)


@pytest.mark.parametrize("rollback", [False, True])
def test_an_update_that_can_not_begin(world, rollback):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", NETS)
        await place.settled(stack)
        before = {name: row.physical_id for name, row in place.rows(stack).items()}
        place.ask("UPDATE", UNKNOWN, stack, rollback=rollback)
        row = await place.settled(stack)
        if rollback:
            assert (row.action, row.status) == ("ROLLBACK", "COMPLETE"), row.reason
        else:
            assert (row.action, row.status) == ("UPDATE", "FAILED")
        assert {name: row.physical_id for name, row in place.rows(stack).items()} == before
        assert place.made() == MADE

    world(main)
