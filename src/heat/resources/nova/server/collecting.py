"""Where the agent in a server gets its metadata: what os-collect-config is told, and as whom."""

from collections.abc import Mapping
from typing import Any

from heat.plugin.private import AGENT
from heat.plugin.resource import Here
from heat.plugin.steps import Keep, Steps
from heat.plugin.users import enrol, user_of
from heat.resources.heat.signalling import endpoint_of
from heat.resources.heat.transports import credentials


def arrange(here: Here, transport: str) -> Steps[Here]:
    """Give a server a user by whom its agent asks; returns its place with what is kept by then."""
    here = yield from enrol(here, None, keys=True)
    return (yield from follow(here, transport))


def follow(here: Here, transport: str) -> Steps[Here]:
    """Keep what the agent is told of this transport; nothing where there are no users."""
    if not user_of(here.data):
        return here
    here = here.keeping({**here.data, AGENT: (yield from _told(here, transport))})
    yield Keep(here.data)
    return here


def told(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the part of the metadata that the agent itself goes by."""
    return {AGENT: data[AGENT]} if data.get(AGENT) else {}


def _told(here: Here, transport: str) -> Steps[dict[str, Any]]:
    user = user_of(here.data)
    match transport:
        case "POLL_SERVER_CFN":
            found = yield from endpoint_of("cloudformation")
            asked: dict[str, Any] = {
                "metadata_url": f"{found.url}/" if found else None,
                "access_key_id": user.get("access"),
                "secret_access_key": user.get("secret"),
                "stack_name": here.stack,
                "path": f"{here.resource}.Metadata",
            }
            return {"cfn": asked, "collectors": ["ec2", "cfn", "local"]}
        case "POLL_SERVER_HEAT":
            proof = yield from credentials(here)
            names = ("user_id", "password", "auth_url", "project_id", "region_name")
            asked = {name: proof[name] for name in names}
            asked |= {"stack_id": f"{here.stack}/{here.stack_id}", "resource_name": here.resource}
            return {"heat": asked, "collectors": ["ec2", "heat", "local"]}
        case _:
            return {}
