"""How a user is let in: by the token of a request while it lasts, then by the trust."""

from threading import Lock

from keystoneauth1 import access, exceptions
from keystoneauth1.identity import v3
from keystoneauth1.identity.base import BaseIdentityPlugin
from keystoneauth1.session import Session

from heat.cloud.credentials import SERVICE, STEWARD, Credentials
from heat.cloud.settings import CloudSettings, Trustee


class UserAccess(BaseIdentityPlugin):
    """Lets keystoneauth act for a user.

    The user's token is shown to keystone once, which tells its catalogue and its end. When
    keystone refuses it, or it is about to end, a trust takes its place for good.
    """

    def __init__(self, settings: CloudSettings, who: Credentials) -> None:
        # Only a trust gives new tokens, so that without one the user's own serves to its end.
        renewable = bool(who.trust) or who in (SERVICE, STEWARD)
        super().__init__(auth_url=settings.auth_url, reauthenticate=renewable)
        self._settings, self._who = settings, who
        self._token_is_good = bool(who.token)

    def get_auth_ref(self, session: Session) -> access.AccessInfo:
        """Return what keystone says of the token, or of a new one that the trust gives."""
        if self._who == STEWARD:
            return steward_password(self._settings).get_auth_ref(session)
        if self._token_is_good:
            try:
                known = self._validate(session)
            except (exceptions.Unauthorized, exceptions.NotFound):
                self._token_is_good = False
                if not self._who.trust:
                    raise
            else:
                ends_soon = known.will_expire_soon(self.MIN_TOKEN_LIFE_SECONDS)
                if not (ends_soon and self._who.trust):
                    return known
                self._token_is_good = False
        return self._trusted(session)

    def refuse(self, token: str) -> None:
        """Note that a service did not take a token, so that keystone is asked again.

        Many threads may learn of it at once; only the first of them drops the token.
        """
        with self._lock:
            known = self.auth_ref
            if known is not None and known.auth_token == token:
                self.auth_ref = None

    def _validate(self, session: Session) -> access.AccessInfo:
        token = self._who.token
        reply = session.get(
            f"{versioned(self._settings.auth_url)}/auth/tokens",
            headers={"X-Auth-Token": token, "X-Subject-Token": token},
            authenticated=False,
            log=False,
        )
        return access.create(body=reply.json(), auth_token=token)

    def _trusted(self, session: Session) -> access.AccessInfo:
        trustee = self._settings.trustee
        if trustee is None or not (self._who.trust or self._who == SERVICE):
            raise exceptions.Unauthorized(
                "The user's token is no longer valid, and there is no trust to act by.",
                http_status=401,
            )
        return trustee_password(self._settings, trustee, self._who.trust).get_auth_ref(session)


def trustee_password(settings: CloudSettings, trustee: Trustee, trust: str = "") -> v3.Password:
    """Return the way in for the service user: by a trust, else to its own project."""
    domain_id = trustee.project_domain_id or trustee.user_domain_id
    domain_name = trustee.project_domain_name or trustee.user_domain_name
    return v3.Password(
        auth_url=versioned(settings.auth_url),
        username=trustee.username,
        password=trustee.password,
        user_domain_id=trustee.user_domain_id or None,
        user_domain_name=trustee.user_domain_name or None,
        trust_id=trust or None,
        project_name=None if trust else trustee.project_name,
        project_domain_id=None if trust else domain_id or None,
        project_domain_name=None if trust else domain_name or None,
    )


def steward_password(settings: CloudSettings) -> v3.Password:
    """Return the way in for the administrator of the domain of stack users."""
    domain = settings.stack_domain
    if domain is None:
        raise exceptions.Unauthorized(
            "No administrator of the domain of stack users is configured.", http_status=401
        )
    return v3.Password(
        auth_url=versioned(settings.auth_url),
        username=domain.admin,
        password=domain.password,
        user_domain_id=domain.domain_id or None,
        user_domain_name=None if domain.domain_id else domain.domain_name,
        domain_id=domain.domain_id or None,
        domain_name=None if domain.domain_id else domain.domain_name,
    )


def versioned(auth_url: str) -> str:
    """Return keystone's URL with its version, which operators leave out as often as not."""
    url = auth_url.rstrip("/")
    return url if url.endswith("/v3") else f"{url}/v3"


class ServiceAccess:
    """The service user in its own project; who it is, is learned once."""

    def __init__(self, settings: CloudSettings, trustee: Trustee) -> None:
        self.plugin = trustee_password(settings, trustee)
        self._lock = Lock()
        self._user_id = ""

    def user_id(self, session: Session) -> str:
        """Return the id of the service user."""
        with self._lock:
            if not self._user_id:
                self._user_id = self.plugin.get_access(session).user_id or ""
            return self._user_id
