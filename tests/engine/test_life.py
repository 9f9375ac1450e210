"""The life of a stack: created, changed, replaced, rolled back, deleted."""

import asyncio

import pytest
from msgspec.structs import replace

from .templates import NETS, SERVER

PLAIN = """
heat_template_version: 2021-04-16
parameters:
  text: {type: string, default: hello}
resources:
  a: {type: OS::Heat::Value, properties: {value: {get_param: text}}}
  b: {type: OS::Heat::Value, properties: {value: {get_attr: [a, value]}}}
  secret: {type: OS::Heat::RandomString, properties: {length: 12}}
outputs:
  b: {value: {get_attr: [b, value]}}
  secret: {value: {get_attr: [secret, value]}}
"""


def test_values_flow_from_resource_to_resource(world):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", PLAIN)
        rows = place.rows(stack)
        assert rows["b"].attributes == {"value": "hello"}
        assert len(rows["secret"].attributes["value"]) == 12
        assert {r.action for r in rows.values()} == {"CREATE"}
        await place.done("UPDATE", PLAIN, stack, parameters={"text": "bye"})
        after = place.rows(stack)
        assert after["b"].attributes == {"value": "bye"}
        assert after["b"].action == "UPDATE"
        assert after["secret"].action == "CREATE"
        assert after["secret"].physical_id == rows["secret"].physical_id

    world(main)


def test_networks_come_and_go(world):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", NETS)
        assert place.made() == {"network.network": 1, "network.subnet": 1, "network.port": 1}
        place.ask("DELETE", None, stack)
        row = await place.settled(stack)
        assert (row.action, row.status) == ("DELETE", "COMPLETE")
        assert row.deleted_at is not None
        assert place.made() == {}
        assert place.rows(stack) == {}

    world(main)


def test_a_change_in_place_keeps_the_object(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", NETS)
        await place.settled(stack)
        before = place.rows(stack)
        await place.done("UPDATE", NETS, stack, parameters={"name": "second"})
        after = place.rows(stack)
        assert after["net"].physical_id == before["net"].physical_id
        assert after["net"].action == "UPDATE"
        assert after["port"].action == "CREATE"

    world(main)


def test_replacing_a_network_moves_what_is_on_it(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", NETS)
        await place.settled(stack)
        before = place.rows(stack)
        moved = NETS.replace("10.9.0.0/24", "10.10.0.0/24")
        await place.done("UPDATE", moved, stack)
        after = place.rows(stack)
        assert after["net"].physical_id == before["net"].physical_id
        assert after["subnet"].physical_id != before["subnet"].physical_id
        assert place.made() == {"network.network": 1, "network.subnet": 1, "network.port": 1}

    world(main)


def test_a_server_with_its_volume_is_replaced_and_nothing_is_left(world):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", SERVER)
        before, made = place.rows(stack), place.made()
        changed = SERVER.replace(
            "image: cirros", "image: fedora\n      image_update_policy: REPLACE"
        )
        await place.done("UPDATE", changed, stack)
        after = place.rows(stack)
        assert after["server"].physical_id != before["server"].physical_id
        assert after["volume"].physical_id == before["volume"].physical_id
        assert place.made() == made
        await place.done("DELETE", None, stack)
        assert place.made() == {}

    world(main)


@pytest.mark.parametrize("rollback", [False, True])
def test_a_failed_create_says_why_and_accounts_for_all(world, rollback):
    async def main(place):
        place.start()
        broken = NETS + "  bad:\n    type: OS::Heat::TestResource\n"
        broken += "    properties: {fail: true}\n    depends_on: port\n"
        stack = place.ask("CREATE", broken, rollback=rollback)
        row = await place.settled(stack)
        if rollback:
            assert (row.action, row.status) == ("ROLLBACK", "COMPLETE")
            assert place.made() == {}
        else:
            assert (row.action, row.status) == ("CREATE", "FAILED")
            assert row.reason == (
                "Resource CREATE failed: ValueError: resources.bad: Test Resource failed bad"
            )
            assert place.made() == {
                "network.network": 1,
                "network.subnet": 1,
                "network.port": 1,
            }
        place.ask("DELETE", None, stack)
        await place.settled(stack)
        assert place.made() == {}

    world(main)


def test_a_failed_update_goes_back(world):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", NETS)
        await place.settled(stack)
        before = place.rows(stack)
        broken = NETS.replace("default: first", "default: other").replace("10.9", "10.10")
        broken += "  bad:\n    type: OS::Heat::TestResource\n"
        broken += "    properties: {fail: true}\n    depends_on: port\n"
        place.ask("UPDATE", broken, stack, rollback=True)
        row = await place.settled(stack)
        assert (row.action, row.status) == ("ROLLBACK", "COMPLETE"), row.reason
        after = place.rows(stack)
        assert {n: r.physical_id for n, r in after.items() if n != "port"} == {
            n: r.physical_id for n, r in before.items() if n != "port"
        }
        assert after["net"].properties["name"] == "first"
        assert place.made() == {"network.network": 1, "network.subnet": 1, "network.port": 1}

    world(main)


def test_an_operation_ends_by_its_deadline(world):
    slow = """
heat_template_version: 2021-04-16
resources:
  slow: {type: OS::Heat::TestResource, properties: {wait_secs: 1000}}
"""

    async def main(place):
        place.start()
        stack = place.ask("CREATE", slow, timeout=60)
        row = await place.settled(stack, seconds=100)
        assert (row.status, row.reason) == ("FAILED", "Timed out")
        assert place.rows(stack)["slow"].status == "FAILED"

    world(main)


def test_a_delete_supersedes_a_create(world):
    waits = "properties: {action_wait_secs: {create: 1000}}"
    slow = f"{NETS}  slow:\n    type: OS::Heat::TestResource\n    {waits}\n"

    async def main(place):
        place.start()
        stack = place.ask("CREATE", slow)
        await asyncio.sleep(5)
        place.ask("DELETE", None, stack)
        row = await place.settled(stack, seconds=60)
        assert (row.action, row.status) == ("DELETE", "COMPLETE")
        assert place.made() == {}

    world(main)


def test_the_oldest_events_go(world):
    async def main(place):
        place.settings = replace(place.settings, max_events=5)
        place.start()
        stack = place.ask("CREATE", PLAIN)
        await place.settled(stack)
        await asyncio.sleep(1)
        told = place.events(stack)
        assert len(told) == 5
        assert told[-1] == "app CREATE_COMPLETE"

    world(main)
