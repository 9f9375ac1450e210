"""Ends transactions whose client fell silent, where the server itself would wait for it.

What is sent to PostgreSQL without waiting for each answer leaves a session at work, not idle,
until the last of it has come. When a process stands still, or its machine is cut off, in the
middle of that, no limit for idle transactions counts: what it locked stays locked as long as the
connection lasts, and nobody could take its stacks over.
"""

from sqlalchemy import text

from heat.store.database import SILENT_SECONDS, Database

_ENDING = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND usename = current_user AND state = 'active' "
    "AND wait_event = 'ClientRead' AND xact_start IS NOT NULL AND pid <> pg_backend_pid() "
    "AND state_change < clock_timestamp() - make_interval(secs => :seconds)"
)


def end_stalled(db: Database) -> int:
    """End the transactions of our own that wait for more from a silent client; return how many."""
    if db.dialect != "postgresql":
        return 0
    return len(
        db.read(lambda connection: connection.execute(_ENDING, {"seconds": SILENT_SECONDS}).all())
    )
