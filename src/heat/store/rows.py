"""The rows of the store, as the other rooms see them: frozen values, no SQL.

Times are aware datetimes in UTC. JSON columns are plain Python values here. A write is a
value too: the engine collects writes and commits many at once, fenced by its lease.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias

from msgspec import Struct

from heat.base.ids import EngineId, EventId, OperationId, ProjectId, ResourceId, StackId


class DefinitionRow(Struct, frozen=True, kw_only=True):
    """What one request asked for: template, files and environment (with parameter values).

    Templates and files are stored once by the hash of their content. ``environment`` holds
    parameters, parameter_defaults, resource_registry and so on; its hidden parameter values
    are encrypted at rest by the store and plain here.
    """

    id: str
    template: Any
    files: Mapping[str, str]
    environment: Mapping[str, Any]


class StackRow(Struct, frozen=True, kw_only=True):
    """A stack. ``revision`` grows with every accepted change of what is recorded of it."""

    id: StackId
    name: str
    project: ProjectId
    action: str
    status: str
    reason: str
    definition: str
    previous_definition: str | None = None
    revision: int = 0
    description: str = ""
    owner: StackId | None = None
    root: StackId | None = None
    parent_resource: str | None = None
    disable_rollback: bool = True
    timeout_mins: int | None = None
    tags: tuple[str, ...] = ()
    credentials: str | None = None
    stack_user_project: str | None = None
    user_id: str = ""
    username: str = ""
    created_at: datetime
    updated_at: datetime | None = None
    deleted_at: datetime | None = None


class OperationRow(Struct, frozen=True, kw_only=True):
    """One request on a stack; ``definition`` None desires nothing (delete).

    ``state`` is PENDING (accepted), RUNNING (planned), DONE, FAILED or SUPERSEDED. ``plan`` is
    the encoded plan, once made. ``options`` holds what else the request said (rollback to
    which definition, reasons ...).
    """

    id: OperationId
    stack: StackId
    action: str
    state: str
    definition: str | None
    requested_at: datetime
    deadline: datetime
    request_id: str = ""
    credentials: str | None = None
    options: Mapping[str, Any] = {}
    plan: bytes | None = None
    reason: str = ""


class LeaseRow(Struct, frozen=True, kw_only=True):
    """The right to drive a stack: whose, which epoch, until when (database time)."""

    stack: StackId
    engine: EngineId
    epoch: int
    expires_at: datetime


class ResourceRow(Struct, frozen=True, kw_only=True):
    """A resource. Several rows may bear one name while a replacement is under way.

    ``properties`` are the evaluated properties, as the template means them; ``resolved`` the
    same after names became ids, as sent to the cloud. ``attributes`` are cached values for
    ``get_attr``; ``data`` is what the type keeps for itself (encrypted at rest). ``requires``
    holds the ids of the resource rows this one depends on. ``attempted`` are the properties of
    an update that has begun and not completed; ``real_type`` is what ``type`` stood for in the
    environment when the resource was made. ``replace_policy`` is for the object once another
    stands in for it; without one ``deletion_policy`` is.
    """

    id: ResourceId
    stack: StackId
    name: str
    type: str
    action: str
    status: str
    reason: str = ""
    physical_id: str | None = None
    properties: Mapping[str, Any] = {}
    attempted: Mapping[str, Any] | None = None
    real_type: str | None = None
    resolved: Mapping[str, Any] = {}
    attributes: Mapping[str, Any] = {}
    data: Mapping[str, Any] = {}
    metadata: Mapping[str, Any] = {}
    requires: tuple[ResourceId, ...] = ()
    replaces: ResourceId | None = None
    replaced_by: ResourceId | None = None
    deletion_policy: str = "Delete"
    replace_policy: str | None = None
    operation: OperationId | None = None
    created_at: datetime
    updated_at: datetime | None = None


class ExportRow(Struct, frozen=True, kw_only=True):
    """A value that a stack gives to the others of its project, under a name of its own."""

    project: ProjectId
    name: str
    stack: StackId
    output: str
    value: Any


class JournalRow(Struct, frozen=True, kw_only=True):
    """A step of a running verb: written as an intent, completed by its reply.

    ``verb`` tells the verbs of one resource apart; ``digest`` stands for the step, so that
    code that changed under a running verb is noticed; ``reply`` is None while unanswered.
    """

    resource: ResourceId
    stack: StackId
    verb: str
    sequence: int
    digest: str
    intent_at: datetime
    reply: Any = None
    answered: bool = False


class SignalRow(Struct, frozen=True, kw_only=True):
    """One thing said to a resource; ``body`` is what its type made of it."""

    resource: ResourceId
    number: int
    stack: StackId
    body: Mapping[str, Any]
    created_at: datetime


class EventRow(Struct, frozen=True, kw_only=True):
    """One thing that happened to a stack or a resource."""

    id: EventId
    stack: StackId
    resource: ResourceId | None
    resource_name: str
    resource_type: str
    physical_id: str | None
    action: str
    status: str
    reason: str
    request_id: str
    created_at: datetime
    properties: Mapping[str, Any] = {}


class CredentialsRow(Struct, frozen=True, kw_only=True):
    """On whose behalf the cloud is called; ``secret`` (token, trust) is encrypted at rest."""

    id: str
    user_id: str
    username: str
    project: ProjectId
    secret: Mapping[str, Any]


class ServiceRow(Struct, frozen=True, kw_only=True):
    """A running engine, as ``GET /services`` shows it."""

    id: str
    host: str
    binary: str
    engine: EngineId
    report_interval: int
    created_at: datetime
    updated_at: datetime


class SnapshotRow(Struct, frozen=True, kw_only=True):
    """A snapshot of a stack.

    ``data`` names the definition that the stack had, and holds for each resource who it was and
    what its type needs to bring it back; it is encrypted at rest.
    """

    id: str
    stack: StackId
    project: ProjectId
    name: str | None = None
    action: str = "CREATE"
    status: str = "IN_PROGRESS"
    reason: str = ""
    data: Mapping[str, Any] = {}
    created_at: datetime


class ConfigRow(Struct, frozen=True, kw_only=True):
    """A software config: what is to be done on servers, by which tool, with which inputs.

    It never changes. ``config`` is text, or a map where it is structured; the inputs, which may
    bear secret values, are encrypted at rest.
    """

    id: str
    project: ProjectId
    name: str = ""
    group_name: str = "Heat::Ungrouped"
    config: Any = ""
    inputs: Sequence[Mapping[str, Any]] = ()
    outputs: Sequence[Mapping[str, Any]] = ()
    options: Mapping[str, Any] = {}
    created_at: datetime


class DeploymentRow(Struct, frozen=True, kw_only=True):
    """What is, or was, to be done on one server, and what came of it.

    ``config`` is the id of the config, ``server`` that of the server. The input values are
    encrypted at rest.
    """

    id: str
    project: ProjectId
    stack_user_project: str | None = None
    server: str
    config: str | None = None
    action: str = ""
    status: str = ""
    reason: str = ""
    input_values: Mapping[str, Any] = {}
    output_values: Mapping[str, Any] = {}
    created_at: datetime
    updated_at: datetime | None = None


# Writes of the engine. Each is fenced: it is refused when the lease of its stack has moved on.


class PutResource(Struct, frozen=True, tag=True):
    """Insert a resource row."""

    row: ResourceRow


class ChangeResource(Struct, frozen=True, tag=True):
    """Set the named fields of a resource row (names as in ResourceRow)."""

    id: ResourceId
    fields: Mapping[str, Any]


class DropResource(Struct, frozen=True, tag=True):
    """Remove a resource row, its journal and what was said to it."""

    id: ResourceId


class PutIntent(Struct, frozen=True, tag=True):
    """Write down a step before it is done (or a read's reply, already answered)."""

    row: JournalRow


class PutReply(Struct, frozen=True, tag=True):
    """Complete a journal entry, or note something in one that stays open."""

    resource: ResourceId
    verb: str
    sequence: int
    reply: Any
    answered: bool = True


class DropJournal(Struct, frozen=True, tag=True):
    """Forget the journal of a resource: its verb has ended."""

    resource: ResourceId


class DropSignals(Struct, frozen=True, tag=True):
    """Forget what was said to a resource."""

    resource: ResourceId


class PutEvent(Struct, frozen=True, tag=True):
    """Tell of a change; committed together with it."""

    row: EventRow


class ChangeStack(Struct, frozen=True, tag=True):
    """Set the named fields of a stack row; its revision grows by one."""

    id: StackId
    fields: Mapping[str, Any]


class ChangeOperation(Struct, frozen=True, tag=True):
    """Set the named fields of an operation row."""

    id: OperationId
    fields: Mapping[str, Any]


class PutOperation(Struct, frozen=True, tag=True):
    """Insert an operation (a rollback that the engine decides on); supersedes the current one."""

    row: OperationRow


class PutStack(Struct, frozen=True, tag=True):
    """Insert a stack row: a nested stack, by the lease of its parent."""

    row: StackRow


class PutDefinition(Struct, frozen=True, tag=True):
    """Insert a definition."""

    row: DefinitionRow


class ChangeSnapshot(Struct, frozen=True, tag=True):
    """Set the named fields of a snapshot row."""

    id: str
    fields: Mapping[str, Any]


class DropSnapshot(Struct, frozen=True, tag=True):
    """Remove a snapshot row."""

    id: str


class PutCredentials(Struct, frozen=True, tag=True):
    """Set the secret of credentials, unless they are another user's by now.

    The revision of the named stack grows, so that a request that is about to replace them
    looks at them again.
    """

    row: CredentialsRow
    stack: StackId


class PutExports(Struct, frozen=True, tag=True):
    """Let a stack export this and nothing else."""

    stack: StackId
    rows: tuple[ExportRow, ...] = ()


class PutImports(Struct, frozen=True, tag=True):
    """Let a stack import what has these names and nothing else."""

    project: ProjectId
    stack: StackId
    names: frozenset[str] = frozenset()


class DropCredentials(Struct, frozen=True, tag=True):
    """Forget credentials."""

    id: str


class PutConfig(Struct, frozen=True, tag=True):
    """Insert a software config."""

    row: ConfigRow


class DropConfig(Struct, frozen=True, tag=True):
    """Remove a software config of a project."""

    id: str
    project: ProjectId


class PutDeployment(Struct, frozen=True, tag=True):
    """Insert a software deployment, or change the one that is there to this."""

    row: DeploymentRow


class DropDeployment(Struct, frozen=True, tag=True):
    """Remove a software deployment of a project."""

    id: str
    project: ProjectId


Write: TypeAlias = (
    PutResource
    | ChangeResource
    | DropResource
    | PutIntent
    | PutReply
    | DropJournal
    | DropSignals
    | PutEvent
    | ChangeStack
    | ChangeOperation
    | PutOperation
    | PutStack
    | PutDefinition
    | ChangeSnapshot
    | DropSnapshot
    | PutCredentials
    | DropCredentials
    | PutExports
    | PutImports
    | PutConfig
    | DropConfig
    | PutDeployment
    | DropDeployment
)


class Batch(Struct, frozen=True):
    """Writes of one stack that take effect together or not at all.

    They are refused when the stack's lease has another engine or epoch by now, and, if an
    ``operation`` is named, when that is no longer the stack's current one.
    """

    stack: StackId
    epoch: int
    writes: tuple[Write, ...]
    operation: OperationId | None = None


class Verdict(Enum):
    """What became of a batch; all but TAKEN leave everything as it was.

    FENCED: the lease has moved on. SUPERSEDED: the operation named is not the stack's current
    one any more. BROKEN: the database can't take it, however often it is asked.
    """

    TAKEN = "taken"
    FENCED = "fenced"
    SUPERSEDED = "superseded"
    BROKEN = "broken"
