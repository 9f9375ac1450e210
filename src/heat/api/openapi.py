"""The OpenAPI 3.1 document of the routes, made from the very table that serves them."""

import re
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

import msgspec

from heat.api.answers.of_faults import Fault
from heat.api.described import Described, described

Routes = Mapping[str, Mapping[str, Callable[..., Any]]]
Schemas = Mapping[str, Any]
_REFERENCE = "#/components/schemas/{name}"
_FAULTS = (400, 401, 403, 404, 409, 500, 503)
_TEXT = {"type": "string"}
_REQUEST_ID = {
    "description": "the id that logs, events and services of the cloud know the request by",
    "required": True,
    "schema": {"type": "string", "pattern": "^req-[0-9a-f-]{36}$"},
}
_LOCATION = {"description": "the full address", "required": True, "schema": _TEXT}
_CHALLENGE = {"description": "where tokens come from", "required": True, "schema": _TEXT}


def document(routes: Routes, revision: str) -> dict[str, Any]:
    """Return the document for routes below ``/v1/{tenant_id}``."""
    schemas, components = _schemas(routes)
    paths = {
        f"/v1/{{tenant_id}}{path}": {
            "parameters": [_in_path(name) for name in ("tenant_id", *_names(path))],
            **{method.lower(): _operation(to, path, method, schemas) for method, to in by.items()},
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
            "schemas": components,
            "headers": {"X-Openstack-Request-Id": _REQUEST_ID},
            "responses": {
                str(status): {
                    "description": HTTPStatus(status).phrase,
                    "headers": _headers(status),
                    "content": {"application/json": {"schema": schemas[repr(Fault)]}},
                }
                for status in _FAULTS
            },
        },
    }


def _schemas(routes: Routes) -> tuple[Schemas, dict[str, Any]]:
    """Return the schema of each type that requests and answers have, and what those refer to."""
    said = [described(to) for methods in routes.values() for to in methods.values()]
    kinds = {repr(kind): kind for one in said for kind in (one.body, one.answer, Fault)}
    ordered = sorted(kinds)
    schemas, components = msgspec.json.schema_components(
        [kinds[name] for name in ordered], ref_template=_REFERENCE
    )
    return dict(zip(ordered, schemas, strict=True)), components


def _operation(
    handler: Callable[..., Any], path: str, method: str, schemas: Schemas
) -> dict[str, Any]:
    said = described(handler)
    place = re.sub(r"[{}]", "", path).strip("/").replace("/", "_").replace("-", "_")
    shown: dict[str, Any] = {
        "operationId": f"{method.lower()}_{place}",
        "summary": (handler.__doc__ or "").splitlines()[0],
        "tags": [path.split("/")[1]],
        "parameters": list(_in_query(said)),
        "responses": {str(said.status): _success(said, schemas)}
        | {str(status): {"$ref": f"#/components/responses/{status}"} for status in _FAULTS},
    }
    if said.body is not None:
        shown["requestBody"] = {
            "content": {"application/json": {"schema": schemas[repr(said.body)]}}
        }
    return shown


def _success(said: Described, schemas: Schemas) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": HTTPStatus(said.status).phrase,
        "headers": _headers(said.status),
    }
    if said.status != 204:
        kinds = {"application/json": {"schema": schemas[repr(said.answer)]}}
        if said.streams:
            kinds[said.streams] = {"schema": _TEXT}
        answer["content"] = kinds
    return answer


def _headers(status: int) -> dict[str, Any]:
    name = "X-Openstack-Request-Id"
    headers: dict[str, Any] = {name: {"$ref": f"#/components/headers/{name}"}}
    if status in (201, 302):
        headers["Location"] = _LOCATION
    if status == 401:
        headers["WWW-Authenticate"] = _CHALLENGE
    return headers


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
