"""Connections to a cloud, shared by all users, with each user's way in and endpoints."""

import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import blake2b
from http.cookiejar import DefaultCookiePolicy
from threading import Lock
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import requests
from keystoneauth1 import exceptions
from keystoneauth1.access import AccessInfo
from keystoneauth1.access.service_catalog import ServiceCatalogV3
from keystoneauth1.identity import v3
from keystoneauth1.session import Session
from msgspec import json
from requests.adapters import BaseAdapter

from heat.base.errors import Permanent
from heat.cloud.access import ServiceAccess, UserAccess, versioned
from heat.cloud.credentials import SERVICE, STEWARD, Credentials
from heat.cloud.faults import from_exception
from heat.cloud.settings import CloudSettings
from heat.cloud.wire import Wire

VERSIONS = {"identity": "/v3", "compute": "/v2.1", "block-storage": "/v3", "volumev3": "/v3"}
"""The version that paths without one are meant for, where a catalogue leaves it out."""

_VERSION = re.compile(r"/v\d+(\.\d+)?(?=/|$)")


class Sessions:
    """Sends requests as one user or another; thread-safe."""

    def __init__(self, settings: CloudSettings, adapter: BaseAdapter | None = None) -> None:
        self.settings = settings
        self._http = _Http()
        pool = adapter or Wire(connections=settings.pool_size, largest=settings.largest_answer)
        self._http.mount("http://", pool)
        self._http.mount("https://", pool)
        # A cookie of one user must never travel with another's request.
        self._http.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        self._session = Session(
            session=self._http,
            verify=False if settings.insecure else (settings.ca or True),
            timeout=settings.read_timeout,
            user_agent="heat",
        )
        self._users: OrderedDict[bytes, UserAccess] = OrderedDict()
        self._endpoints: WeakKeyDictionary[AccessInfo, dict[tuple[str, str | None], str]] = (
            WeakKeyDictionary()
        )
        self._lock = Lock()
        self._service = (
            ServiceAccess(settings, settings.trustee) if settings.trustee is not None else None
        )

    def request(
        self,
        who: Credentials,
        service: str,
        method: str,
        path: str,
        *,
        patience: Callable[[], tuple[float, float]] | None = None,
        microversion: str | None = None,
        headers: Mapping[str, str] | None = None,
        **content: Any,
    ) -> requests.Response:
        """Send one request; a 401 is tried once more after getting in anew.

        No status raises, but no answer and no way in do: the fault tells which. ``patience``
        says how long a connection and an answer may take, or raises: it is asked after getting
        in, which may have taken long.
        """
        access = self._known(who)
        override = self._override(who, service)
        url = join(service, override or self._found(access, who, service), path)
        usual = self.settings.connect_timeout, self.settings.read_timeout

        def send(token: str) -> requests.Response:
            timeout = patience() if patience is not None else usual
            try:
                return self._session.request(
                    url,
                    method,
                    authenticated=False,
                    microversion=self._capped(service, microversion),
                    microversion_service_type=service,
                    headers={**(headers or {}), "X-Auth-Token": token},
                    timeout=timeout,
                    verify=self.settings.way(service).verify,
                    raise_exc=False,
                    redirect=False,
                    log=False,
                    **content,
                )
            except exceptions.ClientException as problem:
                writes = method not in ("GET", "HEAD")
                raise from_exception(service, f"{method} {path}", problem, writes=writes) from None

        token = access.auth_token or ""
        reply = send(token)
        if reply.status_code == 401:
            self.access(who).refuse(token)
            reply = send(self._token(who))
        return reply

    def endpoint(self, who: Credentials, service: str) -> str:
        """Return where a service is, for a user's project and region."""
        override = self._override(who, service)
        return override or self._found(self._known(who), who, service)

    def services(self, who: Credentials) -> set[str]:
        """Return the catalogue types that a user's project and region has."""
        found = self._known(who).service_catalog.get_endpoints_data(
            region_name=who.region or self.settings.region or None,
        )
        return {
            service
            for service, endpoints in found.items()
            if any(one.interface == self.settings.way(service).interface for one in endpoints)
        }

    def access(self, who: Credentials) -> UserAccess:
        """Return a user's way in; those used least lately are forgotten."""
        key = _key(who)
        with self._lock:
            found = self._users.get(key)
            if found is None:
                found = self._users[key] = UserAccess(self.settings, who)
            self._users.move_to_end(key)
            while len(self._users) > self.settings.sessions:
                self._users.popitem(last=False)
            return found

    def forget(self, who: Credentials) -> None:
        """Drop a user's way in, for example when its trust is gone."""
        with self._lock:
            self._users.pop(_key(who), None)

    def trustee_id(self) -> str:
        """Return the id of the service user that trusts are given to."""
        if self._service is None:
            raise Permanent(
                "No service user is configured to act for stack owners; set the user that "
                "trusts are given to.",
                service="identity",
            )
        try:
            return self._service.user_id(self._session)
        except exceptions.ClientException as problem:
            raise from_exception("identity", "POST /auth/tokens", problem) from None

    def stack_domain_id(self) -> str:
        """Return the id of the domain of stack users."""
        domain = self.settings.stack_domain
        known = domain.domain_id if domain else ""
        return known or self._known(STEWARD).domain_id or ""

    def sign_in(self, user_id: str, password: str, project: str) -> str:
        """Return a token of a user for a project."""
        url = versioned(self.settings.auth_url)
        means = v3.Password(auth_url=url, user_id=user_id, password=password, project_id=project)
        try:
            return means.get_access(self._session).auth_token or ""
        except exceptions.ClientException as problem:
            raise from_exception("identity", "POST /auth/tokens", problem) from None

    def service_roles(self) -> frozenset[str]:
        """Return what the service user may be in its own project."""
        return frozenset(self._known(SERVICE).role_names or ())

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _token(self, who: Credentials) -> str:
        return self._known(who).auth_token or ""

    def _known(self, who: Credentials) -> AccessInfo:
        try:
            return self.access(who).get_access(self._session)
        except exceptions.ClientException as problem:
            raise from_exception("identity", "POST /auth/tokens", problem) from None

    def _override(self, who: Credentials, service: str) -> str:
        override = self.settings.endpoint_overrides.get(service, "")
        return override.replace("%(project_id)s", who.project)

    def _found(self, access: AccessInfo, who: Credentials, service: str) -> str:
        region = who.region or self.settings.region or None
        # A way in has one catalogue, and reading it takes longer than all else about a request.
        known = self._endpoints.setdefault(access, {})
        if (service, region) in known:
            return known[service, region]
        try:
            catalogue = json.encode(access.service_catalog.catalog)
            found = _url(catalogue, service, self.settings.way(service).interface, region)
        except exceptions.ClientException as problem:
            if service == "identity":
                return versioned(self.settings.auth_url)
            raise from_exception(service, "", problem) from None
        known[service, region] = found
        return found

    def _capped(self, service: str, microversion: str | None) -> str | None:
        cap = self.settings.microversion_caps.get(service)
        if microversion is None or cap is None:
            return microversion
        return min(microversion, cap, key=_number)


class _Http(requests.Session):
    """Reads the environment (proxies, certificates) once for a host, not for each request.

    It has no use for .netrc: requests bear a token.
    """

    def __init__(self) -> None:
        super().__init__()
        self.auth = _unchanged
        self._read: dict[tuple[Any, ...], Mapping[str, Any]] = {}

    def merge_environment_settings(
        self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
    ) -> Any:
        """Return what a request goes by."""
        if proxies:
            return super().merge_environment_settings(url, proxies, stream, verify, cert)
        key = (urlsplit(url)[:2], stream, verify, cert)
        if key not in self._read:
            self._read[key] = super().merge_environment_settings(url, {}, stream, verify, cert)
        return dict(self._read[key])


@lru_cache(maxsize=256)
def _url(catalogue: bytes, service: str, interface: str, region: str | None) -> str:
    """Find a service in a catalogue; keystoneauth copies all of it to do so.

    The ways in of one project have the same catalogue, as long as it lasts.
    """
    found = ServiceCatalogV3(json.decode(catalogue)).url_for(
        service_type=service, interface=interface, region_name=region
    )
    return str(found)


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def join(service: str, endpoint: str, path: str) -> str:
    """Put an endpoint and a path together so that the version stands there once.

    Catalogues name a service with its version or without; so do paths. A version in the path
    takes the place of one in the endpoint, and of all that follows it there.
    """
    endpoint = endpoint.rstrip("/")
    if service != "object-store" and _VERSION.match(path):
        return _before_version(endpoint) + path
    if service in VERSIONS and not _VERSION.search(_path_of(endpoint)):
        return endpoint + VERSIONS[service] + path
    return endpoint + path


def _before_version(endpoint: str) -> str:
    start = len(endpoint) - len(_path_of(endpoint))
    found = _VERSION.search(endpoint, start)
    return endpoint[: found.start()] if found else endpoint


def _path_of(url: str) -> str:
    host = url.find("/", url.find("//") + 2)
    return url[host:] if host >= 0 else ""


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _key(who: Credentials) -> bytes:
    # A digest, so that a cache seen in a debugger or a dump has no tokens as keys.
    parts = (who.user_id, who.project, who.region, who.trust, who.token)
    return blake2b("\0".join(parts).encode(), digest_size=16).digest()
