"""A group that policies have scaled comes back from a snapshot as large as it was."""

from heat.operations.changes import UpdateStack, update_stack
from heat.operations.snapshots import OfSnapshot, restore_snapshot
from heat.operations.stacks import ShowOutput, show_output

from .asking import Asking, ended
from .templates import SCALED

OLD = (
    SCALED
    + """
  values: {value: {get_attr: [group, outputs_list, output]}}
"""
)
NEW = OLD.replace("value: v}", "value: w}").replace("min_size: 1", "min_size: 5")


def test_a_restored_group_has_its_size_and_its_members(world):
    async def main(place):
        place.start()
        ask, stack = Asking(place), place.ask("CREATE", OLD)
        await place.settled(stack)
        ask.say(stack, {}, "more")
        await place.settled(place.rows(stack)["group"].physical_id)

        def shown():
            said = (
                ask(show_output, ShowOutput(stack=stack, key=key)) for key in ("size", "values")
            )
            return [one["output"]["output_value"] for one in said]

        assert shown() == [2, ["v", "v"]]
        kept = ask.snapshot(stack)
        assert (await ended(place, stack))[0] == "SNAPSHOT_COMPLETE"
        ask(update_stack, UpdateStack(stack=stack, template=NEW))
        assert (await ended(place, stack))[0] == "UPDATE_COMPLETE"
        assert shown() == [5, ["w"] * 5]
        ask(restore_snapshot, OfSnapshot(stack=stack, snapshot=kept))
        state, reason = await ended(place, stack)
        assert state == "RESTORE_COMPLETE", reason
        assert shown() == [2, ["v", "v"]]

    world(main)
