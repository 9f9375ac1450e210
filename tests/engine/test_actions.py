"""Actions of whole stacks: suspend, resume, check, snapshot, restore, adopt, abandon, converge."""

import pytest
from sqlalchemy import update

from heat.base.errors import Conflict, NotFound
from heat.operations import actions, changes, export, snapshots
from heat.operations.actions import MarkUnhealthy
from heat.operations.changes import CreateStack, UpdateStack
from heat.operations.finding import OfStack
from heat.operations.snapshots import OfSnapshot
from heat.store.tables import resource

from .asking import Asking, ended, states
from .templates import HEAVY

CHAIN = """
heat_template_version: 2018-08-31
resources:
  a: {type: OS::Heat::TestResource, properties: {value: "1"}}
  b: {type: OS::Heat::TestResource, properties: {value: {get_resource: a}}}
outputs:
  o: {value: {get_attr: [a, output]}}
"""
STEPS = {
    "suspend": range(18),
    "resume": range(0, 18, 2),
    "check": range(0, 18, 3),
    "snapshot": range(18),
}


async def created(place, template=CHAIN, **more):
    place.start("first", **more)
    stack = await place.done("CREATE", template)
    return stack, Asking(place)


def copies(place):
    """Return how many images and backups there are."""
    store = place.cloud.store
    images = [row for row in store.table("image.image").all() if row["name"] != "cirros"]
    return len([i for i in images if "server" in i["name"]]), len(
        store.table("volume.backup").all()
    )


def server(place):
    return place.cloud.store.table("compute.server").all()[-1]


def test_dependents_are_suspended_first_and_resumed_last(world):
    async def main(place):
        stack, ask = await created(place)
        ask.act(stack, "suspend")
        assert await ended(place, stack) == (
            "SUSPEND_COMPLETE",
            "Stack SUSPEND completed successfully",
        )
        ask.act(stack, "resume")
        await place.settled(stack)
        told = [e for e in place.events(stack) if e.startswith(("a ", "b ")) and "CREATE" not in e]
        assert told == [
            "b SUSPEND_IN_PROGRESS", "b SUSPEND_COMPLETE",
            "a SUSPEND_IN_PROGRESS", "a SUSPEND_COMPLETE",
            "a RESUME_IN_PROGRESS", "a RESUME_COMPLETE",
            "b RESUME_IN_PROGRESS", "b RESUME_COMPLETE",
        ]  # fmt: skip

    world(main)


def test_a_suspended_stack_takes_no_update_and_a_second_suspend_does_nothing(world):
    async def main(place):
        stack, ask = await created(place)
        ask.act(stack, "suspend")
        await place.settled(stack)
        before = place.events(stack)
        ask.act(stack, "suspend")
        assert place.events(stack) == before
        with pytest.raises(Exception, match="SUSPEND_COMPLETE is not supported"):
            ask(changes.update_stack, UpdateStack(stack=stack, existing=True))

    world(main)


def test_a_look_at_a_suspended_stack_does_not_keep_it_from_being_resumed(world):
    async def main(place):
        stack, ask = await created(place)
        for action in ("suspend", "check", "resume"):
            ask.act(stack, action)
            state, reason = await ended(place, stack)
            assert state == f"{action.upper()}_COMPLETE", reason

    world(main)


def test_a_look_that_finds_a_suspended_stack_broken_does_not_either(world):
    async def main(place):
        stack, ask = await created(place, HEAVY)
        ask.act(stack, "suspend")
        assert (await ended(place, stack))[0] == "SUSPEND_COMPLETE"
        rows = place.rows(stack)
        volumes, servers = (place.cloud.store.table(n) for n in ("volume.volume", "compute.server"))
        volumes.pop(rows["volume"].physical_id)
        ask.act(stack, "check")
        state, reason = await ended(place, stack)
        assert state == "CHECK_FAILED"
        assert [name for name, row in place.rows(stack).items() if row.status == "FAILED"] == [
            "volume"
        ], reason
        ask.act(stack, "resume")
        state, reason = await ended(place, stack)
        assert state == "RESUME_COMPLETE", reason
        assert servers.get(rows["server"].physical_id)["vm_state"] == "active"
        ask(changes.update_stack, UpdateStack(stack=stack, existing=True, converge=True))
        state, reason = await ended(place, stack)
        assert state == "UPDATE_COMPLETE", reason
        assert volumes.get(place.rows(stack)["volume"].physical_id)["status"] == "available"

    world(main)


def test_what_is_not_suspended_can_not_be_resumed(world):
    async def main(place):
        stack, ask = await created(place)
        ask.act(stack, "resume")
        state, reason = await ended(place, stack)
        assert state == "RESUME_FAILED"
        assert reason == (
            "Resource RESUME failed: Error: resources.a: "
            "State ('CREATE', 'COMPLETE') invalid for resume"
        )
        assert states(place, stack) == {"a": "CREATE_COMPLETE", "b": "CREATE_COMPLETE"}

    world(main)


def test_a_suspension_that_came_half_way_can_be_taken_back(world):
    async def main(place):
        stack, ask = await created(place)
        ask.act(stack, "suspend")
        assert (await ended(place, stack))[0] == "SUSPEND_COMPLETE"
        asleep = update(resource).where(resource.c.name == "a").values(action="CREATE")
        place.db.write(lambda connection: connection.execute(asleep))
        ask.act(stack, "resume")
        state, reason = await ended(place, stack)
        assert state == "RESUME_COMPLETE", reason
        assert states(place, stack) == {"a": "CREATE_COMPLETE", "b": "RESUME_COMPLETE"}

    world(main)


def test_an_action_does_not_cut_another_off(world):
    async def main(place):
        stack, ask = await created(place)
        ask.act(stack, "check")
        with pytest.raises(Conflict, match=r"already has an action \(CHECK\)"):
            ask.act(stack, "suspend")

    world(main)


def test_a_check_finds_every_object_that_is_gone(world):
    async def main(place):
        stack, ask = await created(place, HEAVY)
        store = place.cloud.store
        rows = place.rows(stack)
        for kind, name in (("volume.volume", "volume"), ("network.subnet", "subnet")):
            store.table(kind).pop(rows[name].physical_id)
        ask.act(stack, "check")
        state, reason = await ended(place, stack)
        assert state == "CHECK_FAILED"
        assert "volume: NotFound" in reason
        assert "subnet: NotFound" in reason
        found = states(place, stack)
        assert found["net"] == "CHECK_COMPLETE"
        assert found["volume"] == found["subnet"] == "CHECK_FAILED"
        ask(changes.update_stack, UpdateStack(stack=stack, existing=True))
        assert (await ended(place, stack))[0] == "UPDATE_COMPLETE"
        assert place.rows(stack)["volume"].physical_id != rows["volume"].physical_id

    world(main)


def test_types_that_can_not_be_checked_say_so(world):
    async def main(place):
        template = CHAIN.replace("outputs:", "  r: {type: OS::Heat::RandomString}\noutputs:")
        stack, ask = await created(place, template)
        ask.act(stack, "check")
        state, reason = await ended(place, stack)
        assert state == "CHECK_COMPLETE"
        assert reason.endswith("'CHECK' not fully supported (see resources)")
        assert place.rows(stack)["r"].reason == "CHECK not supported for OS::Heat::RandomString"
        assert "r CHECK_IN_PROGRESS" not in place.events(stack)

    world(main)


def test_an_unhealthy_resource_is_replaced_by_the_next_update(world):
    async def main(place):
        stack, ask = await created(place)
        before = place.rows(stack)
        ask(actions.mark_unhealthy, MarkUnhealthy(stack=stack, resource="b", unhealthy=True))
        assert states(place, stack)["b"] == "CHECK_FAILED"
        ask(
            actions.mark_unhealthy,
            MarkUnhealthy(stack=stack, resource=before["a"].physical_id, unhealthy=True),
        )
        ask(
            actions.mark_unhealthy,
            MarkUnhealthy(stack=stack, resource="a", unhealthy=False, reason="fine"),
        )
        assert place.rows(stack)["a"].reason == "fine"
        with pytest.raises(NotFound):
            ask(actions.mark_unhealthy, MarkUnhealthy(stack=stack, resource="z", unhealthy=True))
        ask(changes.update_stack, UpdateStack(stack=stack, existing=True))
        assert (await ended(place, stack))[0] == "UPDATE_COMPLETE"
        after = place.rows(stack)
        assert after["a"].physical_id == before["a"].physical_id
        assert after["b"].physical_id != before["b"].physical_id

    world(main)


def test_a_snapshot_brings_the_stack_back_and_goes_with_all_it_kept(world):
    async def main(place):
        stack, ask = await created(place, HEAVY)
        first = ask.snapshot(stack)
        assert (await ended(place, stack))[0] == "SNAPSHOT_COMPLETE"
        assert copies(place) == (1, 1)
        (shown,) = ask.kept(stack)
        assert (shown["status"], shown["data"]["action"]) == ("COMPLETE", "SNAPSHOT")
        assert "backup_id" in shown["data"]["resources"]["volume"]["resource_data"]
        bare = HEAVY[: HEAVY.index("  volume:")]
        ask(changes.update_stack, UpdateStack(stack=stack, template=bare))
        assert (await ended(place, stack))[0] == "UPDATE_COMPLETE"
        assert "volume" not in place.rows(stack)
        ask(snapshots.restore_snapshot, OfSnapshot(stack=stack, snapshot=first))
        state, reason = await ended(place, stack)
        assert state == "RESTORE_COMPLETE", reason
        assert place.rows(stack)["volume"].properties["backup_id"]
        ask(snapshots.delete_snapshot, OfSnapshot(stack=stack, snapshot=first))
        await place.settled(stack)
        assert (ask.kept(stack), copies(place)) == ([], (0, 0))
        assert (await ended(place, stack))[0] == "RESTORE_COMPLETE"
        ask.snapshot(stack)
        await place.settled(stack)
        await place.done("DELETE", None, stack)
        assert (copies(place), place.made()) == ((0, 0), {})

    world(main)


def test_a_stack_has_no_more_snapshots_than_it_may(world):
    async def main(place):
        stack, ask = await created(place)
        for _ in range(2):
            ask.snapshot(stack)
            await place.settled(stack)
        with pytest.raises(Exception, match="maximum snapshots per stack, 2"):
            ask.snapshot(stack)

    world(main)


def test_an_abandoned_stack_leaves_its_objects_to_be_adopted(world):
    async def main(place):
        stack, ask = await created(place, HEAVY)
        before, made = place.rows(stack), place.made()
        found = ask(export.abandon_stack, OfStack(stack=stack))
        assert (await ended(place, stack))[0] == "DELETE_COMPLETE"
        assert place.made() == made
        again = ask(
            changes.create_stack,
            CreateStack(stack_name="again", template=found["template"], adopt=found["resources"]),
        )["id"]
        state, reason = await ended(place, again)
        assert state == "ADOPT_COMPLETE", reason
        after = place.rows(again)
        assert {n: r.physical_id for n, r in after.items()} == {
            n: r.physical_id for n, r in before.items()
        }
        await place.done("DELETE", None, again)
        assert place.made() == {}

    world(main)


def test_deletion_policy_snapshot_saves_before_it_deletes(world):
    async def main(place):
        saved = HEAVY.replace(
            "volume: {type: OS::Cinder::Volume,",
            "volume: {type: OS::Cinder::Volume, deletion_policy: Snapshot,",
        )
        stack, _ = await created(place, saved)
        await place.done("DELETE", None, stack)
        assert copies(place) == (0, 1)

    world(main)


def test_a_converging_update_repairs_what_others_changed(world):
    async def main(place):
        named = HEAVY.replace(
            "net: {type: OS::Neutron::Net}",
            "net: {type: OS::Neutron::Net, properties: {name: mine}}",
        )
        stack, ask = await created(place, named)
        before = place.rows(stack)
        networks, volumes = (
            place.cloud.store.table(t) for t in ("network.network", "volume.volume")
        )
        networks.put({**networks.get(before["net"].physical_id), "name": "theirs"})
        volumes.pop(before["volume"].physical_id)
        ask(changes.update_stack, UpdateStack(stack=stack, existing=True))
        await place.settled(stack)
        assert networks.get(before["net"].physical_id)["name"] == "theirs"
        ask(changes.update_stack, UpdateStack(stack=stack, existing=True, converge=True))
        assert (await ended(place, stack))[0] == "UPDATE_COMPLETE"
        assert networks.get(before["net"].physical_id)["name"] == "mine"
        after = place.rows(stack)
        assert after["volume"].physical_id != before["volume"].physical_id
        assert after["server"].physical_id == before["server"].physical_id

    world(main)


MANY = """
heat_template_version: 2018-08-31
resources:
  net: {type: OS::Neutron::Net, properties: {name: n, shared: false, tags: [x]}}
  subnet:
    type: OS::Neutron::Subnet
    properties:
      network: {get_resource: net}
      cidr: 10.9.0.0/24
      dns_nameservers: [10.0.0.2, 10.0.0.1]
      allocation_pools: [{start: 10.9.0.10, end: 10.9.0.90}]
  group:
    type: OS::Neutron::SecurityGroup
    properties: {description: mine, rules: [{protocol: tcp}]}
  port:
    type: OS::Neutron::Port
    properties:
      network: {get_resource: net}
      security_groups: [default, {get_resource: group}]
      fixed_ips: [{subnet: {get_resource: subnet}}]
  router: {type: OS::Neutron::Router, properties: {external_gateway_info: {network: public}}}
  inside:
    type: OS::Neutron::RouterInterface
    properties: {router: {get_resource: router}, subnet: {get_resource: subnet}}
  key: {type: OS::Nova::KeyPair, properties: {name: k}}
  server:
    type: OS::Nova::Server
    properties:
      image: cirros
      flavor: m1.small
      metadata: {a: b}
      tags: [t]
      networks: [{port: {get_resource: port}}]
  volume:
    type: OS::Cinder::Volume
    properties: {size: 1, metadata: {a: b}, description: d}
"""


def test_a_converging_update_finds_nothing_to_repair_in_what_it_made(world):
    async def main(place):
        stack, ask = await created(place, MANY)
        ask(changes.update_stack, UpdateStack(stack=stack, existing=True, converge=True))
        assert (await ended(place, stack))[0] == "UPDATE_COMPLETE"
        moved = {n for n, state in states(place, stack).items() if state != "CREATE_COMPLETE"}
        assert moved == set()

    world(main)


@pytest.mark.parametrize(
    ("action", "steps"),
    [(action, n) for action, steps in STEPS.items() for n in steps],
)
def test_an_action_continues_after_a_death(world, action, steps):
    async def main(place):
        stack, ask = await created(place, HEAVY)
        if action == "resume":
            ask.act(stack, "suspend")
            await place.settled(stack)
        (worker,) = place._workers
        worker.life.left = worker.life.taken + steps
        if action == "snapshot":
            ask.snapshot(stack)
        else:
            ask.act(stack, action)
        row = await place.outlived(worker, stack)
        assert (row.action, row.status) == (action.upper(), "COMPLETE"), row.reason
        assert set(states(place, stack).values()) == {f"{row.action}_COMPLETE"}
        wanted = "suspended" if action == "suspend" else "active"
        assert server(place)["vm_state"] == wanted
        assert copies(place) == ((1, 1) if action == "snapshot" else (0, 0))

    world(main)
