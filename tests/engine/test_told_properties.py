"""What events tell of the properties of resources."""

from heat.store import events

PLAIN = """
heat_template_version: 2021-04-16
parameters:
  text: {type: string, default: hello}
  word: {type: string, hidden: true, default: hush-hush}
resources:
  a: {type: OS::Heat::TestResource, properties: {value: {get_param: text}}}
  b: {type: OS::Heat::Value, properties: {value: {list_join: [":", [{get_param: word}, x]]}}}
  c: {type: inner.yaml, properties: {word: open-words}}
"""
INNER = """
heat_template_version: 2021-04-16
parameters:
  word: {type: string, hidden: true}
resources:
  d: {type: OS::Heat::Value, properties: {value: {get_param: word}}}
"""


def told(place, stack, name):
    """Return the states of a resource with the properties it had, in order."""
    return [
        (f"{event.action}_{event.status}", dict(events.properties(place.db, event)))
        for event in place.told(stack)
        if event.resource_name == name
    ]


def test_events_tell_the_properties_of_their_moment(world):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", PLAIN, files={"inner.yaml": INNER})
        await place.done(
            "UPDATE", PLAIN.replace("hello", "bye"), stack=stack, files={"inner.yaml": INNER}
        )
        await place.done("CHECK", None, stack=stack)
        first, second = ({"value": word} for word in ("hello", "bye"))
        assert [(s, {"value": p["value"]}) for s, p in told(place, stack, "a")] == [
            ("CREATE_IN_PROGRESS", first),
            ("CREATE_COMPLETE", first),
            ("UPDATE_IN_PROGRESS", second),
            ("UPDATE_COMPLETE", second),
            ("CHECK_IN_PROGRESS", second),
            ("CHECK_COMPLETE", second),
        ]
        assert {str(properties) for _, properties in told(place, stack, "app")} == {"{}"}
        written = [event for event in place.told(stack) if event.resource_name == "a"]
        assert [bool(event.properties) for event in written] == [True, False, True] + [False] * 3

    world(main)


def test_events_tell_no_secrets(world):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", PLAIN, files={"inner.yaml": INNER})
        assert told(place, stack, "b")[0] == ("CREATE_IN_PROGRESS", {"value": "******:x"})
        assert told(place, stack, "c")[1] == ("CREATE_COMPLETE", {"word": "******"})
        inner = place.rows(stack)["c"].physical_id
        assert told(place, inner, "d")[0] == ("CREATE_IN_PROGRESS", {"value": "******"})

    world(main)


GROUPED = """
heat_template_version: 2021-04-16
parameters:
  word: {type: string, hidden: true, default: hush-hush}
resources:
  g:
    type: OS::Heat::ResourceGroup
    properties:
      count: 1
      resource_def: {type: OS::Heat::Value, properties: {value: {get_param: word}}}
"""


def test_events_of_members_tell_no_secrets_of_the_stack_above(world):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", GROUPED)
        inner = place.rows(stack)["g"].physical_id
        masked = [
            ("CREATE_IN_PROGRESS", {"value": "******"}),
            ("CREATE_COMPLETE", {"value": "******"}),
        ]
        assert told(place, inner, "0") == masked
        await place.done("UPDATE", GROUPED.replace("hush-hush", "new-words"), stack=stack)
        assert "UPDATE_COMPLETE" in dict(told(place, inner, "0"))
        assert "-" not in str(told(place, inner, "0"))

    world(main)
