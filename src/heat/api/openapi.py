"""The OpenAPI 3.1 document of the routes, made from the very table that serves them."""

import re
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from heat.api.described import Described, described

Routes = Mapping[str, Mapping[str, Callable[..., Any]]]
_REFERENCE = "#/components/schemas/{name}"
_FAULTS = (400, 401, 403, 404, 409, 503)


def document(routes: Routes, revision: str) -> dict[str, Any]:
    """Return the document for routes below ``/v1/{tenant_id}``."""
    kinds = {
        body
        for methods in routes.values()
        for to in methods.values()
        if (body := described(to).body)
    }
    ordered = sorted(kinds, key=lambda kind: kind.__name__)
    schemas, components = msgspec.json.schema_components(ordered, ref_template=_REFERENCE)
    bodies = dict(zip(ordered, schemas, strict=True))
    paths = {
        f"/v1/{{tenant_id}}{path}": {
            "parameters": [_in_path(name) for name in ("tenant_id", *_names(path))],
            **{method.lower(): _operation(to, path, method, bodies) for method, to in by.items()},
        }
        for path, by in routes.items()
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Heat, orchestration of OpenStack",
            "version": "1",
            "description": f"The native API, as this service has it (revision {revision}).",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"}
            },
            "schemas": {**components, "Fault": _FAULT},
            "responses": {
                str(status): {
                    "description": HTTPStatus(status).phrase,
                    "content": {"application/json": {"schema": {"$ref": _ref("Fault")}}},
                }
                for status in _FAULTS
            },
        },
    }


def _operation(
    handler: Callable[..., Any], path: str, method: str, bodies: Mapping[Any, Any]
) -> dict[str, Any]:
    said = described(handler)
    place = re.sub(r"[{}]", "", path).strip("/").replace("/", "_").replace("-", "_")
    shown: dict[str, Any] = {
        "operationId": f"{method.lower()}_{place}",
        "summary": (handler.__doc__ or "").splitlines()[0],
        "tags": [path.split("/")[1]],
        "parameters": list(_in_query(said)),
        "responses": {str(said.status): _success(said.status)}
        | {str(status): {"$ref": f"#/components/responses/{status}"} for status in _FAULTS},
    }
    if said.body is not None:
        schema = bodies[said.body]
        shown["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return shown


def _success(status: int) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if status == 302:
        location = {"description": "the full address", "schema": {"type": "string"}}
        answer["headers"] = {"Location": location}
    if status != 204:
        answer["content"] = {"application/json": {"schema": {"type": ["object", "null"]}}}
    return answer


def _in_query(said: Described) -> Iterator[dict[str, Any]]:
    for field in said.parameters():
        schema = msgspec.json.schema(field.type)
        yield {
            "name": field.name,
            "in": "query",
            "schema": schema,
            # Several values are one text with commas.
            **({"style": "form", "explode": False} if schema.get("type") == "array" else {}),
        }
    for name in said.filters:
        schema = {"type": "array", "items": {"type": "string"}}
        yield {"name": name, "in": "query", "schema": schema, "style": "form", "explode": True}


def _in_path(name: str) -> dict[str, Any]:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _names(path: str) -> list[str]:
    return re.findall(r"\{(\w+)\}", path)


def _ref(name: str) -> str:
    return _REFERENCE.format(name=name)


_TEXT = {"type": "string"}
_FAULT: Mapping[str, Any] = {
    "type": "object",
    "required": ["code", "title", "explanation", "error"],
    "properties": {
        "code": {"type": "integer"},
        "title": _TEXT,
        "explanation": _TEXT,
        "error": {
            "type": "object",
            "required": ["type", "message"],
            "properties": {
                "type": _TEXT,
                "message": _TEXT,
                "traceback": {"type": ["string", "null"]},
                "problems": {
                    "type": "array",
                    "description": "all that is wrong, each with its code, place and cure",
                    "items": {"type": "object"},
                },
            },
        },
    },
}
