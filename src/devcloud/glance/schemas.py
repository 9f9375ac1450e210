"""The JSON schemas that the image service tells its clients."""

from typing import Any

from devcloud.glance.state import CONTAINER_FORMATS, DISK_FORMATS, READ_ONLY, VISIBILITIES
from devcloud.kernel.web import Call, Refused

STRING: dict[str, Any] = {"type": "string"}
MAYBE_STRING: dict[str, Any] = {"type": ["null", "string"]}
INTEGER: dict[str, Any] = {"type": "integer"}
MAYBE_INTEGER: dict[str, Any] = {"type": ["null", "integer"]}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
TYPES: dict[str, dict[str, Any]] = {
    "id": STRING,
    "name": MAYBE_STRING | {"maxLength": 255},
    "status": STRING,
    "visibility": STRING | {"enum": list(VISIBILITIES)},
    "protected": BOOLEAN,
    "os_hidden": BOOLEAN,
    "checksum": MAYBE_STRING,
    "os_hash_algo": MAYBE_STRING,
    "os_hash_value": MAYBE_STRING,
    "owner": MAYBE_STRING,
    "size": MAYBE_INTEGER,
    "virtual_size": MAYBE_INTEGER,
    "container_format": MAYBE_STRING | {"enum": [None, *CONTAINER_FORMATS]},
    "disk_format": MAYBE_STRING | {"enum": [None, *DISK_FORMATS]},
    "created_at": STRING,
    "updated_at": STRING,
    "tags": {"type": "array", "items": STRING},
    "min_ram": INTEGER,
    "min_disk": INTEGER,
    "direct_url": STRING,
    "self": STRING,
    "file": STRING,
    "schema": STRING,
}
IMAGE: dict[str, Any] = {
    "name": "image",
    "properties": {
        name: kind | ({"readOnly": True} if name in READ_ONLY else {})
        for name, kind in TYPES.items()
    },
    "additionalProperties": STRING,
    "links": [
        {"rel": "self", "href": "{self}"},
        {"rel": "enclosure", "href": "{file}"},
        {"rel": "describedby", "href": "{schema}"},
    ],
}
MEMBER: dict[str, Any] = {
    "name": "member",
    "properties": {
        "member_id": STRING,
        "image_id": STRING,
        "created_at": STRING,
        "updated_at": STRING,
        "status": STRING | {"enum": ["pending", "accepted", "rejected"]},
        "schema": STRING | {"readOnly": True},
    },
}


def show(call: Call) -> dict[str, Any]:
    """Return a schema by its name."""
    name = call.params["name"]
    found = {
        "image": IMAGE,
        "images": several("images", IMAGE),
        "member": MEMBER,
        "members": several("members", MEMBER),
    }.get(name)
    if found is None:
        raise Refused(404, "The resource could not be found.")
    return found


def several(name: str, one: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a list."""
    return {
        "name": name,
        "properties": {
            name: {"type": "array", "items": one},
            "first": STRING,
            "next": STRING,
            "schema": STRING,
        },
        "links": [
            {"rel": "first", "href": "{first}"},
            {"rel": "next", "href": "{next}"},
            {"rel": "describedby", "href": "{schema}"},
        ],
    }
