"""Containers in which servers lay their answers: what lies there is heard, and goes at the end."""

import asyncio
import json

import pytest

from devcloud.kernel.faults import Rule
from heat.engine.making import deletion
from heat.plugin.box import BOX
from heat.plugin.registry import TYPES
from heat.plugin.resource import Here
from heat.plugin.steps import Call
from heat.plugin.values import recall

from .agents import Agent, handle, people, serving, shown
from .asking import Asking, ended, reached


def lay(place, address, body, kind="application/x-www-form-urlencoded"):
    """Put an object to an address, as curl does."""
    headers = {"content-type": kind}
    return place._dispatch("PUT", address, headers, body).status


def stored(place):
    store = place.cloud.store
    tables = [store.table(f"object-store.{name}") for name in ("container", "object")]
    return [row["id"] for table in tables for row in table.all()]


def test_what_is_laid_into_a_container_is_heard(town):
    async def main(place):
        place.start()
        stack = place.ask("CREATE", handle("TEMP_URL_SIGNAL").replace("600", "600, count: 3"))
        await reached(place, stack, "w")
        address = json.loads(shown(place, stack)["signal"])["alarm_url"]
        assert lay(place, address.replace("sig=", "sig=0"), b"{}") == 401
        assert lay(place, address, b"no JSON", "application/json") == 201
        for body in (b'{"data": 1}', b'{"unknown": 1}', b"", b'{"id": "x", "data": 2}'):
            await asyncio.sleep(0.1)
            assert lay(place, address, body) == 201
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        said = Agent.reading(place, stack)
        assert {key: one["data"] for key, one in said.items()} == {"1": 1, "2": None, "x": 2}
        assert place.events(stack).count("h SIGNAL_COMPLETE") == 3
        await place.done("DELETE", stack=stack)
        assert stored(place) == []
        assert people(place) == []

    town(main)


LEFT = """
heat_template_version: 2018-08-31
resources:
  h:
    type: OS::Heat::WaitConditionHandle
    deletion_policy: Retain
    properties: {signal_transport: TEMP_URL_SIGNAL}
"""


def test_a_container_goes_when_nobody_reads_it_any_more(town):
    """It stayed where a resource is let go, and not deleted."""

    async def main(place):
        place.start()
        stack = await place.done("CREATE", LEFT)
        assert len(stored(place)) == 1
        await place.done("DELETE", stack=stack)
        assert stored(place) == []

    town(main)


def test_a_server_may_lay_its_outputs_into_a_container(town):
    async def main(place):
        place.start()
        template = serving("POLL_SERVER_HEAT", "TEMP_URL_SIGNAL")
        stack = place.ask("CREATE", template)
        for action in ("CREATE", "UPDATE"):
            await reached(place, stack, "d", (action, "IN_PROGRESS"))
            await asyncio.sleep(10)
            (config,) = Agent.reading(place, stack, "vm")["deployments"]
            inputs = {one["name"]: one["value"] for one in config["inputs"]}
            assert inputs["deploy_signal_verb"] == "PUT"
            assert place.rows(stack)["d"].status == "IN_PROGRESS"
            assert lay(place, inputs["deploy_signal_id"], b'{"deploy_stdout": "done"}') == 201
            assert (await ended(place, stack))[0] == f"{action}_COMPLETE"
            if action == "CREATE":
                template = template.replace("config: echo", "config: other")
                place.ask("UPDATE", template, stack)
        await place.done("DELETE", stack=stack)
        assert stored(place) == []

    town(main)


@pytest.mark.parametrize("steps", range(1, 40, 3))
def test_an_answer_is_read_once_wherever_an_engine_dies(town, steps):
    async def main(place):
        first = place.start("first", steps=steps)
        stack = place.ask("CREATE", handle("TEMP_URL_SIGNAL").replace("600", "600, count: 2"))
        await asyncio.sleep(4)
        if "answer" in (place.rows(stack)["h"].data if "h" in place.rows(stack) else {}):
            lay(place, place.rows(stack)["h"].data["answer"]["alarm_url"], b"{}")
            await asyncio.sleep(10)
        await place.kill(first)
        place.start("second")
        await reached(place, stack, "w")
        await asyncio.sleep(30)
        for body in (b'{"data": "a"}', b'{"data": "b"}'):
            lay(place, place.rows(stack)["h"].data["answer"]["alarm_url"], body)
            await asyncio.sleep(10)
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        assert len(Agent.reading(place, stack)) == 2
        await place.done("DELETE", stack=stack)
        assert stored(place) == []

    town(main)


def test_a_container_that_can_not_be_seen_keeps_nobody_waiting(town):
    """The wait ends when it is over, and hears meanwhile what comes another way."""

    async def main(place):
        place.start()
        stack = place.ask("CREATE", handle("TEMP_URL_SIGNAL").replace("600", "30, count: 2"))
        await reached(place, stack, "w")
        place.cloud.faults.add(Rule(service="object-store", action="error", status=503))
        began = place.clock.now()
        Asking(place).say(stack, {"id": "a"})
        state, reason = await ended(place, stack)
        assert state == "CREATE_FAILED"
        assert "1 of 2 received" in reason
        assert (place.clock.now() - began).total_seconds() < 60

    town(main)


@pytest.mark.parametrize("transport", ["TEMP_URL_SIGNAL", "CFN_SIGNAL"])
@pytest.mark.parametrize("steps", range(1, 18))
def test_a_creation_that_was_cut_off_leaves_nobody_who_may_answer(town, transport, steps):
    async def main(place):
        worker = place.start("first", steps)
        template = handle(transport).split("  w:")[0]
        stack = place.ask("CREATE", template)
        await asyncio.sleep(1)
        await place.kill(worker)
        place.start("second")
        await place.done("DELETE", stack=stack)
        assert (stored(place), people(place)) == ([], [])

    town(main)


def test_a_container_goes_with_a_resource_that_was_never_made():
    steps = deletion(recall(TYPES["OS::Heat::Value"], {}).at(Here(data={BOX: "b"})), None)
    first = next(steps)
    assert isinstance(first, Call)
    assert (first.service, first.path) == ("object-store", "/b")
