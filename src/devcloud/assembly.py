"""Puts a cloud together: the kernel, every service, and the first content."""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from random import Random

from devcloud import seed
from devcloud.kernel import admin
from devcloud.kernel.cloud import Clock, DevCloud
from devcloud.kernel.settings import Settings
from devcloud.kernel.store import Store
from devcloud.kernel.web import Service

SERVICES = ("keystone", "glance", "neutron", "cinder", "nova")


def build(
    store: Store | None = None,
    clock: Clock | None = None,
    random: Random | None = None,
    settings: Settings | None = None,
) -> DevCloud:
    """Return a cloud, filled when its store is new."""
    cloud = DevCloud(store, clock, random, settings)
    cloud.add(admin.service(cloud))
    for name in SERVICES:
        if find_spec(f"devcloud.{name}") and find_spec(f"devcloud.{name}.api"):
            make: Callable[[DevCloud], Service] = import_module(f"devcloud.{name}.api").service
            cloud.add(make(cloud))
    cloud.refill = lambda: seed.fill(cloud)
    with cloud.lock:
        if len(cloud.store.table("identity.domain")) == 0:
            seed.fill(cloud)
        cloud.store.commit()
    return cloud
