"""Somebody deletes an object of a stack behind the engine's back, as the cloud lets them."""

from devcloud.kernel.web import Request
from heat.base.ids import StackId
from heat.store import resources, stacks

_PLACES = {
    "OS::Neutron::Net": "network/v2.0/networks",
    "OS::Neutron::Subnet": "network/v2.0/subnets",
    "OS::Neutron::Port": "network/v2.0/ports",
    "OS::Neutron::FloatingIP": "network/v2.0/floatingips",
    "OS::Neutron::SecurityGroup": "network/v2.0/security-groups",
    "OS::Nova::Server": "compute/v2.1/servers",
    "OS::Cinder::Volume": "volume/v3/{project}/volumes",
}


def vanish(universe, stack):
    """Delete one object of a stack or what is nested in it; the cloud may refuse."""
    below = [one.id for one in stacks.tree(universe.db, StackId(stack))]
    found = [
        row
        for row in resources.of_stacks(universe.db, below)
        if row.type in _PLACES and row.physical_id not in (None, universe.theirs["id"])
    ]
    if not found:
        return
    row = universe.random.choice(found)
    place = _PLACES[row.type].format(project=universe.user.project)
    before = _ids(universe)
    reply = universe.cloud.dispatch(
        Request.of(
            "DELETE",
            f"http://devcloud/{place}/{row.physical_id}",
            headers={"x-auth-token": universe.user.token},
            raw=b"",
        )
    )
    universe.counts[f"vanishing {reply.status}"] += 1
    if reply.status < 300:
        # With a network its subnets go, and with a server what was made for it.
        gone = (before - _ids(universe)) | {row.physical_id}
        universe.vanished |= dict.fromkeys(gone, universe.clock.now())


def _ids(universe):
    return {key for rows in universe.objects().values() for key in rows}
