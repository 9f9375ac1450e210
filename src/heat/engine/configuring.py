"""Software configs and deployments, as verbs read and write them: rows of the store."""

from collections.abc import Mapping
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


async def look(store: Configs, step: Recorded) -> Reply:
    """Return what is kept; ``{}`` when nothing is."""
    project = ProjectId(step.project)
    read = store.config if step.kind == CONFIG else store.deployment
    row = await read(step.id, project)
    if row is None:
        return {}
    found: dict[str, Any] = to_builtins(row)
    if isinstance(row, ConfigRow):
        found["group"] = found.pop("group_name")
    return {"found": found}


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
