"""What is recorded of stacks, in the form from which plans are made, to show them."""

from collections.abc import Callable

from msgspec.structs import replace

from heat.base.ids import ResourceId, StackId
from heat.engine.record import FAILED, here, recorded
from heat.operations.services import Services
from heat.plan.diff import Recorded
from heat.plan.forecast import Outlook, Past
from heat.plan.masking import Mask
from heat.store import definitions, resources, stacks
from heat.store.rows import StackRow


def outlook(services: Services) -> Outlook:
    """Return what works out plans with those of nested stacks."""
    return Outlook(
        services.types,
        lambda stack: _remembered(services, StackId(stack)),
        new_id(services),
        services.limits.max_nested_stack_depth,
    )


def past(services: Services, stack: StackRow) -> Past:
    """Return what is recorded of a stack."""
    rows = resources.of_stack(services.db, stack.id)
    definition = definitions.get(services.db, stack.definition)
    known = [recorded(stack, row, services.types, n) for n, row in enumerate(rows)]
    nested = {
        one.physical_id: stacks.get(services.db, StackId(one.physical_id)) is None
        for one in known
        if one.physical_id and one.cls is not None and one.cls.nests
    }
    return Past(
        stack_id=stack.id,
        stack_name=stack.name,
        revision=stack.revision,
        rows=[_gone(one) if nested.get(one.physical_id or "") else one for one in known],
        places={row.id: here(stack, row) for row in rows},
        mask=Mask(() if definition is None else definitions.secrets(definition)),
    )


def _gone(nested: Recorded) -> Recorded:
    """Return what the engine will find: a nested stack that somebody has deleted."""
    return replace(nested, action="CHECK", status=FAILED, checked=False)


def new_id(services: Services) -> Callable[[], ResourceId]:
    """Return what makes ids for rows."""
    return lambda: ResourceId(services.new_id())


def _remembered(services: Services, stack: StackId) -> Past | None:
    row = stacks.get(services.db, stack)
    return None if row is None else past(services, row)
