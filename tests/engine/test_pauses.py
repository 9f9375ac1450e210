"""Pauses between batches that would outlast the action are refused before anything changes."""

import pytest

from .templates import group

CREATING = {"update_policy": {"batch_create": {"max_batch_size": 1, "pause_time": 30}}}
UPDATING = {"update_policy": {"rolling_update": {"max_batch_size": 1, "pause_time": 30}}}
SCALED = """
heat_template_version: 2021-04-16
resources:
  g:
    type: OS::Heat::AutoScalingGroup
    properties:
      min_size: 3
      max_size: 3
      rolling_updates: {{pause_time: 30}}
      resource: {{type: OS::Heat::TestResource, properties: {{value: {value}}}}}
"""


@pytest.mark.parametrize(("timeout", "ends"), [(60, "FAILED"), (200, "COMPLETE")])
def test_of_a_creation(world, timeout, ends):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", group(3, "a", **CREATING), timeout=timeout)
        row = await place.settled(stack, seconds=150)
        assert row.status == ends, row.reason
        if ends == "FAILED":
            assert row.reason.startswith("Resource CREATE failed: ValueError: resources.")
            assert "30 s between each two of 3 batches, come to 60 s" in row.reason
            assert "the stack's action may take 60 s in all" in row.reason
            assert len(place.stacks()) == 1

    world(main)


@pytest.mark.parametrize("template", ["group", "scaled"])
def test_of_an_update(world, template):
    def text(value):
        return group(3, value, **UPDATING) if template == "group" else SCALED.format(value=value)

    async def main(place):
        place.start()
        stack = place.ask("CREATE", text("a"))
        await place.settled(stack)
        place.ask("UPDATE", text("b"), stack, timeout=60)
        row = await place.settled(stack, seconds=30)
        assert row.reason.startswith("Resource UPDATE failed: ValueError: resources.")
        place.ask("UPDATE", text("b"), stack, timeout=200)
        row = await place.settled(stack, seconds=150)
        assert row.status == "COMPLETE", row.reason

    world(main)
