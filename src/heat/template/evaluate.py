"""Binds a template to its parameters, and computes values from it.

Everything was compiled when the template was loaded; an evaluation walks the compiled tree once.
What depends on resources that are not made yet comes out as Unknown and flows on.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from heat.base.errors import Invalid
from heat.base.json import Json, Path
from heat.base.problems import Problem
from heat.base.unknown import Unknown
from heat.template.check import Stage, check, expression_problems
from heat.template.codes import problem
from heat.template.expressions import (
    ABSENT,
    MAX_WORK,
    Absent,
    Bad,
    Budget,
    Call,
    Expression,
    ListOf,
    MapOf,
    Reference,
)
from heat.template.load import written_out
from heat.template.model import OutputDefinition, ResourceDefinition, Template
from heat.template.policies import REPLACE_POLICY, policy_problem, with_deletion_policy
from heat.template.rules import broken
from heat.template.scope import (
    SHOWN_IN_SECTION,
    AttributesKnown,
    Exports,
    Facade,
    Facts,
    Here,
    NoExports,
    NothingKnown,
    Surroundings,
    TypeNames,
    of_condition,
)
from heat.template.source import locate
from heat.template.versions import REPLACE_POLICIES

__all__ = [
    "ABSENT",
    "Bound",
    "Exports",
    "Facade",
    "Facts",
    "NothingKnown",
    "Reference",
    "TypeNames",
    "Unknown",
    "bind",
]

DEFAULT_REGION = "ap-southeast-1"
_WORK_OF_RESOURCE = 64 * 1024
MAX_EXPORT_NAME = 255


def bind(
    template: Template,
    parameters: Mapping[str, Json | Unknown],
    *,
    files: Mapping[str, str] | None = None,
    stack_id: str = "",
    stack_name: str = "",
    project_id: str = "",
    region: str = "",
    zones: Sequence[str] = (),
    facade: Facade | None = None,
    exports: Exports | None = None,
) -> "Bound":
    """Bind a template to the values of its parameters; what is wrong shows in ``problems``."""
    pseudo: dict[str, Json] = {
        "OS::stack_id": stack_id,
        "OS::stack_name": stack_name,
        "OS::project_id": project_id,
    }
    if template.version.dialect == "cfn":
        arn = f"arn:openstack:heat::{project_id}:stacks/{stack_name}/{stack_id}"
        pseudo = {
            "AWS::StackId": arn if stack_id else "",
            "AWS::StackName": stack_name,
            "AWS::Region": region or DEFAULT_REGION,
        }
        if template.version.extended:
            pseudo |= {"AWS::AccountId": project_id, "AWS::Partition": "openstack"}
    values = {**pseudo, **parameters}
    around = Surroundings(template, values, files or {}, zones, facade, exports or NoExports())
    if template.waits:
        around.template = written_out(template, Here(around, NothingKnown()))
    return Bound(around, [p for p in around.template.problems if p not in template.problems])


class Bound:
    """A template with the values of its parameters: conditions applied, ready to evaluate."""

    def __init__(self, around: Surroundings, found: Sequence[Problem] = ()) -> None:
        self._around = around
        self._found = list(found)
        self.template = around.template
        self.conditions: Mapping[str, bool] = self._conditions()
        self.resources: Mapping[str, ResourceDefinition] = self._resources()
        self.outputs: Mapping[str, OutputDefinition] = {
            output.name: output
            for output in self.template.outputs.values()
            if self._holds(output.condition)
        }
        self.disabled_outputs = frozenset(self.template.outputs) - frozenset(self.outputs)
        self.exports: Mapping[str, str] = self._exports()
        for rule in self.template.rules:
            self._found += broken(rule, self._nothing)

    def value(self, expression: Expression, facts: Facts, at: Path = ()) -> Json | Unknown | Absent:
        """Compute a value; raises Invalid with one Problem when a call is wrong.

        ``at`` is where the value stands, for a problem that has no place of its own.
        """
        try:
            return expression.evaluate(Here(self._around, facts))  # type: ignore[no-any-return]
        except Invalid as invalid:
            found = [p if p.at else replace(p, at=at) for p in invalid.problems]
            raise Invalid(problems=locate(found, self.template.source)) from None

    def output(self, name: str, facts: Facts) -> Json | Unknown:
        """Compute an output; one that its condition switches off is null."""
        if name not in self.outputs:
            return None
        at = (self.template.words.outputs, name, self.template.words.value)
        value = self.value(self.outputs[name].value, facts, at)
        return None if value is ABSENT else value

    def references(
        self, definition: ResourceDefinition | OutputDefinition | Expression
    ) -> frozenset[Reference]:
        """Return the resources and attributes used: of ``if`` only by the branch it chooses."""
        match definition:
            case ResourceDefinition(properties=properties, metadata=metadata):
                parts: Sequence[Expression | None] = (properties, metadata)
            case OutputDefinition(value=value):
                parts = (value,)
            case _:
                parts = (definition,)
        found: set[Reference] = set()
        for part in parts:
            if part is not None:
                found.update(self._walk(part))
        return frozenset(found)

    def requires(self, name: str) -> frozenset[str]:
        """Return the resources that one depends on; an external resource depends on none."""
        definition = self.resources[name]
        if definition.external_id is not None:
            return frozenset()
        named = [*definition.depends_on, *(r.resource for r in self.references(definition))]
        return frozenset(other for other in named if other in self.resources)

    def problems(self, types: TypeNames | None = None) -> list[Problem]:
        """Return everything that can be found wrong without a cloud, each with its place."""
        budget = Budget(4 * MAX_WORK + len(self.resources) * _WORK_OF_RESOURCE)
        facts = NothingKnown() if types is None else AttributesKnown(self.template, types)
        scope = Here(self._around, facts, budget)
        found = [*self._found, *check(self, scope, types)]
        return locate(dict.fromkeys(found), self.template.source)

    @property
    def _nothing(self) -> Here:
        """A scope in which nothing is made yet; each has a budget of its own."""
        return Here(self._around, NothingKnown())

    def _walk(self, expression: Expression) -> Iterator[Reference]:
        match expression:
            case MapOf(items):
                for _, part in items:
                    yield from self._walk(part)
            case ListOf(items):
                for part in items:
                    yield from self._walk(part)
            case Call(function, argument) if expression.wrong is None:
                try:
                    parts: Iterable[Expression] = (
                        function.chosen(argument, self._nothing) if function.chosen else [argument]
                    )
                    for part in parts:
                        yield from self._walk(part)
                    if function.refers is not None:
                        given = argument.evaluate(self._nothing)
                        if (reference := function.refers(given, self._nothing)) is not None:
                            yield reference
                except (Invalid, Bad):
                    return  # ``problems`` says what is wrong with it
            case _:
                pass

    def _conditions(self) -> dict[str, bool]:
        found: dict[str, bool] = {}
        for name, expression in self.template.conditions.items():
            wrong = list(expression_problems(expression, self._nothing, Stage.WRITTEN))
            self._found += wrong
            if wrong:
                continue
            try:
                found[name] = self._nothing.define(name)
            except Invalid as invalid:
                # One that can't be computed counts where it is used; a loop counts by itself.
                self._found += [p for p in invalid.problems if p.code in SHOWN_IN_SECTION]
        return found

    def _resources(self) -> dict[str, ResourceDefinition]:
        found: dict[str, ResourceDefinition] = {}
        for name, definition in self.template.resources.items():
            if self._holds(definition.condition):
                found[name] = self._with_policy(definition)
        self._around.enabled = frozenset(found)
        return found

    def _holds(self, condition: Expression | None) -> bool:
        if condition is None:
            return True
        wrong = list(expression_problems(condition, self._nothing))
        self._found += of_condition(wrong, self.template)
        return True if wrong else condition.evaluate(self._nothing) is not False

    def _with_policy(self, definition: ResourceDefinition) -> ResourceDefinition:
        known = self.template.version.deletion_policies
        key = self.template.words.deletion_policy
        word = self._policy(definition.deletion_policy_value, known, (definition.name, key))
        if word is not None:
            definition = with_deletion_policy(definition, word)
        at = (definition.name, REPLACE_POLICY)
        word = self._policy(definition.replace_policy_value, REPLACE_POLICIES, at)
        return definition if word is None else replace(definition, replace_policy=word)

    def _policy(self, written: Expression | None, known: Sequence[str], at: Path) -> str | None:
        if written is None:
            return None
        try:
            value = written.evaluate(self._nothing)
        except Invalid as invalid:
            self._found += invalid.problems
            return None
        if value is None or value is ABSENT:
            return None
        wrong = policy_problem(value, known, (self.template.words.resources, *at))
        if wrong is None:
            return str(value)
        self._found.append(wrong)
        return None

    def _exports(self) -> dict[str, str]:
        """Return the output behind each name that is exported."""
        found: dict[str, str] = {}
        for output in self.outputs.values():
            if output.export is None:
                continue
            wrong = list(expression_problems(output.export, self._nothing))
            self._found += wrong
            if wrong:
                continue
            at = (self.template.words.outputs, output.name, "Export", "Name")
            name = output.export.evaluate(self._nothing)
            if self.references(output.export):
                detail, cure = "its name may not depend on a resource", "use parameters"
            elif isinstance(name, Unknown):
                continue
            elif not isinstance(name, str) or not 0 < len(name) <= MAX_EXPORT_NAME:
                detail = f"its name must be text of 1 to {MAX_EXPORT_NAME} characters"
                cure = "write Name: TEXT"
            elif name in found:
                detail, cure = f"{found[name]} exports {name!r} already", "give it another name"
            else:
                found[name] = output.name
                continue
            self._found.append(problem("H216", at, detail, cure))
        return found
