"""What is no stack's any more is found, and deleted only when that is beyond doubt."""

import asyncio

import pytest
from msgspec.structs import replace

from heat.cloud.credentials import SERVICE
from heat.engine.orphans import Orphans, State
from heat.plugin.registry import TYPES
from heat.plugin.steps import NETWORK, VOLUME
from heat.store import events

from .templates import NETS

VOLUMES = """
heat_template_version: 2021-04-16
resources:
  kept: {type: OS::Cinder::Volume, deletion_policy: retain, properties: {size: 1}}
  gone: {type: OS::Cinder::Volume, properties: {size: 1}}
"""
VOLUME_ALONE = """
heat_template_version: 2021-04-16
resources:
  gone: {type: OS::Cinder::Volume, properties: {size: 1}}
"""

TAKEN = """
heat_template_version: 2021-04-16
resources:
  port: {{type: OS::Neutron::Port, external_id: {port}, properties: {{network: n}}}}
"""


def orphans(place):
    return Orphans(place.port, place._workers[0]._world.store, TYPES)


async def states(place):
    found = await orphans(place).find()
    return sorted((one.state.value, one.type.rpartition("::")[2]) for one in found)


async def make_port(place, mark):
    net = await place.port.send(NETWORK.post("/v2.0/networks", {"network": {}}), SERVICE)
    body = {"network_id": net["network"]["id"], "description": mark}
    made = await place.port.send(NETWORK.post("/v2.0/ports", {"port": body}), SERVICE)
    return made["port"]["id"]


async def make_volume(place, mark):
    body = {"size": 1, "metadata": {"heat": mark}}
    made = await place.port.send(VOLUME.post("/volumes", {"volume": body}), SERVICE)
    return made["volume"]["id"]


async def deleted_volume(place):
    """Return the mark of a volume whose stack is deleted."""
    stack = place.ask("CREATE", VOLUME_ALONE)
    await place.settled(stack)
    mark = f"heat:{place.rows(stack)['gone'].id}"
    place.ask("DELETE", None, stack)
    await place.settled(stack)
    return mark


async def deleted_port(place):
    """Return the mark of a port whose stack is deleted."""
    stack = place.ask("CREATE", NETS)
    await place.settled(stack)
    mark = f"heat:{place.rows(stack)['port'].id}"
    place.ask("DELETE", None, stack)
    await place.settled(stack)
    return mark


def test_what_a_deleted_resource_never_knew_of_is_deleted_by_the_sweep(world):
    async def main(place):
        place.settings = place.settings.__class__(orphan_sweep_interval=1000)
        place.start()
        late = await make_port(place, await deleted_port(place))
        assert await states(place) == [("superfluous", "Port")]
        await asyncio.sleep(1100)
        assert late not in place.objects()["network.port"]
        assert await states(place) == []

    world(main)


def test_no_engine_sweeps_where_that_is_switched_off(world):
    async def main(place):
        place.settings = place.settings.__class__(orphan_sweep_interval=0)
        place.start()
        late = await make_port(place, await deleted_port(place))
        await asyncio.sleep(15000)
        assert late in place.objects()["network.port"]

    world(main)


def test_two_engines_take_turns(world, caplog):
    async def main(place):
        place.settings = place.settings.__class__(orphan_sweep_interval=1000)
        place.start("first")
        place.start("second")
        mark = await deleted_port(place)
        await make_port(place, mark)
        await asyncio.sleep(1150)

    world(main)
    assert caplog.text.count("it is deleted") == 1
    assert "can't be deleted" not in caplog.text


def test_what_was_kept_on_purpose_stays(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", VOLUMES)
        await place.settled(stack)
        kept = place.rows(stack)["kept"].physical_id
        place.ask("DELETE", None, stack)
        await place.settled(stack)
        found = await orphans(place).find()
        assert [(one.state, one.id) for one in found] == [(State.KEPT, kept)]
        assert await orphans(place).remove(found) == found
        assert kept in place.objects()["volume.volume"]

    world(main)


def test_what_somebody_made_of_a_deleted_volume_stays(world):
    """Cinder restores a backup with the metadata of the volume it was made of, mark and all."""

    async def main(place):
        place.start()
        mark = await deleted_volume(place)
        volume = await make_volume(place, mark)
        found = await orphans(place).find()
        assert [(one.state, one.id) for one in found] == [(State.UNSURE, volume)]
        assert await orphans(place).remove(found) == found
        assert volume in place.objects()["volume.volume"]

    world(main)


def test_what_another_resource_stands_for_is_nobody_elses(world):
    async def main(place):
        place.start()
        port = await make_port(place, await deleted_port(place))
        assert await states(place) == [("superfluous", "Port")]
        await place.settled(place.ask("CREATE", TAKEN.format(port=port)))
        assert await states(place) == []

    world(main)


def test_what_is_taken_after_it_was_found_stays(world):
    async def main(place):
        place.start()
        port = await make_port(place, await deleted_port(place))
        found = await orphans(place).find()
        assert [(one.state, one.id) for one in found] == [(State.SUPERFLUOUS, port)]
        await place.settled(place.ask("CREATE", TAKEN.format(port=port)))
        left = await orphans(place).remove(found)
        assert [(one.state, one.id) for one in left] == [(State.UNSURE, port)]
        assert port in place.objects()["network.port"]

    world(main)


def test_what_its_resource_turns_out_to_have_known_stays(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", NETS)
        await place.settled(stack)
        mark = f"heat:{place.rows(stack)['port'].id}"
        place.ask("DELETE", None, stack)
        await place.settled(stack)
        port = await make_port(place, mark)
        found = await orphans(place).find()
        last = [event for event in place.told(stack) if event.resource_name == "port"][-1]
        events.tell(place.db, replace(last, id=place.chance.id(), physical_id=port))
        left = await orphans(place).remove(found)
        assert [(one.state, one.id) for one in left] == [(State.UNSURE, port)]
        assert port in place.objects()["network.port"]

    world(main)


@pytest.mark.parametrize("mark", ["heat:0b3e2f7c-9d24-4b7e-b0a1-5b6a4f0c2d11", "heat: a remark"])
def test_marks_of_another_heat_are_only_listed(world, mark):
    async def main(place):
        place.start()
        port = await make_port(place, mark)
        found = await orphans(place).find()
        assert [(one.state, one.id) for one in found] == [(State.UNKNOWN, port)]
        await orphans(place).remove(found)
        assert port in place.objects()["network.port"]

    world(main)


def test_a_second_object_of_a_resource_is_listed_once_its_stack_is_at_rest(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", NETS)
        await place.settled(stack)
        row = place.rows(stack)["port"]
        second = await make_port(place, f"heat:{row.id}")
        found = await orphans(place).find()
        assert [(one.state, one.id, one.of) for one in found] == [(State.UNSURE, second, row.id)]

    world(main)


def test_records_whose_objects_are_gone_are_listed(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", VOLUMES)
        await place.settled(stack)
        row = place.rows(stack)["gone"]
        await place.port.send(VOLUME.delete(f"/volumes/{row.physical_id}"), place.user)
        await asyncio.sleep(30)
        found = await orphans(place).find()
        assert [(one.state, one.id, one.name) for one in found] == [
            (State.MISSING, row.physical_id, "gone")
        ]
        assert await orphans(place).find(project="another") == []

    world(main)


def test_a_trust_of_a_deleted_stack_is_superfluous(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", VOLUMES)
        await place.settled(stack)
        assert await states(place) == []
        place.ask("DELETE", None, stack)
        await place.settled(stack)
        mark = f"heat:{stack}:{place.user.user_id}"
        trust = await place.port.make_trust(place.user, mark)
        found = [one for one in await orphans(place).find() if one.type == "trust"]
        assert [(one.state, one.id, one.of) for one in found] == [(State.SUPERFLUOUS, trust, stack)]
        assert await orphans(place).remove(found) == []
        assert await place.port.given_trusts() == []

    world(main)
