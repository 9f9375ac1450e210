"""Templates: what they take, and what they are written with."""

from typing import Any, Literal

from msgspec import UNSET, Struct, UnsetType, field

from heat.api.answers.parts import Anything


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
