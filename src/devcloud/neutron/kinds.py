"""What the objects of a network are made of, as tables: the API's checks and lists follow them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devcloud.neutron import checks, refusals
from devcloud.neutron.checks import Check, boolean, counted, optional, string, uuid

ABSENT = object()
"""As a default: what is not given stays out."""


@dataclass(frozen=True)
class Field:
    """One attribute: how it is checked, when it may be given, whether lists filter by it."""

    check: Check = checks.anything
    default: Any = ABSENT
    post: bool = True
    put: bool = True
    required: bool = False
    filter: bool = True
    admin: bool = False
    """Only an administrator may give it."""
    hidden: bool = False
    """Only an administrator sees it."""


@dataclass(frozen=True)
class Kind:
    """One kind of object."""

    name: str
    fields: Mapping[str, Field]
    missing: tuple[str, str]
    """Type and text of the refusal when there is none with an id."""
    plural: str = ""
    first_revision: int = 0
    quota: str | None = None
    label: str = ""
    """What refusals call requests for it."""
    hidden: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        hidden = frozenset(name for name, one in self.fields.items() if one.hidden)
        object.__setattr__(self, "hidden", hidden)
        object.__setattr__(self, "plural", self.plural or f"{self.name}s")

    @property
    def collection(self) -> str:
        """The last segment of the path of its list."""
        return self.plural.replace("_", "-")


def given(filter: bool = True) -> Field:  # noqa: A002 - the word for it
    """Declare what clients only read."""
    return Field(post=False, put=False, filter=filter)


COMMON: Mapping[str, Field] = {
    "id": given(),
    "name": Field(string(255), ""),
    "description": Field(string(255), ""),
    "project_id": Field(string(255), put=False),
    "tenant_id": Field(string(255), put=False),
    "tags": given(),
    "created_at": given(filter=False),
    "updated_at": given(filter=False),
    "revision_number": given(),
}
PROVIDER = Field(admin=True, hidden=True, put=False)
PREFIX_LENGTH = Field(counted)
RA_MODE = Field(
    checks.one_of("dhcpv6-stateful", "dhcpv6-stateless", "slaac", None), None, put=False
)
BINDING = Field(admin=True, hidden=True)

NETWORK = Kind(
    "network",
    {
        **COMMON,
        "admin_state_up": Field(boolean, True),
        "status": given(),
        "subnets": given(filter=False),
        "shared": Field(boolean, False, admin=True),
        "router:external": Field(boolean, False, admin=True),
        "is_default": Field(boolean, False, admin=True),
        "mtu": Field(counted, 0),
        "port_security_enabled": Field(boolean, True, filter=False),
        "dns_domain": Field(checks.domain_name, "", filter=False),
        "qos_policy_id": Field(optional(uuid), None, filter=False),
        "availability_zone_hints": Field(default=[], put=False, filter=False),
        "availability_zones": given(filter=False),
        "ipv4_address_scope": given(filter=False),
        "ipv6_address_scope": given(filter=False),
        "l2_adjacency": given(filter=False),
        "vlan_transparent": Field(boolean, False, put=False, admin=True),
        "qinq": Field(boolean, False, put=False, admin=True),
        "provider:network_type": PROVIDER,
        "provider:physical_network": PROVIDER,
        "provider:segmentation_id": PROVIDER,
    },
    ("NetworkNotFound", "Network {} could not be found."),
    first_revision=1,
    quota="network",
    label="networks",
)

SUBNET = Kind(
    "subnet",
    {
        **COMMON,
        "network_id": Field(uuid, required=True, put=False),
        "ip_version": Field(checks.version, 4, put=False),
        "cidr": Field(optional(checks.block), put=False),
        "gateway_ip": Field(optional(checks.address)),
        "allocation_pools": Field(checks.pools, filter=False),
        "dns_nameservers": Field(checks.nameservers, [], filter=False),
        "host_routes": Field(checks.routes, [], filter=False),
        "enable_dhcp": Field(boolean, True),
        "ipv6_ra_mode": RA_MODE,
        "ipv6_address_mode": RA_MODE,
        "subnetpool_id": Field(optional(uuid), None, put=False),
        "prefixlen": Field(counted, put=False, filter=False),
        "use_default_subnetpool": Field(boolean, False, put=False, filter=False),
        "segment_id": Field(optional(uuid), None, admin=True, hidden=True),
        "service_types": Field(default=[], filter=False, admin=True),
        "router:external": given(),
        "shared": given(),
    },
    ("SubnetNotFound", "Subnet {} could not be found."),
    quota="subnet",
    label="subnets",
)

PORT = Kind(
    "port",
    {
        **COMMON,
        "network_id": Field(uuid, required=True, put=False),
        "admin_state_up": Field(boolean, True),
        "status": given(),
        "mac_address": Field(optional(checks.mac)),
        "fixed_ips": Field(checks.fixed_ips),
        "device_id": Field(string(255), ""),
        "device_owner": Field(string(255), ""),
        "security_groups": Field(checks.uuids),
        "allowed_address_pairs": Field(checks.address_pairs, filter=False),
        "port_security_enabled": Field(boolean, filter=False),
        "extra_dhcp_opts": Field(checks.dhcp_options, [], filter=False),
        "dns_name": Field(checks.host_name, "", filter=False),
        "dns_domain": Field(checks.domain_name, "", filter=False),
        "dns_assignment": given(filter=False),
        "qos_policy_id": Field(optional(uuid), None, filter=False),
        "qos_network_policy_id": given(filter=False),
        "propagate_uplink_status": Field(boolean, True, put=False, filter=False),
        "data_plane_status": Field(filter=False, post=False, admin=True),
        "ip_allocation": given(),
        "binding:vnic_type": Field(
            checks.one_of(
                *("normal", "direct", "macvtap", "baremetal", "direct-physical"),
                *("virtio-forwarder", "smart-nic", "remote-managed", "accelerator-direct"),
                *("accelerator-direct-physical", "vdpa"),
            ),
            "normal",
            filter=False,
        ),
        "binding:host_id": BINDING,
        "binding:profile": Field(checks.mapping, admin=True, hidden=True, filter=False),
        "binding:vif_type": Field(hidden=True, post=False, put=False, filter=False),
        "binding:vif_details": Field(hidden=True, post=False, put=False, filter=False),
        "resource_request": Field(hidden=True, post=False, put=False, filter=False),
    },
    ("PortNotFound", "Port {} could not be found."),
    first_revision=1,
    quota="port",
    label="ports",
)

ROUTER = Kind(
    "router",
    {
        **COMMON,
        "admin_state_up": Field(boolean, True),
        "status": given(filter=False),
        "external_gateway_info": Field(checks.gateway, None, filter=False),
        "routes": Field(checks.routes, post=False, filter=False),
        "distributed": Field(optional(boolean), filter=False, admin=True, hidden=True),
        "ha": Field(optional(boolean), filter=False, admin=True, hidden=True),
        "availability_zone_hints": Field(default=[], put=False, filter=False),
        "availability_zones": given(filter=False),
        "flavor_id": Field(default=None, put=False, filter=False),
        "conntrack_helpers": given(filter=False),
    },
    ("RouterNotFound", "Router {} could not be found"),
    first_revision=1,
    quota="router",
    label="router",
)

FLOATING_IP = Kind(
    "floatingip",
    {
        **{name: one for name, one in COMMON.items() if name != "name"},
        "floating_network_id": Field(uuid, required=True, put=False),
        "floating_ip_address": Field(optional(checks.address), None, put=False, admin=True),
        "subnet_id": Field(optional(uuid), None, put=False, filter=False),
        "port_id": Field(optional(uuid)),
        "fixed_ip_address": Field(optional(checks.address)),
        "router_id": given(),
        "status": given(),
        "dns_name": Field(checks.host_name, "", put=False, filter=False),
        "dns_domain": Field(checks.domain_name, "", put=False, filter=False),
        "qos_policy_id": Field(optional(uuid), None, filter=False),
        "port_details": given(filter=False),
        "port_forwardings": given(filter=False),
    },
    ("FloatingIPNotFound", "Floating IP {} could not be found"),
    quota="floatingip",
    label="floatingip",
)

SECURITY_GROUP = Kind(
    "security_group",
    {
        **COMMON,
        "stateful": Field(boolean, True),
        "shared": given(),
        "security_group_rules": given(filter=False),
    },
    ("SecurityGroupNotFound", "Security group {} does not exist"),
    first_revision=1,
    quota="security_group",
    label="security_group",
)

SECURITY_GROUP_RULE = Kind(
    "security_group_rule",
    {
        **{name: one for name, one in COMMON.items() if name not in {"name", "tags"}},
        "security_group_id": Field(string(36), required=True, put=False),
        "direction": Field(checks.one_of("ingress", "egress"), required=True, put=False),
        "ethertype": Field(default="IPv4", put=False),
        "protocol": Field(default=None, put=False),
        "port_range_min": Field(default=None, put=False),
        "port_range_max": Field(default=None, put=False),
        "remote_ip_prefix": Field(default=None, put=False),
        "remote_group_id": Field(default=None, put=False),
        "remote_address_group_id": Field(default=None, put=False),
        "normalized_cidr": given(),
        "belongs_to_default_sg": given(),
    },
    ("SecurityGroupRuleNotFound", "Security group rule {} does not exist"),
    quota="security_group_rule",
    label="security_group_rule",
)

SUBNET_POOL = Kind(
    "subnetpool",
    {
        **COMMON,
        "name": Field(string(255), required=True),
        "prefixes": Field(checks.cidrs, required=True, filter=False),
        "default_prefixlen": PREFIX_LENGTH,
        "min_prefixlen": PREFIX_LENGTH,
        "max_prefixlen": PREFIX_LENGTH,
        "default_quota": Field(optional(counted), None),
        "address_scope_id": Field(optional(uuid), None),
        "shared": Field(boolean, False, put=False, admin=True),
        "is_default": Field(boolean, False, admin=True),
        "ip_version": given(),
    },
    ("SubnetPoolNotFound", "Subnet pool {} could not be found."),
    quota="subnetpool",
    label="subnetpool",
)

ADDRESS_SCOPE = Kind(
    "address_scope",
    {
        **{name: COMMON[name] for name in ("id", "name", "project_id", "tenant_id")},
        "shared": Field(boolean, False, admin=True),
        "ip_version": Field(checks.version, required=True, put=False),
    },
    ("AddressScopeNotFound", "Address scope {} could not be found."),
    label="address_scope",
)

ADDRESS_GROUP = Kind(
    "address_group",
    {
        **{name: one for name, one in COMMON.items() if name != "tags"},
        "addresses": Field(checks.cidrs, [], put=False, filter=False),
    },
    ("AddressGroupNotFound", "Address group {} could not be found."),
    first_revision=1,
    label="address_group",
)

QOS_POLICY = Kind(
    "policy",
    {
        **COMMON,
        "shared": Field(boolean, False),
        "is_default": Field(boolean, False),
        "rules": given(filter=False),
    },
    ("QosPolicyNotFound", "QoS policy {} could not be found."),
    plural="policies",
    label="policy",
)

KINDS = (
    *(NETWORK, SUBNET, PORT, ROUTER, FLOATING_IP, SECURITY_GROUP, SECURITY_GROUP_RULE),
    *(SUBNET_POOL, ADDRESS_SCOPE, ADDRESS_GROUP, QOS_POLICY),
)


def accept(kind: Kind, wanted: Mapping[str, Any], *, new: bool) -> dict[str, Any]:
    """Return what the request gives, checked; a new object gets its defaults."""
    unknown = [name for name in wanted if name not in kind.fields]
    if unknown:
        names = ", ".join(unknown)
        raise refusals.malformed(f"Unrecognized attribute(s) '{names}'")
    for name in wanted:
        one = kind.fields[name]
        if new and not one.post:
            raise refusals.malformed(f"Attribute '{name}' not allowed in POST")
        if not new and not one.put:
            raise refusals.malformed(f"Cannot update read-only attribute {name}")
    found: dict[str, Any] = {}
    for name, one in kind.fields.items():
        if name in wanted:
            found[name] = checked(name, one, wanted[name])
        elif new and one.required:
            raise refusals.malformed(
                f"Failed to parse request. Required attribute '{name}' not specified"
            )
        elif new and one.post and one.default is not ABSENT:
            default = one.default
            found[name] = list(default) if isinstance(default, list) else default
    return found


def checked(name: str, one: Field, value: Any) -> Any:
    """Return the value as it is kept."""
    try:
        return one.check(value)
    except checks.Wrong as wrong:
        raise refusals.malformed(f"Invalid input for {name}. Reason: {wrong}.") from None
