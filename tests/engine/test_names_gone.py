"""What a resource was made from may be gone: an update that leaves the resource alone goes on."""

import dataclasses

import pytest

from heat.base.errors import Invalid
from heat.operations import changes
from heat.operations.changes import UpdateStack
from heat.plugin.steps import COMPUTE

from .asking import Asking, ended

TEMPLATE = """
heat_template_version: 2021-04-16
parameters: {key: {type: string, default: mine}, note: {type: string, default: one}}
resources:
  net: {type: OS::Neutron::Net}
  subnet: {type: OS::Neutron::Subnet, properties: {network: {get_resource: net}, cidr: 10.9.0.0/24}}
  server:
    type: OS::Nova::Server
    depends_on: subnet
    properties:
      image: cirros
      flavor: m1.small
      key_name: {get_param: key}
      networks: [{network: {get_resource: net}}]
  other: {type: OS::Heat::TestResource, properties: {value: {get_param: note}}}
"""


def test_only_what_changes_is_looked_up(world):
    async def main(place):
        place.start()
        await place.port.send(
            COMPUTE.post("/os-keypairs", {"keypair": {"name": "mine"}}), place.user
        )
        stack, ask = place.ask("CREATE", TEMPLATE), Asking(place)
        assert (await ended(place, stack))[0] == "CREATE_COMPLETE"
        server = place.rows(stack)["server"].physical_id
        await place.port.send(COMPUTE.delete("/os-keypairs/mine"), place.user)
        ask.services = dataclasses.replace(ask.services, client=place.port.client)
        ask(changes.update_stack, UpdateStack(stack=stack, existing=True, parameters={"note": "x"}))
        assert (await ended(place, stack))[0] == "UPDATE_COMPLETE"
        assert place.rows(stack)["server"].physical_id == server
        with pytest.raises(Invalid, match="theirs"):
            ask(
                changes.update_stack,
                UpdateStack(stack=stack, existing=True, parameters={"key": "theirs"}),
            )

    world(main)
