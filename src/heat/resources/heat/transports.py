"""How a server answers: what it is told to do so with, by the transport that a template names."""

from collections.abc import Mapping
from typing import Any

from heat.plugin.resource import Here
from heat.plugin.steps import Keep, Steps
from heat.plugin.users import enrol, user_of
from heat.resources.heat.signalling import endpoint_of, native_address, signal_address

ANSWER = "answer"
"""Where a resource keeps what a server answers with."""


def arrange(here: Here, item: str, transport: str) -> Steps[Here]:
    """Give a resource all that a server answers with; returns its place with that."""
    if transport == "NO_SIGNAL":
        yield Keep({}, item)
        return here
    with_keys = transport == "CFN_SIGNAL"
    here = yield from enrol(here, item, keys=with_keys, token=transport == "TOKEN_SIGNAL")
    if transport == "CFN_SIGNAL":
        answer: dict[str, Any] = {"alarm_url": (yield from signal_address(here))}
    else:
        answer = {"alarm_url": (yield from native_address(here))}
    if transport == "HEAT_SIGNAL":
        answer |= yield from credentials(here)
    here = here.keeping({**here.data, ANSWER: answer})
    yield Keep(here.data)
    return here


def answer_of(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what was arranged: ``{}`` where nothing was."""
    found: Mapping[str, Any] = data.get(ANSWER) or {}
    return found


def credentials(here: Here) -> Steps[dict[str, Any]]:
    """Return what the resource's user gets a token with."""
    user = user_of(here.data)
    found = yield from endpoint_of("identity")
    return {
        "auth_url": found.url if found else None,
        "username": user.get("name"),
        "user_id": user.get("user_id"),
        "password": user.get("password"),
        "project_id": user.get("project", here.project),
        "domain_id": user.get("domain"),
        "region_name": found.region if found else None,
    }
