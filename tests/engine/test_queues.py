"""Queues as resources, and as sinks of events, against the local messaging service."""

from devcloud.kernel.web import Request
from heat.engine.notices import Notices

TEMPLATE = """
heat_template_version: 2018-08-31
resources:
  q: {{type: OS::Zaqar::Queue, properties: {{name: told, metadata: {metadata}}}}}
  made_up: {{type: OS::Zaqar::Queue}}
outputs:
  path: {{value: {{get_attr: [q, href]}}}}
"""
SINK = {"event_sinks": [{"type": "zaqar-queue", "target": "told", "ttl": 120}]}


class Local:
    """Sends calls to the messaging service of a local cloud."""

    def __init__(self, cloud):
        self._cloud = cloud

    def send(self, call, who):
        url, headers = f"http://devcloud/messaging{call.path}", {"X-Auth-Token": who.token}
        headers |= call.headers
        reply = self._cloud.dispatch(Request.of(call.method, url, headers=headers, body=call.body))
        assert reply.status == 201, reply.json()
        return reply.json()


def queues_of(place):
    rows = place.cloud.store.table("messaging.queue").all()
    return {row["name"]: row["metadata"] for row in rows}


def test_a_queue_lives_with_its_stack_and_hears_of_it(world):
    async def main(place):
        notices = Notices(place.db, Local(place.cloud))
        notices.start()
        place.start()
        stack = await place.done(
            "CREATE", TEMPLATE.format(metadata="{a: 1, b: x}"), environment=SINK
        )
        made_up = place.rows(stack)["made_up"].physical_id
        assert queues_of(place) == {"told": {"a": 1, "b": "x"}, made_up: {}}
        changed = TEMPLATE.format(metadata="{a: 2}")
        await place.done("UPDATE", changed, stack=stack, environment=SINK)
        assert queues_of(place)["told"] == {"a": 2}
        notices.close()
        posted = place.cloud.store.table("messaging.message").all()
        said = [message["body"]["payload"] for message in posted]
        told = [
            f"{one['resource_name']} {one['resource_action']}_{one['resource_status']}"
            for one in said
        ]
        assert told == place.events(stack)
        assert {(message["ttl"], message["client"]) for message in posted} == {(120, stack)}
        place.ask("DELETE", stack=stack)
        await place.settled(stack)
        assert queues_of(place) == {}

    world(main)
