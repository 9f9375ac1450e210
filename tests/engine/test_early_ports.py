"""A port wants its security group to exist, no more; a server waits for its rules."""

from heat.plan.model import decode
from heat.plan.show import show
from heat.store import operations

APP = """
heat_template_version: 2021-04-16
resources:
  net: {type: OS::Neutron::Net}
  subnet: {type: OS::Neutron::Subnet, properties: {network: {get_resource: net}, cidr: 10.9.0.0/24}}
  group:
    type: OS::Neutron::SecurityGroup
    depends_on: subnet
    properties:
      rules:
        - {protocol: tcp, port_range_min: 22, port_range_max: 22}
        - {protocol: tcp, port_range_min: 80, port_range_max: 80}
        - {protocol: tcp, port_range_min: 443, port_range_max: 443}
  port:
    type: OS::Neutron::Port
    properties:
      network: {get_resource: net}
      security_groups: [{get_resource: group}]
  server:
    type: OS::Nova::Server
    properties: {image: cirros, flavor: m1.small, networks: [{port: {get_resource: port}}]}
"""


def moments(place, stack):
    return {f"{e.resource_name} {e.status}": e.created_at for e in place.told(stack)}


def test_ports_are_made_while_their_groups_get_rules(world):
    async def main(place):
        place.start()
        stack = await place.done("CREATE", APP)
        at = moments(place, stack)
        assert at["port IN_PROGRESS"] < at["group COMPLETE"]
        assert at["server IN_PROGRESS"] >= at["group COMPLETE"]
        plan = show(decode(operations.of_stack(place.db, stack)[0].plan))
        assert "begins as soon as group exists" in plan
        await place.done("DELETE", None, stack)
        assert place.made() == {}

    world(main, latency=1.0)


def test_depends_on_still_means_complete(world):
    strict = APP.replace("OS::Neutron::Port\n", "OS::Neutron::Port\n    depends_on: group\n")

    async def main(place):
        place.start()
        stack = await place.done("CREATE", strict)
        at = moments(place, stack)
        assert at["port IN_PROGRESS"] >= at["group COMPLETE"]

    world(main, latency=1.0)
