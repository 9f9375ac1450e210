"""Outputs follow what a group far below does by itself."""

from heat.operations.actions import Act, act
from heat.operations.stacks import ShowOutput, show_output

from .asking import Asking
from .templates import SCALED

MIDDLE = """
heat_template_version: 2021-04-16
resources:
  scaled: {type: scaled.yaml}
outputs:
  size: {value: {get_attr: [scaled, size]}}
"""
TOP = """
heat_template_version: 2021-04-16
resources:
  middle: {type: middle.yaml}
outputs:
  size: {value: {get_attr: [middle, size]}}
"""
FILES = {"scaled.yaml": SCALED, "middle.yaml": MIDDLE}


def test_of_stacks_two_and_three_levels_above(world):
    async def main(place):
        place.start()
        ask, top = Asking(place), place.ask("CREATE", TOP, files=FILES)
        row = await place.settled(top)
        assert row.status == "COMPLETE", row.reason
        middle = place.rows(top)["middle"].physical_id
        scaled = place.rows(middle)["scaled"].physical_id

        def sizes():
            shown = (ask(show_output, ShowOutput(stack=one, key="size")) for one in levels)
            return [one["output"]["output_value"] for one in shown]

        levels = (scaled, middle, top)
        assert sizes() == [1, 1, 1]
        ask.say(scaled, {}, "more")
        await place.settled(place.rows(scaled)["group"].physical_id)
        assert sizes() == [2, 2, 2]
        for kind in ("suspend", "resume", "check"):
            ask(act, Act(stack=top, action=kind))
            assert (await place.settled(top)).status == "COMPLETE"
            assert sizes() == [2, 2, 2]

    world(main)
