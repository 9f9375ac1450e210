"""What ``POST /validate`` answers: the parameters a template asks for, and the environment."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from heat.base.errors import Invalid
from heat.base.json import Json
from heat.base.problems import Problem
from heat.template.constraints import (
    AllowedPattern,
    AllowedValues,
    Constraint,
    Custom,
    Length,
    Modulo,
    Range,
)
from heat.template.environment import Environment
from heat.template.load import load
from heat.template.model import Template
from heat.template.parameters import ParameterSchema
from heat.template.registry import is_template


def describe(
    template: Template,
    environment: Environment | None = None,
    *,
    nested: Mapping[str, Mapping[str, Any]] | None = None,
) -> dict[str, Any]:
    """Return the body of the answer.

    ``environment.parameters`` holds what the user gave. ``nested`` is what the caller found by
    describing the templates of nested resources, by resource name.
    """
    environment = environment or Environment()
    body: dict[str, Any] = {
        "Description": template.description,
        "Parameters": {
            name: _describe_parameter(
                schema,
                environment.parameter_defaults.get(name),
                environment.parameters.get(name),
            )
            for name, schema in template.parameters.items()
        },
        "Environment": _describe_environment(template, environment),
    }
    if template.parameter_groups:
        body["ParameterGroups"] = [dict(group.raw) for group in template.parameter_groups]
    if nested:
        body["NestedParameters"] = {name: dict(part) for name, part in nested.items()}
    return body


def describe_nested(
    template: Template,
    environment: Environment,
    files: Mapping[str, str],
    above: tuple[str, ...] = (),
) -> dict[str, dict[str, Any]]:
    """Describe the templates that stand for resources, by resource, and those within them."""
    found: dict[str, dict[str, Any]] = {}
    for name, definition in template.resources.items():
        mapped = environment.registry.resolve(definition.type, name)
        source = mapped.target
        if not mapped.is_template or source not in files or source in above:
            continue
        inner = load(files[source], name=source)
        within = environment.for_nested(name, {}, template=source)
        nested = describe_nested(inner, within, files, (*above, source))
        shown = describe(inner, within, nested=nested)
        del shown["Environment"]
        found[name] = {"Type": definition.type, **shown}
    return found


def refused(problems: Iterable[Problem]) -> Invalid:
    """Return the fault for a template that is not valid.

    Here clients know what a new stack would be refused for by another name.
    """
    return Invalid(
        problems=[
            replace(p, kind="HTTPBadRequest") if p.kind == "StackValidationFailed" else p
            for p in problems
        ]
    )


def _describe_parameter(schema: ParameterSchema, default: Json, given: Json) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "Type": schema.api_type,
        "Description": schema.description,
        "NoEcho": "true" if schema.hidden else "false",
        "Label": schema.label or schema.name,
    }
    default = schema.default if default is None else default
    if default is not None:
        shown["Default"] = default
    if given:
        shown["Value"] = given
    if schema.tags:
        shown["Tags"] = list(schema.tags)
    said: list[str] = []
    for constraint in schema.constraints:
        shown.update(_describe_constraint(constraint))
        if constraint.description:
            said.append(constraint.description)
    if said:
        shown["ConstraintDescription"] = " ".join(said)
    return shown


def _describe_constraint(constraint: Constraint) -> dict[str, Any]:
    match constraint:
        case Length(least, most):
            bounds = {"MinLength": least, "MaxLength": most}
            return {key: value for key, value in bounds.items() if value is not None}
        case Range(least, most):
            limits = {"MinValue": least, "MaxValue": most}
            return {key: value for key, value in limits.items() if value is not None}
        case Modulo(step, offset):
            return {"Step": step, "Offset": offset}
        case AllowedValues():
            return {"AllowedValues": list(constraint.written)}
        case AllowedPattern(pattern):
            return {"AllowedPattern": pattern}
        case Custom():
            return {"CustomConstraint": constraint.written}


def _describe_environment(template: Template, environment: Environment) -> dict[str, Any]:
    shown = environment.to_json()
    registry = {key: to for key, to in shown["resource_registry"].items() if to is not None}
    for definition in template.resources.values():
        if is_template(definition.type):
            registry.setdefault(definition.type, definition.type)
    shown["resource_registry"] = registry
    return shown
