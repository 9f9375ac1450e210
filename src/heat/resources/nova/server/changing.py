"""Actions on a server that make it another: resize, rebuild, a new password, suspension."""

from typing import Any

from msgspec.structs import replace

from heat.base.errors import Permanent
from heat.base.json import Body
from heat.plugin.actions import OUT_OF_STATE, act
from heat.plugin.resource import failed
from heat.plugin.rest import Rest
from heat.plugin.steps import Reply, Sleep, Steps, Wait, pick
from heat.resources.nova.common import COMPUTE, WITH_FLAVOR_ID

SERVERS = Rest(
    COMPUTE,
    "/servers",
    "server",
    ready=("ACTIVE",),
    failing=("ERROR", "DELETED", "SOFT_DELETED"),
    why="fault.message",
    detail="/servers/detail",
)

AT_REST = ("ACTIVE", "SHUTOFF")
"""What a server is after a resize or rebuild: what it was before."""

LONGEST_PAUSE = 30
"""Seconds between two looks at a broken server on its way out."""


def until(server: str, *wanted: str) -> Wait:
    """Return the step that waits until a server has one of these states."""
    return COMPUTE.get(SERVERS.item(server)).until(
        SERVERS.field("status"),
        *wanted,
        failing=SERVERS.failing,
        why=SERVERS.field("fault.message"),
        listed=SERVERS.listed(server),
    )


def resize(server: str, flavor: str) -> Steps[None]:
    """Give a server another flavor; it goes back to rest by itself when that fails."""
    order = COMPUTE.post(f"{SERVERS.item(server)}/action", {"resize": {"flavorRef": flavor}})
    order = replace(order, repeatable=True)
    look = COMPUTE.get(SERVERS.item(server), microversion=WITH_FLAVOR_ID)
    try:
        yield order
    except Permanent as refusal:
        if refusal.status not in OUT_OF_STATE:
            raise
        live = yield look
        if _status(live) in ("RESIZE", "VERIFY_RESIZE"):
            # It may be this very change, or that of an update which this one has superseded.
            yield from _confirm(server)
            live = yield look
        if _flavor(live) == flavor:
            return
        # At rest by now, it may have been refused for what another engine has just ended.
        yield order
    if (yield from _confirm(server)):
        return
    live = yield look
    if _flavor(live) != flavor:
        yield from failed(f"Resizing to '{flavor}' failed, status '{_status(live)}'")


def _confirm(server: str) -> Steps[bool]:
    """Wait until a server has moved, and let it stay there; tell whether that was needed."""
    reply = yield until(server, "VERIFY_RESIZE", *AT_REST)
    if _status(reply) != "VERIFY_RESIZE":
        return False
    # While it confirms, a server still verifies, and refuses to be told again.
    yield from _action(server, {"confirmResize": None}, "VERIFY_RESIZE", *AT_REST)
    yield until(server, *AT_REST)
    return True


def rebuild(server: str, body: Body) -> Steps[None]:
    """Make a server anew from an image; its id, name and addresses stay."""
    yield from _action(server, {"rebuild": body}, "REBUILD")
    yield until(server, *AT_REST)


def set_password(server: str, password: str) -> Steps[None]:
    """Give the administrator in a server another password."""
    yield COMPUTE.post(
        f"{SERVERS.item(server)}/action",
        {"changePassword": {"adminPass": password}},
        repeatable=True,
    )


def suspend(server: str) -> Steps[None]:
    """Write a server's memory to disk and stop it."""
    yield from _move(server, "suspend", "suspending", "SUSPENDED")


def resume(server: str) -> Steps[None]:
    """Let a suspended server go on."""
    yield from _move(server, "resume", "resuming", "ACTIVE")


def delete(server: str) -> Steps[None]:
    """Delete a server and wait until it is gone.

    One that was broken before stays in its error state until the very end; only when Nova is
    not at it any more has deleting failed.
    """
    where = SERVERS.item(server)
    yield COMPUTE.delete(where)
    gone = COMPUTE.get(where).until_gone(
        SERVERS.field("status"),
        "DELETED",
        "SOFT_DELETED",
        failing=("ERROR",),
        why=SERVERS.field("fault.message"),
        listed=SERVERS.listed(server),
    )
    try:
        yield gone
    except Permanent as broken:
        pause = 1
        while True:
            live = yield COMPUTE.get(where, missing_ok=True)
            if "server" not in live:
                return
            if _task(live) is None:
                raise broken from None
            yield Sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def _move(server: str, action: str, task: str, wanted: str) -> Steps[None]:
    live = yield COMPUTE.get(SERVERS.item(server))
    if pick(live, "server.status") != wanted:
        yield from act(
            COMPUTE.post(f"{SERVERS.item(server)}/action", {action: None}),
            COMPUTE.get(SERVERS.item(server)),
            lambda reply: _status(reply) == wanted or _task(reply) == task,
        )
        yield until(server, wanted)


def _action(server: str, body: Body, *underway: str) -> Steps[None]:
    yield from act(
        COMPUTE.post(f"{SERVERS.item(server)}/action", body),
        COMPUTE.get(SERVERS.item(server)),
        lambda reply: _status(reply) in underway,
    )


def _status(reply: Reply) -> Any:
    return pick(reply, "server.status")


def _flavor(reply: Reply) -> Any:
    return pick(reply, "server.flavor.id")


def _task(reply: Reply) -> Any:
    return pick(reply, "server.OS-EXT-STS:task_state")
