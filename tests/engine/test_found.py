"""What simulations found: what once went wrong, and must not again."""

import asyncio

import pytest

from devcloud.kernel.faults import Rule
from heat.base.errors import Unavailable
from heat.operations import changes
from heat.operations.changes import UpdateStack
from heat.store.database import Database

from .asking import Asking
from .templates import FILES, INNER, PARENT


class FrailDatabase(Database):
    """A database whose next answer to a COMMIT gets lost, for as long as anybody tries."""

    lose_at = None

    def write(self, work):
        result = super().write(work)
        if self.lose_at is not None:
            self.lose_at -= 1
            if self.lose_at == 0:
                raise Unavailable("The answer was lost.")
        return result


@pytest.mark.parametrize("lose_at", range(1, 14))
def test_a_nested_stack_is_born_once_when_the_answer_to_its_birth_is_lost(world, lose_at):
    """The repeated commit broke on the stack's own row, and its resource failed without it."""

    async def main(place):
        place.db.__class__ = FrailDatabase
        stack = place.ask("CREATE", PARENT, files=FILES)
        place.db.lose_at = lose_at
        place.start()
        row = await place.settled(stack)
        assert row.status == "COMPLETE", row.reason
        children = [one for one in place.stacks() if one.owner == stack]
        assert [one.status for one in children] == ["COMPLETE"]

    world(main)


UNFIT = """
heat_template_version: 2018-08-31
resources:
  t: {type: OS::Heat::TestResource}
  v: {type: OS::Heat::Value, properties: {value: [{get_attr: [t, output]}, {get_resource: t}]}}
  n: {type: inner.yaml, properties: {x: {get_attr: [v, value]}}}
"""


def test_a_nested_stack_that_failed_before_it_began_can_be_deleted(world):
    """Its type, a file, was looked for among the types of the service, and never found."""

    async def main(place):
        place.start()
        stack = place.ask("CREATE", UNFIT, files={"inner.yaml": INNER})
        row = await place.settled(stack)
        assert (row.status, place.rows(stack)["n"].status) == ("FAILED", "FAILED"), row.reason
        place.ask("DELETE", None, stack)
        row = await place.settled(stack)
        assert (row.action, row.status) == ("DELETE", "COMPLETE"), row.reason

    world(main)


HALF = """
heat_template_version: 2018-08-31
resources:
  net: {type: OS::Neutron::Net}
  slow: {type: OS::Heat::TestResource, properties: {wait_secs: 60}}
  late: {type: OS::Heat::TestResource, depends_on: slow}
"""


def test_what_has_failed_stays_so_when_another_engine_takes_over(world):
    """It was made anew in silence, and the stack was complete."""

    async def main(place):
        rule = Rule(service="network", method="POST", action="error", status=500, times=1)
        place.cloud.faults.add(rule)
        first, stack = place.start("first"), place.ask("CREATE", HALF)
        await asyncio.sleep(10)
        assert place.rows(stack)["net"].status == "FAILED"
        await place.kill(first)
        place.start("second")
        row = await place.settled(stack)
        assert (row.action, row.status) == ("CREATE", "FAILED")
        assert "resources.net" in row.reason
        states = {name: (one.action, one.status) for name, one in place.rows(stack).items()}
        assert states["slow"] == ("CREATE", "COMPLETE")  # it was under way
        assert states["late"] == ("INIT", "COMPLETE")
        assert place.made() == {}

    world(main)


KEY = """
heat_template_version: 2018-08-31
resources:
  key: {type: OS::Nova::KeyPair, properties: {name: mine, save_private_key: true}}
"""


@pytest.mark.parametrize("steps", range(2, 16))
def test_a_key_pair_whose_answer_nobody_heard_goes_with_its_stack(world, steps):
    """It was forgotten: its request can be repeated, so nobody had thought of searching for it."""

    async def main(place):
        stack = await place.cut_off("CREATE", KEY, steps)
        place.ask("DELETE", None, stack)
        place.start("second")
        row = await place.settled(stack)
        assert (row.action, row.status) == ("DELETE", "COMPLETE"), row.reason
        assert place.made() == {}

    world(main)


UNDER_WAY = """
heat_template_version: 2018-08-31
resources:
  net: {type: OS::Neutron::Net}
  sub: {type: OS::Neutron::Subnet, properties: {network: {get_resource: net}, cidr: 10.1.0.0/24}}
  server:
    type: OS::Nova::Server
    properties: {image: cirros, flavor: m1.tiny, networks: [{network: {get_resource: net}}]}
    depends_on: sub
"""


def test_what_is_under_way_ends_as_it_began_when_an_update_is_cancelled(world):
    """It failed, for what it rests on would have been updated, and so was not known."""

    async def main(place):
        stack = await place.cut_off("CREATE", UNDER_WAY, after=10)
        changed = UNDER_WAY.replace("::Net}", "::Net, properties: {admin_state_up: false}}")
        place.ask("UPDATE", changed, stack)
        Asking(place).act(stack, "cancel_without_rollback")
        place.start("second")
        await place.settled(stack)
        server = place.rows(stack)["server"]
        assert (server.action, server.status) == ("CREATE", "COMPLETE"), server.reason

    world(main, times={"server.create": 60})


VOLUME = """
heat_template_version: 2018-08-31
resources:
  vol: {type: OS::Cinder::Volume, properties: {size: 1}}
"""


@pytest.mark.parametrize("steps", range(2, 16))
def test_what_can_not_be_searched_for_is_not_taken_for_absent(world, steps):
    """The search was refused with 409, and as after any conflict the volume was made again."""

    async def main(place):
        stack = await place.cut_off("CREATE", VOLUME, steps)
        rule = {"service": "volume", "method": "GET", "path": "/volumes/detail"}
        place.cloud.faults.add(Rule(**rule, action="refuse", status=409, times=1))
        place.start("second")
        await place.settled(stack)
        place.cloud.faults.clear()
        assert place.made().get("volume.volume", 0) <= 1
        place.ask("DELETE", None, stack)
        row = await place.settled(stack)
        assert (row.action, row.status) == ("DELETE", "COMPLETE"), row.reason
        assert place.made() == {}

    world(main)


GROUP = """
heat_template_version: 2018-08-31
resources:
  g:
    type: OS::Heat::ResourceGroup
    properties: {count: 2, resource_def: {type: OS::Neutron::Net, properties: {name: net-%index%}}}
"""


def test_an_update_that_converges_looks_into_nested_stacks(world):
    """What was gone inside a group was not missed, and the update was complete without it."""

    async def main(place):
        place.start()
        stack = await place.done("CREATE", GROUP)
        networks = place.cloud.store.table("network.network")
        (gone,) = [row["id"] for row in networks.all() if row["name"] == "net-1"]
        networks.pop(gone)
        Asking(place)(changes.update_stack, UpdateStack(stack=stack, existing=True, converge=True))
        row = await place.settled(stack)
        assert (row.action, row.status) == ("UPDATE", "COMPLETE"), row.reason
        assert {"net-0", "net-1"} <= {row["name"] for row in networks.all()}

    world(main)


def test_copies_of_other_snapshots_are_not_taken_for_the_one_that_was_not_answered(world):
    """Both bore the name of the server: none was deleted when the snapshots were."""

    async def main(place):
        place.start()
        stack, ask = await place.done("CREATE", SERVER), Asking(place)
        ask.snapshot(stack)
        await place.settled(stack)
        rule = {"service": "compute", "method": "POST", "path": "/servers"}
        place.cloud.faults.add(Rule(**rule, action="lose_reply", times=1))
        ask.snapshot(stack)
        row = await place.settled(stack)
        assert (row.action, row.status) == ("SNAPSHOT", "COMPLETE"), row.reason
        place.ask("DELETE", None, stack)
        await place.settled(stack)
        assert place.made() == {}

    world(main)


SERVER = """
heat_template_version: 2018-08-31
resources:
  server:
    type: OS::Nova::Server
    properties: {image: cirros, flavor: m1.tiny, networks: [{allocate_network: none}]}
"""


NET = """
heat_template_version: 2018-08-31
resources:
  net: {type: OS::Neutron::Net}
"""


@pytest.mark.parametrize("after", [0.2, 0.9, 3])
def test_a_look_before_a_plan_that_a_newer_update_cuts_off_is_no_error(world, caplog, after):
    async def main(place):
        place.start()
        stack, ask = await place.done("CREATE", NET), Asking(place)
        rule = {"service": "network", "method": "GET", "path": "/networks"}
        place.cloud.faults.add(Rule(**rule, action="error", status=503, times=500))
        ask(changes.update_stack, UpdateStack(stack=stack, existing=True, converge=True))
        await asyncio.sleep(after)
        ask(changes.update_stack, UpdateStack(stack=stack, existing=True))
        await asyncio.sleep(1)
        place.cloud.faults.clear()
        row = await place.settled(stack)
        assert (row.action, row.status) == ("UPDATE", "COMPLETE"), row.reason

    world(main, latency=0.1)
    assert "could not be driven" not in caplog.text
