"""Time as an argument."""

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the time of day comes from."""

    def now(self) -> datetime:
        """Return the present moment, in UTC, with its zone."""
        ...


class WallClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the present moment."""
        return datetime.now(UTC)


def timestamp(moment: datetime) -> str:
    """Write a moment the way the REST API does: ``2026-01-31T12:00:00Z``."""
    # isoformat is several times as fast as strftime, and lists have a thousand moments.
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return f"{utc.replace(tzinfo=None).isoformat(timespec='seconds')}Z"
