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


@pytest.mark.parametrize("step", range(6, 20))
def test_nothing_is_sent_by_an_engine_that_stood_still(world, step):
    """It had looked at its lease before it stood still; another one has done all meanwhile."""

    async def main(place):
        engine = place.start("first", pause=(step, 90))
        stack = place.ask("CREATE", MANY)
        await asyncio.sleep(3)
        assert engine.life.is_paused
        place.start("second")
        await asyncio.sleep(60)
        row = await place.settled(stack, seconds=1)
        assert (row.action, row.status) == ("CREATE", "COMPLETE"), row.reason
        before = len(place.requests)
        await asyncio.sleep(120)
        assert not engine.life.is_paused
        assert [asked for asked in place.requests[before:] if asked[0] != "GET"] == []

    world(main)
