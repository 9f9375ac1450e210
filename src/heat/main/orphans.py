"""`heat-manage orphans`: lists what is no stack's any more, and deletes what is provably so."""

import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta

from oslo_config import cfg

from heat import resources
from heat.base.errors import Invalid
from heat.base.ids import EngineId, ProjectId
from heat.cloud.client import Client
from heat.cloud.port import AsyncCloud
from heat.cloud.sessions import Sessions
from heat.engine.orphans import Finding, Orphans, State
from heat.engine.stores import ThreadedStore
from heat.main import settings
from heat.plugin.registry import TYPES
from heat.store.database import Database

HEAD = ("STATE", "TYPE", "ID", "NAME", "PROJECT", "RESOURCE OR STACK")


def read(words: Sequence[str]) -> tuple[bool, ProjectId | None]:
    """Read what follows the command: whether to delete, and of which project."""
    rest, delete, project = list(words), False, None
    while rest:
        match rest:
            case ["--delete", *rest]:
                delete = True
            case ["--project" | "-p", key, *rest]:
                project = ProjectId(key)
            case _:
                raise Invalid(f"{rest[0]} is not known to orphans; there are --delete, --project.")
    return delete, project


def run(conf: cfg.ConfigOpts, db: Database, words: Sequence[str]) -> int:
    """List what there is; returns 1 when something superfluous stays."""
    delete, project = read(words)
    resources.load()
    found, left = asyncio.run(_look(conf, db, project, delete=delete))
    show(found)
    superfluous = [one for one in found if one.state is State.SUPERFLUOUS]
    kept = {(one.type, one.id) for one in left}
    stays = [one for one in superfluous if (one.type, one.id) in kept]
    if delete:
        sys.stdout.write(f"{len(superfluous) - len(stays)} deleted, {len(stays)} not.\n")
    return 1 if delete and stays else 0


def show(found: Sequence[Finding]) -> None:
    """Print findings as a table, one a line."""
    lines = [HEAD]
    lines += [(f.state.value, f.type, f.id, f.name, f.project, f.of) for f in found]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    for line in lines:
        cells = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


async def _look(
    conf: cfg.ConfigOpts, db: Database, project: ProjectId | None, *, delete: bool
) -> tuple[list[Finding], list[Finding]]:
    sessions = Sessions(settings.cloud_settings(conf))
    cloud = AsyncCloud(Client(sessions))
    store = ThreadedStore(db, EngineId("heat-manage"), timedelta(seconds=1))
    try:
        orphans = Orphans(cloud, store, TYPES)
        found = await orphans.find(project)
        return found, await orphans.remove(found) if delete else found
    finally:
        await cloud.close()
        store.close()
        sessions.close()
