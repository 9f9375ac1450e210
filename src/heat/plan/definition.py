"""From a definition (template, files, environment) to a template ready to evaluate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from heat.base.json import Json
from heat.base.problems import Problem
from heat.plan.build import Target
from heat.plan.desired import TypeOf, order
from heat.plugin.formats import wrong_format
from heat.plugin.registry import unknown_type
from heat.plugin.resource import Resource
from heat.template import parameters
from heat.template.environment import Environment, read_environment
from heat.template.evaluate import Bound, bind
from heat.template.load import load
from heat.template.model import OutputDefinition, ResourceDefinition, Template

Types = Mapping[str, type[Resource]]


class Definition(Protocol):
    """What one request asked for; parameter values stand in the environment."""

    @property
    def template(self) -> Any:
        """The template, as a map."""
        ...

    @property
    def files(self) -> Mapping[str, str]:
        """The files that it names."""
        ...

    @property
    def environment(self) -> Mapping[str, Any]:
        """The environment, with parameters, defaults and registry."""
        ...


@dataclass(frozen=True)
class Compiled:
    """A definition, read: ``problems`` are those of parameters, references, types and order."""

    template: Template
    environment: Environment
    values: Mapping[str, Json]
    bound: Bound
    type_of: TypeOf
    requires: Mapping[str, frozenset[str]]
    problems: tuple[Problem, ...] = ()
    wanted: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    @property
    def target(self) -> Target:
        """What to plan for."""
        return Target(self.bound, self.type_of, self.requires)


def compile_definition(
    definition: Definition,
    types: Types,
    *,
    stack_id: str,
    stack_name: str,
    project: str,
    template: Template | None = None,
) -> Compiled:
    """Read a definition; raises Invalid when its texts can't be read at all.

    ``template`` is the same template, read from its text, when the caller has that: problems
    then name its lines.
    """
    template = template or load(definition.template)
    environment = read_environment(definition.environment)
    values, problems = parameters.values(
        template.parameters,
        environment.parameters,
        environment.parameter_defaults,
        custom=wrong_format,
    )
    bound = bind(
        template,
        values,
        files=definition.files,
        stack_id=stack_id,
        stack_name=stack_name,
        project_id=project,
    )
    type_of = types_through(environment, types)
    # What is wrong with a parameter is said once, not again wherever it is used.
    said = tuple(f"the parameter {p.at[-1]} was not provided" for p in problems if p.at)
    problems += [problem for problem in bound.problems() if not problem.detail.endswith(said)]
    requires: Mapping[str, frozenset[str]] = {}
    if not problems:
        requires, problems = order(bound, type_of)
    return Compiled(
        template,
        environment,
        values,
        bound,
        type_of,
        requires,
        tuple(problems),
        _wanted(bound, type_of),
    )


def types_through(environment: Environment, types: Types) -> TypeOf:
    """Look types up through the environment's registry."""

    def type_of(resource: str, name: str) -> type[Resource] | Problem:
        mapped = environment.registry.resolve(name, resource)
        if mapped.is_template:
            return Problem(
                "Nested templates are not supported yet",
                ("type",),
                f"{name} is the template {mapped.target}",
                "put its resources into this template",
                code="H213",
            )
        return types.get(mapped.target) or unknown_type(mapped.target)

    return type_of


def _wanted(bound: Bound, type_of: TypeOf) -> dict[str, frozenset[str]]:
    """Collect which attributes of which resources the template reads anywhere."""
    found: dict[str, set[str]] = {}
    uses: list[ResourceDefinition | OutputDefinition] = [
        *bound.resources.values(),
        *bound.outputs.values(),
    ]
    for use in uses:
        for reference in bound.references(use):
            if reference.kind == "reference" or reference.resource not in bound.resources:
                continue
            names = found.setdefault(reference.resource, set())
            if reference.attribute is not None:
                names.add(reference.attribute)
                continue
            cls = type_of(reference.resource, bound.resources[reference.resource].type)
            names.update(() if isinstance(cls, Problem) else cls.__attributes__)
    return {name: frozenset(attributes) for name, attributes in found.items()}


def parameters_shown(compiled: Compiled, pseudo: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameters as stack show has them: texts, hidden ones masked."""
    shown: dict[str, Any] = dict(pseudo)
    for name, schema in compiled.template.parameters.items():
        if name in compiled.values:
            shown[name] = "******" if schema.hidden else compiled.values[name]
    return shown
