"""Whether a template may stand for a type that there is: it must do for all who use that type."""

from collections.abc import Iterator
from typing import Any, get_origin

from heat.base.json import Path
from heat.plugin.fields import Struct, bare
from heat.plugin.resource import Resource
from heat.template.model import Template

_PARAMETERS = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    list: "comma_delimited_list",
    dict: "json",
}


def mismatches(
    facade: type[Resource], provided: type[Resource], template: Template
) -> list[tuple[str, Path]]:
    """Say in what a template differs from the type that it shall stand for, and where."""
    return [*_properties(facade, template), *_attributes(facade, provided, template)]


def _properties(facade: type[Resource], template: Template) -> Iterator[tuple[str, Path]]:
    parameters, section = template.parameters, template.words.parameters
    for name, prop in facade.__by_public__.items():
        if name not in parameters:
            if prop.required:
                yield f"it has no parameter {name}, which is a required property", (section,)
            continue
        wanted, given = _parameter_type(prop.type), parameters[name].type
        if wanted != given:
            may = f"a {wanted}" if wanted else "anything, which no parameter can be"
            at: Path = (section, name, template.words.type)
            yield f"its parameter {name} is a {given}, the property may be {may}", at
    for name, schema in parameters.items():
        if schema.required and name not in facade.__by_public__:
            yield f"it needs the parameter {name}, which is no property", (section, name)


def _attributes(
    facade: type[Resource], provided: type[Resource], template: Template
) -> Iterator[tuple[str, Path]]:
    section = template.words.outputs
    for name in facade.__attributes__:
        if name not in provided.__attributes__ and name != "show":
            yield f"it has no output {name}, which is an attribute", (section,)


def _parameter_type(hint: Any) -> str | None:
    kind = get_origin(bare(hint)) or bare(hint)
    if isinstance(kind, type) and issubclass(kind, Struct):
        return "json"
    return _PARAMETERS.get(kind)
