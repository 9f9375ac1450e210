"""What many writes come to: one row once, whatever was said of it in between."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, assert_never

from sqlalchemy import Connection, Update, bindparam, case, insert, update

from heat.base.ids import EventId, OperationId, ProjectId, ResourceId, StackId
from heat.store import configs, definitions, deployments, exports, stacks
from heat.store.database import Database
from heat.store.operations import supersede
from heat.store.rows import (
    Batch,
    ChangeOperation,
    ChangeResource,
    ChangeSnapshot,
    ChangeStack,
    CredentialsRow,
    DefinitionRow,
    DropConfig,
    DropCredentials,
    DropDeployment,
    DropJournal,
    DropResource,
    DropSignals,
    DropSnapshot,
    PutConfig,
    PutCredentials,
    PutDefinition,
    PutDeployment,
    PutEvent,
    PutExports,
    PutImports,
    PutIntent,
    PutOperation,
    PutReply,
    PutResource,
    PutStack,
    StackRow,
    Write,
)
from heat.store.shapes import (
    CONFIG,
    CREDENTIALS,
    DEPLOYMENT,
    EVENT,
    JOURNAL,
    OPERATION,
    RESOURCE,
    SNAPSHOT,
)
from heat.store.statements import delete_all, insert_new, update_many
from heat.store.tables import credentials, event, journal, operation, resource, signal, snapshot

Step = tuple[ResourceId, str, int]
Values = dict[str, Any]
Owned = tuple[ProjectId, str]


@dataclass
class Effect:
    """The rows to delete, insert and update, as column values.

    ``apply`` deletes first, then inserts, then updates, so a write always meets what earlier
    ones have left; a change to a row that is to be inserted changes what is inserted.
    """

    new_stacks: dict[StackId, StackRow] = field(default_factory=dict[StackId, StackRow])
    definitions: dict[str, DefinitionRow] = field(default_factory=dict[str, DefinitionRow])
    stacks: dict[StackId, Values] = field(default_factory=dict[StackId, Values])
    steps: dict[StackId, int] = field(default_factory=dict[StackId, int])
    operations: dict[OperationId, Values] = field(default_factory=dict[OperationId, Values])
    new_operations: dict[OperationId, Values] = field(default_factory=dict[OperationId, Values])
    resources: dict[ResourceId, Values] = field(default_factory=dict[ResourceId, Values])
    new_resources: dict[ResourceId, Values] = field(default_factory=dict[ResourceId, Values])
    gone_resources: set[ResourceId] = field(default_factory=set[ResourceId])
    replies: dict[Step, Values] = field(default_factory=dict[Step, Values])
    intents: dict[Step, Values] = field(default_factory=dict[Step, Values])
    gone_journals: set[ResourceId] = field(default_factory=set[ResourceId])
    gone_signals: set[ResourceId] = field(default_factory=set[ResourceId])
    events: dict[EventId, Values] = field(default_factory=dict[EventId, Values])
    snapshots: dict[str, Values] = field(default_factory=dict[str, Values])
    gone_snapshots: set[str] = field(default_factory=set[str])
    configs: dict[str, Values] = field(default_factory=dict[str, Values])
    gone_configs: set[Owned] = field(default_factory=set[Owned])
    deployments: dict[str, Values] = field(default_factory=dict[str, Values])
    gone_deployments: set[Owned] = field(default_factory=set[Owned])
    credentials: dict[str, CredentialsRow] = field(default_factory=dict[str, CredentialsRow])
    gone_credentials: set[str] = field(default_factory=set[str])
    exports: dict[StackId, PutExports] = field(default_factory=dict[StackId, PutExports])
    imports: dict[StackId, PutImports] = field(default_factory=dict[StackId, PutImports])

    def add(self, db: Database, write: Write) -> None:
        """Take one more write into account."""
        match write:
            case PutResource(row):
                self.resources.pop(row.id, None)
                self.new_resources[row.id] = RESOURCE.write(db, row)
            case ChangeResource(key, fields):
                values = RESOURCE.change(db, fields)
                if key in self.new_resources:
                    self.new_resources[key].update(values)
                else:
                    self.resources.setdefault(key, {}).update(values)
            case DropResource(key):
                self.new_resources.pop(key, None)
                self.resources.pop(key, None)
                self.gone_resources.add(key)
                self.gone_signals.add(key)
                self._drop_journal(key)
            case PutIntent(row):
                step = (row.resource, row.verb, row.sequence)
                self.replies.pop(step, None)
                self.intents[step] = JOURNAL.write(db, row)
            case PutReply():
                self._reply(db, write)
            case DropJournal(key):
                self._drop_journal(key)
            case DropSignals(key):
                self.gone_signals.add(key)
            case PutEvent(row):
                self.events[row.id] = EVENT.write(db, row)
            case ChangeStack(key, fields):
                self.stacks.setdefault(key, {}).update(fields)
                self.steps[key] = self.steps.get(key, 0) + 1
            case ChangeOperation(key, fields):
                known = self.new_operations.get(key)
                values = OPERATION.change(db, fields)
                if known is not None:
                    known.update(values)
                else:
                    self.operations.setdefault(key, {}).update(values)
            case PutOperation(row):
                for other in self.new_operations.values():
                    if other["stack"] == row.stack:
                        other["state"] = "SUPERSEDED"
                self.new_operations[row.id] = OPERATION.write(db, row)
                # The stack's row is what requests on it wait for.
                self.stacks.setdefault(row.stack, {})
                self.steps[row.stack] = self.steps.get(row.stack, 0) + 1
            case ChangeSnapshot(key, fields):
                self.snapshots.setdefault(key, {}).update(SNAPSHOT.change(db, fields))
            case DropSnapshot(key):
                self.snapshots.pop(key, None)
                self.gone_snapshots.add(key)
            case PutStack(row):
                self.new_stacks[row.id] = row
            case PutDefinition(row):
                self.definitions[row.id] = row
            case PutCredentials(row, key):
                self.credentials[row.id] = row
                self.stacks.setdefault(key, {})
                self.steps[key] = self.steps.get(key, 0) + 1
            case PutExports(key):
                self.exports[key] = write
            case PutImports(_, key):
                self.imports[key] = write
            case DropCredentials(key):
                self.credentials.pop(key, None)
                self.gone_credentials.add(key)
            case PutConfig(row):
                self.configs[row.id] = CONFIG.write(db, row)
            case DropConfig(key, project):
                self.configs.pop(key, None)
                self.gone_configs.add((project, key))
            case PutDeployment(row):
                self.deployments[row.id] = DEPLOYMENT.write(db, row)
            case DropDeployment(key, project):
                self.deployments.pop(key, None)
                self.gone_deployments.add((project, key))
            case _:
                assert_never(write)

    def apply(self, connection: Connection, db: Database) -> None:
        """Make it so: the stacks first, in order, as every transaction that locks them does."""
        for made in self.definitions.values():
            definitions.insert(connection, db, made)
        for row in self.new_stacks.values():
            stacks.write(connection, db, row)
        stacks.change_many(connection, db, self.stacks, self.steps)
        _change_operations(connection, self.operations)
        if self.new_operations:
            supersede(connection, sorted({row["stack"] for row in self.new_operations.values()}))
            connection.execute(insert(operation), list(self.new_operations.values()))
        delete_all(connection, journal, "resource", self.gone_journals)
        delete_all(connection, signal, "resource", self.gone_signals)
        delete_all(connection, resource, "id", self.gone_resources)
        insert_new(connection, resource, list(self.new_resources.values()))
        changes = [values | {"id": key} for key, values in self.resources.items()]
        update_many(connection, resource, ("id",), changes)
        insert_new(connection, journal, list(self.intents.values()))
        replies = [
            values | {"resource": key[0], "verb": key[1], "sequence": key[2]}
            for key, values in self.replies.items()
        ]
        update_many(connection, journal, ("resource", "verb", "sequence"), replies)
        insert_new(connection, event, list(self.events.values()))
        delete_all(connection, credentials, "id", self.gone_credentials)
        for given in self.credentials.values():
            mine = (credentials.c.id == given.id, credentials.c.user_id == given.user_id)
            secret = CREDENTIALS.value(db, "secret", given.secret)
            connection.execute(update(credentials).where(*mine).values(secret=secret))
        for told in self.exports.values():
            exports.put(connection, db, told.stack, told.rows)
        for read in self.imports.values():
            exports.put_imports(connection, read.project, read.stack, read.names)
        delete_all(connection, snapshot, "id", self.gone_snapshots)
        kept = [values | {"id": key} for key, values in self.snapshots.items()]
        update_many(connection, snapshot, ("id",), kept)
        for project, key in sorted(self.gone_deployments):
            deployments.remove(connection, project, [key])
        deployments.write(connection, self.deployments.values())
        for project, key in sorted(self.gone_configs):
            configs.remove(connection, project, [key])
        configs.insert(connection, list(self.configs.values()))

    def _reply(self, db: Database, write: PutReply) -> None:
        key = (write.resource, write.verb, write.sequence)
        values = {"reply": JOURNAL.value(db, "reply", write.reply), "answered": write.answered}
        if key in self.intents:
            self.intents[key].update(values)
        else:
            self.replies[key] = values

    def _drop_journal(self, resource_id: ResourceId) -> None:
        self.gone_journals.add(resource_id)
        for steps in (self.intents, self.replies):
            for key in [key for key in steps if key[0] == resource_id]:
                del steps[key]


def effect_of(db: Database, batches: Iterable[Batch]) -> Effect:
    """Sum up the writes of batches, in order."""
    effect = Effect()
    for batch in batches:
        for write in batch.writes:
            effect.add(db, write)
    return effect


def _change_operations(connection: Connection, changes: Mapping[OperationId, Values]) -> None:
    groups: dict[tuple[str, ...], list[Values]] = {}
    for key in sorted(changes):
        given = {f"new_{name}": value for name, value in changes[key].items()} | {"key": key}
        groups.setdefault(tuple(sorted(changes[key])), []).append(given)
    for columns, members in groups.items():
        if columns:
            connection.execute(_changing(columns), members)


@cache
def _changing(columns: tuple[str, ...]) -> Update:
    said: Values = {name: bindparam(f"new_{name}") for name in columns}
    if "state" in said:
        # An operation that a newer one has superseded stays so, however its driver ends it.
        state = bindparam("new_state", type_=operation.c.state.type)
        superseded = operation.c.state == "SUPERSEDED"
        said["state"] = case((superseded, operation.c.state), else_=state)
    return update(operation).where(operation.c.id == bindparam("key")).values(said)
