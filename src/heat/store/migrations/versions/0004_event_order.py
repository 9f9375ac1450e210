"""Events are listed in the order in which they were written."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_event_stack", "event")
    op.create_index("ix_event_stack", "event", ["stack", "number"])
