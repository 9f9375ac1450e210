"""From a definition (template, files, environment) to a template ready to evaluate."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from heat.base.json import Json
from heat.base.problems import Problem
from heat.base.unknown import Unknown
from heat.plan.build import Target
from heat.plan.desired import TypeOf, of_type, order
from heat.plan.exports import AnyExport
from heat.plan.masking import NOTHING_HIDDEN, Mask
from heat.plan.problems import NO_VALUE, AttributeNames, of_parameters, unable_to_snapshot
from heat.plan.providers import Types, types_through
from heat.plugin.formats import wrong_format
from heat.template import parameters
from heat.template.environment import Environment, sound_environment
from heat.template.evaluate import Bound, bind
from heat.template.load import read
from heat.template.model import OutputDefinition, ResourceDefinition, Template
from heat.template.scope import Exports, Facade
from heat.template.sent import Sent
from heat.template.source import Origin, locate

OF_STACKS = ("OS::stack_id", "OS::stack_name", "AWS::StackId", "AWS::StackName")
"""What has a value only in a stack."""


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
class Unstored:
    """A definition that is no stack's yet."""

    template: Any
    files: Mapping[str, str]
    environment: Mapping[str, Any]


@dataclass(frozen=True)
class Nesting:
    """How a nested stack stands below its parent: how deep, and what it shows of the resource."""

    depth: int = 0
    facade: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def to_json(self) -> dict[str, Any]:
        """Return the form that is kept with a nested stack's environment."""
        return {"depth": self.depth, "facade": dict(self.facade)}


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
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    nesting: Nesting = Nesting()
    stack_name: str = ""
    project: str = ""
    origin: Origin = field(default_factory=Origin)
    exports: Exports | None = None
    above: Mask = NOTHING_HIDDEN
    """What hides the secrets of the stacks above, which may stand anywhere in this one."""

    @property
    def target(self) -> Target:
        """What to plan for."""
        restricted = self.environment.registry.restricted
        return Target(self.bound, self.type_of, self.requires, restricted, self.mask)

    @cached_property
    def mask(self) -> Mask:
        """What hides the values of hidden parameters, here and above."""
        said = {name for name, schema in self.template.parameters.items() if schema.hidden}
        names = said | set(self.environment.encrypted_param_names)
        return Mask(self.values[name] for name in names if name in self.values) | self.above

    @property
    def unusable(self) -> list[Problem]:
        """What is wrong with the types of resources: what has none can't be planned."""
        bound, words = self.bound, self.template.words
        found = ((name, self.type_of(name, one.type)) for name, one in bound.resources.items())
        wrong = [of_type(f, name, words) for name, f in found if isinstance(f, Problem)]
        return locate(wrong, self.template.source)

    def trace(self, problems: Iterable[Problem]) -> list[Problem]:
        """Lead what is wrong with a parameter's value back to the text that gives it."""
        words = self.template.words
        return self.origin.trace(problems, self.template.source, words.parameters)


def compile_definition(
    definition: Definition,
    types: Types,
    *,
    stack_id: str,
    stack_name: str,
    project: str,
    template: Template | None = None,
    waiting: Mapping[str, Any] | None = None,
    sent: Sent | None = None,
    exports: Exports | None = None,
    assuming: bool = False,
) -> Compiled:
    """Read the sound part of a definition; raises Invalid when its template can't be read at all.

    ``template`` is the same template, read from its text, when the caller has that: problems
    then name its lines. ``waiting`` are values of parameters that have Unknown parts yet.
    ``sent`` is what the definition's environment was made from. With ``assuming`` it is no
    definition of a stack yet: parameters need no values, other stacks may export anything.
    """
    template = template or read(definition.template)
    given = dict(definition.environment)
    nesting = Nesting(**given.pop("nesting", {}))
    environment, wrong = sound_environment(given)
    if sent is not None:
        wrong = list(sent.problems)  # the same, said of the texts that it came from
    values, refused = parameters.values(
        template.parameters,
        environment.parameters,
        environment.parameter_defaults,
        custom=wrong_format,
    )
    if waiting:
        values |= waiting
        refused = [p for p in refused if not p.at or p.at[-1] not in waiting]
    if assuming:
        refused = [p for p in refused if p.code != NO_VALUE]
    problems = [*template.problems, *wrong, *of_parameters(refused, template, wrong)]
    # What is wrong with a parameter is said once, not again wherever it is used.
    unusable = {name: _unknown(name) for name in template.parameters if name not in values}
    if assuming:
        unusable |= {name: _unknown(name) for name in OF_STACKS}
        exports = exports or AnyExport()
    facade = Facade(**nesting.facade) if nesting.depth else None
    bound = bind(
        template,
        {**values, **unusable},
        files=definition.files,
        stack_id=stack_id,
        stack_name=stack_name,
        project_id=project,
        facade=facade,
        exports=exports,
    )
    type_of = types_through(environment, types, definition.files)
    problems += bound.problems(AttributeNames(type_of))
    if assuming:
        problems += unable_to_snapshot(bound, type_of, stand_ins=True)
    requires: Mapping[str, frozenset[str]] = {}
    if not problems:
        requires, problems = order(bound, type_of)
    return Compiled(
        bound.template,
        environment,
        values,
        bound,
        type_of,
        requires,
        tuple(problems),
        _wanted(bound, type_of),
        definition.files,
        nesting,
        stack_name,
        project,
        origin=sent.origin if sent else Origin(),
        exports=exports,
    )


def _unknown(parameter: str) -> Unknown:
    return Unknown(frozenset((f"parameter {parameter}",)))


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
            cls = type_of(reference.resource, bound.resources[reference.resource].type)
            if isinstance(cls, Problem):
                continue
            if reference.attribute is None:
                names.update(cls.__attributes__)
            else:
                names.add(cls.asked(reference.attribute, reference.first))
    return {name: frozenset(attributes) for name, attributes in found.items()}
