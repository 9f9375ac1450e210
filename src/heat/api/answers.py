"""The bodies of answers, as the document of the API shows them.

Answers are made as plain JSON; the tests hold what every route says against these types.
A member that is not always there is UNSET by default.
"""

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, field

Moment = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$",
        description="a time in UTC",
        extra_json_schema={"format": "date-time"},
    ),
]
Joined = Annotated[str, Meta(description="an action and a status, as CREATE_COMPLETE")]
Anything = dict[str, Any]
Files = dict[str, str]


class Link(Struct):
    """An address, and what it is of."""

    href: str
    rel: str


class Named(Struct):
    """A stack's id and address."""

    id: str
    links: list[Link]


class Accepted(Struct):
    """What the service has taken on."""

    stack: Named


class Listed(Struct, kw_only=True):
    """A stack as lists have it."""

    id: str
    links: list[Link]
    stack_name: str
    description: str
    stack_status: Joined
    stack_status_reason: str
    creation_time: Moment
    updated_time: Moment | None
    deletion_time: Moment | None
    stack_owner: str | None
    parent: str | None
    stack_user_project_id: str | None
    tags: list[str] | None
    project: Annotated[str, Meta(description="told to administrators")] | UnsetType = UNSET


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


class Shown(Struct, kw_only=True):
    """What a stack and one that is to be have in common."""

    id: str
    links: list[Link]
    stack_name: str
    description: str
    template_description: str
    creation_time: Moment
    updated_time: Moment | None
    deletion_time: Moment | None
    stack_owner: str | None
    parent: str | None
    stack_user_project_id: str | None
    parameters: Annotated[dict[str, str], Meta(description="hidden ones are masked")]
    capabilities: list[str]
    notification_topics: list[str]
    timeout_mins: int | None
    disable_rollback: bool
    tags: list[str]
    project: str | UnsetType = UNSET


class StackShown(Shown, kw_only=True):
    """A stack."""

    stack_status: Joined
    stack_status_reason: str
    outputs: list[Output] | UnsetType = UNSET


class OneStack(Struct):
    """A stack."""

    stack: StackShown


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


class Preview(Struct):
    """A stack as it would be, and the plan as text."""

    stack: ForeseenStack
    plan: str


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
    """What an update would change, and the plan as text."""

    resource_changes: Changes
    plan: str


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


class Resource(Struct, kw_only=True):
    """A resource."""

    resource_name: str
    logical_resource_id: str
    physical_resource_id: str
    resource_type: str
    resource_status: Joined
    resource_status_reason: str
    creation_time: Moment
    updated_time: Moment
    required_by: list[str]
    links: list[Link]
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


class Event(Struct, kw_only=True):
    """What happened to a resource, or to a stack, which has its own name then."""

    id: str
    links: list[Link]
    event_time: Moment
    resource_name: str
    logical_resource_id: str
    physical_resource_id: str | None
    resource_status: Joined
    resource_status_reason: str


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


class Parameter(Struct, rename="pascal", kw_only=True):
    """A parameter of a template."""

    type: Literal["String", "Number", "CommaDelimitedList", "Json", "Boolean"]
    description: str
    no_echo: Literal["true", "false"]
    label: str
    default: Any | UnsetType = UNSET
    value: Any | UnsetType = UNSET
    tags: list[str] | UnsetType = UNSET
    min_length: int | UnsetType = UNSET
    max_length: int | UnsetType = UNSET
    min_value: float | UnsetType = UNSET
    max_value: float | UnsetType = UNSET
    step: float | UnsetType = UNSET
    offset: float | UnsetType = UNSET
    allowed_values: list[Any] | UnsetType = UNSET
    allowed_pattern: str | UnsetType = UNSET
    custom_constraint: str | UnsetType = UNSET
    constraint_description: str | UnsetType = UNSET


class Described(Struct, rename="pascal", kw_only=True):
    """What a template takes."""

    description: str
    parameters: dict[str, Parameter]
    parameter_groups: list[Anything] | UnsetType = UNSET
    nested_parameters: dict[str, "DescribedBelow"] | UnsetType = UNSET


class DescribedBelow(Described, rename="pascal", kw_only=True):
    """What the template of a nested stack takes."""

    type: str


class Validated(Described, rename="pascal", kw_only=True):
    """What a template takes, and the environment that came with it."""

    environment: Anything


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


class TypeName(Struct):
    """A resource type."""

    resource_type: str
    description: str


class Types(Struct):
    """The resource types, with descriptions if asked for."""

    resource_types: list[str | TypeName]


class Support(Struct):
    """How well a type is kept."""

    status: Literal["UNKNOWN", "SUPPORTED", "DEPRECATED", "UNSUPPORTED", "HIDDEN"]
    message: str | None
    version: str | None
    previous_status: Anything | None


class Property(Struct, kw_only=True):
    """A property, or what a list or a map of them holds."""

    type: Literal["string", "integer", "number", "boolean", "map", "list", "any"]
    required: bool
    update_allowed: bool
    immutable: bool
    description: str | UnsetType = UNSET
    default: Any | UnsetType = UNSET
    constraints: list[Anything] | UnsetType = UNSET
    schema: dict[str, "Property"] | UnsetType = UNSET


class Attribute(Struct):
    """An attribute."""

    description: str
    type: str | UnsetType = UNSET


class Type(Struct):
    """The schema of a resource type."""

    resource_type: str
    properties: dict[str, Property]
    attributes: dict[str, Attribute]
    support_status: Support


class Version(Struct):
    """A template version."""

    version: str
    type: Literal["hot", "cfn"]
    aliases: list[str]


class Versions(Struct):
    """The template versions."""

    template_versions: list[Version]


class Function(Struct):
    """A function of templates."""

    name: str = field(name="functions")
    description: str


class Functions(Struct):
    """The functions of a template version."""

    template_functions: list[Function]


class Build(Struct):
    """What something was built from."""

    revision: str


class BuildInfo(Struct):
    """What the service was built from."""

    api: Build
    engine: Build


class Engine(Struct):
    """An engine, and whether it lives."""

    id: str
    host: str
    hostname: str
    binary: str
    topic: str
    engine_id: str
    report_interval: int
    created_at: Moment
    updated_at: Moment
    deleted_at: Moment | None
    status: Literal["up", "down"]


class Engines(Struct):
    """The engines."""

    services: list[Engine]


class ConfigName(Struct, kw_only=True):
    """A software config as lists have it."""

    id: str
    name: str
    group: str
    creation_time: Moment
    project: str | UnsetType = UNSET


class Configs(Struct):
    """A page of software configs."""

    software_configs: list[ConfigName]


class Config(Struct):
    """A software config."""

    id: str
    name: str
    group: str
    config: Any
    inputs: list[Anything]
    outputs: list[Anything]
    options: Anything
    creation_time: Moment


class OneConfig(Struct):
    """A software config."""

    software_config: Config


class ConfigsOfServer(Struct):
    """The configs of a server's deployments."""

    metadata: list[Config]


class Deployment(Struct):
    """A software deployment."""

    id: str
    server_id: str
    config_id: str | None
    input_values: Anything
    output_values: Anything
    action: str | None
    status: Literal["IN_PROGRESS", "COMPLETE", "FAILED"] | None
    status_reason: str | None
    creation_time: Moment
    updated_time: Moment | UnsetType = UNSET


class Deployments(Struct):
    """Software deployments."""

    software_deployments: list[Deployment]


class OneDeployment(Struct):
    """A software deployment."""

    software_deployment: Deployment


class Problem(Struct):
    """One thing that is wrong, where it stands, and what to do."""

    code: Annotated[str, Meta(description="stands in the list of diagnostics")]
    summary: str
    detail: str
    cure: str
    kind: str
    at: Annotated[list[str | int], Meta(description="the way to it, from the top")]
    document: str
    file: str | None
    line: int | None
    column: int | None
    text: Annotated[str | None, Meta(description="the line")]


class Complaint(Struct):
    """What is wrong, in words for people; ``problems`` says the same to programs."""

    type: Annotated[str, Meta(description="the kind of the fault")]
    traceback: None
    message: str
    problems: list[Problem] | UnsetType = UNSET


class Fault(Struct):
    """Why there is no other answer."""

    code: int
    title: str
    explanation: str
    error: Complaint
