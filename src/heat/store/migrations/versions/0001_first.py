"""The first schema."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from heat.store.types import Moment, Words, blob, counter, identity, text

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_ENGINE: dict[str, Any] = {
    f"{dialect}_{option}": value
    for dialect in ("mysql", "mariadb")
    for option, value in (
        ("engine", "InnoDB"),
        ("charset", "utf8mb4"),
        ("collate", "utf8mb4_bin"),
    )
}


def upgrade() -> None:
    op.create_table(
        "credentials",
        sa.Column("id", identity(), primary_key=True),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("project", identity(), nullable=False),
        sa.Column("secret", text(), nullable=False),
        **_ENGINE,
    )
    op.create_table(
        "definition",
        sa.Column("id", identity(), primary_key=True),
        sa.Column("template", identity(), nullable=False),
        sa.Column("files", identity(), nullable=False),
        sa.Column("environment", text(), nullable=False),
        sa.Column("secrets", text(), nullable=True),
        **_ENGINE,
    )
    op.create_index("ix_definition_files", "definition", ["files"])
    op.create_index("ix_definition_template", "definition", ["template"])
    op.create_table(
        "event",
        sa.Column("number", counter(), primary_key=True, autoincrement=True),
        sa.Column("id", identity(), nullable=False),
        sa.Column("stack", identity(), nullable=False),
        sa.Column("resource", identity(), nullable=True),
        sa.Column("resource_name", sa.String(255), nullable=False),
        sa.Column("resource_type", sa.String(255), nullable=False),
        sa.Column("physical_id", Words(), nullable=True),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("status", sa.String(64), nullable=False),
        sa.Column("reason", Words(), nullable=False),
        sa.Column("request_id", sa.String(255), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("properties", text(), nullable=False),
        sa.UniqueConstraint("id", name="uq_event_id"),
        **_ENGINE,
    )
    op.create_index("ix_event_stack", "event", ["stack", "created_at", "number"])
    op.create_table(
        "export",
        sa.Column("project", identity(), primary_key=True),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("stack", identity(), nullable=False),
        sa.Column("output", sa.String(255), nullable=False),
        sa.Column("value", text(), nullable=False),
        **_ENGINE,
    )
    op.create_index("ix_export_stack", "export", ["stack"])
    op.create_table(
        "journal",
        sa.Column("resource", identity(), primary_key=True),
        sa.Column("verb", sa.String(64), primary_key=True),
        sa.Column("sequence", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("stack", identity(), nullable=False),
        sa.Column("digest", sa.String(128), nullable=False),
        sa.Column("intent_at", Moment(), nullable=False),
        sa.Column("reply", text(), nullable=False),
        sa.Column("answered", sa.Boolean(), nullable=False),
        **_ENGINE,
    )
    op.create_index("ix_journal_stack", "journal", ["stack"])
    op.create_table(
        "lease",
        sa.Column("stack", identity(), primary_key=True),
        sa.Column("engine", sa.String(255), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("mark", identity(), nullable=True),
        **_ENGINE,
    )
    op.create_index("ix_lease_engine", "lease", ["engine"])
    op.create_table(
        "operation",
        sa.Column("id", identity(), primary_key=True),
        sa.Column("stack", identity(), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("definition", identity(), nullable=True),
        sa.Column("requested_at", Moment(), nullable=False),
        sa.Column("deadline", Moment(), nullable=False),
        sa.Column("request_id", sa.String(255), nullable=False),
        sa.Column("credentials", identity(), nullable=True),
        sa.Column("options", text(), nullable=False),
        sa.Column("plan", blob(), nullable=True),
        sa.Column("reason", Words(), nullable=False),
        **_ENGINE,
    )
    op.create_index("ix_operation_stack", "operation", ["stack", "state"])
    op.create_index("ix_operation_state", "operation", ["state", "requested_at"])
    op.create_table(
        "raw_files",
        sa.Column("id", identity(), primary_key=True),
        sa.Column("body", text(), nullable=False),
        **_ENGINE,
    )
    op.create_table(
        "raw_template",
        sa.Column("id", identity(), primary_key=True),
        sa.Column("body", text(), nullable=False),
        **_ENGINE,
    )
    op.create_table(
        "resource",
        sa.Column("id", identity(), primary_key=True),
        sa.Column("stack", identity(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("type", sa.String(255), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("reason", Words(), nullable=False),
        sa.Column("physical_id", sa.String(700), nullable=True),
        sa.Column("properties", text(), nullable=False),
        sa.Column("attempted", text(), nullable=True),
        sa.Column("real_type", sa.String(255), nullable=True),
        sa.Column("resolved", text(), nullable=False),
        sa.Column("attributes", text(), nullable=False),
        sa.Column("data", text(), nullable=False),
        sa.Column("metadata", text(), nullable=False),
        sa.Column("requires", text(), nullable=False),
        sa.Column("replaces", identity(), nullable=True),
        sa.Column("replaced_by", identity(), nullable=True),
        sa.Column("deletion_policy", sa.String(32), nullable=False),
        sa.Column("operation", identity(), nullable=True),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=True),
        **_ENGINE,
    )
    op.create_index("ix_resource_physical_id", "resource", ["physical_id"])
    op.create_index("ix_resource_stack", "resource", ["stack", "name"])
    op.create_table(
        "service",
        sa.Column("id", identity(), primary_key=True),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("binary", sa.String(255), nullable=False),
        sa.Column("engine", sa.String(255), nullable=False),
        sa.Column("report_interval", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=False),
        **_ENGINE,
    )
    op.create_table(
        "snapshot",
        sa.Column("id", identity(), primary_key=True),
        sa.Column("stack", identity(), nullable=False),
        sa.Column("project", identity(), nullable=False),
        sa.Column("name", sa.String(255), nullable=True),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("reason", Words(), nullable=False),
        sa.Column("data", text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        **_ENGINE,
    )
    op.create_index("ix_snapshot_stack", "snapshot", ["stack", "created_at"])
    op.create_table(
        "software_config",
        sa.Column("id", identity(), primary_key=True),
        sa.Column("project", identity(), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("group_name", sa.String(255), nullable=False),
        sa.Column("config", text(), nullable=False),
        sa.Column("inputs", text(), nullable=False),
        sa.Column("outputs", text(), nullable=False),
        sa.Column("options", text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        **_ENGINE,
    )
    op.create_index("ix_software_config_project", "software_config", ["project", "created_at"])
    op.create_table(
        "software_deployment",
        sa.Column("id", identity(), primary_key=True),
        sa.Column("project", identity(), nullable=False),
        sa.Column("stack_user_project", identity(), nullable=True),
        sa.Column("server", identity(), nullable=False),
        sa.Column("config", identity(), nullable=True),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("reason", Words(), nullable=False),
        sa.Column("input_values", text(), nullable=False),
        sa.Column("output_values", text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=True),
        **_ENGINE,
    )
    op.create_index("ix_software_deployment_config", "software_deployment", ["config"])
    op.create_index("ix_software_deployment_project", "software_deployment", ["project"])
    op.create_index("ix_software_deployment_server", "software_deployment", ["server"])
    op.create_table(
        "stack",
        sa.Column("id", identity(), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("live_name", sa.String(255), nullable=True),
        sa.Column("project", identity(), nullable=False),
        sa.Column("action", sa.String(32), nullable=False),
        sa.Column("status", sa.String(32), nullable=False),
        sa.Column("reason", Words(), nullable=False),
        sa.Column("definition", identity(), nullable=False),
        sa.Column("previous_definition", identity(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("description", Words(), nullable=False),
        sa.Column("owner", identity(), nullable=True),
        sa.Column("root", identity(), nullable=True),
        sa.Column("parent_resource", sa.String(255), nullable=True),
        sa.Column("disable_rollback", sa.Boolean(), nullable=False),
        sa.Column("timeout_mins", sa.Integer(), nullable=True),
        sa.Column("tags", text(), nullable=False),
        sa.Column("credentials", identity(), nullable=True),
        sa.Column("stack_user_project", identity(), nullable=True),
        sa.Column("user_id", sa.String(255), nullable=False),
        sa.Column("username", sa.String(255), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("updated_at", Moment(), nullable=True),
        sa.Column("deleted_at", Moment(), nullable=True),
        sa.UniqueConstraint("project", "live_name", name="uq_stack_live_name"),
        **_ENGINE,
    )
    op.create_index("ix_stack_deleted", "stack", ["deleted_at"])
    op.create_index("ix_stack_name", "stack", ["name"])
    op.create_index("ix_stack_newest", "stack", ["project", "created_at", "id"])
    op.create_index("ix_stack_owner", "stack", ["owner"])
    op.create_index("ix_stack_root", "stack", ["root"])
    op.create_table(
        "stack_tag",
        sa.Column("stack", identity(), primary_key=True),
        sa.Column("tag", sa.String(255), primary_key=True),
        **_ENGINE,
    )
    op.create_index("ix_stack_tag_tag", "stack_tag", ["tag", "stack"])
