"""Holds what the service answers against the document of its API, to the last member."""

import re
from functools import cache
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator

from heat.api.app import ROUTES
from heat.api.openapi import document

DOCUMENT = document(ROUTES, "r")


def _strict(schema: Any) -> Any:
    """Let objects whose members are named have no others."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _strict(item) for name, item in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        closed["additionalProperties"] = False
    return closed


_COMPONENTS = _strict(DOCUMENT["components"])
_PATHS = sorted(DOCUMENT["paths"], key=lambda path: (path.count("{"), -len(path)))
_PATTERNS = [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in _PATHS]


def check(method: str, path: str, answer: Any) -> None:
    """Assert that an answer is one that the document promises for its route."""
    route = route_of(path)
    operation = DOCUMENT["paths"][route].get(method.lower()) if route else None
    if operation is None:
        return
    place = f"{method} {route} {answer.status_code}"
    promised = operation["responses"].get(str(answer.status_code))
    assert promised is not None, f"{place} is not in the document: {answer.text}"
    promised = _followed(promised)
    for name, header in promised["headers"].items():
        value = answer.headers.get(name)
        assert value is not None, f"{place} has no {name}"
        schema = _followed(header)["schema"]
        assert re.search(schema.get("pattern", ""), value), f"{place}: {name} is {value}"
    if "content" not in promised:
        assert not answer.content, f"{place} has a body"
        return
    kind = answer.headers["Content-Type"]
    assert kind in promised["content"], f"{place}: {kind}"
    if kind == "application/json":
        found = _validator(route, method, answer.status_code).iter_errors(answer.json)
        said = [f"{error.json_path}: {error.message}" for error in found]
        assert not said, f"{place}: {said[:5]}"


def route_of(path: str) -> str | None:
    """Return the route of an address, as the document writes it."""
    path = unquote(path.partition("?")[0].rstrip("/"))
    return next((route for pattern, route in _PATTERNS if pattern.fullmatch(path)), None)


def _followed(said: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in said:
        return said
    _, _, kind, name = said["$ref"].split("/")
    found: dict[str, Any] = DOCUMENT["components"][kind][name]
    return found


@cache
def _validator(route: str, method: str, status: int) -> Draft202012Validator:
    said = _followed(DOCUMENT["paths"][route][method.lower()]["responses"][str(status)])
    schema = _strict(said["content"]["application/json"]["schema"])
    return Draft202012Validator({"components": _COMPONENTS, "allOf": [schema]})
