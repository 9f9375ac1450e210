"""Who asks, and for which project."""

from msgspec import Struct

from heat.base.ids import ProjectId
from heat.cloud.credentials import Credentials


class Context(Struct, frozen=True, kw_only=True):
    """The caller of one request, as its token tells.

    ``is_admin`` is the cloud's administrator, who sees the stacks of every project.
    """

    request_id: str = ""
    user_id: str = ""
    username: str = ""
    user_domain: str = ""
    project: ProjectId
    project_name: str = ""
    project_domain: str = ""
    roles: tuple[str, ...] = ()
    is_admin: bool = False
    token: str = ""
    region: str = ""

    def credentials(self) -> Credentials:
        """Return what the cloud is called with on the caller's behalf."""
        return Credentials(
            user_id=self.user_id,
            username=self.username,
            project=self.project,
            project_name=self.project_name,
            roles=self.roles,
            token=self.token,
            region=self.region,
        )

    def __repr__(self) -> str:
        """Show who it is, never the token."""
        who = self.username or self.user_id
        return f"Context({who!r}, project={self.project!r}, request={self.request_id!r})"

    __str__ = __repr__
