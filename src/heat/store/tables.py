"""The tables, the same on every database.

There are no foreign keys: on MariaDB each would lock the parent's row at every insert of a child,
and rows are only ever removed by ``purge``, which knows the whole family.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from heat.store.types import Moment, Words, blob, counter, identity, text

metadata = MetaData()

# Names are compared byte by byte everywhere, as PostgreSQL and SQLite do.
_ENGINE: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}


def _id() -> Column[str]:
    return Column("id", identity(), primary_key=True)


def _must(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _may(name: str, kind: TypeEngine[Any]) -> Column[Any]:
    return Column(name, kind, nullable=True)


stack = Table(
    "stack",
    metadata,
    _id(),
    _must("name", String(255)),
    # The name while the stack is a live root stack, else NULL: one such name a project.
    _may("live_name", String(255)),
    _must("project", identity()),
    _must("action", String(32)),
    _must("status", String(32)),
    _must("reason", Words()),
    _must("definition", identity()),
    _may("previous_definition", identity()),
    _must("revision", BigInteger()),
    _must("description", Words()),
    _may("owner", identity()),
    _may("root", identity()),
    _may("parent_resource", String(255)),
    _must("disable_rollback", Boolean()),
    _may("timeout_mins", Integer()),
    _must("tags", text()),
    _may("credentials", identity()),
    _may("stack_user_project", identity()),
    _must("user_id", String(255)),
    _must("username", String(255)),
    _must("created_at", Moment()),
    _may("updated_at", Moment()),
    _may("deleted_at", Moment()),
    UniqueConstraint("project", "live_name", name="uq_stack_live_name"),
    Index("ix_stack_newest", "project", "created_at", "id"),
    Index("ix_stack_name", "name"),
    Index("ix_stack_owner", "owner"),
    Index("ix_stack_root", "root"),
    Index("ix_stack_deleted", "deleted_at"),
    **_ENGINE,
)

# The tags again, a row each, to filter by.
stack_tag = Table(
    "stack_tag",
    metadata,
    Column("stack", identity(), primary_key=True),
    Column("tag", String(255), primary_key=True),
    Index("ix_stack_tag_tag", "tag", "stack"),
    **_ENGINE,
)

operation = Table(
    "operation",
    metadata,
    _id(),
    _must("stack", identity()),
    _must("action", String(32)),
    _must("state", String(16)),
    _may("definition", identity()),
    _must("requested_at", Moment()),
    _must("deadline", Moment()),
    _must("request_id", String(255)),
    _may("credentials", identity()),
    _must("options", text()),
    _may("plan", blob()),
    _must("reason", Words()),
    Index("ix_operation_state", "state", "requested_at"),
    Index("ix_operation_stack", "stack", "state"),
    **_ENGINE,
)

lease = Table(
    "lease",
    metadata,
    Column("stack", identity(), primary_key=True),
    _must("engine", String(255)),
    _must("epoch", BigInteger()),
    _must("expires_at", Moment()),
    # The last commit made under this lease, by which a commit whose answer was lost is found.
    _may("mark", identity()),
    Index("ix_lease_engine", "engine"),
    **_ENGINE,
)

resource = Table(
    "resource",
    metadata,
    _id(),
    _must("stack", identity()),
    _must("name", String(255)),
    _must("type", String(255)),
    _must("action", String(32)),
    _must("status", String(32)),
    _must("reason", Words()),
    _may("physical_id", String(700)),
    _must("properties", text()),
    _may("attempted", text()),
    _may("real_type", String(255)),
    _must("resolved", text()),
    _must("attributes", text()),
    _must("data", text()),
    _must("metadata", text()),
    _must("requires", text()),
    _may("replaces", identity()),
    _may("replaced_by", identity()),
    _must("deletion_policy", String(32)),
    _may("replace_policy", String(32)),
    _may("operation", identity()),
    _must("created_at", Moment()),
    _may("updated_at", Moment()),
    Index("ix_resource_stack", "stack", "name"),
    Index("ix_resource_physical_id", "physical_id"),
    **_ENGINE,
)

journal = Table(
    "journal",
    metadata,
    Column("resource", identity(), primary_key=True),
    Column("verb", String(64), primary_key=True),
    Column("sequence", Integer(), primary_key=True, autoincrement=False),
    _must("stack", identity()),
    _must("digest", String(128)),
    _must("intent_at", Moment()),
    _must("reply", text()),
    _must("answered", Boolean()),
    Index("ix_journal_stack", "stack"),
    **_ENGINE,
)

# What was said to a resource, in the order in which it came; nobody needs a lease to say it.
signal = Table(
    "signal",
    metadata,
    Column("resource", identity(), primary_key=True),
    Column("number", Integer(), primary_key=True, autoincrement=False),
    _must("stack", identity()),
    _must("body", text()),
    _must("created_at", Moment()),
    Index("ix_signal_stack", "stack"),
    **_ENGINE,
)

event = Table(
    "event",
    metadata,
    # The order in which events were written, and are told.
    Column("number", counter(), primary_key=True, autoincrement=True),
    _must("id", identity()),
    _must("stack", identity()),
    _may("resource", identity()),
    _must("resource_name", String(255)),
    _must("resource_type", String(255)),
    _may("physical_id", Words()),
    _must("action", String(32)),
    _must("status", String(64)),
    _must("reason", Words()),
    _must("request_id", String(255)),
    _must("created_at", Moment()),
    _must("properties", text()),
    UniqueConstraint("id", name="uq_event_id"),
    Index("ix_event_stack", "stack", "number"),
    **_ENGINE,
)

# Templates and files are kept once, by the SHA-256 of their JSON.
raw_template = Table("raw_template", metadata, _id(), _must("body", text()), **_ENGINE)
raw_files = Table("raw_files", metadata, _id(), _must("body", text()), **_ENGINE)

definition = Table(
    "definition",
    metadata,
    _id(),
    _must("template", identity()),
    _must("files", identity()),
    _must("environment", text()),
    # The hidden parameter values, taken out of the environment and encrypted.
    _may("secrets", text()),
    Index("ix_definition_template", "template"),
    Index("ix_definition_files", "files"),
    **_ENGINE,
)

credentials = Table(
    "credentials",
    metadata,
    _id(),
    _must("user_id", String(255)),
    _must("username", String(255)),
    _must("project", identity()),
    _must("secret", text()),
    **_ENGINE,
)

service = Table(
    "service",
    metadata,
    _id(),
    _must("host", String(255)),
    _must("binary", String(255)),
    _must("engine", String(255)),
    _must("report_interval", Integer()),
    _must("created_at", Moment()),
    _must("updated_at", Moment()),
    **_ENGINE,
)

snapshot = Table(
    "snapshot",
    metadata,
    _id(),
    _must("stack", identity()),
    _must("project", identity()),
    _may("name", String(255)),
    _must("action", String(32)),
    _must("status", String(32)),
    _must("reason", Words()),
    _must("data", text()),
    _must("created_at", Moment()),
    Index("ix_snapshot_stack", "stack", "created_at"),
    **_ENGINE,
)

software_config = Table(
    "software_config",
    metadata,
    _id(),
    _must("project", identity()),
    _must("name", String(255)),
    _must("group_name", String(255)),
    _must("config", text()),
    _must("inputs", text()),
    _must("outputs", text()),
    _must("options", text()),
    _must("created_at", Moment()),
    Index("ix_software_config_project", "project", "created_at"),
    **_ENGINE,
)

software_deployment = Table(
    "software_deployment",
    metadata,
    _id(),
    _must("project", identity()),
    _may("stack_user_project", identity()),
    _must("server", identity()),
    _may("config", identity()),
    _must("action", String(32)),
    _must("status", String(32)),
    _must("reason", Words()),
    _must("input_values", text()),
    _must("output_values", text()),
    _must("created_at", Moment()),
    _may("updated_at", Moment()),
    Index("ix_software_deployment_server", "server"),
    Index("ix_software_deployment_config", "config"),
    Index("ix_software_deployment_project", "project"),
    **_ENGINE,
)

# Names that stacks export to others of their project (Fn::ImportValue).
export = Table(
    "export",
    metadata,
    Column("project", identity(), primary_key=True),
    Column("name", String(255), primary_key=True),
    _must("stack", identity()),
    _must("output", String(255)),
    _must("value", text()),
    Index("ix_export_stack", "stack"),
    **_ENGINE,
)

# Which stacks read them.
imported = Table(
    "import",
    metadata,
    Column("project", identity(), primary_key=True),
    Column("name", String(255), primary_key=True),
    Column("stack", identity(), primary_key=True),
    Index("ix_import_stack", "stack"),
    **_ENGINE,
)
