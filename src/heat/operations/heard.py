"""What was said to resources, as their metadata and the attributes of those that wait show it."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from heat.base.ids import ResourceId
from heat.engine.record import standing
from heat.operations.configs import of_server
from heat.operations.services import Services
from heat.plugin.signal import Listening, Signal, Signalled, read
from heat.resources.nova.server import collecting
from heat.store import signals
from heat.store.rows import ResourceRow, StackRow


def metadata(services: Services, stack: StackRow, row: ResourceRow) -> dict[str, Any]:
    """Return the metadata of a resource; what was said to it is part of that.

    So are the configs of the deployments on a server.
    """
    told = signalled(services, stack, row)
    if told is None:
        return {**row.metadata, **_deployed(services, stack, row)}
    said = read(one.body for one in signals.of_resource(services.db, row.id))
    return {**row.metadata, **told.heard(said)}


def _deployed(services: Services, stack: StackRow, row: ResourceRow) -> dict[str, Any]:
    """Return what an agent in a server that takes software configs polls for."""
    cls = services.types.get(row.real_type or row.type)
    if cls is None or "software_config_transport" not in cls.__properties__:
        return {}
    if row.physical_id is None or row.properties.get("user_data_format") != "SOFTWARE_CONFIG":
        return {}
    return {
        **collecting.told(row.data),
        "deployments": of_server(services, stack.project, row.physical_id),
    }


def signalled(services: Services, stack: StackRow, row: ResourceRow) -> Signalled | None:
    """Return a resource as one to which something can be said; None when it can't."""
    cls = services.types.get(row.real_type or row.type)
    if cls is None or not cls.has("receive"):
        return None
    return cast("Signalled", standing(stack, row, cls))


def listens(services: Services, row: ResourceRow) -> bool:
    """Tell whether a resource waits for what is said to another."""
    cls = services.types.get(row.real_type or row.type)
    return cls is not None and cls.has("overheard") and bool(row.properties)


def overheard(
    services: Services, stack: StackRow, rows: Sequence[ResourceRow]
) -> dict[ResourceId, Mapping[str, Any]]:
    """Return the attributes, by row, that tell what was said to other resources until now."""
    waiting: dict[ResourceId, tuple[Listening, ResourceId]] = {}
    for row in rows:
        cls = services.types.get(row.real_type or row.type)
        if cls is not None and listens(services, row):
            listening = cast("Listening", standing(stack, row, cls))
            source = _named(rows, listening.listens_to)
            if source is not None:
                waiting[row.id] = listening, source
    if not waiting:
        return {}
    said = signals.of_resources(services.db, {source for _, source in waiting.values()})
    return {key: one.overheard(_read(said, source)) for key, (one, source) in waiting.items()}


def _named(rows: Sequence[ResourceRow], reference: str) -> ResourceId | None:
    by_id = [row.id for row in rows if row.physical_id == reference]
    by_name = [row.id for row in rows if row.name == reference and not row.replaced_by]
    return next(iter((*by_id, *by_name)), None)


def _read(said: Mapping[ResourceId, Sequence[Any]], source: ResourceId) -> list[Signal]:
    return read(one.body for one in said[source])
