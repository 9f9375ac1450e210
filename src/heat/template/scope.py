"""What functions see while a value is computed: parameters, conditions, resources, files."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from heat.base.errors import Invalid
from heat.base.json import Json
from heat.base.problems import Problem, did_you_mean
from heat.base.unknown import Unknown
from heat.template.codes import problem
from heat.template.expressions import Bad, Budget
from heat.template.model import Template

SHOWN_IN_SECTION = frozenset(("H301", "H302", "H303", "H306", "H307", "H308"))
"""Problems of a condition's definition that are shown there, whether it is used or not."""


class Facts(Protocol):
    """What evaluation asks of the outside: the resources' ids and attributes."""

    def reference(self, resource: str) -> Json | Unknown:
        """Return a resource's reference id."""
        ...

    def attribute(
        self, resource: str, attribute: str | None, path: Sequence[Json]
    ) -> Json | Unknown:
        """Return an attribute, or what a path leads to inside it; None: all attributes."""
        ...


class Exports(Protocol):
    """What the other stacks of a project export."""

    def export(self, name: str) -> Json | Unknown:
        """Return the value exported by a name; raises Bad (H310) when there is none."""
        ...


class NoExports:
    """Where the exports of other stacks can't be asked for."""

    def export(self, name: str) -> Json | Unknown:
        """Refuse every name."""
        raise Bad(f"the export {name!r} can't be looked up here", "use a parameter", code="H310")


@dataclass(frozen=True)
class Facade:
    """The resource that a nested template stands for, as ``resource_facade`` shows it."""

    metadata: Json = None
    deletion_policy: str = "Delete"
    update_policy: Json = None


def of_condition(problems: Iterable[Problem], template: Template) -> list[Problem]:
    """Give an unknown parameter in a condition the kind that it has there."""
    kind = "UserParameterMissing"
    if template.version.dialect == "cfn":
        kind = "InvalidTemplateReference"
    return [replace(p, kind=kind) if p.code == "H402" else p for p in problems]


class TypeNames(Protocol):
    """What is known of resource types."""

    def names(self) -> Collection[str]:
        """Return the names of all types."""
        ...

    def known(self, type_name: str, resource: str) -> bool:
        """Return whether a resource of this name may have this type."""
        ...

    def attributes(self, type_name: str, resource: str) -> Collection[str] | None:
        """Return the attributes that a type has; None when it may have any."""
        ...


class NothingKnown:
    """Facts before anything is made: every reference waits for its resource."""

    def reference(self, resource: str) -> Json | Unknown:
        """Return what waits for the resource."""
        return Unknown(frozenset((resource,)))

    def attribute(
        self,
        resource: str,
        attribute: str | None,
        path: Sequence[Json],
    ) -> Json | Unknown:
        """Return what waits for the attribute."""
        return Unknown(frozenset((f"{resource}.{attribute}" if attribute else resource,)))


@dataclass(frozen=True)
class AttributesKnown(NothingKnown):
    """Facts before anything is made, that refuse attributes which no resource will have."""

    template: Template
    types: TypeNames

    def attribute(
        self, resource: str, attribute: str | None, path: Sequence[Json]
    ) -> Json | Unknown:
        """Return what waits for the attribute, if there is one."""
        definition = self.template.resources.get(resource)
        if definition is None:
            return super().attribute(resource, attribute, path)
        type_name = definition.type
        known = self.types.attributes(type_name, resource)
        if attribute is not None and known is not None and attribute not in known:
            detail = f"the resource {resource} ({type_name}) has no attribute {attribute}"
            cure = did_you_mean(attribute, known) or f"it has {', '.join(sorted(known))}"
            raise Bad(detail, cure, code="H403")
        return super().attribute(resource, attribute, path)


@dataclass
class Surroundings:
    """All that stays the same while the values of one stack are computed."""

    template: Template
    parameters: Mapping[str, Any]
    files: Mapping[str, str]
    zones: Sequence[str]
    parent: Facade | None
    exports: Exports = field(default_factory=NoExports)
    enabled: frozenset[str] = frozenset()
    holds: dict[str, Any] = field(default_factory=dict[str, Any])
    open: list[str] = field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class Here:
    """The scope of one evaluation."""

    around: Surroundings
    facts: Facts
    budget: Budget = field(default_factory=Budget)

    @property
    def zones(self) -> Sequence[str]:
        """The compute zones."""
        return self.around.zones

    def parameter(self, name: str) -> Any:
        """Return a parameter's value."""
        values = self.around.parameters
        if name not in values:
            if self._unread("parameters"):
                return Unknown(frozenset((f"parameter {name}",)))
            raise self._no_parameter(name)
        return values[name]

    def condition(self, name: str) -> Any:
        """Return whether a named condition holds, computing it the first time."""
        around = self.around
        if name in around.holds:
            return around.holds[name]
        conditions = around.template.conditions
        if name not in conditions:
            if self._unread("conditions"):
                return Unknown(frozenset((f"condition {name}",)))
            detail = f"the condition {name!r} does not exist"
            raise Bad(detail, did_you_mean(name, conditions), code="H308")
        try:
            return self.define(name)
        except Invalid as invalid:
            problems = of_condition(invalid.problems, around.template)
            nested_loop = problems[0].code == "H307" and around.open
            if problems[0].code in SHOWN_IN_SECTION and not nested_loop:
                detail = f"the condition {name!r} can't be computed"
                raise Bad(detail, "mend that condition", code="H306") from None
            raise Invalid(problems=problems) from None

    def define(self, name: str) -> Any:
        """Compute a named condition; what is wrong is wrong with its definition."""
        around = self.around
        if name in around.open:
            loop = " → ".join([*around.open[around.open.index(name) :], name])
            raise Bad(f"the conditions form a loop: {loop}", code="H307")
        around.open.append(name)
        try:
            around.holds[name] = around.template.conditions[name].evaluate(self)
        except RecursionError:
            if len(around.open) > 1:
                raise
            at = (around.template.words.conditions, name)
            detail = f"the condition {name!r} builds on too many others, one after the other"
            wrong = problem("H304", at, detail, "let it build on fewer")
            raise Invalid(problems=[wrong]) from None
        finally:
            around.open.pop()
        return around.holds[name]

    def has_resource(self, name: str) -> bool:
        """Return whether the template names this resource, enabled or not."""
        return name in self.around.template.resources

    def reference(self, resource: str) -> Any:
        """Return the reference id of a resource."""
        self._check(resource)
        return self.facts.reference(resource)

    def attribute(self, resource: str, attribute: str | None, path: Sequence[Json]) -> Any:
        """Return an attribute of a resource."""
        self._check(resource)
        return self.facts.attribute(resource, attribute, path)

    def file(self, key: str) -> str:
        """Return the text of a file."""
        files = self.around.files
        if key not in files:
            detail = f"no content found in the files section for get_file path: {key}"
            raise Bad(detail, did_you_mean(key, files) or "send the file", code="H305")
        return files[key]

    def mapping(self, name: str) -> Any:
        """Return one of the CFN mappings."""
        mappings = self.around.template.mappings
        if name not in mappings:
            detail = f"the map {name!r} does not exist"
            raise Bad(detail, did_you_mean(name, mappings), code="H304")
        return mappings[name]

    def export(self, name: str) -> Any:
        """Return what another stack exports by this name."""
        return self.around.exports.export(name)

    def facade(self, part: str) -> Any:
        """Return a part of the parent resource's definition."""
        parent = self.around.parent
        if parent is None:
            detail = "resource_facade needs a parent resource: this stack is not nested"
            raise Bad(detail, "use it in a template that stands for a type only")
        match part:
            case "metadata":
                return {} if parent.metadata is None else parent.metadata
            case "deletion_policy":
                return parent.deletion_policy
            case _:
                return {} if parent.update_policy is None else parent.update_policy

    def _no_parameter(self, name: str) -> Bad:
        template = self.around.template
        detail = f"the parameter {name} was not provided"
        if template.version.dialect == "cfn":
            cure = did_you_mean(name, [*self.around.parameters, *template.resources])
        elif name in template.resources:
            cure = f"{name} is a resource: write get_resource: {name}"
        else:
            cure = did_you_mean(name, self.around.parameters)
        return Bad(detail, cure, code="H402")

    def _check(self, resource: str) -> None:
        around, template = self.around, self.around.template
        if resource in around.enabled or self._unread("resources"):
            return
        detail = f"the resource {resource} does not exist"
        cure = did_you_mean(resource, around.enabled)
        if resource in template.resources:
            detail = f"the resource {resource} is switched off by its condition"
            cure = "let what refers to it have the same condition"
        elif resource in template.parameters:
            cure = f"{resource} is a parameter: write get_param: {resource}"
        raise Bad(detail, cure, code="H401")

    def _unread(self, section: str) -> bool:
        """Tell whether a section of the template is there but can't be made out."""
        template = self.around.template
        return (getattr(template.words, section),) in template.unread
