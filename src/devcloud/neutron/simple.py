"""Kinds that are hardly more than what was said of them: address scopes, QoS policies."""

from devcloud.kernel.store import Row
from devcloud.neutron import refusals
from devcloud.neutron.kinds import ADDRESS_GROUP, ADDRESS_SCOPE, QOS_POLICY
from devcloud.neutron.tables import Caller, Tables


def make_scope(tables: Tables, _caller: Caller, fields: Row, project_id: str) -> Row:
    """Make an address scope."""
    return tables.new(ADDRESS_SCOPE, project_id, fields)


def make_address_group(tables: Tables, _caller: Caller, fields: Row, project_id: str) -> Row:
    """Make an address group."""
    return tables.new(ADDRESS_GROUP, project_id, fields)


def make_policy(tables: Tables, caller: Caller, fields: Row, project_id: str) -> Row:
    """Make a QoS policy; only an administrator may."""
    if not caller.admin:
        raise refusals.denied("create_policy")
    return tables.new(QOS_POLICY, project_id, {**fields, "rules": []})


def alter_scope(tables: Tables, _caller: Caller, row: Row, fields: Row) -> Row:
    """Change an address scope."""
    return tables.change(ADDRESS_SCOPE, row, fields)


def alter_address_group(tables: Tables, _caller: Caller, row: Row, fields: Row) -> Row:
    """Change an address group."""
    return tables.change(ADDRESS_GROUP, row, fields)


def alter_policy(tables: Tables, _caller: Caller, row: Row, fields: Row) -> Row:
    """Change a QoS policy."""
    return tables.change(QOS_POLICY, row, fields)


def remove_scope(tables: Tables, _caller: Caller, row: Row) -> None:
    """Remove an address scope that no pool is in."""
    if tables.pools.count("address_scope_id", row["id"]):
        raise refusals.conflict(
            "AddressScopeInUse",
            f"Unable to complete operation on address scope {row['id']}. There are one or more "
            "subnet pools in use on the address scope.",
        )
    tables.of(ADDRESS_SCOPE).pop(row["id"])


def remove_address_group(tables: Tables, _caller: Caller, row: Row) -> None:
    """Remove an address group that no rule speaks of."""
    if tables.rules.count("remote_address_group_id", row["id"]):
        raise refusals.conflict(
            "AddressGroupInUse",
            f"Address group {row['id']} is in use on one or more security group rules.",
        )
    tables.of(ADDRESS_GROUP).pop(row["id"])


def remove_policy(tables: Tables, _caller: Caller, row: Row) -> None:
    """Remove a QoS policy that nothing uses."""
    for table, name in ((tables.ports, "port"), (tables.networks, "network")):
        for user in table.find("qos_policy_id", row["id"]):
            raise refusals.conflict(
                "QosPolicyInUse", f"QoS Policy {row['id']} is used by {name} {user['id']}."
            )
    tables.of(QOS_POLICY).pop(row["id"])


def change_addresses(
    tables: Tables, row: Row, *, add: list[str] | None = None, remove: list[str] | None = None
) -> Row:
    """Add addresses to a group, or remove them."""
    kept = [one for one in row["addresses"] if one not in (remove or [])]
    found = kept + [one for one in add or [] if one not in kept]
    return tables.change(ADDRESS_GROUP, row, {"addresses": found})
