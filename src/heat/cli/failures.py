"""What ends a command: the words for the user, and the exit code."""

from collections.abc import Mapping
from typing import Any

FAILED = 1
"""The operation failed, or problems were found."""
USAGE = 2
"""The command line can't be understood."""
CHANGES = 2
"""With --detailed-exitcode: there is something to do. Mistakes in the command line are 1 then."""
NOT_FOUND = 3
"""There is no such stack, resource, output, snapshot, file or type."""
NO_ACCESS = 4
"""The service can't be reached, or it does not let this user do that."""
TOO_LONG = 5
"""Watching ended by --max-wait; the operation goes on."""
INTERRUPTED = 130
"""Ctrl-C; the operation goes on."""
UNREAD = 141
"""Whoever read what was written went away, as `| head` does; it is a shell's own code of that."""


class Failure(Exception):
    """Something the user is told before the command ends."""

    code = FAILED

    def __init__(self, message: str, cure: str = "") -> None:
        super().__init__(message)
        self.message, self.cure = message, cure


class NoAccess(Failure):
    """The settings do not lead to the service, or keystone refused the login."""

    code = NO_ACCESS


class NoFile(Failure):
    """A file that was named is not there."""

    code = NOT_FOUND


class Misnamed(Failure):
    """What the command line names can't be a name."""

    code = USAGE


class Unreachable(NoAccess):
    """No answer came: the request may work later."""


class TooLong(Failure):
    """What was waited for is not over yet."""

    code = TOO_LONG


class Refused(Failure):
    """The service answered with a fault."""

    def __init__(
        self,
        status: int,
        message: str,
        error: Mapping[str, Any] | None = None,
        cure: str = "",
    ) -> None:
        super().__init__(message, cure or _CURES.get(status, ""))
        self.status = status
        self.error = dict(error or {})
        self.code = _CODES.get(status, FAILED)

    @property
    def problems(self) -> list[dict[str, Any]]:
        """Return what is wrong with the template or environment, one by one."""
        return list(self.error.get("problems") or ())

    @property
    def temporary(self) -> bool:
        """Tell whether the same request may work later."""
        return self.status in (429, 502, 503, 504)


_CODES = {404: NOT_FOUND, **dict.fromkeys((401, 403, 502, 503, 504), NO_ACCESS)}
_CURES = {
    401: "log in anew: the token ran out or was taken back",
    403: "ask for a role that may do this, or choose another project",
    429: "try again in a moment",
    502: "try again in a moment; the service is not well",
    503: "try again in a moment; the service is not well",
    504: "try again in a moment; the service is not well",
}
