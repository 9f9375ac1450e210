"""Resources, and what happened to them."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from heat.api.answers.parts import Anything, Joined, Link, Moment


class Subject(Struct, kw_only=True):
    """A resource in a state."""

    links: list[Link]
    resource_name: str
    logical_resource_id: str
    resource_status: Joined
    resource_status_reason: str


class Resource(Subject, kw_only=True):
    """A resource."""

    physical_resource_id: str
    resource_type: str
    creation_time: Moment
    updated_time: Moment
    required_by: list[str]
    parent_resource: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    attributes: Anything | UnsetType = UNSET


class Resources(Struct):
    """The resources of a stack."""

    resources: list[Resource]


class OneResource(Struct):
    """A resource."""

    resource: Resource


class Metadata(Struct):
    """The metadata of a resource."""

    metadata: Anything


class Event(Subject, kw_only=True):
    """What happened to a resource, or to a stack, which has its own name then."""

    id: str
    event_time: Moment
    physical_resource_id: str | None


class WholeEvent(Event, kw_only=True):
    """An event with all that is known of it."""

    resource_type: str | None
    resource_properties: Anything | None
    request_id: Annotated[str, Meta(description="of the request that it came of")]


class Events(Struct):
    """A page of events."""

    events: list[Event]


class OneEvent(Struct):
    """An event."""

    event: WholeEvent
