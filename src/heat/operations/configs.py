"""Software configs, as users keep them apart from stacks."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from heat.base.clock import timestamp
from heat.base.errors import Invalid, NotFound
from heat.base.ids import ProjectId
from heat.operations.context import Context
from heat.operations.services import Services
from heat.resources.heat.config_parts import TYPES, UNGROUPED
from heat.store import configs, deployments
from heat.store.database import Database
from heat.store.rows import ConfigRow


class CreateConfig(Struct, frozen=True, kw_only=True):
    """A config to keep."""

    label: str = ""
    group: str = UNGROUPED
    config: Any = ""
    inputs: tuple[dict[str, Any], ...] = ()
    outputs: tuple[dict[str, Any], ...] = ()
    options: dict[str, Any] = {}


class OfConfig(Struct, frozen=True, kw_only=True):
    """A request about one config."""

    config: str


class ListConfigs(Struct, frozen=True, kw_only=True):
    """Which configs to list."""

    limit: int | None = None
    marker: str | None = None
    global_tenant: bool = False


def create_config(services: Services, context: Context, request: CreateConfig) -> dict[str, Any]:
    """Keep a config."""
    limit = services.limits.max_software_configs_per_tenant
    check_room(services, context, "software configs", limit, configs.count)
    row = ConfigRow(
        id=services.new_id(),
        project=context.project,
        name=request.label,
        group_name=request.group,
        config=request.config,
        inputs=_items("inputs", request.inputs),
        outputs=_items("outputs", request.outputs),
        options=request.options,
        created_at=services.clock.now(),
    )
    configs.put(services.db, row)
    return shown(row)


def show_config(services: Services, context: Context, request: OfConfig) -> dict[str, Any]:
    """Return a config."""
    return shown(find_config(services, context, request.config))


def list_configs(services: Services, context: Context, request: ListConfigs) -> dict[str, Any]:
    """Return a page of configs, newest first."""
    project = None if request.global_tenant else context.project
    found = configs.listing(services.db, project, limit=request.limit, marker=request.marker)
    return {
        "software_configs": [
            {
                "id": row.id,
                "name": row.name,
                "group": row.group_name,
                "creation_time": timestamp(row.created_at),
            }
            | ({"project": row.project} if context.is_admin else {})
            for row in found
        ]
    }


def delete_config(services: Services, context: Context, request: OfConfig) -> None:
    """Forget a config that no deployment uses."""
    row = find_config(services, context, request.config)
    if deployments.uses(services.db, row.id):
        raise Invalid(
            f"Software config with id {row.id} can not be deleted as it is referenced by "
            "deployments; delete those first.",
            kind="InvalidRestrictedAction",
        )
    configs.drop(services.db, row)


def of_server(services: Services, project: ProjectId, server: str) -> list[dict[str, Any]]:
    """Return the configs of a server's deployments, by name."""
    rows = deployments.listing(services.db, project, server)
    found = configs.of_ids(services.db, [row.config for row in rows if row.config])
    return [shown(row) for row in sorted(found.values(), key=lambda row: (row.name, row.id))]


def find_config(services: Services, context: Context, key: str) -> ConfigRow:
    """Return a config that the caller may know of."""
    row = configs.get(services.db, key, None if context.is_admin else context.project)
    if row is None:
        raise NotFound(f"Software config with id {key} not found", kind="NotFound")
    return row


def shown(row: ConfigRow) -> dict[str, Any]:
    """Return a config with all that is in it."""
    return {
        "id": row.id,
        "name": row.name,
        "group": row.group_name,
        "config": row.config,
        "inputs": [dict(one) for one in row.inputs],
        "outputs": [dict(one) for one in row.outputs],
        "options": dict(row.options),
        "creation_time": timestamp(row.created_at),
    }


def check_room(
    services: Services,
    context: Context,
    what: str,
    limit: int,
    count: Callable[[Database, ProjectId], int],
) -> None:
    """Refuse what would be one too many for a project."""
    if context.is_admin or limit < 0 or count(services.db, context.project) < limit:
        return
    raise Invalid(
        f"You have reached the maximum {what} per project, {limit}. Please delete some {what}.",
        kind="RequestLimitExceeded",
    )


def _items(section: str, items: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """See that inputs or outputs have names, and types that there are."""
    for index, item in enumerate(items):
        if not isinstance(item.get("name"), str) or not item["name"]:
            raise Invalid(f"{section}[{index}] has no name: give it one.")
        kind = item.get("type", TYPES[0])
        if kind not in TYPES:
            raise Invalid(f"{section}[{index}].type: {kind!r} is not one of: {', '.join(TYPES)}")
    return [{"type": TYPES[0], **item} for item in items]
