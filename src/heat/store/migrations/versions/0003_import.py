"""Which stacks import what others export, and what becomes of objects that are replaced."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from heat.store.types import identity

revision = "0003"
down_revision = "0002"
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
        "import",
        sa.Column("project", identity(), primary_key=True),
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("stack", identity(), primary_key=True),
        **_ENGINE,
    )
    op.create_index("ix_import_stack", "import", ["stack"])
    op.add_column("resource", sa.Column("replace_policy", sa.String(32), nullable=True))
