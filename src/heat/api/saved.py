"""Routes of stacks that come and go without their objects, of snapshots, of unhealthy members."""

from typing import Any

from heat.api import bodies, reading
from heat.api.answering import Answer
from heat.api.answers import of_stacks
from heat.api.asking import Asking
from heat.api.described import takes
from heat.api.faults import bad_request
from heat.api.json_body import typed
from heat.operations import actions, snapshots
from heat.operations.finding import OfStack


@takes(answer=of_stacks.Export)
def abandon_stack(asking: Asking) -> Answer:
    """Forget a stack and leave its objects."""
    return Answer(asking.ask("abandon_stack", OfStack(**asking.stack)))


@takes(answer=of_stacks.Export)
def export_stack(asking: Asking) -> Answer:
    """Show all that is needed to adopt a stack."""
    return Answer(asking.ask("export_stack", OfStack(**asking.stack)))


@takes(body=bodies.Mark)
def mark_unhealthy(asking: Asking) -> Answer:
    """Let the next update replace a resource, or take that back."""
    mark = typed(asking.body(), bodies.Mark)
    request = actions.MarkUnhealthy(
        **asking.stack,
        resource=asking.parts["resource_name"],
        unhealthy=reading.flag("mark_unhealthy", mark.mark_unhealthy),
        reason=mark.resource_status_reason or "",
    )
    asking.ask("mark_unhealthy", request)
    return Answer()


@takes(body=bodies.NewSnapshot, answer=of_stacks.Snapshot)
def take_snapshot(asking: Asking) -> Answer:
    """Begin to take a snapshot."""
    label = typed(asking.body(), bodies.NewSnapshot).name
    if label is not None and len(label) > 255:
        raise bad_request("name must have at most 255 characters.")
    return Answer(asking.ask("take_snapshot", snapshots.TakeSnapshot(**asking.stack, label=label)))


@takes(answer=of_stacks.Snapshots)
def list_snapshots(asking: Asking) -> Answer:
    """List the snapshots of a stack."""
    return Answer(asking.ask("list_snapshots", OfStack(**asking.stack)))


@takes(answer=of_stacks.OneSnapshot)
def show_snapshot(asking: Asking) -> Answer:
    """Show a snapshot."""
    return Answer(_ask(asking, "show_snapshot"))


@takes(status=204)
def delete_snapshot(asking: Asking) -> Answer:
    """Delete a snapshot."""
    _ask(asking, "delete_snapshot")
    return Answer(status=204)


@takes(status=202)
def restore_snapshot(asking: Asking) -> Answer:
    """Bring a stack back to a snapshot."""
    _ask(asking, "restore_snapshot")
    return Answer(status=202)


def _ask(asking: Asking, name: str) -> Any:
    key = asking.parts["snapshot_id"]
    return asking.ask(name, snapshots.OfSnapshot(**asking.stack, snapshot=key))
