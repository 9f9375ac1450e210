"""What is said to resources: signals."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from heat.store.types import Moment, identity, text

revision = "0002"
down_revision = "0001"
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
        "signal",
        sa.Column("resource", identity(), primary_key=True),
        sa.Column("number", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("stack", identity(), nullable=False),
        sa.Column("body", text(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        **_ENGINE,
    )
    op.create_index("ix_signal_stack", "signal", ["stack"])
