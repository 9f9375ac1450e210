"""How a server answers: what it is told to do so with, by the transport that a template names."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from heat.base.problems import Problem
from heat.plugin.box import BOX, address_of, put_up
from heat.plugin.private import ANSWER
from heat.plugin.resource import Here, failed
from heat.plugin.steps import Draw, Keep, Steps
from heat.plugin.users import enrol, user_of
from heat.resources.heat.signalling import endpoint_of, native_address, signal_address

AT_HAND = ("CFN_SIGNAL", "TEMP_URL_SIGNAL", "HEAT_SIGNAL", "NO_SIGNAL")


def unsupported(transport: Any, at_hand: Iterable[str]) -> Iterator[Problem]:
    """Refuse a transport that is not there."""
    if isinstance(transport, str) and transport not in at_hand:
        yield Problem(
            "Signal transport is not supported",
            ("signal_transport",),
            f"{transport} is not supported.",
            cure=f"use one of {', '.join(at_hand)}",
            code="H704",
        )


def arrange(here: Here, item: str, transport: str, *, keeps_all: bool = False) -> Steps[Here]:
    """Give a resource all that a server answers with; returns its place with that.

    ``keeps_all`` says that more than one answer may come.
    """
    if transport == "NO_SIGNAL":
        yield Keep({}, item)
        return here
    if transport == "TEMP_URL_SIGNAL":
        return (yield from _by_object(here, item, keeps_all=keeps_all))
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


def _by_object(here: Here, item: str, *, keeps_all: bool) -> Steps[Here]:
    found = yield from endpoint_of("object-store")
    if found is None:
        yield from failed("The cloud has no object storage; choose another signal_transport")
        return here
    drawn = yield Draw(16)
    box, key = here.name, str(drawn["hex"])
    here = here.keeping({BOX: box, ANSWER: {"alarm_url": address_of(box, key, found.url)}})
    yield Keep(here.data, item)
    yield from put_up(box, key, keeps_all=keeps_all)
    return here


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
