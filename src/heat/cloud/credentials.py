"""On whose behalf the cloud is called."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct


class Credentials(Struct, frozen=True, kw_only=True):
    """A user in a project, with the token of a request, or a trust that outlives it, or both.

    ``token`` and ``trust`` may be empty; what has neither can reach nothing.
    ``expires_at`` is when the token ends, in seconds since 1970, where that is known.
    """

    user_id: str
    username: str = ""
    project: str
    project_name: str = ""
    roles: tuple[str, ...] = ()
    token: str = ""
    trust: str = ""
    region: str = ""
    expires_at: float | None = None

    def to_secret(self) -> dict[str, Any]:
        """Return what the store keeps, encrypted, beside the user and the project.

        A token ends within hours, so it is left out where there is a trust.
        """
        kept: dict[str, Any] = msgspec.to_builtins(self)
        for name in ("user_id", "username", "project"):
            del kept[name]
        if self.trust:
            kept |= {"token": "", "expires_at": None}
        return kept

    @classmethod
    def from_secret(
        cls, user_id: str, username: str, project: str, secret: Mapping[str, Any]
    ) -> "Credentials":
        """Rebuild credentials from what the store kept."""
        named = {"user_id": user_id, "username": username, "project": project}
        return msgspec.convert({**secret, **named}, cls)

    def __repr__(self) -> str:
        """Show who it is, never the token."""
        have = [name for name in ("token", "trust") if getattr(self, name)]
        return (
            f"Credentials(user={self.username or self.user_id!r}, project={self.project!r}, "
            f"has={'+'.join(have) or 'nothing'})"
        )

    __str__ = __repr__


STEWARD = Credentials(user_id="stack-domain-admin", username="stack-domain-admin", project="")
"""The administrator of the domain of stack users, as the settings name it."""

SERVICE = Credentials(user_id="service-user", username="service-user", project="")
"""The service user that acts for stack owners, in its own project, as the settings name it."""
