"""Routes of stacks that come and go without their objects, of snapshots, of unhealthy members."""

from typing import Any

from heat.api import reading
from heat.api.asking import Asking
from heat.api.faults import bad_request
from heat.api.handlers import Answer
from heat.operations import actions, snapshots
from heat.operations.finding import OfStack

_MARK = ("mark_unhealthy", "resource_status_reason")


def abandon_stack(asking: Asking) -> Answer:
    """Forget a stack and leave its objects."""
    return Answer(asking.ask("abandon_stack", OfStack(**asking.stack)))


def export_stack(asking: Asking) -> Answer:
    """Show all that is needed to adopt a stack."""
    return Answer(asking.ask("export_stack", OfStack(**asking.stack)))


def mark_unhealthy(asking: Asking) -> Answer:
    """Let the next update replace a resource, or take that back."""
    body = asking.body()
    if "mark_unhealthy" not in body:
        raise bad_request("Missing mandatory (mark_unhealthy) key from mark unhealthy request")
    if unknown := sorted(body.keys() - set(_MARK)):
        raise bad_request(
            f"Unexpected keys in mark unhealthy request: {', '.join(unknown)}; "
            f"give {' and '.join(_MARK)} only."
        )
    reason = body.get("resource_status_reason") or ""
    if not isinstance(reason, str):
        raise bad_request("resource_status_reason must be a text.")
    request = actions.MarkUnhealthy(
        **asking.stack,
        resource=asking.parts["resource_name"],
        unhealthy=reading.flag("mark_unhealthy", body["mark_unhealthy"]),
        reason=reason,
    )
    asking.ask("mark_unhealthy", request)
    return Answer()


def take_snapshot(asking: Asking) -> Answer:
    """Begin to take a snapshot."""
    label = asking.body().get("name")
    if label is not None and not isinstance(label, str):
        raise bad_request("name must be a text.")
    return Answer(asking.ask("take_snapshot", snapshots.TakeSnapshot(**asking.stack, label=label)))


def list_snapshots(asking: Asking) -> Answer:
    """List the snapshots of a stack."""
    return Answer(asking.ask("list_snapshots", OfStack(**asking.stack)))


def show_snapshot(asking: Asking) -> Answer:
    """Show a snapshot."""
    return Answer(_ask(asking, "show_snapshot"))


def delete_snapshot(asking: Asking) -> Answer:
    """Delete a snapshot."""
    _ask(asking, "delete_snapshot")
    return Answer(status=204)


def restore_snapshot(asking: Asking) -> Answer:
    """Bring a stack back to a snapshot."""
    _ask(asking, "restore_snapshot")
    return Answer(status=202)


def _ask(asking: Asking, name: str) -> Any:
    key = asking.parts["snapshot_id"]
    return asking.ask(name, snapshots.OfSnapshot(**asking.stack, snapshot=key))
