"""What a user of a stack may do: tell something to its own resource, and read its metadata."""

from typing import cast

from heat.base.errors import Denied
from heat.engine.record import standing
from heat.operations.context import Context
from heat.operations.services import Services
from heat.plugin.signal import Admitting
from heat.plugin.users import user_of
from heat.store import resources
from heat.store.rows import StackRow


def check_access(services: Services, context: Context, stack: StackRow, resource: str) -> None:
    """Refuse a user of the stack the resources that are not its own.

    It is at home in the project of users; everybody else is under the rules of the policy alone.
    """
    if context.is_admin or context.project == stack.project:
        return
    for row in resources.of_stack(services.db, stack.id):
        if user_of(row.data).get("user_id") != context.user_id:
            continue
        cls = services.types.get(row.real_type or row.type)
        if row.name == resource:
            return
        if cls is not None and cls.has("admits"):
            admitting = cast("Admitting", standing(stack, row, cls))
            if resource in admitting.admits:
                return
    raise Denied(f"The user may not use the resource {resource}: it belongs to another one.")
