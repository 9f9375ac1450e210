"""What a request would do: stacks and resources to be, and what an update changes."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from heat.api.answers.of_stacks import Shown
from heat.api.answers.parts import Anything, Moment


class Place(Struct):
    """What an identity is made of."""

    tenant: str
    stack_name: str
    stack_id: str
    path: str


class Foreseen(Struct, kw_only=True):
    """A resource as it would be."""

    resource_name: str
    resource_type: str
    resource_identity: Place
    stack_identity: Place
    stack_name: str
    physical_resource_id: str
    resource_action: str
    resource_status: str
    resource_status_reason: str
    creation_time: Moment | None
    updated_time: Moment | None
    metadata: Anything
    attributes: Anything
    description: str
    required_by: list[str]
    parent_resource: str | UnsetType = UNSET


class ForeseenWhole(Foreseen, kw_only=True):
    """A resource as it would be, with its properties."""

    properties: Anything


class ForeseenStack(Shown, kw_only=True):
    """A stack as it would be."""

    resources: Annotated[
        list[ForeseenWhole | list[Any]],
        Meta(description="a list stands for what a nested stack has"),
    ]


class Counts(Struct):
    """How many resources a plan changes, those of nested stacks included."""

    create: int
    adopt: int
    update: int
    replace: int
    delete: int
    forget: int
    keep: int


class Preview(Struct):
    """A stack as it would be, and the plan as text and in numbers."""

    stack: ForeseenStack
    plan: str
    counts: Counts


class Why(Struct):
    """What makes a resource change."""

    text: str
    property: str | None
    before: Any
    after: Any
    replaces: bool


class Change(Foreseen, kw_only=True):
    """A resource that an update finds."""

    reasons: list[Why]


class Changes(Struct):
    """Resources by what an update does to them."""

    unchanged: list[Change]
    updated: list[Change]
    replaced: list[Change]
    added: list[Change]
    deleted: list[Change]


class UpdatePreview(Struct):
    """What an update would change, and the plan as text and in numbers."""

    resource_changes: Changes
    plan: str
    counts: Counts
