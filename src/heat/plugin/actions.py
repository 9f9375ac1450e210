"""Actions on an item, which a service takes once: how a repeated one is told from a refused one."""

from collections.abc import Callable

from msgspec.structs import replace

from heat.base.errors import Permanent
from heat.plugin.steps import Call, Reply, Steps

OUT_OF_STATE = (400, 409)


def act(call: Call, look: Call, underway: Callable[[Reply], bool]) -> Steps[Reply]:
    """Send an action, and take a refusal well when it is underway or done already.

    So the action may be sent again when its answer was lost: the service refuses the second
    as out of state, and ``underway`` tells from the item, as ``look`` reads it, that the first
    one arrived.
    """
    try:
        return (yield replace(call, repeatable=True))
    except Permanent as refusal:
        if refusal.status not in OUT_OF_STATE:
            raise
        live = yield look
        if not underway(live):
            raise
        return {}


def unless_gone(call: Call) -> Steps[Reply | None]:
    """Send a request, and return None when what it is about is gone."""
    try:
        return (yield call)
    except Permanent as refusal:
        if refusal.status != 404:
            raise
        return None
