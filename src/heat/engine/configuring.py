"""Software configs and deployments, as verbs read and write them: rows of the store."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import to_builtins

from heat.base.ids import ProjectId
from heat.plugin.steps import Record, Recorded, Reply
from heat.store.rows import (
    ConfigRow,
    DeploymentRow,
    DropConfig,
    DropDeployment,
    PutConfig,
    PutDeployment,
    Write,
)

CONFIG, DEPLOYMENT = "config", "deployment"


class Configs(Protocol):
    """The part of the store that has them."""

    async def config(self, key: str, project: ProjectId) -> ConfigRow | None:
        """Return a software config of a project."""
        ...

    async def deployment(self, key: str, project: ProjectId) -> DeploymentRow | None:
        """Return a software deployment of a project."""
        ...


async def look(store: Configs, step: Recorded, pending: Sequence[Write]) -> Reply:
    """Return what is kept, or is about to be written; ``{}`` when there is nothing."""
    row = await _row(store, step, pending)
    if row is None:
        return {}
    found: dict[str, Any] = to_builtins(row)
    if isinstance(row, ConfigRow):
        found["group"] = found.pop("group_name")
    return {"found": found}


async def _row(
    store: Configs, step: Recorded, pending: Sequence[Write]
) -> ConfigRow | DeploymentRow | None:
    for one in reversed(pending):
        match one:
            case PutConfig(row) | PutDeployment(row) if row.id == step.id:
                return row
            case DropConfig(key) | DropDeployment(key) if key == step.id:
                return None
            case _:
                pass
    read = store.config if step.kind == CONFIG else store.deployment
    return await read(step.id, ProjectId(step.project))


def write(step: Record, now: datetime) -> Write:
    """Return the write that keeps it, or forgets it."""
    project = ProjectId(step.project)
    if step.fields is None:
        gone = DropConfig if step.kind == CONFIG else DropDeployment
        return gone(step.id, project)
    if step.kind == CONFIG:
        return PutConfig(_config(step.id, project, step.fields, now))
    fields = dict(step.fields)
    return PutDeployment(
        DeploymentRow(id=step.id, project=project, created_at=now, updated_at=now, **fields)
    )


def _config(key: str, project: ProjectId, fields: Mapping[str, Any], now: datetime) -> ConfigRow:
    renamed = {"group_name" if name == "group" else name: v for name, v in fields.items()}
    return ConfigRow(id=key, project=project, created_at=now, **renamed)
