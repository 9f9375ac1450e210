"""What a failed update leaves behind has the name of a resource, and is not taken for it."""

import asyncio

import pytest

from heat.store import resources


def template(**properties):
    said = {"a": "", "b": "", "c": "", **properties}
    resource = "{{type: OS::Heat::TestResource, properties: {{{}}}{}}}".format
    return f"""
heat_template_version: 2018-08-31
resources:
  a: {resource(said["a"], said.get("rests", ""))}
  b: {resource(said["b"], ", depends_on: a")}
  c: {resource(said["c"], said.get("follows", ""))}
"""


async def ended(place, text, stack):
    place.ask("UPDATE", text, stack)
    return (await place.settled(stack)).status


def rows_of(place, stack, name):
    return [row for row in resources.of_stack(place.db, stack) if row.name == name]


@pytest.mark.parametrize("steps", range(16))
def test_what_depends_on_a_name_rests_on_the_row_that_is_meant(world, steps):
    """Three rows have the name: the first, its replacement, and what was to replace that."""

    async def main(place):
        worker = place.start("first")
        stack = await place.done("CREATE", template(a="update_replace_value: one"))
        two, after = "update_replace_value: two", ", depends_on: a"
        assert await ended(place, template(a=two, c="fail: true", follows=after), stack) == "FAILED"
        assert (
            await ended(place, template(a="update_replace_value: 3, fail: true"), stack) == "FAILED"
        )
        assert len(rows_of(place, stack, "a")) == 3
        await place.kill(worker)
        worker = place.start("next", steps)
        place.ask("UPDATE", template(a=two), stack)
        row = await place.outlived(worker, stack)
        assert (row.action, row.status) == ("UPDATE", "COMPLETE"), row.reason
        (meant,), (resting,) = rows_of(place, stack, "a"), rows_of(place, stack, "b")
        assert resting.requires == (meant.id,)

    world(main)


def test_nothing_rests_on_what_was_never_begun(world):
    """An engine dies when a resource has failed, before the replacement of another has begun."""

    async def main(place):
        worker = place.start("first")
        stack = await place.done("CREATE", template(a="update_replace_value: one"))
        text = template(a="update_replace_value: two", rests=", depends_on: [c, d]", c="value: x")
        text += "  d: {type: OS::Heat::TestResource, properties: {wait_secs: 20}}\n"
        place.ask("UPDATE", text.replace("value: x", "fail: true"), stack)
        await asyncio.sleep(3)
        await place.kill(worker)
        place.start("second")
        row = await place.settled(stack)
        assert (row.action, row.status) == ("UPDATE", "FAILED"), row.reason
        old, new = rows_of(place, stack, "a")
        assert (old.replaced_by, new.action) == (new.id, "INIT")
        (resting,) = rows_of(place, stack, "b")
        assert resting.requires == (old.id,)

    world(main)
