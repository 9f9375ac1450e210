"""What stands in front of the routes: who asks is learned there, from a token or a password."""

import re
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

from heat.api.faults import NOBODY, body
from heat.base.errors import Fault, Unavailable

WsgiApp: TypeAlias = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Login: TypeAlias = Callable[[str, str, str], str]
"""From a user's name, a password and a project's id to a token; "" when they are refused."""

CHECKED = "heat.checked"
"""What a server that wants to know of good tokens hears of them by, in the environment: each with
the project that it is for, or its user where it is for none."""

OPEN_PATHS = ("/", "/versions", "/v1", "/v1/openapi.json", "/healthcheck")
"""The paths that need no token; those of other versions neither."""
OTHER_VERSION = re.compile(r"/v(?!1(/|$))\d[^/]*(/.*)?$")

_PROJECT = re.compile(r"(?:/v1)?/(?P<project>[^/]+)/.")
_AWAY = "The identity service, which checks tokens, is away for the moment."


def wrap(app: WsgiApp, conf: Mapping[str, Any], login: Login | None = None) -> WsgiApp:
    """Let keystonemiddleware check the tokens of all but the open paths.

    ``conf`` is what its filter takes: ``{"oslo_config_config": conf}``, or its options. With
    ``login`` the headers X-Auth-User and X-Auth-Key may stand in place of a token.
    """
    from keystonemiddleware.auth_token import AuthProtocol

    guarded: WsgiApp = AuthProtocol(_telling(app), conf)

    def choose(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/").rstrip("/") or "/"
        if path in OPEN_PATHS or OTHER_VERSION.match(path):
            return app(environ, start)
        if login is not None:
            try:
                _log_in(environ, path, login)
            except Fault:
                return _away(start)
        return _in_our_words(guarded, environ, start)

    return choose


def _telling(app: WsgiApp) -> WsgiApp:
    """Say whose a token is before the request goes on."""

    def told(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if (hear := environ.get(CHECKED)) is not None:
            who = environ.get("HTTP_X_PROJECT_ID") or environ.get("HTTP_X_USER_ID", "")
            hear(environ.get("HTTP_X_AUTH_TOKEN", ""), who)
        return app(environ, start)

    return told


def _log_in(environ: dict[str, Any], path: str, login: Login) -> None:
    """Get a token for a user who shows a password; without one, nobody is let in."""
    user, password = environ.get("HTTP_X_AUTH_USER"), environ.get("HTTP_X_AUTH_KEY")
    project = _PROJECT.match(path)
    if environ.get("HTTP_X_AUTH_TOKEN") or not user or not password or project is None:
        return
    # WSGI hands headers on as Latin-1, whatever they are.
    name, secret = (text.encode("latin-1").decode("utf-8", "replace") for text in (user, password))
    if token := login(name, secret, project["project"]):
        environ["HTTP_X_AUTH_TOKEN"] = token


def _in_our_words(
    guarded: WsgiApp, environ: dict[str, Any], start: Callable[..., Any]
) -> Iterable[bytes]:
    """Answer as the middleware does, but give its own refusals the form of ours."""
    refused: dict[str, str] = {}

    def hear(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
        names = {name.lower(): value for name, value in headers}
        if status[:3] in ("401", "503") and _ID.lower() not in names:
            refused.update(status=status[:3], way=names.get("www-authenticate", "Keystone"))
            return lambda _data: None
        return start(status, headers, *more)

    answer = guarded(environ, hear)
    if not refused:
        return answer
    if (close := getattr(answer, "close", None)) is not None:
        close()
    return _nobody(start, refused["way"]) if refused["status"] == "401" else _away(start)


def _nobody(start: Callable[..., Any], way: str) -> Iterable[bytes]:
    content = body(401, "HTTPUnauthorized", NOBODY)
    return _refuse(start, "401 Unauthorized", content, {"WWW-Authenticate": way})


def _away(start: Callable[..., Any]) -> Iterable[bytes]:
    return _refuse(start, "503 Service Unavailable", body(503, Unavailable.__name__, _AWAY), {})


_ID = "X-Openstack-Request-Id"


def _refuse(
    start: Callable[..., Any], status: str, content: Any, more: Mapping[str, str]
) -> Iterable[bytes]:
    text = msgspec.json.encode(content)
    headers = {
        "Content-Type": "application/json",
        "Content-Length": str(len(text)),
        _ID: f"req-{uuid.uuid4()}",
        **more,
    }
    start(status, list(headers.items()))
    return [text]
