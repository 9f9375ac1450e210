"""Security groups and their rules."""

import ipaddress
from typing import Any

from devcloud.kernel.store import Row
from devcloud.neutron import quotas, refusals
from devcloud.neutron.kinds import ADDRESS_GROUP, SECURITY_GROUP, SECURITY_GROUP_RULE, accept
from devcloud.neutron.tables import Caller, Tables

PROTOCOLS = {
    "ah": 51,
    "dccp": 33,
    "egp": 8,
    "esp": 50,
    "gre": 47,
    "hopopt": 0,
    "icmp": 1,
    "igmp": 2,
    "ip": 0,
    "ipip": 4,
    "ipv6-encap": 41,
    "ipv6-frag": 44,
    "ipv6-icmp": 58,
    "icmpv6": 58,
    "ipv6-nonxt": 59,
    "ipv6-opts": 60,
    "ipv6-route": 43,
    "ospf": 89,
    "pgm": 113,
    "rsvp": 46,
    "sctp": 132,
    "tcp": 6,
    "udp": 17,
    "udplite": 136,
    "vrrp": 112,
}
WITH_PORTS = {"dccp": 33, "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136}
ICMP = {1, 58}
ONLY_IPV6 = {41, 43, 44, 58, 59, 60}
ANYWHERE = {None, "0.0.0.0/0", "::/0"}


def default_group(tables: Tables, project_id: str) -> Row:
    """Return the project's default group, made when it is first needed."""
    found = tables.groups.find("default", project_id)
    if found:
        return found[0]
    fields: Row = {"name": "default", "description": "Default security group", "stateful": True}
    group = tables.new(SECURITY_GROUP, project_id, {**fields, "shared": False})
    for ethertype in ("IPv4", "IPv6"):
        add(tables, group, open_rule("ingress", ethertype) | {"remote_group_id": group["id"]})
        add(tables, group, open_rule("egress", ethertype))
    return group


def make_group(tables: Tables, _caller: Caller, fields: Row, project_id: str) -> Row:
    """Make a group: it lets everything out."""
    default_group(tables, project_id)
    refuse_default_name(fields)
    quotas.take(tables, SECURITY_GROUP, project_id)
    group = tables.new(SECURITY_GROUP, project_id, {**fields, "shared": False})
    for ethertype in ("IPv4", "IPv6"):
        add(tables, group, open_rule("egress", ethertype))
    return group


def alter_group(tables: Tables, _caller: Caller, group: Row, fields: Row) -> Row:
    """Change a group; the default one keeps its name."""
    if group["name"] == "default" and fields.get("name", "default") != "default":
        raise refusals.conflict(
            "SecurityGroupCannotUpdateDefault", "Updating default security group not allowed."
        )
    if group["name"] != "default":
        refuse_default_name(fields)
    return tables.change(SECURITY_GROUP, group, fields)


def remove_group(tables: Tables, caller: Caller, group: Row) -> None:
    """Remove a group that no port has, with the rules that speak of it."""
    if tables.ports.count("security_groups", group["id"]):
        raise refusals.conflict("SecurityGroupInUse", f"Security Group {group['id']} in use.")
    if group["name"] == "default" and not caller.admin:
        raise refusals.conflict(
            "SecurityGroupCannotRemoveDefault",
            "Insufficient rights for removing default security group.",
        )
    for field in ("security_group_id", "remote_group_id"):
        for rule in tables.rules.find(field, group["id"]):
            tables.rules.pop(rule["id"])
    tables.groups.pop(group["id"])


def make_rule(tables: Tables, caller: Caller, fields: Row, project_id: str) -> Row:
    """Make a rule that the group does not have yet."""
    rule = checked_rule(fields)
    group = tables.seen(SECURITY_GROUP, caller, rule["security_group_id"])
    if rule["remote_group_id"] is not None:
        tables.seen(SECURITY_GROUP, caller, rule["remote_group_id"])
    if rule["remote_address_group_id"] is not None:
        tables.seen(ADDRESS_GROUP, caller, rule["remote_address_group_id"])
    for other in tables.rules.find("security_group_id", group["id"]):
        if meaning(other) == meaning(rule):
            raise refusals.conflict(
                "SecurityGroupRuleExists",
                f"Security group rule already exists. Rule id is {other['id']}.",
            )
    quotas.take(tables, SECURITY_GROUP_RULE, project_id)
    tables.change(SECURITY_GROUP, group)
    return add(tables, group, rule, project_id)


def alter_rule(tables: Tables, _caller: Caller, rule: Row, fields: Row) -> Row:
    """Change a rule's description: nothing else can be changed."""
    return tables.change(SECURITY_GROUP_RULE, rule, fields)


def remove_rule(tables: Tables, _caller: Caller, rule: Row) -> None:
    """Remove a rule."""
    tables.rules.pop(rule["id"])
    group = tables.groups.get(rule["security_group_id"])
    if group is not None:
        tables.change(SECURITY_GROUP, group)


def refuse_twins(wanted: list[Row]) -> None:
    """Refuse rules made together of which two mean the same."""
    rules = [checked_rule(accept(SECURITY_GROUP_RULE, one, new=True)) for one in wanted]
    meanings = [(rule["security_group_id"], meaning(rule)) for rule in rules]
    if len(set(meanings)) != len(meanings):
        raise refusals.conflict(
            "DuplicateSecurityGroupRuleInPost", "Duplicate Security Group Rule in POST."
        )


def add(tables: Tables, group: Row, rule: Row, project_id: str | None = None) -> Row:
    """Keep a rule."""
    fields = {
        **rule,
        "security_group_id": group["id"],
        "belongs_to_default_sg": group["name"] == "default",
    }
    return tables.new(SECURITY_GROUP_RULE, project_id or group["project_id"], fields)


def open_rule(direction: str, ethertype: str) -> Row:
    """Return a rule for all traffic of a direction."""
    return {
        "direction": direction,
        "ethertype": ethertype,
        "protocol": None,
        "port_range_min": None,
        "port_range_max": None,
        "remote_ip_prefix": None,
        "normalized_cidr": None,
        "remote_group_id": None,
        "remote_address_group_id": None,
        "description": None,
    }


def refuse_default_name(fields: Row) -> None:
    """Refuse a second group of that name."""
    if str(fields.get("name", "")).lower() == "default":
        raise refusals.conflict(
            "SecurityGroupDefaultAlreadyExists", "Default security group already exists."
        )


def meaning(rule: Row) -> tuple[Any, ...]:
    """Return what makes two rules the same."""
    cidr = rule["normalized_cidr"]
    return (
        rule["direction"],
        rule["ethertype"],
        number_of(rule["protocol"]),
        rule["port_range_min"],
        rule["port_range_max"],
        rule["remote_group_id"],
        rule["remote_address_group_id"],
        None if cidr in ANYWHERE else cidr,
    )


def checked_rule(fields: Row) -> Row:
    """Return a rule as it is kept."""
    rule = dict(fields)
    rule["ethertype"] = ethertype_of(fields["ethertype"])
    rule["protocol"] = protocol_of(fields["protocol"])
    for end in ("port_range_min", "port_range_max"):
        rule[end] = port_of(fields[end])
    rule["remote_ip_prefix"] = prefix_of(fields["remote_ip_prefix"])
    check_ports(rule)
    number = number_of(rule["protocol"])
    if rule["ethertype"] == "IPv4" and number in ONLY_IPV6:
        raise refusals.refused(
            400,
            "SecurityGroupEthertypeConflictWithProtocol",
            f"Invalid ethertype IPv4 for protocol {fields['protocol']}.",
        )
    if rule["protocol"] == "icmpv6":
        rule["protocol"] = "ipv6-icmp"
    check_remote(rule)
    return rule


def check_remote(rule: Row) -> None:
    """Check where the traffic comes from or goes to, and note it in one form."""
    remotes = ("remote_ip_prefix", "remote_group_id", "remote_address_group_id")
    if sum(rule[remote] is not None for remote in remotes) > 1:
        raise refusals.refused(
            400,
            "SecurityGroupMultipleRemoteEntites",
            "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id "
            "may be provided.",
        )
    prefix = rule["remote_ip_prefix"]
    rule["normalized_cidr"] = None
    if prefix is None:
        return
    block = ipaddress.ip_network(prefix, strict=False)
    if f"IPv{block.version}" != rule["ethertype"]:
        raise refusals.refused(
            400,
            "SecurityGroupRuleParameterConflict",
            f"Conflicting value ethertype {rule['ethertype']} for CIDR {prefix}",
        )
    rule["normalized_cidr"] = str(block)


def check_ports(rule: Row) -> None:
    """Check the range of ports, or the type and code of ICMP."""
    low, high = rule["port_range_min"], rule["port_range_max"]
    if low is None and high is None:
        return
    number = number_of(rule["protocol"])
    if number is None:
        raise refusals.refused(
            400,
            "SecurityGroupProtocolRequiredWithPorts",
            "Must also specify protocol if port range is given.",
        )
    if number in ICMP:
        check_icmp(low, high)
    elif number not in WITH_PORTS.values():
        known = ", ".join(name.upper() for name in sorted(WITH_PORTS))
        raise refusals.refused(
            400,
            "SecurityGroupInvalidProtocolForPort",
            f"Ports cannot be specified for protocol {rule['protocol']}. "
            f"Ports are only supported for {known}.",
        )
    elif 0 in (low, high):
        raise wrong_port(0)
    elif low is None or high is None or low > high:
        raise refusals.refused(
            400,
            "SecurityGroupInvalidPortRange",
            "For TCP/UDP protocols, port_range_min must be <= port_range_max",
        )


def check_icmp(kind: int | None, code: int | None) -> None:
    """Check the type and the code of ICMP."""
    named = (("type", "port_range_min", kind), ("code", "port_range_max", code))
    for field, name, value in named:
        if value is not None and value > 255:
            raise refusals.refused(
                400,
                "SecurityGroupInvalidIcmpValue",
                f"Invalid value for ICMP {field} ({name}) {value}. It must be 0 to 255.",
            )
    if kind is None:
        raise refusals.refused(
            400,
            "SecurityGroupMissingIcmpType",
            f"ICMP code (port-range-max) {code} is provided but ICMP type "
            "(port-range-min) is missing.",
        )


def ethertype_of(value: Any) -> str:
    """Return IPv4 or IPv6."""
    for known in ("IPv4", "IPv6"):
        if str(value).lower() == known.lower():
            return known
    raise refusals.refused(
        400,
        "SecurityGroupRuleInvalidEtherType",
        f"Security group rule for ethertype '{value}' not supported. "
        "Allowed values are ['IPv4', 'IPv6'].",
    )


def protocol_of(value: Any) -> str | None:
    """Return a protocol's name, or its number as text; None is any."""
    name = None if value is None else str(value).lower()
    if name in (None, "", "any", "0"):
        return None
    if name in PROTOCOLS or (name.isdigit() and int(name) <= 255):
        return name
    known = ", ".join(repr(one) for one in ("any", *PROTOCOLS))
    raise refusals.refused(
        400,
        "SecurityGroupRuleInvalidProtocol",
        f"Security group rule protocol {value} not supported. Only protocol values "
        f"(None, {known}) and integer representations [0 to 255] are supported.",
    )


def number_of(protocol: str | None) -> int | None:
    """Return a protocol's number."""
    if protocol is None:
        return None
    return PROTOCOLS[protocol] if protocol in PROTOCOLS else int(protocol)


def port_of(value: Any) -> int | None:
    """Return a port's number."""
    if value is None:
        return None
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise wrong_port(value) from None
    if not 0 <= number <= 65535:
        raise wrong_port(value)
    return number


def wrong_port(value: Any) -> Exception:
    """Return the refusal of what is not a port."""
    return refusals.refused(400, "SecurityGroupInvalidPortValue", f"Invalid value for port {value}")


def prefix_of(value: Any) -> str | None:
    """Return a prefix with its length, the bits behind it as they were given."""
    if value is None:
        return None
    try:
        block = ipaddress.ip_network(value, strict=False)
    except (TypeError, ValueError):
        raise refusals.refused(
            400, "InvalidCIDR", f"Invalid CIDR {value} given as IP prefix."
        ) from None
    return value if "/" in value else str(block)
