"""Gives a template and the language's own tables the forms in which they are stored and shown."""

from collections.abc import Mapping
from typing import Any

from heat.template.model import Template
from heat.template.versions import VERSIONS, Version


def to_json(template: Template) -> Mapping[str, Any]:
    """Return the map that is stored and shown for a template: as it was sent, dates as text."""
    return template.raw


def list_versions() -> list[dict[str, Any]]:
    """List the template versions as the API does."""
    return [{"version": v.name, "type": v.dialect, "aliases": list(v.aliases)} for v in VERSIONS]


def list_functions(version: Version, *, with_conditions: bool = False) -> list[dict[str, str]]:
    """List the functions of a version as the API does, with those for conditions if asked."""
    functions = dict(version.functions)
    if with_conditions:
        functions = {**version.conditions, **functions}
    return [
        {"functions": name, "description": functions[name].summary} for name in sorted(functions)
    ]


def find_version(name: str) -> Version | None:
    """Return the version of a full name, or of an alias's."""
    return next((v for v in VERSIONS if name in (v.name, *v.aliases)), None)
