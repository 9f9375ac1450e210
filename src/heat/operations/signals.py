"""Signals: what somebody outside says to a resource, and hooks that somebody clears."""

import logging
from collections.abc import Mapping
from typing import Any

from msgspec import to_builtins

from heat.base.errors import Conflict, Invalid
from heat.base.ids import EventId
from heat.operations.access import check_access, check_clears
from heat.operations.context import Context
from heat.operations.finding import find_live
from heat.operations.heard import signalled
from heat.operations.members import OfResource, find_resource
from heat.operations.scaling import scale, scaling
from heat.operations.services import Services
from heat.operations.stacks import not_supported
from heat.plugin.signal import read
from heat.store import events, hooks, signals
from heat.store.rows import EventRow, ResourceRow, SignalRow, StackRow
from heat.template.registry import HOOKS

_TRIES = 50
_log = logging.getLogger(__name__)


class SignalResource(OfResource, frozen=True, kw_only=True):
    """What is said to a resource."""

    body: dict[str, Any] | None = None


def signal_resource(services: Services, context: Context, request: SignalResource) -> None:
    """Write down what is said to a resource, and wake whoever waits for it.

    What its type can make nothing of is left aside without an error, as ever.
    """
    find_live(services, context, request)
    stack, rows, row = find_resource(services, context, request)
    check_access(services, context, stack, row.name)
    if request.body and "unset_hook" in request.body:
        check_clears(context, stack, row.name)
        _clear(services, context, stack, rows, row.name, request.body["unset_hook"])
        services.wake(stack.id)
        return
    if row.action in ("SUSPEND", "DELETE") and not _hears_always(services, row):
        said = f"Cannot signal resource during {row.action}"
        events.tell(services.db, _event(services, context, row, row.action, said))
        raise not_supported(f"Signal resource during {row.action}")
    policy = scaling(services, stack, row)
    if policy is None:
        say(services, context, stack, row, request.body)
        services.wake(stack.id)
        return
    event = _event(services, context, row, "SIGNAL", f"Signal: {_summary(request.body)}")
    scale(services, context, stack, rows, policy, event)


def say(
    services: Services,
    context: Context,
    stack: StackRow,
    row: ResourceRow,
    body: Mapping[str, Any] | None,
) -> None:
    """Write down what is said to a resource that can make something of it."""
    told = signalled(services, stack, row)
    if told is None:
        raise Invalid(
            f"The resource {row.name} is of the type {row.type}, to which nothing can be said; "
            "signal a wait condition handle, a scaling policy or a deployment.",
            kind="ResourceActionNotSupported",
        )
    for left in reversed(range(_TRIES)):
        before = signals.of_resource(services.db, row.id)
        try:
            signal = told.receive(body, read(one.body for one in before))
        except ValueError as meaningless:
            _log.warning("A signal to %s of %s is left aside: %s", row.name, stack.id, meaningless)
            return
        said = SignalRow(
            resource=row.id,
            number=before[-1].number + 1 if before else 1,
            stack=stack.id,
            body=to_builtins(signal),
            created_at=services.clock.now(),
        )
        event = _event(services, context, row, "SIGNAL", f"Signal: {signal.told}")
        try:
            signals.deliver(services.db, said, event)
        except Conflict:
            if not left:
                raise
        else:
            return


def _hears_always(services: Services, row: ResourceRow) -> bool:
    cls = services.types.get(row.real_type or row.type)
    return cls is not None and cls.hears_always


def _summary(body: Mapping[str, Any] | None) -> str:
    """Say what an alarm says."""
    if not body:
        return "No signal details provided"
    if body.keys() >= {"previous", "current", "reason"}:
        return "alarm state changed from {previous} to {current} ({reason})".format_map(body)
    return "Unknown"


def _clear(
    services: Services, context: Context, stack: StackRow, rows: list[ResourceRow], name: str,
    hook: object,
) -> None:  # fmt: skip
    if hook not in HOOKS:
        raise Invalid(
            f'Invalid hook type "{hook}" for resource {name}: there are {", ".join(HOOKS)}.',
            kind="InvalidBreakPointHook",
        )
    named = {row.id: row for row in rows if row.name == name}
    for pause in hooks.paused(services.db, [stack.id]):
        if pause.resource in named and hooks.hook_of(pause.verb) == hook:
            row = named[pause.resource]
            event = _event(services, context, row, row.action, f"Hook {hook} is cleared")
            if hooks.clear(services.db, pause, event):
                return
    raise Invalid(
        f'The resource {name} does not wait at the hook "{hook}".', kind="InvalidBreakPointHook"
    )


def _event(
    services: Services, context: Context, row: ResourceRow, action: str, reason: str
) -> EventRow:
    return EventRow(
        id=EventId(services.new_id()),
        stack=row.stack,
        resource=row.id,
        resource_name=row.name,
        resource_type=row.type,
        physical_id=row.physical_id,
        action=action,
        status=row.status,
        reason=reason,
        request_id=context.request_id,
        created_at=services.clock.now(),
    )
