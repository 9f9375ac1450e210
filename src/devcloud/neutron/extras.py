"""What of the API is no object: quotas, extensions, how full networks are."""

from functools import partial
from typing import Any

from devcloud.kernel.store import Row
from devcloud.kernel.web import Call, Handler, Reply
from devcloud.neutron import addresses, quotas, refusals
from devcloud.neutron.extensions import EXTENSIONS
from devcloud.neutron.kinds import NETWORK
from devcloud.neutron.tables import Caller, Tables


def routes(tables: Tables) -> dict[tuple[str, str], Handler]:
    """Return the routes."""
    quota = "/v2.0/quotas/{project_id}"
    return {
        ("GET", "/v2.0/extensions"): list_extensions,
        ("GET", "/v2.0/extensions/{alias}"): show_extension,
        ("GET", "/v2.0/quotas"): partial(list_quotas, tables),
        ("GET", quota): partial(show_quota, tables),
        ("GET", f"{quota}/default"): partial(show_default_quota, tables),
        ("GET", f"{quota}/details"): partial(show_usage, tables),
        ("PUT", quota): partial(change_quota, tables),
        ("DELETE", quota): partial(forget_quota, tables),
        ("GET", "/v2.0/availability_zones"): empty("availability_zones"),
        ("GET", "/v2.0/rbac-policies"): empty("rbac_policies"),
        ("GET", "/v2.0/floatingip_pools"): partial(list_floating_pools, tables),
        ("GET", "/v2.0/network-ip-availabilities"): partial(list_availability, tables),
        ("GET", "/v2.0/network-ip-availabilities/{id}"): partial(show_availability, tables),
    }


def list_extensions(_call: Call) -> Row:
    """List the extensions."""
    return {"extensions": [one.view() for one in EXTENSIONS.values()]}


def show_extension(call: Call) -> Row:
    """Show an extension."""
    alias = call.params["alias"]
    if alias not in EXTENSIONS:
        raise refusals.refused(404, "HTTPNotFound", f"Extension with alias {alias} does not exist")
    return {"extension": EXTENSIONS[alias].view()}


def list_quotas(tables: Tables, call: Call) -> Row:
    """List the projects whose quotas differ from the defaults."""
    administrator(call, "get_quota")
    shown: list[Row] = []
    for row in tables.quotas.all():
        ids = {"project_id": row["id"], "tenant_id": row["id"]}
        shown.append({**quotas.limits(tables, row["id"]), **ids})
    return {"quotas": shown}


def show_quota(tables: Tables, call: Call) -> Row:
    """Show a project's quotas; the names `tenant` and `project` ask for the caller's id."""
    name = call.params["project_id"]
    if name in {"tenant", "project"}:
        return {name: {f"{name}_id": call.project_id}}
    return {"quota": quotas.limits(tables, own_project(call))}


def show_default_quota(_tables: Tables, call: Call) -> Row:
    """Show the quotas of a project for which none are set."""
    own_project(call)
    return {"quota": dict(quotas.DEFAULTS)}


def show_usage(tables: Tables, call: Call) -> Row:
    """Show a project's quotas with what is used of them."""
    return {"quota": quotas.usage(tables, own_project(call))}


def change_quota(tables: Tables, call: Call) -> Row:
    """Set some of a project's quotas."""
    administrator(call, "update_quota")
    body: Any = call.body if isinstance(call.body, dict) else {}
    wanted = body.get("quota")
    if not isinstance(wanted, dict):
        raise refusals.malformed("Unable to find 'quota' in request body")
    return {"quota": quotas.change(tables, call.params["project_id"], wanted)}


def forget_quota(tables: Tables, call: Call) -> Reply:
    """Put a project back to the defaults."""
    administrator(call, "delete_quota")
    quotas.forget(tables, call.params["project_id"])
    return Reply(204)


def list_floating_pools(tables: Tables, call: Call) -> Row:
    """List the subnets that floating IPs come from."""
    caller = Caller.of(call.token)
    pools: list[Row] = []
    for network in tables.visible(NETWORK, caller, tables.networks.find("public", True)):
        for subnet in tables.subnets_of(network["id"]):
            if network["router:external"] and subnet["ip_version"] == 4:
                pool = {"subnet_id": subnet["id"], "subnet_name": subnet["name"]}
                pool |= {"project_id": call.project_id, "tenant_id": call.project_id}
                pools.append({**pool, "network_id": network["id"], "cidr": subnet["cidr"]})
    return {"floatingip_pools": pools}


def list_availability(tables: Tables, call: Call) -> Row:
    """List how full networks are, for administrators."""
    networks = tables.networks.all() if Caller.of(call.token).admin else []
    wanted = {name: call.args(name) for name in ("network_id", "network_name") if call.args(name)}
    shown = [availability(tables, network) for network in networks]
    found = [one for one in shown if all(one[name] in some for name, some in wanted.items())]
    return {"network_ip_availabilities": found}


def show_availability(tables: Tables, call: Call) -> Row:
    """Show how full a network is, to administrators."""
    if not Caller.of(call.token).admin:
        raise refusals.refused(404, "HTTPNotFound", "The resource could not be found.")
    network = tables.find(NETWORK, call.params["id"])
    return {"network_ip_availability": availability(tables, network)}


def availability(tables: Tables, network: Row) -> Row:
    """Return how full a network is."""
    subnets = [fullness(tables, subnet) for subnet in tables.subnets_of(network["id"])]
    return {
        "network_id": network["id"],
        "network_name": network["name"],
        "project_id": network["project_id"],
        "tenant_id": network["project_id"],
        "subnet_ip_availability": subnets,
        "used_ips": sum(subnet["used_ips"] for subnet in subnets),
        "total_ips": sum(subnet["total_ips"] for subnet in subnets),
    }


def fullness(tables: Tables, subnet: Row) -> Row:
    """Return how full a subnet is."""
    used = sum(
        ip["subnet_id"] == subnet["id"]
        for port in tables.ports.find("subnet", subnet["id"])
        for ip in port["fixed_ips"]
    )
    pools = addresses.spans(subnet["allocation_pools"])
    return {
        "subnet_id": subnet["id"],
        "subnet_name": subnet["name"],
        "ip_version": subnet["ip_version"],
        "cidr": subnet["cidr"],
        "used_ips": used,
        "total_ips": sum(pool.stop - pool.start for pool in pools),
    }


def own_project(call: Call) -> str:
    """Return the project of the path; others' are for administrators."""
    project_id = call.params["project_id"]
    if project_id != call.project_id and not Caller.of(call.token).admin:
        raise refusals.denied("get_quota")
    return project_id


def administrator(call: Call, rule: str) -> None:
    """Refuse everybody but administrators."""
    if not Caller.of(call.token).admin:
        raise refusals.denied(rule)


def empty(name: str) -> Handler:
    """Return the handler of a list that has nothing."""

    def answer(_call: Call) -> Row:
        return {name: []}

    return answer
