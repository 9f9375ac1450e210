"""A request whose answer was lost: whether it may have taken effect, and which object it made."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from typing import Any

from heat.base.errors import CloudFault, Permanent, Temporary
from heat.plugin.steps import Call, Reply, Search, pick


async def the_one(
    call: Call,
    search: Search,
    reply: Reply,
    oldest: datetime,
    recorded: Callable[[Collection[str]], Awaitable[frozenset[str]]],
) -> Reply | None:
    """Return what a lost answer would have said, from the reply to the search for it.

    Where only the time tells, what is older than ``oldest`` or recorded of another resource is
    not meant. Raises Permanent when it can't be told which object it is.
    """
    items = [item for item in pick(reply, search.items) or () if _fits(item, search)]
    if search.since and items:
        taken = await recorded([_id(call, search, item) for item in items])
        items = [i for i in items if _id(call, search, i) not in taken and _younger(i, oldest)]
    if not items:
        return None
    if len(items) > 1:
        listed = ", ".join(str(item.get("id")) for item in items)
        raise Permanent(
            f"the answer to {call.method} {call.path} was lost, and more than one object may "
            f"be what it made: {listed}; delete the superfluous ones and try again",
            service=call.service,
            request=f"{call.method} {call.path}",
        )
    return _as_reply(search, items[0])


def is_unclear(fault: CloudFault) -> bool:
    """Tell whether a request may have been carried out although it was not answered well."""
    return fault.ambiguous or fault.status in (500, 502, 504)


def given_up(fault: Temporary) -> Permanent:
    """Give up on a fault that did not pass in time."""
    return _for_good(fault, ambiguous=fault.ambiguous)


def unsettled(fault: Permanent) -> Permanent:
    """Say of a fault of a search that whether there is something to find stays open."""
    return _for_good(fault, ambiguous=True)


def _for_good(fault: CloudFault, *, ambiguous: bool) -> Permanent:
    return Permanent(
        fault.message,
        service=fault.service,
        request=fault.request,
        status=fault.status,
        request_id=fault.request_id,
        kind=fault.kind,
        ambiguous=ambiguous,
    )


def _as_reply(search: Search, item: Reply) -> Reply:
    return {search.key: item} if search.key else item


def _id(call: Call, search: Search, item: Reply) -> str:
    return str(pick(_as_reply(search, item), call.makes) if call.makes else item["id"])


def _fits(item: Mapping[str, Any], search: Search) -> bool:
    return all(pick(item, path) == value for path, value in search.match.items())


def _younger(item: Mapping[str, Any], oldest: datetime) -> bool:
    created = item.get("created_at") or item.get("created")
    if not isinstance(created, str):
        return True
    moment = datetime.fromisoformat(created)
    return moment.replace(tzinfo=moment.tzinfo or oldest.tzinfo) >= oldest.replace(microsecond=0)
