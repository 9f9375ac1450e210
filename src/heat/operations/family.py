"""A stack and the stacks nested in it, level by level."""

from collections.abc import Iterator
from typing import Any

from heat.base.ids import StackId
from heat.engine.record import here
from heat.operations.services import Services
from heat.plugin.resource import Resource
from heat.store import resources, stacks
from heat.store.rows import ResourceRow, StackRow


def family(
    services: Services, stack: StackRow, depth: int, *, deleted: bool = False
) -> list[StackRow]:
    """Return a stack and those nested in it, down to so many levels; parents come first."""
    if depth <= 0:
        return [stack]
    below: dict[str | None, list[StackRow]] = {}
    for row in stacks.tree(services.db, stack.root or stack.id, deleted=deleted):
        below.setdefault(row.owner, []).append(row)
    return list(_walk(stack, below, min(depth, services.limits.max_nested_stack_depth)))


def _walk(
    stack: StackRow, below: dict[str | None, list[StackRow]], depth: int
) -> Iterator[StackRow]:
    yield stack
    if depth:
        for child in below.get(stack.id, ()):
            yield from _walk(child, below, depth - 1)


def telling(
    services: Services, stack: StackRow, depth: int, *, empty: bool = False
) -> dict[StackId, dict[str, Any]]:
    """Return the stacks whose events a request for so many levels is told, by id.

    With levels clients are used to hear only of stacks that have resources; ``empty`` adds those
    that have none (any more).
    """
    if depth <= 0:
        return {stack.id: identity(stack)}
    members = {row.id: row for row in family(services, stack, depth, deleted=True)}
    if empty:
        return {key: identity(row) for key, row in members.items()}
    return {key: identity(members[key]) for key in resources.with_any(services.db, members)}


def identity(stack: StackRow) -> dict[str, Any]:
    """Return what the address of a stack is made from."""
    return {"id": stack.id, "stack_name": stack.name, "project": stack.project}


def nested_identity(services: Services, stack: StackRow, row: ResourceRow) -> dict[str, Any] | None:
    """Return the same for the nested stack of a resource; None when it has none."""
    cls: type[Resource] | None = services.types.get(row.real_type or row.type)
    if cls is None or not cls.nests or not row.physical_id:
        return None
    return {
        "id": row.physical_id,
        "stack_name": here(stack, row).name,
        "project": stack.project,
    }
