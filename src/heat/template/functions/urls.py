"""make_url: a URL out of its parts."""

from typing import Any
from urllib.parse import quote, urlencode

from heat.template.expressions import Bad, Expression, Function, Literal, Scope, entries_of
from heat.template.functions.shapes import a_map, describe, mapping, text

_PARTS = ("scheme", "username", "password", "host", "port", "path", "query", "fragment")
_TEXTS = ("scheme", "username", "password", "host", "path", "fragment")


def _make_url(given: Any, scope: Scope) -> Any:  # noqa: ARG001
    parts = {key: value for key, value in mapping(given, "the argument").items() if value}
    _check(given)
    scheme, query = parts.get("scheme", ""), parts.get("query")
    place = _place(parts)
    url = f"{scheme}:" if scheme else ""
    if place or scheme in ("http", "https", "file", "ftp"):
        url += f"//{place}"
    path = quote(parts.get("path", ""))
    if path and place and not path.startswith("/"):
        path = f"/{path}"
    url += path
    url += f"?{urlencode(query, safe='/')}" if query else ""
    return url + (f"#{quote(parts['fragment'])}" if parts.get("fragment") else "")


def _place(parts: dict[str, Any]) -> str:
    user, password = parts.get("username", ""), parts.get("password", "")
    place = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    place += "@" if place else ""
    host = parts.get("host", "")
    if ":" in host and not (host.startswith("[") and host.endswith("]")):
        host = f"[{host}]"
    place += quote(host, safe="[]:")
    return place + (f":{parts['port']}" if "port" in parts else "")


def _check(given: dict[str, Any]) -> None:
    for key in _TEXTS:
        if (value := given.get(key)) is not None:
            text(value, key)
    if ":" in (given.get("scheme") or ""):
        raise Bad("the scheme may not hold a colon", "write the word alone, such as https")
    if (port := given.get("port")) is not None:
        _check_port(port)
    if given.get("query") is not None:
        mapping(given["query"], "query")


def _check_port(port: Any) -> None:
    try:
        number = int(port) if not isinstance(port, bool | float) else 0
    except (ValueError, TypeError):
        number = 0
    if not 1 <= number <= 65535:
        raise Bad("the port must be a number from 1 to 65535", "write such a number")


_keys = a_map([], _PARTS, like="{scheme: https, host: HOST, path: PATH}", empty=True)


def _shape(argument: Expression) -> None:
    _keys(argument)
    for key, part in (entries_of(argument) or {}).items():
        if not isinstance(part, Literal):
            continue
        if key in _TEXTS and not isinstance(part.value, str):
            raise Bad(f"{key} must be text, not {describe(part.value)}", "give text")
        if key == "port" and part.value is not None:
            _check_port(part.value)
        if key == "query" and not isinstance(part.value, dict | None):
            detail = f"query must be a map, not {describe(part.value)}"
            raise Bad(detail, "write query: {NAME: VALUE}")


MAKE_URL = Function("make_url", "Makes a URL out of its parts.", _make_url, _shape)
