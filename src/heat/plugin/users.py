"""Users of resources: who may tell a resource something from outside, and nothing else.

What is known of the user is kept with the resource, encrypted, under ``USER``. It is there before
the user is, so that whoever deletes a resource whose creation was cut off looks for the user.
"""

from collections.abc import Mapping
from typing import Any

from heat.plugin.resource import Here
from heat.plugin.steps import ChangeUser, Enrol, Keep, Steps

USER = "user"


def enrol(
    here: Here,
    item: str | None,
    *,
    keys: bool = False,
    token: bool = False,
    password: str = "",
) -> Steps[Here]:
    """Give the resource a user; returns its place with what is kept by then.

    It is the first thing that a creation does: nothing is kept before. With a physical id it is
    known from then on; without one, a creation that is cut off later has the user removed, too.
    """
    yield Keep({USER: {}}, item)
    reply = yield Enrol(here.name, keys=keys, token=token, password=password)
    here = here.keeping({USER: {name: reply[name] for name in _KEPT if name in reply}})
    yield Keep(here.data)
    return here


def user_of(data: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what is kept of a resource's user: ``{}`` where there is none."""
    found: Mapping[str, Any] = data.get(USER) or {}
    return found


def expel(here: Here) -> Steps[None]:
    """Remove the resource's user, if it may have one."""
    yield from _change(here, None)


def shut_out(here: Here) -> Steps[None]:
    """Let the user in no more, as long as its stack is suspended."""
    yield from _change(here, enabled=False)


def let_in(here: Here) -> Steps[None]:
    """Let the user in again."""
    yield from _change(here, enabled=True)


_KEPT = ("user_id", "name", "password", "project", "domain", "access", "secret", "token")


def _change(here: Here, enabled: bool | None) -> Steps[None]:
    if USER in here.data:
        yield ChangeUser(here.name, str(user_of(here.data).get("user_id", "")), enabled)
