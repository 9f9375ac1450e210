"""What nested stacks are made from, worked out before they exist."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from msgspec.structs import replace as change

from heat.base.errors import Invalid
from heat.base.problems import Problem
from heat.base.unknown import Unknown, unknowns
from heat.plan.definition import Compiled, Nesting, Unstored, compile_definition
from heat.plan.desired import Desired, Wanted
from heat.plan.providers import Types, read_template, unsent
from heat.plugin.nested import Nested
from heat.plugin.resource import Here
from heat.plugin.steps import Nest
from heat.template.codes import problem
from heat.template.load import load
from heat.template.model import Template

MAX_DEPTH = 5


@dataclass(frozen=True)
class Level:
    """A stack that is not there yet; ``path`` names the resources that lead to a nested one."""

    path: tuple[str, ...]
    compiled: Compiled
    wanted: Wanted


def definition_of(compiled: Compiled, resource: str, nest: Nest) -> Unstored:
    """Return what the nested stack of a resource is made from; raises Invalid.

    It has the files and the registry of its parent, and the parameters that it is given.
    """
    template = _template(compiled, nest)
    environment = compiled.environment.for_nested(
        resource, nest.parameters, template=nest.source or None
    )
    nesting = Nesting(depth=compiled.nesting.depth + 1, facade=nest.facade)
    return Unstored(
        template.raw, compiled.files, environment.to_json() | {"nesting": nesting.to_json()}
    )


def placed(desired: Desired, place: Here | None = None) -> Nested | None:
    """Return what stands for a nested stack, with what the template says besides properties."""
    if not isinstance(desired.values, Nested):
        return None
    here = change(
        place or Here(),
        metadata=desired.metadata,
        update_policy=desired.update_policy,
        deletion_policy=desired.deletion_policy,
    )
    return desired.values.at(here)


def compile_child(
    compiled: Compiled,
    resource: str,
    nest: Nest,
    types: Types,
    *,
    stack_id: str = "",
    stack_name: str = "",
) -> Compiled:
    """Read the nested stack of a resource, though parameters may be Unknown; raises Invalid."""
    waiting = {k: v for k, v in nest.parameters.items() if _waits(v)}
    known = {k: v for k, v in nest.parameters.items() if k not in waiting}
    definition = definition_of(compiled, resource, replace_parameters(nest, known))
    child = compile_definition(
        definition,
        types,
        stack_id=stack_id,
        stack_name=stack_name or f"{compiled.stack_name}-{resource}",
        project=compiled.project,
        template=_template(compiled, nest),
        waiting=waiting,
        exports=compiled.exports,
    )
    return replace(child, above=compiled.mask)


def replace_parameters(nest: Nest, parameters: Mapping[str, Any]) -> Nest:
    """Return the same step with other parameter values."""
    return Nest(nest.action, nest.template, nest.source, parameters, nest.minutes, nest.facade)


def _waits(value: Any) -> bool:
    return isinstance(value, Unknown) or unknowns(value) is not None


def _template(compiled: Compiled, nest: Nest) -> Template:
    if nest.template is not None:
        return load(nest.template, name="the generated template")
    if nest.source not in compiled.files:
        raise Invalid(problems=[problem("H305", (), unsent(nest.source), "send its text in files")])
    return read_template(compiled.files[nest.source], nest.source)


def below(found: Problem, path: tuple[str, ...]) -> Problem:
    """Return a problem of a nested stack with its path from the outermost template."""
    steps = [step for name in path for step in ("resources", name)]
    return replace(found, at=(*steps, *found.at))
