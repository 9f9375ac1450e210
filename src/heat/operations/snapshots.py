"""Snapshots of stacks: taken, shown, restored, deleted."""

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from heat.base.errors import Invalid, NotFound
from heat.operations import views
from heat.operations.accepting import accept, check_at_rest, operation_of, settle
from heat.operations.changes import previous_of
from heat.operations.context import Context
from heat.operations.finding import OfStack, find
from heat.operations.services import Services, compile_stack
from heat.operations.stacks import not_supported
from heat.plan.definition import Compiled
from heat.plugin.fields import differences
from heat.plugin.private import without_private
from heat.plugin.values import recall
from heat.store import definitions, snapshots
from heat.store.rows import DefinitionRow, SnapshotRow, StackRow


class TakeSnapshot(OfStack, frozen=True, kw_only=True):
    """A snapshot to take of a stack, and what to call it."""

    label: str | None = None


class OfSnapshot(OfStack, frozen=True, kw_only=True):
    """A request about one snapshot of a stack."""

    snapshot: str


_NOT_SHOWN = ("row", "real_type")


def take_snapshot(services: Services, context: Context, request: TakeSnapshot) -> dict[str, Any]:
    """Begin to take a snapshot, and return it as it is so far."""
    made: list[SnapshotRow] = []

    def accept_for(stack: StackRow) -> None:
        check_at_rest(services, stack)
        limit = services.limits.max_snapshots_per_stack
        if 0 <= limit <= snapshots.count(services.db, stack.id):
            raise Invalid(
                f"You have reached the maximum snapshots per stack, {limit}. "
                "Please delete some snapshots.",
                kind="RequestLimitExceeded",
            )
        row = SnapshotRow(
            id=services.new_id(),
            stack=stack.id,
            project=stack.project,
            name=request.label,
            data={"definition": stack.definition, "tags": list(stack.tags)},
            created_at=services.clock.now(),
        )
        operation = operation_of(services, context, stack, "SNAPSHOT", None, {"snapshot": row.id})
        accept(
            services, context, stack, operation, {},
            also=lambda connection: snapshots.insert(connection, services.db, row),
        )  # fmt: skip
        made.append(row)

    settle(services, context, request, accept_for)
    return _shown(made[-1])


def list_snapshots(services: Services, context: Context, request: OfStack) -> dict[str, Any]:
    """Return the snapshots of a stack."""
    stack = find(services, context, request)
    return {
        "snapshots": [
            _shown(row) | {"data": _data(services, stack, row)}
            for row in snapshots.of_stack(services.db, stack.id)
        ]
    }


def show_snapshot(services: Services, context: Context, request: OfSnapshot) -> dict[str, Any]:
    """Return a snapshot with all that it holds."""
    stack = find(services, context, request)
    row = _get(services, stack, request.snapshot)
    return {"snapshot": _shown(row) | {"data": _data(services, stack, row)}}


def delete_snapshot(services: Services, context: Context, request: OfSnapshot) -> None:
    """Delete a snapshot, with what it keeps in the cloud."""

    def accept_for(stack: StackRow) -> None:
        row = _get(services, stack, request.snapshot)
        if row.status == "IN_PROGRESS":
            raise not_supported("Deleting in-progress snapshot")
        if not _keeps_objects(services, row):
            snapshots.drop(services.db, row.id)
            return
        check_at_rest(services, stack)
        operation = operation_of(
            services, context, stack, "DELETE_SNAPSHOT", None, {"snapshot": row.id}
        )
        accept(
            services, context, stack, operation, {}, tells=False,
            also=lambda connection: snapshots.begin_deletion(connection, row.id),
        )  # fmt: skip

    settle(services, context, request, accept_for)


def restore_snapshot(services: Services, context: Context, request: OfSnapshot) -> None:
    """Bring a stack back to a snapshot: an update to what it was then."""

    def accept_for(stack: StackRow) -> None:
        row = _get(services, stack, request.snapshot)
        if row.status != "COMPLETE":
            raise not_supported(f"Restoring a snapshot that is {row.action}_{row.status}")
        check_at_rest(services, stack)
        stored = definitions.get(services.db, row.data["definition"])
        if stored is None:
            raise NotFound(f"The template of the snapshot {row.id} is gone.", kind="NotFound")
        compiled = compile_stack(services, stack, stored)
        definition = _restored(services, compiled, stored, row)
        previous = previous_of(stack)
        operation = operation_of(
            services, context, stack, "RESTORE", definition.id, {"previous": previous}
        )
        fields = {
            "definition": definition.id,
            "previous_definition": previous,
            "description": compiled.template.description,
        }
        new = None if definition.id == stored.id else definition
        accept(services, context, stack, operation, fields, definition=new)

    settle(services, context, request, accept_for)


def _restored(
    services: Services, compiled: Compiled, stored: DefinitionRow, row: SnapshotRow
) -> DefinitionRow:
    """Return the definition with the properties that bring each resource's content back."""
    words = compiled.template.words
    section = dict(stored.template.get(words.resources) or {})
    changed = False
    for name, kept in row.data["resources"].items():
        cls = services.types.get(kept["real_type"])
        if cls is None or not cls.has("restored") or name not in section:
            continue
        plain: Any = recall(cls, {})
        wanted: Any = plain.restored(kept["resource_data"])
        if found := {d.name: d.after for d in differences(plain, wanted)}:
            properties = {**(section[name].get(words.properties) or {}), **found}
            section[name] = {**section[name], words.properties: properties}
            changed = True
    if not changed:
        return stored
    template = {**stored.template, words.resources: section}
    return replace(stored, id=services.new_id(), template=template)


def _get(services: Services, stack: StackRow, key: str) -> SnapshotRow:
    row = snapshots.get(services.db, stack.id, key)
    if row is None:
        raise NotFound(
            f"The Snapshot ({key}) for Stack ({stack.name}) could not be found.", kind="NotFound"
        )
    return row


def _keeps_objects(services: Services, row: SnapshotRow) -> bool:
    for kept in (row.data.get("resources") or {}).values():
        cls = services.types.get(kept["real_type"])
        if cls is not None and cls.has("drop_snapshot") and kept["resource_data"]:
            return True
    return False


def _shown(row: SnapshotRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "action": row.action,
        "status": row.status,
        "status_reason": row.reason,
        "creation_time": views.moment(row.created_at),
        "data": None,
    }


def _data(services: Services, stack: StackRow, row: SnapshotRow) -> Mapping[str, Any] | None:
    """Return what a snapshot holds, hidden parameter values masked."""
    stored = definitions.get(services.db, row.data["definition"])
    if "resources" not in row.data or stored is None:
        return None
    resources = {
        name: {key: value for key, value in kept.items() if key not in _NOT_SHOWN}
        | {"resource_data": without_private(kept.get("resource_data") or {})}
        for name, kept in row.data["resources"].items()
    }
    return {
        "name": stack.name,
        "id": stack.id,
        "action": row.data["action"],
        "status": row.data["status"],
        "template": stored.template,
        "files": stored.files,
        "environment": views.environment(stored),
        "project_id": stack.project,
        "stack_user_project_id": stack.stack_user_project or None,
        "tags": row.data["tags"],
        "resources": resources,
    }
