"""What a template says, in one model for both dialects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from heat.base.json import Json, Path
from heat.base.problems import Problem
from heat.template.expressions import Expression
from heat.template.parameters import ParameterSchema
from heat.template.source import Source
from heat.template.versions import Version

NO_DESCRIPTION = "No description"
NO_OUTPUT_DESCRIPTION = "No description given"


@dataclass(frozen=True)
class ResourceDefinition:
    """What a template says of one resource.

    ``deletion_policy`` is Delete, Retain or Snapshot, once the template is bound to parameters;
    ``deletion_policy_value`` is what the template wrote, when that is a call. What is retained is
    deleted all the same when its very creation is taken back, if ``except_on_create``.
    ``replace_policy`` is for what an update replaces; without one the deletion policy is. One not
    ``sound`` can't be judged by its type: it was written so that its properties can't be told.
    """

    name: str
    type: str
    properties: Expression | None = None
    metadata: Expression | None = None
    depends_on: tuple[str, ...] = ()
    deletion_policy: str = "Delete"
    update_policy: Expression | None = None
    description: str = ""
    external_id: Expression | None = None
    condition: Expression | None = None
    deletion_policy_value: Expression | None = None
    except_on_create: bool = False
    replace_policy: str | None = None
    replace_policy_value: Expression | None = None
    sound: bool = True


@dataclass(frozen=True)
class OutputDefinition:
    """What a template says of one output."""

    name: str
    value: Expression
    description: str = NO_OUTPUT_DESCRIPTION
    condition: Expression | None = None
    export: Expression | None = None


@dataclass(frozen=True)
class ParameterGroup:
    """Parameters that are shown together."""

    parameters: tuple[str, ...]
    label: str = ""
    description: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class Assertion:
    """What must hold, and what to say when it does not."""

    holds: Expression
    at: Path
    description: str = ""


@dataclass(frozen=True)
class Rule:
    """Assertions that count when a condition holds."""

    name: str
    assertions: tuple[Assertion, ...]
    condition: Expression | None = None


@dataclass(frozen=True)
class Template:
    """A whole template; ``raw`` is the map it was read from.

    With ``problems`` this is the sound part. ``unread`` are the sections and parameters that are
    there but can't be made out: what refers to them may be right. Where it ``waits``, loops run
    over values of parameters: they are written out when the template is bound.
    """

    version: Version
    description: str
    parameters: Mapping[str, ParameterSchema]
    parameter_groups: tuple[ParameterGroup, ...]
    conditions: Mapping[str, Expression]
    resources: Mapping[str, ResourceDefinition]
    outputs: Mapping[str, OutputDefinition]
    mappings: Mapping[str, Json]
    source: Source
    raw: Mapping[str, Any]
    words: "Words"
    problems: tuple[Problem, ...] = ()
    unread: frozenset[Path] = frozenset()
    rules: tuple[Rule, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    waits: bool = False


@dataclass(frozen=True)
class Words:
    """The names that one dialect has for the parts of a template."""

    description: str
    parameters: str
    resources: str
    outputs: str
    conditions: str
    type: str
    properties: str
    metadata: str
    depends_on: str
    deletion_policy: str
    update_policy: str
    condition: str
    value: str
    external_id: str = "external_id"

    @property
    def resource_keys(self) -> tuple[str, ...]:
        """The keys that a resource may have in every version."""
        return (
            self.type,
            self.properties,
            self.metadata,
            self.depends_on,
            self.deletion_policy,
            self.update_policy,
            self.description,
        )


HOT_WORDS = Words(
    description="description",
    parameters="parameters",
    resources="resources",
    outputs="outputs",
    conditions="conditions",
    type="type",
    properties="properties",
    metadata="metadata",
    depends_on="depends_on",
    deletion_policy="deletion_policy",
    update_policy="update_policy",
    condition="condition",
    value="value",
)
CFN_WORDS = Words(
    description="Description",
    parameters="Parameters",
    resources="Resources",
    outputs="Outputs",
    conditions="Conditions",
    type="Type",
    properties="Properties",
    metadata="Metadata",
    depends_on="DependsOn",
    deletion_policy="DeletionPolicy",
    update_policy="UpdatePolicy",
    condition="Condition",
    value="Value",
)
