"""From a user's password to a token, for those who bring no token."""

from collections.abc import Callable

from keystoneauth1 import exceptions
from keystoneauth1.identity import v3
from keystoneauth1.session import Session

from heat.cloud.access import versioned
from heat.cloud.faults import from_exception
from heat.cloud.settings import CloudSettings

DOMAIN = "default"
"""The id of the domain of users who show a password: the headers name none."""


def password_login(settings: CloudSettings) -> Callable[[str, str, str], str]:
    """Return a function from name, password and project's id to a token.

    It returns "" when keystone refuses them, and raises a fault when keystone does not answer.
    """
    session = Session(
        verify=False if settings.insecure else (settings.ca or True),
        timeout=settings.read_timeout,
        user_agent="heat",
    )

    def log_in(user: str, password: str, project: str) -> str:
        way_in = v3.Password(
            auth_url=versioned(settings.auth_url),
            username=user,
            password=password,
            user_domain_id=DOMAIN,
            project_id=project,
        )
        try:
            return way_in.get_token(session) or ""
        except (exceptions.Unauthorized, exceptions.Forbidden, exceptions.BadRequest):
            return ""
        except exceptions.ClientException as problem:
            raise from_exception("identity", "POST /auth/tokens", problem) from None

    return log_in
