"""What sinks and the message bus hear of stacks, and that nothing waits for them."""

import threading

import pytest
from oslo_config import cfg

from heat.base.errors import Permanent, Temporary
from heat.cloud.credentials import Credentials
from heat.engine.notices import Notices
from heat.main import bus, settings
from heat.operations.signals import SignalResource, signal_resource
from heat.store.tables import event as event_table

from .asking import Asking, ended

TEMPLATE = """
heat_template_version: 2018-08-31
description: some words
resources:
  v: {type: OS::Heat::Value, properties: {value: 1}}
"""
FAILING = """
heat_template_version: 2018-08-31
resources:
  t: {type: OS::Heat::TestResource, properties: {fail: true}}
"""
GROUP = """
heat_template_version: 2018-08-31
resources:
  g:
    type: OS::Heat::ResourceGroup
    properties: {count: 1, resource_def: {type: OS::Heat::Value, properties: {value: 1}}}
"""
SCALED = """
heat_template_version: 2018-08-31
resources:
  g:
    type: OS::Heat::AutoScalingGroup
    properties:
      min_size: 0
      max_size: 1
      desired_capacity: 0
      resource: {{type: OS::Heat::TestResource, properties: {member}}}
  more:
    type: OS::Heat::ScalingPolicy
    properties:
      auto_scaling_group_id: {{get_resource: g}}
      adjustment_type: change_in_capacity
      scaling_adjustment: 1
"""
SINK = {"event_sinks": [{"type": "zaqar-queue", "target": "my/queue", "ttl": 60}]}


class Queues:
    """A message service that takes what is posted, or refuses it, or hangs."""

    def __init__(self, *faults, gate=None):
        self.taken, self._faults, self._gate = [], list(faults), gate
        self.came = threading.Semaphore(0)

    def send(self, call, who):
        if self._gate is not None:
            self._gate.wait(20)
        self.taken.append((call, who))
        self.came.release()
        if self._faults:
            raise self._faults.pop(0)
        return {}


def telling(place, *given, **more):
    """Start what tells others, and an engine that gives it something to tell."""
    notices = Notices(place.db, *given, **more)
    notices.start()
    place.start()
    return notices


def told_of(queues):
    said = payloads(queues)
    return [f"{b['resource_name']} {b['resource_action']}_{b['resource_status']}" for b in said]


def payloads(queues):
    return [one["body"]["payload"] for call, _ in queues.taken for one in call.body["messages"]]


def test_a_sink_hears_every_event_of_its_stack_and_those_nested_in_it(world):
    async def main(place):
        queues = Queues()
        notices = telling(place, queues)
        stack = place.ask("CREATE", GROUP, environment=SINK)
        quiet = place.ask("CREATE", TEMPLATE, name="quiet")
        await ended(place, stack)
        await ended(place, quiet)
        notices.close()
        inner = place.rows(stack)["g"].physical_id
        wanted = [*place.events(stack), *place.events(inner)]
        assert sorted(told_of(queues)) == sorted(wanted)
        call, who = queues.taken[0]
        assert (call.service, call.method, call.path) == (
            "messaging",
            "POST",
            "/v2/queues/my%2Fqueue/messages",
        )
        message = call.body["messages"][0]
        assert message["ttl"] == 60
        assert (message["body"]["type"], message["body"]["version"]) == ("os.heat.event", "0.1")
        given = [
            one["resource_properties"] for one in payloads(queues) if one["resource_name"] == "0"
        ]
        assert call.headers == {"Client-ID": stack}
        assert given == [{"value": 1}, {"value": 1}]
        assert isinstance(who, Credentials)
        assert who.project == place.user.project

    world(main)


def test_a_time_to_live_that_is_no_number_takes_no_event_from_anyone(world):
    async def main(place):
        gate = threading.Event()
        queues = Queues(gate=gate)
        notices = telling(place, queues)
        slip = {"event_sinks": [{"type": "zaqar-queue", "target": "slip", "ttl": "an hour"}]}
        first = place.ask("CREATE", TEMPLATE, environment=slip, name="first")
        second = place.ask("CREATE", TEMPLATE, environment=SINK, name="second")
        await ended(place, first)
        await ended(place, second)
        gate.set()
        notices.close()
        assert sorted(told_of(queues)) == sorted([*place.events(first), *place.events(second)])
        lives = {m["ttl"] for call, _ in queues.taken for m in call.body["messages"]}
        assert lives == {60, 3600}

    world(main)


def test_a_sink_that_hangs_or_refuses_delays_nothing(world):
    async def main(place):
        gate = threading.Event()
        queues = Queues(*[Permanent("no such queue", status=404)] * 9, gate=gate)
        notices = telling(place, queues)
        stack = await place.done("CREATE", TEMPLATE, environment=SINK)
        assert queues.taken == []
        gate.set()
        notices.close()
        assert told_of(queues) == place.events(stack)

    world(main)


def test_a_sink_that_was_away_hears_what_happened_meanwhile(world):
    async def main(place):
        away = [Temporary("not now", status=503) for _ in range(2)]
        queues = Queues(*away)
        notices = telling(place, queues, pauses=(0, 0))
        stack = place.ask("CREATE", TEMPLATE, environment=SINK)
        await ended(place, stack)
        for _ in range(3):
            assert queues.came.acquire(timeout=20)
        notices.close()
        first, again, third = (call.body for call, _ in queues.taken[:3])
        assert first == again == third
        queues.taken = queues.taken[2:]
        assert told_of(queues) == place.events(stack)

    world(main)


def test_a_sink_that_stays_away_is_given_up(world):
    async def main(place):
        queues = Queues(*[Temporary("not now", status=503)] * 99)
        notices = telling(place, queues, pauses=(0, 0))
        stack = place.ask("CREATE", TEMPLATE, environment=SINK)
        await ended(place, stack)
        for _ in range(3):
            assert queues.came.acquire(timeout=20)
        notices.close()
        tried = [call.body["messages"][0]["body"]["id"] for call, _ in queues.taken]
        assert tried.count(tried[0]) == 3

    world(main)


def test_many_events_are_posted_in_parts_that_queues_take(world):
    async def main(place):
        gate = threading.Event()
        queues = Queues(gate=gate)
        notices = telling(place, queues)
        lines = [f"  v{n}: {{type: OS::Heat::Value, properties: {{value: 1}}}}" for n in range(30)]
        many = "heat_template_version: 2018-08-31\nresources:\n" + "\n".join(lines)
        stack = place.ask("CREATE", many, environment=SINK)
        await ended(place, stack)
        gate.set()
        notices.close()
        assert sorted(told_of(queues)) == sorted(place.events(stack))
        sizes = [len(call.body["messages"]) for call, _ in queues.taken]
        assert max(sizes) <= 20
        assert len(sizes) < 10

    world(main)


def test_the_bus_hears_how_actions_begin_and_end(world):
    async def main(place):
        heard = []
        notices = telling(place, Queues(), lambda *said: heard.append(said))
        good = place.ask("CREATE", TEMPLATE)
        await ended(place, good)
        bad = place.ask("CREATE", FAILING, name="bad")
        await ended(place, bad)
        notices.close()
        kinds = [(kind, said["stack_name"], error) for kind, said, error in heard]
        assert ("orchestration.stack.create.end", "app", False) in kinds
        assert kinds[-1] == ("orchestration.stack.create.error", "bad", True)
        said = next(said for kind, said, _ in heard if kind.endswith("end"))
        assert said == {
            "tenant_id": place.user.project,
            "user_id": "",
            "username": "",
            "user_identity": "",
            "stack_identity": good,
            "stack_name": "app",
            "state": "CREATE_COMPLETE",
            "state_reason": "Stack CREATE completed successfully",
            "create_at": said["create_at"],
            "updated_at": None,
            "description": "",
            "tags": [],
        }

    world(main)


def test_only_what_was_written_is_told(world):
    async def main(place):
        told = []
        place.db.watch(told.extend)
        place.start()
        stack = place.ask("CREATE", TEMPLATE)
        await ended(place, stack)
        assert [values["id"] for values in told] == [event.id for event in place.told(stack)]

        def change_of_mind(connection):
            connection.execute(event_table.insert(), {**told[0], "id": "never"})
            raise ValueError("changed my mind")

        known = len(told)
        with pytest.raises(ValueError, match="changed my mind"):
            place.db.write(change_of_mind)
        place.db.write(lambda connection: connection.execute(event_table.select()).all())
        assert len(told) == known

    world(main)


def test_a_driver_of_the_configuration_gets_them():
    """The bus's own driver for tests keeps what it is given."""
    from oslo_messaging.notify import _impl_test as kept  # after the bus, which guards its imports

    conf = cfg.ConfigOpts()
    settings.parse(conf, [], "test")
    assert bus.notifier(conf) is None
    conf.set_override("transport_url", "fake:/", "oslo_messaging_notifications")
    conf.set_override("driver", ["test"], "oslo_messaging_notifications")
    emit = bus.notifier(conf)
    emit("orchestration.stack.create.error", {"stack_name": "app"}, True)
    _, message, priority, _ = kept.NOTIFICATIONS.pop()
    assert (message["event_type"], message["priority"], priority) == (
        "orchestration.stack.create.error",
        "ERROR",
        "ERROR",
    )
    assert message["publisher_id"] == f"orchestration.{conf.host}"
    assert message["payload"] == {"stack_name": "app"}


@pytest.mark.parametrize("member", ["{value: 1}", "{fail: true}"])
def test_the_bus_hears_how_a_group_is_scaled(world, member):
    async def main(place):
        heard = []
        asking = Asking(place)
        notices = telling(place, Queues(), lambda *said: heard.append(said))
        stack = await place.done("CREATE", SCALED.format(member=member), name="app")
        asking(signal_resource, SignalResource(stack=stack, resource="more"))
        inner = place.rows(stack)["g"].physical_id
        await ended(place, inner)
        end = "error" if "fail" in member else "end"
        if end == "end":  # it is full by now
            asking(signal_resource, SignalResource(stack=stack, resource="more"))
        notices.close()
        said = [one for one in heard if one[0].startswith("orchestration.autoscaling.")]
        assert [(kind.rpartition(".")[2], error) for kind, _, error in said] == [
            ("start", False),
            (end, end == "error"),
        ]
        start, last = (body for _, body, _ in said)
        assert (start["stack_identity"], start["stack_name"]) == (stack, "app")
        assert (start["adjustment_type"], start["adjustment"]) == ("change_in_capacity", 1)
        assert (start["capacity"], last["capacity"]) == (0, 1)
        assert start["message"] == f"Start resizing the group {start['groupname']}"
        assert start["groupname"].startswith("app-g-")
        assert ("Test Resource failed" if end == "error" else "End resizing") in last["message"]

    world(main)
