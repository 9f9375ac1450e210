"""Stacks: listed, shown, with their outputs, environments and snapshots."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from heat.api.answers.parts import Anything, Joined, Link, Moment


class Named(Struct):
    """A stack's id and address."""

    id: str
    links: list[Link]


class Accepted(Struct):
    """What the service has taken on."""

    stack: Named


class Told(Named, kw_only=True):
    """What is told of every stack, listed or shown, and of one that is to be."""

    stack_name: str
    description: str
    creation_time: Moment
    updated_time: Moment | None
    deletion_time: Moment | None
    stack_owner: str | None
    parent: str | None
    stack_user_project_id: str | None
    project: Annotated[str, Meta(description="told to administrators")] | UnsetType = UNSET


class Listed(Told, kw_only=True):
    """A stack as lists have it."""

    stack_status: Joined
    stack_status_reason: str
    tags: list[str] | None


class Stacks(Struct):
    """A page of stacks."""

    stacks: list[Listed]
    links: Annotated[list[Link], Meta(description="the next page")] | UnsetType = UNSET
    count: int | UnsetType = UNSET


class AllStacks(Struct):
    """All stacks of a project."""

    stacks: list[Listed]


class OutputName(Struct):
    """An output without its value."""

    output_key: str
    description: str


class Output(OutputName):
    """An output; what keeps it from having a value is its error."""

    output_value: Any
    output_error: str | UnsetType = UNSET


class Shown(Told, kw_only=True):
    """What a stack and one that is to be have in common."""

    template_description: str
    parameters: Annotated[dict[str, str], Meta(description="hidden ones are masked")]
    capabilities: list[str]
    notification_topics: list[str]
    timeout_mins: int | None
    disable_rollback: bool
    tags: list[str]


class StackShown(Shown, kw_only=True):
    """A stack."""

    stack_status: Joined
    stack_status_reason: str
    outputs: list[Output] | UnsetType = UNSET


class OneStack(Struct):
    """A stack."""

    stack: StackShown


class Environment(Struct):
    """An environment; values of hidden parameters are masked."""

    parameters: Anything
    parameter_defaults: Anything
    resource_registry: Anything
    event_sinks: list[Anything]
    encrypted_param_names: list[str]


class Outputs(Struct):
    """The outputs of a stack, without their values."""

    outputs: list[OutputName]


class OneOutput(Struct):
    """An output."""

    output: Output


class Export(Struct):
    """All that is needed to adopt a stack; a nested stack stands in place of its resource."""

    name: str
    id: str
    action: str
    status: str
    template: Anything
    environment: Anything
    files: dict[str, str]
    project_id: str
    stack_user_project_id: str | None
    tags: list[str]
    resources: dict[str, Anything]


class Snapshot(Struct):
    """A snapshot, and what it holds once it is complete."""

    id: str
    name: str | None
    action: str
    status: str
    status_reason: str
    creation_time: Moment
    data: Export | None


class Snapshots(Struct):
    """The snapshots of a stack."""

    snapshots: list[Snapshot]


class OneSnapshot(Struct):
    """A snapshot."""

    snapshot: Snapshot
