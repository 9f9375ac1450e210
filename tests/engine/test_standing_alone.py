"""What can't stand beside its replacement is taken away before that is made."""

import pytest
from sqlalchemy import update

from heat.store.tables import resource

from .templates import SERVER

NEEDED = (
    SERVER
    + """
  leg:
    type: OS::Neutron::RouterInterface
    properties: {router: {get_resource: router}, subnet: {get_resource: subnet}}
  router: {type: OS::Neutron::Router, properties: {external_gateway_info: {network: public}}}
  group: {type: OS::Neutron::SecurityGroup}
  rule:
    type: OS::Neutron::SecurityGroupRule
    properties: {security_group: {get_resource: group}, port_range_min: 80, port_range_max: 80}
  key: {type: OS::Nova::KeyPair, properties: {name: mine}}
"""
)
ADDRESS = """
  address: {type: OS::Neutron::FloatingIP, properties: {floating_network: public}}
  way:
    type: OS::Neutron::FloatingIPAssociation
    properties: {floatingip_id: {get_resource: address}, port_id: {get_resource: port}}
"""


@pytest.mark.parametrize("name", ["attachment", "leg", "way", "rule", "key"])
@pytest.mark.parametrize("failed", ["CHECK", "UPDATE"])
def test_what_failed_is_made_anew(world, name, failed):
    # An address that leads somewhere needs the leg: Neutron would not let it go.
    template = NEEDED if name == "leg" else NEEDED + ADDRESS

    async def main(place):
        place.start()
        stack = await place.done("CREATE", template)
        made, before = place.made(), place.rows(stack)[name]
        ended = update(resource).where(resource.c.id == before.id)
        ended = ended.values(action=failed, status="FAILED")
        place.db.write(lambda connection: connection.execute(ended))
        await place.done("UPDATE", template, stack)
        after = place.rows(stack)[name]
        assert (after.status, place.made()) == ("COMPLETE", made)
        tables = place.cloud.store.table
        port, volume = (place.rows(stack)[name].physical_id for name in ("port", "volume"))
        led = [ip["port_id"] for ip in tables("network.floatingip").all()]
        assert led == ([] if name == "leg" else [port])
        assert tables("volume.volume").get(volume)["status"] == "in-use"
        await place.done("DELETE", None, stack)
        assert place.made() == {}

    world(main)
