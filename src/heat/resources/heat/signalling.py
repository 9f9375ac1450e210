"""Where a resource can be told something: its addresses, and the text that names it."""

import re
from typing import Any
from urllib.parse import quote, unquote

from heat.base.errors import Permanent
from heat.plugin.resource import Here
from heat.plugin.steps import IDENTITY, Steps

_NAMED = re.compile(
    r"stacks/[^/]+/(?P<stack>[^/]+)/resources/(?P<name>[^/?]+)[^?]*(\?handle=(?P<id>[^&]+))?"
)


def native_address(here: Here) -> Steps[str | None]:
    """Return where the native API takes signals to a resource; None without an endpoint."""
    endpoint = yield from endpoint_of("orchestration")
    if endpoint is None:
        return None
    return f"{endpoint}/stacks/{here.stack}/{here.stack_id}/resources/{here.resource}/signal"


def cfn_address(here: Here, item: str) -> Steps[str]:
    """Return where the CloudFormation API takes what a wait condition waits for.

    Without such an endpoint it is the native one, and without that the resource's name alone.
    The physical id at the end tells a handle from the one that it replaces.
    """
    named = arn(here)
    endpoint = yield from endpoint_of("cloudformation")
    if endpoint is not None:
        address = f"{endpoint}/waitcondition/{quote(named, safe='')}"
    else:
        address = (yield from native_address(here)) or named
    return f"{address}?handle={item}"


def deployment_address(here: Here) -> Steps[str]:
    """Return where the CloudFormation API takes what a deployment waits for, else the native."""
    endpoint = yield from endpoint_of("cloudformation")
    if endpoint is not None:
        return f"{endpoint}/signal/{quote(arn(here), safe='')}"
    return (yield from native_address(here)) or arn(here)


def arn(here: Here) -> str:
    """Return the ARN of a resource."""
    stack = f"arn:openstack:heat::{here.project}:stacks/{here.stack}/{here.stack_id}"
    return f"{stack}/resources/{here.resource}"


def named_in(address: str) -> tuple[str, str] | None:
    """Return the ids of the stack and of the resource, or its name, that an address leads to."""
    found = _NAMED.search(unquote(address))
    return (found["stack"], found["id"] or found["name"]) if found else None


def endpoint_of(service: str) -> Steps[str | None]:
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
                    return str(endpoint["url"]).rstrip("/")
    return None
