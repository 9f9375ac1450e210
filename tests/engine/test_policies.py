"""What becomes of objects that are replaced, deleted, or whose creation is taken back."""

import pytest

from heat.store import resources

PAIR = """
AWSTemplateFormatVersion: '2010-09-09'
Parameters: {name: {Type: String, Default: one}, fail: {Type: String, Default: 'false'}}
Resources:
  k:
    Type: OS::Nova::KeyPair
    POLICY
    Properties: {name: {Ref: name}}
  t: {Type: OS::Heat::TestResource, DependsOn: k, Properties: {fail: {Ref: fail}}}
"""


def with_policy(*lines):
    return PAIR.replace("POLICY", "\n    ".join(lines) or "Metadata: {}")


async def done(place, stack):
    row = await place.settled(stack)
    assert row.status == "COMPLETE", row.reason
    return row


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ((), 1),
        (("UpdateReplacePolicy: Retain",), 2),
        (("UpdateReplacePolicy: Delete", "DeletionPolicy: Retain"), 1),
        (("DeletionPolicy: Retain",), 2),
        (("DeletionPolicy: RetainExceptOnCreate",), 2),
    ],
)
def test_what_becomes_of_an_object_that_is_replaced(world, lines, left):
    async def main(place):
        place.start()
        template = with_policy(*lines)
        stack = place.ask("CREATE", template)
        await done(place, stack)
        place.ask("UPDATE", template, stack, parameters={"name": "two"})
        await done(place, stack)
        assert place.made() == {"compute.keypair": left}

    world(main)


def test_a_policy_that_comes_with_the_replacement_holds(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", with_policy())
        await done(place, stack)
        template = with_policy("UpdateReplacePolicy: Retain")
        place.ask("UPDATE", template, stack, parameters={"name": "two"})
        await done(place, stack)
        assert place.made() == {"compute.keypair": 2}

    world(main)


def test_a_policy_alone_is_recorded(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", with_policy())
        await done(place, stack)
        place.ask("UPDATE", with_policy("UpdateReplacePolicy: Retain"), stack)
        await done(place, stack)
        (row,) = [r for r in resources.of_stack(place.db, stack) if r.name == "k"]
        assert (row.replace_policy, row.deletion_policy) == ("Retain", "Delete")
        place.ask("DELETE", None, stack)
        await done(place, stack)
        assert place.made() == {}

    world(main)


@pytest.mark.parametrize(("word", "left"), [("Retain", 1), ("RetainExceptOnCreate", 0)])
def test_what_a_rollback_takes_back(world, word, left):
    async def main(place):
        place.start()
        template = with_policy(f"DeletionPolicy: {word}")
        stack = place.ask("CREATE", template, parameters={"fail": "true"}, rollback=True)
        await done(place, stack)
        assert sum(place.made().values()) == left

    world(main)


def test_what_is_deleted_later_is_retained(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", with_policy("DeletionPolicy: RetainExceptOnCreate"))
        await done(place, stack)
        place.ask("DELETE", None, stack)
        await done(place, stack)
        assert place.made() == {"compute.keypair": 1}

    world(main)
