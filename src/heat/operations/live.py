"""What the cloud says of an object now, for those who look at one resource."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from heat.base.errors import Fault
from heat.engine.record import standing
from heat.operations import views
from heat.operations.context import Context
from heat.operations.looking import look
from heat.operations.services import Services
from heat.store.rows import ResourceRow, StackRow

_log = logging.getLogger(__name__)


def attributes(
    services: Services,
    context: Context,
    stack: StackRow,
    row: ResourceRow,
    names: Sequence[str] = (),
) -> Mapping[str, Any]:
    """Return the live object and the named attributes; what is recorded when it can't be seen."""
    cls = services.types.get(row.real_type or row.type)
    here = views.attributes(services, row, names)
    if services.client is None or cls is None or not row.physical_id or row.action == "DELETE":
        return here
    asked = frozenset((*names, "show"))
    steps = standing(stack, row, cls).reveal(row.physical_id, asked)
    try:
        found = look(services, steps, context.credentials())
    except (Fault, LookupError, TypeError, ValueError) as problem:
        _log.info("%s of %s can't be shown: %s", row.name, stack.name, problem)
        return here
    whole = found.get("show")
    shown: dict[str, Any] = dict(whole) if isinstance(whole, Mapping) else dict(here)
    return shown | {name: found.get(name) for name in names}
