"""What a template may name in the cloud, by the custom constraint that asks for it."""

from collections.abc import Mapping

from heat.plugin.steps import Finder
from heat.resources.cinder.common import A_BACKUP, A_SNAPSHOT, A_VOLUME, A_VOLUME_TYPE
from heat.resources.glance.common import AN_IMAGE
from heat.resources.neutron.common import (
    A_NETWORK,
    A_PORT,
    A_QOS_POLICY,
    A_ROUTER,
    A_SECURITY_GROUP,
    A_SEGMENT,
    A_SUBNET,
    A_SUBNET_POOL,
)
from heat.resources.nova.common import A_FLAVOR, A_KEY_PAIR, A_PROJECT, A_SERVER, A_USER

_MADE_HERE = (
    A_BACKUP,
    A_SNAPSHOT,
    A_VOLUME,
    A_VOLUME_TYPE,
    AN_IMAGE,
    A_NETWORK,
    A_PORT,
    A_QOS_POLICY,
    A_ROUTER,
    A_SECURITY_GROUP,
    A_SEGMENT,
    A_SUBNET,
    A_SUBNET_POOL,
    A_FLAVOR,
    A_KEY_PAIR,
    A_PROJECT,
    A_SERVER,
    A_USER,
)

_DNS = "dns"
_BALANCER = "load-balancer"
_KEYS = "key-manager"
_SHARES = "shared-file-system"
_BARE_METAL = "baremetal"
_IRONIC_NAMES = "1.26"
"""The first version that has names for nodes and port groups."""

_OTHERS = (
    Finder(
        "block-storage",
        "/qos-specs",
        "qos_specs",
        "cinder.qos_specs",
        "qos_specs",
        name_filter=False,
    ),
    Finder(
        "compute",
        "/os-hypervisors",
        "hypervisor",
        "nova.host",
        name_field="hypervisor_hostname",
        name_filter=False,
    ),
    Finder("network", "/v2.0/networks", "network", "nova.network"),
    Finder("identity", "/domains", "domain", "keystone.domain"),
    Finder("identity", "/groups", "group", "keystone.group"),
    Finder("identity", "/roles", "role", "keystone.role"),
    Finder("identity", "/services", "service", "keystone.service"),
    Finder("identity", "/regions", "region", "keystone.region", by_name_only=True),
    Finder(
        "network",
        "/v2.0/address-scopes",
        "address_scope",
        "neutron.address_scope",
    ),
    Finder("network", "/v2.0/sfc/flow_classifiers", "flow_classifier", "neutron.flow_classifier"),
    Finder("network", "/v2.0/sfc/port_pairs", "port_pair", "neutron.port_pair"),
    Finder("network", "/v2.0/sfc/port_pair_groups", "port_pair_group", "neutron.port_pair_group"),
    Finder("network", "/v2.0/taas/tap_services", "tap_service", "neutron.taas.tap_service"),
    Finder("network", "/v2.0/taas/tap_flows", "tap_flow", "neutron.taas.tap_flow"),
    Finder("network", "/v2.0/lbaas/loadbalancers", "loadbalancer", "neutron.lbaas.loadbalancer"),
    Finder("network", "/v2.0/lbaas/listeners", "listener", "neutron.lbaas.listener"),
    Finder("network", "/v2.0/lbaas/pools", "pool", "neutron.lbaas.pool"),
    Finder(
        "network",
        "/v2.0/service-providers",
        "service_provider",
        "neutron.lbaas.provider",
        by_name_only=True,
        lists="/v2.0/service-providers",
    ),
    Finder(_BALANCER, "/v2/lbaas/loadbalancers", "loadbalancer", "octavia.loadbalancer"),
    Finder(_BALANCER, "/v2/lbaas/listeners", "listener", "octavia.listener"),
    Finder(_BALANCER, "/v2/lbaas/pools", "pool", "octavia.pool"),
    Finder(_BALANCER, "/v2/lbaas/l7policies", "l7policy", "octavia.l7policy", "l7policies"),
    Finder(_BALANCER, "/v2/lbaas/flavors", "flavor", "octavia.flavor"),
    Finder(_BALANCER, "/v2/lbaas/flavorprofiles", "flavorprofile", "octavia.flavorprofile"),
    Finder(
        _BALANCER,
        "/v2/lbaas/availabilityzones",
        "availability_zone",
        "octavia.availabilityzone",
        by_name_only=True,
    ),
    Finder(
        _BALANCER,
        "/v2/lbaas/availabilityzoneprofiles",
        "availability_zone_profile",
        "octavia.availabilityzoneprofile",
    ),
    Finder(_DNS, "/v2/zones", "zone", "designate.zone", bare=True),
    Finder(_KEYS, "/v1/secrets", "secret", "barbican.secret", by_name_only=True, bare=True),
    Finder(
        _KEYS, "/v1/containers", "container", "barbican.container", by_name_only=True, bare=True
    ),
    Finder(
        "container-infrastructure-management",
        "/clustertemplates",
        "clustertemplate",
        "magnum.cluster_template",
        bare=True,
        id_field="uuid",
        name_filter=False,
    ),
    Finder(_SHARES, "/share-networks", "share_network", "manila.share_network"),
    Finder(_SHARES, "/snapshots", "snapshot", "manila.share_snapshot"),
    Finder(_SHARES, "/types", "share_type", "manila.share_type", name_filter=False),
    Finder("workflow", "/v2/workflows", "workflow", "mistral.workflow", bare=True),
    Finder("database", "/flavors", "flavor", "trove.flavor", name_filter=False),
    Finder(
        _BARE_METAL,
        "/v1/nodes",
        "node",
        "ironic.node",
        bare=True,
        id_field="uuid",
        name_filter=False,
        microversion=_IRONIC_NAMES,
    ),
    Finder(
        _BARE_METAL,
        "/v1/portgroups",
        "portgroup",
        "ironic.portgroup",
        bare=True,
        id_field="uuid",
        name_filter=False,
        microversion=_IRONIC_NAMES,
    ),
)

FINDERS: Mapping[str, Finder] = {
    finder.constraint: finder for finder in (*_MADE_HERE, *_OTHERS) if finder.constraint
}

TAKEN_AS_GIVEN = frozenset(("blazar.reservation", "test_constr", "zaqar.queue"))
"""Constraints that nothing is asked for: reservations can't be read by themselves, a queue is
there as soon as it is used."""
