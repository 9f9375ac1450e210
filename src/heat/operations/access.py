"""What a user of a stack may do: tell something to its own resource, and read its metadata."""

from collections.abc import Sequence
from typing import cast

from heat.base.errors import Denied
from heat.engine.record import standing
from heat.operations.context import Context
from heat.operations.services import Services
from heat.plugin.signal import Admitted, Admitting
from heat.plugin.users import user_of
from heat.store import resources
from heat.store.rows import ResourceRow, StackRow


def check_access(services: Services, context: Context, stack: StackRow, resource: str) -> None:
    """Refuse a user of the stack the resources that are not its own.

    It is at home in the project of users; everybody else is under the rules of the policy alone.
    """
    if not _is_user_of_stack(context, stack):
        return
    rows = resources.of_stack(services.db, stack.id)
    for row in rows:
        if user_of(row.data).get("user_id") != context.user_id:
            continue
        if row.name == resource or resource in _admitted(services, stack, row, rows):
            return
    raise Denied(f"The user may not use the resource {resource}: it belongs to another one.")


def check_clears(context: Context, stack: StackRow, resource: str) -> None:
    """Refuse a user of the stack to clear hooks: whoever set them decides when it goes on."""
    if _is_user_of_stack(context, stack):
        raise Denied(
            f"The user may not clear hooks of the resource {resource}: ask a user of the project "
            "that the stack is in."
        )


def _is_user_of_stack(context: Context, stack: StackRow) -> bool:
    return not context.is_admin and context.project != stack.project


def _admitted(
    services: Services, stack: StackRow, row: ResourceRow, rows: Sequence[ResourceRow]
) -> set[str]:
    """Return what the policies of a user name."""
    cls = services.types.get(row.real_type or row.type)
    if cls is None or not cls.has("admitted_by"):
        return set()
    policies = cast("Admitted", standing(stack, row, cls)).admitted_by()
    found: set[str] = set()
    for policy in rows:
        kind = services.types.get(policy.real_type or policy.type)
        if policy.name in policies and kind is not None and kind.has("admits"):
            found.update(cast("Admitting", standing(stack, policy, kind)).admits())
    return found
