"""Who comes first when many wait."""

import asyncio

from msgspec.structs import replace

from heat.store import stacks

SLOW = """
heat_template_version: 2018-08-31
resources:
  a: {type: OS::Heat::TestResource, properties: {wait_secs: 10}}
"""


def test_a_project_with_much_to_do_keeps_no_other_waiting(world):
    async def main(place):
        place.settings = replace(place.settings, stacks_at_once=2)
        crowd = [place.ask("CREATE", SLOW, name=f"crowd{n}") for n in range(20)]
        place.user = place._login("admin")
        lone = place.ask("CREATE", SLOW, name="lone")
        place.start()
        row = await place.settled(lone)
        assert row.status == "COMPLETE"
        done = [key for key in crowd if stacks.get(place.db, key).status == "COMPLETE"]
        assert len(done) <= 4
        await asyncio.gather(*(place.settled(key) for key in crowd))

    world(main)
