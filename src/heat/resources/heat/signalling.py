"""Where a resource can be told something: its addresses, and the text that names it."""

import re
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from heat.base.errors import Permanent
from heat.plugin.resource import Here
from heat.plugin.signing import signed
from heat.plugin.steps import IDENTITY, Steps
from heat.plugin.users import user_of

_NAMED = re.compile(
    r"stacks/[^/]+/(?P<stack>[^/]+)/resources/(?P<name>[^/?]+)[^?]*(\?(.*&)?handle=(?P<id>[^&]+))?"
)


class Endpoint(NamedTuple):
    """Where a service is."""

    url: str
    region: str


def native_address(here: Here) -> Steps[str | None]:
    """Return where the native API takes signals to a resource; None without an endpoint.

    The resource's user calls it for the project of users that it is in.
    """
    found = yield from endpoint_of("orchestration")
    if found is None:
        return None
    url = found.url.replace(here.project, str(user_of(here.data).get("project", here.project)))
    stack, resource = quote(here.stack, safe=""), quote(here.resource, safe="")
    return f"{url}/stacks/{stack}/{here.stack_id}/resources/{resource}/signal"


def cfn_address(here: Here, item: str) -> Steps[str]:
    """Return where the CloudFormation API takes what a wait condition waits for.

    Without such an endpoint it is the native one, and without that the resource's name alone.
    The physical id tells a handle from the one that it replaces.
    """
    named, user = arn(here), user_of(here.data)
    found = yield from endpoint_of("cloudformation")
    if found is None:
        address = (yield from native_address(here)) or named
    else:
        address = f"{found.url}/waitcondition/{quote(named, safe='')}"
        if user:
            return signed(address, "PUT", user["access"], user["secret"], handle=item)
    return f"{address}?handle={item}"


def signal_address(here: Here) -> Steps[str]:
    """Return where the CloudFormation API takes other signals, else the native address."""
    user = user_of(here.data)
    found = yield from endpoint_of("cloudformation")
    if found is None:
        return (yield from native_address(here)) or arn(here)
    address = f"{found.url}/signal/{quote(arn(here), safe='')}"
    return signed(address, "POST", user["access"], user["secret"]) if user else address


def arn(here: Here) -> str:
    """Return the ARN of a resource."""
    stack = f"arn:openstack:heat::{here.project}:stacks/{here.stack}/{here.stack_id}"
    return f"{stack}/resources/{here.resource}"


def named_in(address: str) -> tuple[str, str] | None:
    """Return the ids of the stack and of the resource, or its name, that an address leads to."""
    found = _NAMED.search(unquote(address))
    return (found["stack"], found["id"] or found["name"]) if found else None


def endpoint_of(service: str) -> Steps[Endpoint | None]:
    """Return the public endpoint of a service; None where the catalogue has none."""
    try:
        reply = yield IDENTITY.get("/auth/catalog")
    except Permanent:
        return None
    catalog: Any = reply.get("catalog")
    for entry in catalog if isinstance(catalog, list) else ():  # pyright: ignore[reportUnknownVariableType]
        if entry["type"] == service:
            for endpoint in entry["endpoints"]:
                if endpoint["interface"] == "public":
                    region = str(endpoint.get("region") or "")
                    return Endpoint(str(endpoint["url"]).rstrip("/"), region)
    return None
