"""Puts a cloud together: the kernel, every service, and the first content."""

from random import Random

from devcloud import seed
from devcloud.cinder import api as cinder
from devcloud.glance import api as glance
from devcloud.kernel import admin
from devcloud.kernel.cloud import Clock, DevCloud
from devcloud.kernel.settings import Settings
from devcloud.kernel.store import Store
from devcloud.keystone import api as keystone
from devcloud.neutron import api as neutron
from devcloud.nova import api as nova
from devcloud.swift import api as swift
from devcloud.zaqar import api as zaqar

SERVICES = (
    keystone.service,
    glance.service,
    neutron.service,
    cinder.service,
    nova.service,
    swift.service,
    zaqar.service,
)


def build(
    store: Store | None = None,
    clock: Clock | None = None,
    random: Random | None = None,
    settings: Settings | None = None,
) -> DevCloud:
    """Return a cloud, filled when its store is new."""
    cloud = DevCloud(store, clock, random, settings)
    cloud.add(admin.service(cloud))
    for service in SERVICES:
        cloud.add(service(cloud))
    cloud.refill = lambda: seed.fill(cloud)
    with cloud.lock:
        if len(cloud.store.table("identity.domain")) == 0:
            seed.fill(cloud)
        cloud.store.commit()
    return cloud
