"""Gets a token from keystone, and the address of the service from its catalogue.

Passwords, tokens and application credentials are asked for here; any other kind of login is
keystoneauth's, which takes longer to import.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heat.cli.failures import NoAccess
from heat.cli.http import Http
from heat.cli.settings import CloudSettings

SERVICE = "orchestration"
OWN_TYPES = {
    "": "",
    "password": "password",
    "v3password": "password",
    "token": "token",
    "v3token": "token",
    "v3applicationcredential": "application_credential",
}


@dataclass(frozen=True)
class Login:
    """A token, and the address of the project's stacks."""

    token: str = field(repr=False)
    endpoint: str


def log_in(cloud: CloudSettings, http: Http) -> Login:
    """Return a login; raises NoAccess when keystone refuses or the service is not there."""
    auth = cloud.auth
    if not auth.get("auth_url"):
        return _without_keystone(cloud)
    if cloud.auth_type not in OWN_TYPES:
        return _through_keystoneauth(cloud)
    url = auth["auth_url"].rstrip("/").removesuffix("/v3").removesuffix("/v2.0") + "/v3/auth/tokens"
    body: dict[str, Any] = {"auth": {"identity": _identity(auth, cloud.auth_type)}}
    if scope := _scope(auth):
        body["auth"]["scope"] = scope
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    answer = http.request("POST", url, headers, json.dumps(body).encode())
    said = answer.json()
    if answer.status != 201 or not isinstance(said, dict):
        raise _refused(answer.status, said, url)
    token: dict[str, Any] = said["token"]
    project = str((token.get("project") or {}).get("id") or "")
    endpoint = cloud.heat_url or _endpoint(token.get("catalog") or [], cloud)
    return Login(answer.headers["x-subject-token"], with_project(endpoint, project))


def with_project(url: str, project: str) -> str:
    """Complete an address of the service with its version and the project."""
    url = url.rstrip("/")
    for mark in ("%(project_id)s", "$(project_id)s", "%(tenant_id)s", "$(tenant_id)s"):
        url = url.replace(mark, project)
    if "/v1/" in url:
        return url
    if not project:
        raise NoAccess("the login has no project", "set OS_PROJECT_NAME or OS_PROJECT_ID")
    return f"{url.removesuffix('/v1')}/v1/{project}"


def _without_keystone(cloud: CloudSettings) -> Login:
    token = cloud.auth.get("token")
    if cloud.heat_url and token:
        return Login(token, with_project(cloud.heat_url, cloud.auth.get("project_id", "")))
    raise NoAccess(
        "the address of keystone is not given", "set OS_AUTH_URL, or auth_url of the cloud"
    )


def _identity(auth: Mapping[str, str], auth_type: str) -> dict[str, Any]:
    kind = OWN_TYPES[auth_type] or _kind(auth)
    if kind == "token":
        return {"methods": ["token"], "token": {"id": _need(auth, "token")}}
    if kind == "application_credential":
        credential: dict[str, Any] = {"secret": _need(auth, "application_credential_secret")}
        if auth.get("application_credential_id"):
            credential["id"] = auth["application_credential_id"]
        else:
            credential["name"] = _need(auth, "application_credential_name")
            credential["user"] = _user(auth)
        return {"methods": [kind], kind: credential}
    user = _user(auth) | {"password": _need(auth, "password")}
    return {"methods": ["password"], "password": {"user": user}}


def _kind(auth: Mapping[str, str]) -> str:
    if auth.get("application_credential_secret"):
        return "application_credential"
    return "token" if auth.get("token") else "password"


def _user(auth: Mapping[str, str]) -> dict[str, Any]:
    if auth.get("user_id"):
        return {"id": auth["user_id"]}
    return {"name": _need(auth, "username"), "domain": _domain(auth, "user_domain")}


def _domain(auth: Mapping[str, str], prefix: str) -> dict[str, str]:
    for kind in ("id", "name"):
        if found := auth.get(f"{prefix}_{kind}"):
            return {kind: found}
    return {"id": auth.get("default_domain") or "default"}


def _scope(auth: Mapping[str, str]) -> dict[str, Any] | None:
    if auth.get("project_id"):
        return {"project": {"id": auth["project_id"]}}
    if auth.get("project_name"):
        domain = _domain(auth, "project_domain")
        return {"project": {"name": auth["project_name"], "domain": domain}}
    if auth.get("trust_id"):
        return {"OS-TRUST:trust": {"id": auth["trust_id"]}}
    return None


def _need(auth: Mapping[str, str], name: str) -> str:
    if not auth.get(name):
        cure = f"set OS_{name.upper()}, or {name} of the cloud in clouds.yaml"
        raise NoAccess(f"the login lacks {name}", cure)
    return auth[name]


def _refused(status: int, said: Any, url: str) -> NoAccess:
    error = said.get("error") if isinstance(said, dict) else None
    words = error.get("message") if isinstance(error, dict) else None
    if status == 401:
        cure = "check the user name, password, project and domains"
        return NoAccess(f"keystone refused the login: {words or 'not authorized'}", cure)
    if status == 404:
        return NoAccess(f"there is no keystone at {url}", "check OS_AUTH_URL")
    return NoAccess(f"keystone answered {status}: {words or 'no reason given'}")


def _endpoint(catalog: list[dict[str, Any]], cloud: CloudSettings) -> str:
    endpoints = [e for s in catalog if s.get("type") == SERVICE for e in s.get("endpoints") or ()]
    if not endpoints:
        cure = "give its address with --heat-url or OS_HEAT_URL"
        raise NoAccess(f"the catalogue has no service of type {SERVICE}", cure)
    for endpoint in endpoints:
        region = endpoint.get("region_id") or endpoint.get("region")
        if endpoint.get("interface") == cloud.interface and cloud.region in ("", region):
            return str(endpoint["url"])
    where = f" in the region {cloud.region}" if cloud.region else ""
    message = f"the catalogue has no {cloud.interface} address of {SERVICE}{where}"
    raise NoAccess(message, "check OS_REGION_NAME, or give --heat-url")


def _through_keystoneauth(cloud: CloudSettings) -> Login:
    from keystoneauth1 import exceptions, loading, session

    try:
        loader: Any = loading.get_plugin_loader(cloud.auth_type)
        plugin = loader.load_from_options(**cloud.auth)
        verify = (cloud.cacert or True) if cloud.verify else False
        certificate: Any = cloud.certificate
        opened: Any = session.Session(auth=plugin, verify=verify, cert=certificate)
        found = cloud.heat_url or opened.get_endpoint(
            service_type=SERVICE, interface=cloud.interface, region_name=cloud.region or None
        )
        token, project = opened.get_token(), opened.get_project_id()
        opened.session.close()
    except (exceptions.ClientException, TypeError) as error:
        raise NoAccess(f"the login of type {cloud.auth_type} failed: {error}") from None
    if not found:
        cure = "give its address with --heat-url or OS_HEAT_URL"
        raise NoAccess(f"the catalogue has no service of type {SERVICE}", cure)
    return Login(str(token), with_project(str(found), str(project or "")))
