"""The sections [clients_...] of heat.conf: how each service of the cloud is reached."""

from collections.abc import Mapping

from oslo_config import cfg

from heat.cloud.settings import Way

SERVICES = {
    "aodh": ("alarming",),
    "barbican": ("key-manager",),
    "cinder": ("block-storage", "volumev3"),
    "designate": ("dns",),
    "glance": ("image",),
    "heat": ("orchestration",),
    "keystone": ("identity",),
    "magnum": ("container-infrastructure-management", "container-infra"),
    "manila": ("shared-file-system", "sharev2"),
    "mistral": ("workflow", "workflowv2"),
    "neutron": ("network",),
    "nova": ("compute",),
    "octavia": ("load-balancer",),
    "swift": ("object-store",),
    "trove": ("database",),
    "zaqar": ("messaging",),
}
"""The catalogue's types of what operators know by the names of projects."""

OPTIONS = [
    cfg.StrOpt("endpoint_type", help="Endpoints of this service to use."),
    cfg.StrOpt("ca_file", help="Certificates to trust for it."),
    cfg.BoolOpt("insecure", help="Trust any certificate of it."),
]
GROUPS = {f"clients_{name}": OPTIONS for name in SERVICES}


def ways(conf: cfg.ConfigOpts) -> Mapping[str, Way]:
    """Return how services are reached that are not reached like the others, by their types."""
    usual = Way(interface(conf.clients.endpoint_type), conf.clients.ca_file, conf.clients.insecure)
    found: dict[str, Way] = {}
    for name, types in SERVICES.items():
        said = conf[f"clients_{name}"]
        way = Way(
            interface(said.endpoint_type) if said.endpoint_type else usual.interface,
            usual.ca if said.ca_file is None else said.ca_file,
            usual.insecure if said.insecure is None else said.insecure,
        )
        if way != usual:
            found |= dict.fromkeys(types, way)
    return found


def interface(endpoint_type: str) -> str:
    """Return an interface as catalogues have it, of a name that operators know."""
    return endpoint_type.removesuffix("URL")


def caps(conf: cfg.ConfigOpts) -> Mapping[str, str]:
    """Return the newest microversions that may be asked for, by service."""
    said: dict[str, str | None] = {
        "nova": conf.max_nova_api_microversion,
        "cinder": conf.max_cinder_api_microversion,
    }
    return {kind: cap for name, cap in said.items() if cap for kind in SERVICES[name]}
