"""What ends a command: the words for the user, and the exit code."""

from collections.abc import Mapping
from typing import Any


class Failure(Exception):
    """Something the user is told before the command ends with code 1."""

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.message, self.cure = message, cure


class Unreachable(Failure):
    """No answer came: the request may work later."""


class Refused(Failure):
    """The service answered with a fault."""

    def __init__(self, status: int, message: str, error: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error = dict(error or {})

    @property
    def problems(self) -> list[dict[str, Any]]:
        """Return what is wrong with the template or environment, one by one."""
        return list(self.error.get("problems") or ())

    @property
    def temporary(self) -> bool:
        """Tell whether the same request may work later."""
        return self.status in (429, 502, 503, 504)
