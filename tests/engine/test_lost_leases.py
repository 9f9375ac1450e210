"""An engine that lost its lease while it made many things: all of them come to a good end."""

import asyncio

import pytest

MANY = "heat_template_version: 2021-04-16\nresources:\n" + "".join(
    f"""
  r{n}: {{type: 'OS::Heat::RandomString'}}
  v{n}: {{type: 'OS::Cinder::Volume', properties: {{size: 1}}}}
"""
    for n in range(4)
)


@pytest.mark.parametrize("step", range(2, 24, 2))
def test_whatever_was_just_made_is_adopted_or_cleared_away(world, step):
    """The act that notices first does not cut the others off in the middle of their requests."""

    async def main(place):
        place.start("first", pause=(step, 60))
        stack = place.ask("CREATE", MANY)
        await asyncio.sleep(3)
        place.start("second")
        row = await place.settled(stack, seconds=2000)
        assert (row.action, row.status) == ("CREATE", "COMPLETE"), row.reason
        await asyncio.sleep(300)
        rows = place.rows(stack)
        made = place.objects()["volume.volume"] - place.before.get("volume.volume", set())
        assert made == {rows[f"v{n}"].physical_id for n in range(4)}

    world(main, answering=1.0)
