"""What needs no more of a resource than that it exists does not wait until it is complete."""

from dataclasses import replace
from types import MappingProxyType

import pytest

from devcloud.kernel.faults import Rule
from heat.plan.model import decode
from heat.plan.show import show
from heat.resources.heat.value import Value
from heat.store import operations

SLOW = {"server.create": 30.0}
APP = """
heat_template_version: 2021-04-16
resources:
  net: {type: OS::Neutron::Net}
  subnet: {type: OS::Neutron::Subnet, properties: {network: {get_resource: net}, cidr: 10.9.0.0/24}}
  server:
    type: OS::Nova::Server
    depends_on: subnet
    properties: {image: cirros, flavor: m1.small, networks: [{network: {get_resource: net}}]}
  note: {type: OS::Heat::Value, properties: {value: {get_resource: server}}}
"""
STRICT = APP.replace("  note: {", "  note: {depends_on: server, ")
DEEP = APP.replace("{get_resource: server}}", "{get_attr: [server, name]}}")


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Let a type that can begin early stand for all: the value need only exist."""
    properties = dict(Value.__properties__)
    properties["value"] = replace(properties["value"], early=True)
    by_public = {prop.public: prop for prop in properties.values()}
    monkeypatch.setattr(Value, "__properties__", MappingProxyType(properties))
    monkeypatch.setattr(Value, "__by_public__", MappingProxyType(by_public))


def order(place, stack):
    """Return in which order resources were complete."""
    done = [event for event in place.events(stack) if event.endswith("CREATE_COMPLETE")]
    return [name for event in done if (name := event.split()[0]) in ("note", "server")]


@pytest.mark.parametrize(
    ("template", "first"), [(APP, "note"), (STRICT, "server"), (DEEP, "server")]
)
def test_a_reference_that_needs_no_more_begins_early(world, template, first):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", template)
        assert order(place, stack)[0] == first
        rows = place.rows(stack)
        if first == "note":
            assert rows["note"].properties["value"] == rows["server"].physical_id
        plan = decode(operations.of_stack(place.db, stack)[0].plan)
        assert ("begins as soon as server exists" in show(plan)) == (first == "note")

    world(main, times=SLOW)


@pytest.mark.parametrize("steps", range(1, 16))
def test_a_death_does_not_matter(world, steps):
    async def main(place):
        engine = place.start("first", steps)
        stack = place.ask("CREATE", APP)
        row = await place.outlived(engine, stack)
        assert row.status == "COMPLETE", row.reason
        rows = place.rows(stack)
        assert rows["note"].properties["value"] == rows["server"].physical_id
        assert place.made()["compute.server"] == 1

    world(main, times=SLOW)


def test_one_that_fails_after_all_is_told_and_goes(world):
    async def main(place):
        place.start()
        place.cloud.faults.add(
            Rule(service="compute", method="POST", path="/v2.1/servers$", action="goto_error")
        )
        stack = place.ask("CREATE", APP, rollback=True)
        row = await place.settled(stack)
        assert (row.action, row.status) == ("ROLLBACK", "COMPLETE"), row.reason
        assert place.made() == {}

    world(main, times=SLOW)


def test_what_began_with_an_object_that_came_to_nothing_follows_the_next(world):
    async def main(place):
        place.cloud.faults.add(
            Rule(
                service="compute",
                method="POST",
                path="/v2.1/servers$",
                action="goto_error",
                times=1,
            )
        )
        place.start()
        stack = await place.done("CREATE", APP)
        rows = place.rows(stack)
        assert rows["note"].properties["value"] == rows["server"].physical_id
        assert place.made()["compute.server"] == 1

    world(main, times=SLOW)
